"""One file among those that may stand for a name, with its qualities for this client.

Truth: var_rec and the set_*_quality functions in modules/mappers/mod_negotiation.c. What they leave in a variant stays
there when all are gone through a second time, as in httpd.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.negotiation.accept import SERVER_PARSED, SERVER_PARSED_3, Accepted, single
from audit403.core.place import Place

_PSEUDO_HTML = ("text/html", SERVER_PARSED, SERVER_PARSED_3)
_LATIN_1 = "iso-8859-1"
#: What httpd gives where the client has said nothing that is about the variant itself.
ANY_TYPE, ANY_SUBTYPE, SIMILAR, LAST_RESORT = single(0.01), single(0.02), single(0.001), single(0.0001)


class Variant:
    """A variant: a file of the directory with its subrequest, or a block of a type map (`body`: where its text is)."""

    __slots__ = (
        "body",
        "charset",
        "charset_quality",
        "encoding",
        "encoding_quality",
        "inner",
        "is_definite",
        "language_index",
        "language_quality",
        "languages",
        "level",
        "level_matched",
        "name",
        "size",
        "source_quality",
        "stars",
        "type",
        "type_quality",
        "where",
    )

    def __init__(self, name: str = "", inner: Exchange | None = None, where: Place | None = None) -> None:
        self.name = name
        self.inner = inner
        self.where = where
        self.type = ""
        self.charset = ""
        self.encoding: str | None = None
        self.languages: tuple[str, ...] = ()
        self.body = 0
        self.size = -1
        self.level = self.level_matched = 0.0
        self.language_index = -1
        #: How exactly the best entry of Accept names the type: 1 for `*/*`, 2 for `text/*`, 3 for the type itself.
        self.stars = 0
        self.is_definite = True
        self.charset_quality = self.encoding_quality = self.language_quality = self.type_quality = 1.0
        self.source_quality = 0.0

    def set_type(self, entry: Accepted) -> None:
        """Take in the type and what it says about itself."""
        self.type, self.source_quality, self.level, self.charset = entry.name, entry.quality, entry.level, entry.charset

    @property
    def is_pseudo_html(self) -> bool:
        """Whether it is HTML or something that becomes HTML."""
        return self.type in _PSEUDO_HTML

    @property
    def is_encoded(self) -> bool:
        """Whether it has an encoding that changes something."""
        return not is_identity(self.encoding)

    def matches_type(self, accepted: Accepted) -> bool:
        """Whether an entry of Accept is about its type (mime_match)."""
        name = accepted.name
        if name in ("*", "*/*"):
            self.stars = max(self.stars, 1)
            return True
        if len(name) > 2 and name.endswith("/*") and self.type.startswith(name[:-1]):
            self.stars = max(self.stars, 2)
            return True
        same = name == self.type or (name == "text/html" and self.type in (SERVER_PARSED, SERVER_PARSED_3))
        if same and accepted.level >= self.level:
            self.level_matched = self.level
            self.stars = 3
            return True
        return False

    def set_type_quality(self, accepted: list[Accepted], *, as_sent: bool, has_qualities: bool) -> None:
        """How well the client likes the type (set_accept_quality)."""
        quality = 0.0
        is_definite = True
        for entry in accepted:
            before = self.stars
            if not self.matches_type(entry) or before == self.stars:
                continue
            quality = entry.quality
            if not as_sent and not has_qualities and self.stars < 3:
                # Clients that send no qualities mean wildcards as the last resort.
                quality = ANY_TYPE if self.stars == 1 else ANY_SUBTYPE
            is_definite = self.stars == 3
        self.type_quality = quality
        self.is_definite = self.is_definite and is_definite

    def set_encoding_quality(self, accepted: list[Accepted] | None) -> None:
        """How well the client likes the encoding."""
        if accepted is None:
            self.encoding_quality = 0.5 if self.is_encoded else 1.0
            return
        encoding = self.encoding if self.is_encoded else "identity"
        assert encoding is not None
        encoding = encoding.removeprefix("x-")
        star: Accepted | None = None
        for entry in accepted:
            name = entry.name.removeprefix("x-")
            if name == encoding:
                self.encoding_quality = entry.quality
                return
            star = entry if name == "*" else star
        if star is not None:
            self.encoding_quality = star.quality
        else:
            self.encoding_quality = 0.0 if self.is_encoded else LAST_RESORT

    def set_charset_quality(self, accepted: list[Accepted] | None, *, as_sent: bool) -> None:
        """How well the client likes the charset."""
        charset = self.charset
        if accepted is None:
            self.is_definite = self.is_definite and not charset
            return
        if not charset:
            is_text = self.type.startswith("text/")
            if not is_text or as_sent:
                return
            charset = _LATIN_1
        star: Accepted | None = None
        for entry in accepted:
            if entry.name == charset:
                self.charset_quality = entry.quality
                return
            star = entry if entry.name == "*" else star
        if star is not None:
            self.charset_quality = star.quality
            self.is_definite = False
        else:
            self.charset_quality = 1.0 if charset == _LATIN_1 else 0.0

    def set_language_quality(self, accepted: list[Accepted] | None, default: float, *, as_sent: bool) -> None:
        """How well the client likes the languages; `default` is for a variant that has none."""
        if not self.languages:
            if not as_sent:
                self.language_quality = default
            return
        if accepted is None:
            self.is_definite = False
            return
        best: Accepted | None = None
        star = next((entry for entry in accepted if entry.name == "*"), None)
        is_similar = falls_to_star = False
        for language in self.languages:
            matched, similar = _best_range(language, accepted, as_sent=as_sent)
            is_similar = is_similar or similar
            if best is None or (matched is not None and matched.quality > best.quality):
                best = matched
            falls_to_star = falls_to_star or (matched is None and star is not None)
        if falls_to_star and star is not None and (best is None or star.quality > best.quality):
            best = star
            self.is_definite = False
        self.language_quality = best.quality if best is not None else SIMILAR if is_similar else 0.0

    def force_language(self, priority: tuple[str, ...], *, prefers: bool, falls_back: bool) -> None:
        """What LanguagePriority and ForceLanguagePriority make of it."""
        wanted = (prefers and self.language_index < 0) or (falls_back and not self.language_quality)
        if not self.languages or not wanted:
            return
        indexes = [index for language in self.languages if (index := _priority(language, priority)) >= 0]
        if not indexes:
            return
        if self.language_quality:
            self.language_index = min(indexes) if prefers else self.language_index
        elif falls_back:
            self.language_index = min(indexes)
            self.language_quality = LAST_RESORT
            self.is_definite = False

    def level_against(self, other: "Variant") -> int:
        """1 where its level is to be preferred, -1 where the other's is (level_cmp)."""
        if self.is_pseudo_html and not other.is_pseudo_html:
            return 0
        if not self.is_pseudo_html and self.type != other.type:
            return 0
        if self.level_matched != other.level_matched:
            return 1 if self.level_matched > other.level_matched else -1
        if self.level != other.level:
            return 1 if self.level < other.level else -1
        return 0


def is_identity(encoding: str | None) -> bool:
    """Whether an encoding is none."""
    return not encoding or encoding in ("7bit", "8bit", "binary")


def is_latin_1(charset: str) -> bool:
    """Whether a charset is the one of old, which is that of a text that names none."""
    return not charset or charset == _LATIN_1


def _best_range(language: str, accepted: list[Accepted], *, as_sent: bool) -> tuple[Accepted | None, bool]:
    """The longest entry of Accept-Language for a language, and whether one is at least similar: `en-US` for `en-GB`."""
    best: Accepted | None = None
    is_similar = False
    for entry in accepted:
        name = entry.name
        if name == "*":
            continue
        is_range = language.startswith(name) and language[len(name) : len(name) + 1] in ("", "-")
        if is_range and len(name) > (0 if best is None else len(best.name)):
            best = entry
        if best is None and not as_sent and "-" in name and language.startswith(name.partition("-")[0]):
            is_similar = True
    return best, is_similar


def _priority(language: str, priority: tuple[str, ...]) -> int:
    low = language.lower()
    return next((index for index, known in enumerate(priority) if low.startswith(known.lower())), -1)
