"""A type map: a file with a block for each variant, in lines like those of a mail's head.

Truth: read_type_map, get_header_line and get_body in modules/mappers/mod_negotiation.c. What is wrong in a block ends
the reading, and the variants before it count; a line that is no header at all is 500.
"""

import re
from errno import ENOENT, ENOTDIR

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.negotiation.accept import entry_of, languages_of, lower, token_of
from audit403.apache.decide.negotiation.choose import Negotiation
from audit403.apache.decide.negotiation.variant import Variant
from audit403.apache.decide.outcome import FORBIDDEN, OK, SERVER_ERROR
from audit403.apache.read.words import SPACES
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import Because, Span

_LONGEST = 8191
"""How much of a line fits httpd's buffer (MAX_STRING_LEN)."""

_END, _BLANK = "", " "
_COMMENT = re.compile(r"\([^)]*\)?")
_LENGTH = re.compile(r"[0-9]+\Z")
_LARGEST = (1 << 63) - 1


def read_type_map(negotiation: Negotiation, exchange: Exchange) -> int:
    """Add the variants of the map that is the exchange's file; OK or a status."""
    asked = negotiation.exchange
    filename = exchange.filename or ""
    evaluator = exchange.evaluator
    seen = evaluator.served_files().open(filename)
    place = evaluator.served_files().place(seen)
    asked.step("handler", f"the type map {filename}", place, not seen.errno, f"file:{filename}", "readable")
    if seen.errno:
        log = f"{error_text(seen.errno)}AH00683: cannot access type map file: {filename}"
        status = 404 if seen.errno in (ENOENT, ENOTDIR) else FORBIDDEN
        also = () if negotiation.where is None else (Because(negotiation.where, "this makes httpd look for variants"),)
        asked.decided("type-map-unreadable", place, "httpd may not read this type map", log=log, also=also)
        return status
    if seen.is_directory:
        return OK
    data = evaluator.evidence.read(filename)
    if not isinstance(data, bytes):
        raise Undecided(Missing(REASON_FILE, filename))
    return _Reader(data.decode("latin-1"), negotiation, filename).read()


class _Reader:
    """Reads one map; `at` is where the next line begins."""

    def __init__(self, text: str, negotiation: Negotiation, path: str) -> None:
        self.text = text
        self.negotiation = negotiation
        self.path = path
        self.at = 0

    def read(self) -> int:
        """Add the variants; OK or 500."""
        variant, has_content = Variant(), False
        while True:
            start = self.at
            line = self.line()
            if line in (_END, _BLANK):
                if variant.name and has_content:
                    self.negotiation.variants.append(variant)
                variant, has_content = Variant(), False
                if line == _END:
                    return OK
                continue
            name, colon, body = line.partition(":")
            body = body.lstrip(SPACES)
            if not colon or not body:
                return self.faulty(line, start, colon)
            ended, is_content = self.take(lower(name), _without_comments(body), variant, start)
            if ended:
                return OK
            has_content = has_content or is_content

    def take(self, name: str, body: str, variant: Variant, start: int) -> tuple[bool, bool]:
        """Take one header in; whether the reading ends here, and whether it says something about the content."""
        if name == "uri":
            variant.name = _as_file_name(token_of(body)[0])
            variant.where = self.span(start)
        elif name == "content-type":
            variant.set_type(entry_of(body)[0])
            return False, True
        elif name == "content-length":
            length = token_of(body)[0]
            if not _LENGTH.match(length) or int(length) > _LARGEST:
                return True, False
            variant.size = int(length)
            return False, True
        elif name == "content-language":
            variant.languages = tuple(languages_of(body))
            return False, True
        elif name == "content-encoding":
            variant.encoding = token_of(body)[0]
            return False, True
        elif name == "body":
            return not self.body(body.rstrip(SPACES), variant, start), False
        return False, False

    def body(self, tag: str, variant: Variant, start: int) -> bool:
        """A variant whose content is in the map itself, up to a line that says so; False where there is none."""
        content = self.text[self.at : self.at + _LONGEST].partition("\0")[0]
        end = content.find(tag)
        if end < 0 or self.at >= len(self.text):
            return False
        variant.body, variant.size = self.at, end
        variant.name = _as_file_name(self.path.rpartition("/")[2].encode("utf-8", "surrogateescape").decode("latin-1"))
        variant.where = self.span(start)
        behind = content.find("\n", end + len(tag))
        self.at += len(content) if behind < 0 else behind + 1
        return True

    def line(self) -> str:
        """The next header with its continuation lines; comments are passed over."""
        while True:
            line = self.raw_line()
            if not line:
                return _END
            if not line.startswith("#"):
                break
        line = line.partition("\0")[0]
        if not line.strip(SPACES):
            return _BLANK
        if lower(line[:5]) == "body:":
            return line
        text = self.text
        while self.at < len(text):
            if text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end + 1
                continue
            if text[self.at] not in SPACES:
                break
            while self.at < len(text) and text[self.at] in SPACES and text[self.at] != "\n":
                self.at += 1
            if self.at < len(text) and text[self.at] == "\n":
                break
            end = text.find("\n", self.at)
            end = len(text) if end < 0 else end
            room = max(_LONGEST - 1 - len(line), 0)
            line += text[self.at : min(end, self.at + room)] + "\n"
            self.at = min(end + 1, self.at + room) if end - self.at >= room else end + 1
        return line.partition("\0")[0]

    def raw_line(self) -> str:
        """Up to the end of the line, which is part of it, or of the buffer."""
        end = self.text.find("\n", self.at, self.at + _LONGEST)
        end = min(self.at + _LONGEST, len(self.text)) if end < 0 else end + 1
        line, self.at = self.text[self.at : end], end
        return line

    def faulty(self, line: str, start: int, colon: str) -> int:
        """500 for a line that is no header."""
        asked = self.negotiation.exchange
        where = self.span(start)
        words = "Syntax error in type map --- no header body" if colon else "Syntax error in type map, no ':' in"
        log = f"{'AH00682' if colon else 'AH00681'}: {words} {self.path} for header {line.strip(SPACES)}"
        asked.step("handler", f"{line.strip(SPACES)!r} is no line of a type map: 500", where)
        asked.decided("type-map-syntax", where, "this is no line of a type map", log=log)
        return SERVER_ERROR

    def span(self, start: int) -> Span:
        """Where the line stands that begins there, comments before it left out."""
        text = self.text
        while text.startswith("#", start):
            start = text.find("\n", start) + 1
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text.count("\n", 0, start) + 1
        return Span(self.path, line, 1, line, end - start + 1, start, end)


def _without_comments(text: str) -> str:
    """With spaces in the place of what stands in parentheses (strip_paren_comments)."""
    return _COMMENT.sub(lambda found: " " * len(found[0]), text)


def _as_file_name(text: str) -> str:
    """Bytes as paths are written."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape")
