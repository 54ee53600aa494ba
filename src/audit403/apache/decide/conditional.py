"""What becomes of a 200 with a file: If-* headers and Range can make it a 304, 412, 206 or 416.

Truth: ap_meets_conditions in modules/http/http_protocol.c and ap_set_byterange in modules/http/byterange_filter.c. What
the evidence does not show of a file's time leaves only the status open, never whether it is a 403.
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.evidence.interface import Entry

_CONDITIONS = ("if-match", "if-unmodified-since", "if-none-match", "if-modified-since", "range")
_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_HEX = re.compile(r"[0-9a-f]+\Z")
_PART = re.compile(r"(\d*)-(\d*)\Z")
_BEGINNING = re.compile(r"0-\d*\Z")
_LARGEST = (1 << 63) - 1


class _NotKnown(Exception):
    """The status hangs on what the evidence does not show."""


def has_conditions(exchange: Exchange) -> bool:
    """Whether a request has conditions, or asks for a part."""
    return any(exchange.header(name) is not None for name in _CONDITIONS)


def conditional(exchange: Exchange, file: Entry) -> None:
    """Set the status that the conditions of the request make of a file that is sent."""
    headers = {name: value for name in _CONDITIONS if (value := exchange.header(name)) is not None}
    if not headers or exchange.status != 200:
        return
    if any(isinstance(value, Unknown) for value in headers.values()):
        exchange.status_known = False
        return
    try:
        status = _Conditions(exchange, file).status()
    except _NotKnown:
        exchange.step("handler", "what the conditions of the request make of it hangs on the file's time")
        exchange.status_known = False
        return
    if status != 200:
        exchange.step("handler", f"the conditions of the request make it {status}")
        exchange.status = status


def precondition(exchange: Exchange, file: Entry | None) -> int:
    """200, or the status that the conditions make of a request that changes something; `file` is what is there.

    No time is known of it but now. Truth: dav_meets_conditions in modules/dav/main/util.c.
    """
    headers = {name: exchange.header(name) for name in _CONDITIONS}
    for value in headers.values():
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
    match, none = headers["if-match"], headers["if-none-match"]
    if isinstance(match, str) and match.startswith("*") and file is None:
        return 412
    try:
        status = _Preconditions(exchange, Entry("", 0, 0, 0, size=-1) if file is None else file).before_range()
    except _NotKnown:
        raise Undecided(Missing(REASON_STATE, "when the file was changed, to the microsecond")) from None
    return 200 if status == 412 and file is None and isinstance(none, str) and none.startswith("*") else status


def conditional_page(exchange: Exchange) -> None:
    """The same of a page that httpd makes itself: only Range counts, and what is asked for may lie behind its end."""
    text = exchange.header("range")
    if exchange.status != 200 or not isinstance(text, str) or text[:6].lower() != "bytes=":
        return
    if _BEGINNING.match(text[6:]):
        exchange.step("handler", "a part of the page is asked for: 206")
        exchange.status = 206
    else:
        exchange.step("handler", "whether the page has the part that is asked for hangs on its length")
        exchange.status_known = False


class _Conditions:
    """One request's conditions on one file."""

    def __init__(self, exchange: Exchange, file: Entry) -> None:
        self.exchange = exchange
        self.file = file
        self.is_get = exchange.method == "GET"
        self.range = self.text("range")

    def text(self, name: str) -> str | None:
        """A header's text."""
        value = self.exchange.header(name)
        return None if isinstance(value, Unknown) else value

    def status(self) -> int:
        """The status."""
        status = self.before_range()
        return status if status != 200 or self.range is None else self.by_range(self.range)

    def before_range(self) -> int:
        """ap_meets_conditions."""
        match = self.text("if-match")
        if match is not None and not match.startswith("*") and not self.has_tag(match, strong=True):
            return 412
        same: bool | None = None
        since = self.text("if-unmodified-since")
        if since is not None:
            when = _time(since)
            # With a Range and a file just changed this is no reason; but then the file is just being changed.
            if when is not None and self.mtime() > when:
                return 412
            same = False
        none = self.text("if-none-match")
        if none is not None:
            if none.startswith("*") or self.has_tag(none, strong=not self.is_get or self.range is not None):
                if not self.is_get:
                    return 412
                same = True if same is None else same
            else:
                same = False
        since = self.text("if-modified-since")
        if since is not None:
            when = _time(since) or 0
            met = self.mtime() <= when <= self.exchange.evaluator.now()
            if not met or (self.range is not None and self.just_changed()):
                same = False
            elif self.is_get and same is None:
                same = True
        if self.text("if-range") is not None and self.range is not None:
            return 200
        return 304 if same else 200

    def by_range(self, text: str) -> int:
        """ap_set_byterange, as far as it decides the status."""
        if text[:6].lower() != "bytes=":
            return 200
        size = self.size()
        if not size or not self.range_is_current():
            return 200
        found = unsatisfiable = 0
        for part in text[6:].split(","):
            if not part:
                break
            numbers = _PART.match(part)
            if numbers is None:
                return 200
            first, last = numbers.groups()
            if (not first and not last) or any(number and int(number) > _LARGEST for number in (first, last)):
                return 200
            if (not first and int(last) < 1) or (first and last and int(first) > int(last)):
                return 200
            if first and not last and int(first) == 0:
                return 206
            if first and int(first) >= size:
                unsatisfiable += 1
            else:
                found += 1
        if found > 1:
            raise _NotKnown
        return 206 if found else 416 if unsatisfiable else 200

    def range_is_current(self) -> bool:
        """ap_condition_if_range."""
        condition = self.text("if-range")
        if condition is None:
            return True
        if condition.startswith('"'):
            return self.has_tag(condition, strong=True)
        return _time(condition) == self.mtime() and not self.just_changed()

    def size(self) -> int:
        """How long the file is."""
        if self.file.size is None:
            raise _NotKnown
        return self.file.size

    def mtime(self) -> int:
        """When the file was changed."""
        if self.file.mtime is None:
            raise _NotKnown
        return self.file.mtime

    def just_changed(self) -> bool:
        """Whether the file is less than a minute old."""
        return self.exchange.evaluator.now() < self.mtime() + 60

    def has_tag(self, text: str, *, strong: bool) -> bool:
        """Whether one of the tags is the file's, which is its size and its time in microseconds."""
        size = f"{self.size():x}"
        for found in _TAG.finditer(text):
            length, _, time = found[1].partition("-")
            if length != size or not _HEX.match(time) or (strong and found[0].startswith("W/")):
                continue
            if self.file.mtime is None or int(time, 16) // 1_000_000 == self.file.mtime:
                raise _NotKnown
        return False


class _Preconditions(_Conditions):
    """The conditions of a request for something that is not sent."""

    def mtime(self) -> int:
        """Nobody has looked when it was changed."""
        return self.exchange.evaluator.now()


def _time(text: str) -> int | None:
    from datetime import UTC, datetime

    for form in _FORMS:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    return None
