"""Which variant wins, or none: httpd's own algorithm, and the one for clients that negotiate transparently.

Truth: do_negotiation, best_match, is_variant_better and is_variant_better_rvsa, parse_accept_headers,
parse_negotiate_header and setup_choice_response in modules/mappers/mod_negotiation.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.negotiation.accept import Accepted, entries_of, list_items, single
from audit403.apache.decide.negotiation.variant import LAST_RESORT, Variant, is_latin_1
from audit403.apache.decide.outcome import OK
from audit403.apache.decide.subrequests import look_up_file
from audit403.apache.model.negotiation import FALLBACK, NEGOTIATION, PREFER, NegotiationConfig
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Because, Place

CGI_TYPE = "application/x-httpd-cgi"
TYPE_MAP = "type-map"
TRANSPARENT = "transparent"
"""A note of a request that was negotiated transparently: httpd sets a TCN header."""

_NOTHING = NegotiationConfig()
_USUAL = frozenset((PREFER,))
_HEADERS = ("Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset", "Negotiate")
_TRANSPARENT_WORDS = ("trans", "vlist", "guess-small", "*")
_SCRIPTS_FIRST, _SCRIPTS_LAST = 2.0, single(0.001)


class Negotiation:
    """What one request takes, and the variants that there are. `where` is what made httpd negotiate."""

    def __init__(self, exchange: Exchange, where: Place | None) -> None:
        self.exchange = exchange
        self.where = where
        self.config: NegotiationConfig = exchange.config(NEGOTIATION, _NOTHING)
        self.accepts = _entries(exchange, "Accept")
        self.has_qualities = any(entry.quality < 1.0 for entry in self.accepts or ())
        self.encodings = _entries(exchange, "Accept-Encoding")
        self.languages = _entries(exchange, "Accept-Language")
        self.charsets = _entries(exchange, "Accept-Charset")
        self.variants: list[Variant] = []
        self.is_transparent = False
        #: Whether the client knows what it says: then nothing is made of its headers that is not in them.
        self.as_sent = False
        self.client_is_transparent = False
        self.may_choose = True
        self.uses_rvsa = False

    def negotiate(self, *, prefers_scripts: bool) -> tuple[int, Variant | None]:
        """OK and the variant that wins, otherwise a status."""
        exchange = self.exchange
        if exchange.method == "GET":
            is_neighbour = all("/" not in variant.name and not variant.body for variant in self.variants)
            self.is_transparent = is_neighbour and not exchange.path_info
        if self.is_transparent:
            self.read_negotiate()
        quality = 0.0 if self.uses_rvsa else _SCRIPTS_FIRST if prefers_scripts else _SCRIPTS_LAST
        accepts = [Accepted("*/*")] if self.accepts is None else self.accepts
        chosen, best = self.best_match([*accepts, Accepted(CGI_TYPE, quality)])
        if not chosen:
            if self.is_transparent:
                exchange.notes[TRANSPARENT] = True
            if self.is_transparent and self.client_is_transparent:
                exchange.step("type", "the client asks for the list of variants: 300", self.where)
                return 300, None
            if best is None:
                return self.not_acceptable(), None
        assert best is not None
        sent = ", ".join(name for name in _HEADERS if exchange.header(name) is not None) or "no Accept headers"
        exchange.step("type", f"of {len(self.variants)} variants {best.name} fits best ({sent})", best.where)
        status = self.set_up_choice(best) if self.is_transparent else OK
        return status, best

    def read_negotiate(self) -> None:
        """What a client that negotiates transparently wants."""
        value = _text(self.exchange, "Negotiate")
        if value is None or (value == "trans" and (_text(self.exchange, "User-Agent") or "").startswith("Lynx")):
            return
        self.may_choose = False
        for word in list_items(value):
            if word not in _TRANSPARENT_WORDS and not ("0" <= word[:1] <= "9"):
                continue
            self.client_is_transparent = True
            if word == "1.0":
                self.may_choose = self.uses_rvsa = self.as_sent = True
            elif word == "*":
                self.may_choose = self.as_sent = True

    def best_match(self, accepts: list[Accepted]) -> tuple[bool, Variant | None]:
        """Whether there is a choice, and the best variant; a language that the environment prefers is tried first."""
        preferred = _variable(self.exchange, "prefer-language")
        drops_encoded = _variable(self.exchange, "no-gzip") is not None
        drops_others = not drops_encoded and _variable(self.exchange, "gzip-only-text/html") == "1"
        has_languages = any(variant.languages for variant in self.variants)
        default = LAST_RESORT if has_languages and not self.as_sent else 1.0
        best_quality = 0.0
        while True:
            best: Variant | None = None
            for variant in self.variants:
                is_encoded = variant.is_encoded and variant.encoding != "identity"
                if is_encoded and (drops_encoded or (drops_others and not variant.type.startswith("text/html"))):
                    continue
                if preferred is not None and preferred not in variant.languages:
                    continue
                variant.set_type_quality(accepts, as_sent=self.as_sent, has_qualities=self.has_qualities)
                if preferred is not None:
                    variant.language_quality, variant.is_definite = 1.0, True
                else:
                    variant.set_language_quality(self.languages, default, as_sent=self.as_sent)
                    force = self.config.force or _USUAL
                    priority = self.config.language_priority or ()
                    variant.force_language(priority, prefers=PREFER in force, falls_back=FALLBACK in force)
                variant.set_encoding_quality(self.encodings)
                variant.set_charset_quality(self.charsets, as_sent=self.as_sent)
                if not self.may_choose:
                    continue
                better = self.better_rvsa if self.uses_rvsa else self.better
                quality = better(variant, best, best_quality)
                if quality is not None:
                    best, best_quality = variant, quality
            chosen = best_quality > 0
            if self.uses_rvsa:
                chosen = chosen and best is not None and best.is_definite
            if preferred is None or (best is not None and chosen):
                return chosen, best
            preferred = None

    def better(self, variant: Variant, best: Variant | None, best_quality: float) -> float | None:
        """The quality of a variant that is better than the best so far, otherwise None (is_variant_better)."""
        qualities = (
            variant.encoding_quality,
            variant.language_quality,
            variant.source_quality,
            variant.charset_quality,
            variant.type_quality,
        )
        quality = single(variant.type_quality * variant.source_quality)
        if 0.0 in qualities or quality == 0.0 or quality < best_quality:
            return None
        if quality > best_quality or best is None:
            return quality
        if variant.language_quality != best.language_quality:
            return quality if variant.language_quality > best.language_quality else None
        if variant.language_index != best.language_index:
            indexes = (best.language_index, variant.language_index)
            is_first = -1 not in indexes and variant.language_index < best.language_index
            return quality if best.language_index == -1 or is_first else None
        level = variant.level_against(best)
        if level:
            return quality if level > 0 else None
        if variant.charset_quality < best.charset_quality:
            return None
        if variant.charset_quality > best.charset_quality:
            return quality
        if not is_latin_1(variant.charset) and is_latin_1(best.charset):
            return quality
        if variant.encoding_quality != best.encoding_quality:
            return quality if variant.encoding_quality > best.encoding_quality else None
        return quality if self.size_of(variant) < self.size_of(best) else None

    def better_rvsa(self, variant: Variant, best: Variant | None, best_quality: float) -> float | None:
        """The same for a client that negotiates transparently (RFC 2296)."""
        if variant.encoding_quality == 0.0:
            return None
        quality = single(variant.type_quality * variant.source_quality)
        quality = single(single(quality * variant.charset_quality) * variant.language_quality)
        if quality <= 0.0 or quality < best_quality:
            return None
        if quality > best_quality:
            return quality
        return quality if best is not None and variant.encoding_quality > best.encoding_quality else None

    def size_of(self, variant: Variant) -> int:
        """How long a variant is; -1 where nobody knows (find_content_length)."""
        if variant.size < 0:
            files = self.exchange.evaluator.served_files()
            if variant.inner is not None:
                path = variant.inner.filename or ""
            else:
                path = (self.exchange.filename or "").rpartition("/")[0] + "/" + variant.name
            found = files.stat(path)
            variant.size = -1 if found.entry is None else files.size(found)
        return variant.size

    def not_acceptable(self) -> int:
        """None of the variants is what the client takes."""
        exchange = self.exchange
        names = ", ".join(variant.name for variant in self.variants) or "none"
        exchange.step("type", f"the client takes none of the variants ({names}): 406", self.where)
        message = f"the client takes none of the variants ({names})"
        log = f"AH00690: no acceptable variant: {exchange.filename}"
        exchange.decided("no-acceptable-variant", self.where, message, log=log)
        return 406

    def set_up_choice(self, variant: Variant) -> int:
        """A variant that is chosen transparently is looked up, and must not be negotiated itself."""
        exchange = self.exchange
        if variant.inner is None:
            inner = look_up_file(exchange, variant.name)
            if inner.status != 200 and TRANSPARENT not in inner.notes:
                return self.refused(inner, variant)
            variant.inner = inner
        if TRANSPARENT in variant.inner.notes or variant.inner.handler == TYPE_MAP:
            exchange.step("type", f"{variant.name} is negotiated itself: 506", variant.where)
            exchange.decided("variant-varies", variant.where or self.where, f"{variant.name} is negotiated itself")
            return 506
        exchange.notes[TRANSPARENT] = True
        return OK

    def refused(self, inner: Exchange, variant: Variant) -> int:
        """The status with which the file that is chosen is refused."""
        cause = inner.cause
        if cause is not None:
            self.exchange.cause = cause._replace(because=cause.because + self.because(variant))
        return inner.status

    def because(self, variant: Variant) -> tuple[Because, ...]:
        """What has led to a variant."""
        places = (
            (variant.where, f"the type map names {variant.name}"),
            (self.where, "this makes httpd look for variants"),
        )
        return tuple(Because(where, message) for where, message in places if where is not None)


def _entries(exchange: Exchange, name: str) -> list[Accepted] | None:
    value = _text(exchange, name)
    return None if value is None else entries_of(value)


def _text(exchange: Exchange, name: str) -> str | None:
    value = exchange.header(name)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return value


def _variable(exchange: Exchange, name: str) -> str | None:
    value = exchange.env.get(name)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return value
