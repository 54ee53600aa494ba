"""JSON with the place of every value, keys that come twice, and bounds on what it may cost.

Truth: RFC 8259. A byte order mark in front is passed over, as AWS's tools do; of a key that comes twice the last
value counts, as it does for AWS, and the others are told.
"""

import re
from collections.abc import Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Source

BOM = b"\xef\xbb\xbf"
DEEPEST = 100
_LONGEST_NUMBER = 300
_BLANKS = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?'
    r"|true|false|null|[\[\]{}:,]"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_PLAIN_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}


class NoJson(ValueError):
    """What cannot be read: `offset` is the byte at which it stops being JSON."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Node:
    """One value: `value` is text, a number, True, False or None, a list of nodes, or a list of members."""

    __slots__ = ("end", "start", "value")

    def __init__(self, value: Any, start: int, end: int) -> None:
        self.value = value
        self.start = start
        self.end = end

    def plain(self) -> Any:
        """The value in Python's own types."""
        value = self.value
        if isinstance(value, Members):
            return {member.key: member.node.plain() for member in value}
        return [node.plain() for node in value] if isinstance(value, list) else value

    def member(self, key: str) -> "Node | None":
        """The last value of a key, of an object that has it."""
        if not isinstance(self.value, Members):
            return None
        return next((member.node for member in reversed(self.value) if member.key == key), None)

    def each(self) -> "list[Node]":
        """The nodes of a list, or the one that stands for one."""
        return self.value if isinstance(self.value, list) and not isinstance(self.value, Members) else [self]


class Member(NamedTuple):
    """One key of an object with its value; the offsets are the key's."""

    key: str
    node: Node
    start: int
    end: int


class Members(list[Member]):
    """What an object holds, in its order."""


def read_json(source: Source) -> Node:
    """The one value of a text. Raises NoJson."""
    return _Reader(source).whole()


def span(source: Source, node: "Node | Member") -> Span:
    """Where a value, or a key, is written."""
    return source.span(node.start, node.end)


def repeated(node: Node) -> Iterator[Member]:
    """Every key that the same object has again further on."""
    value = node.value
    if isinstance(value, Members):
        last = {member.key: number for number, member in enumerate(value)}
        for number, member in enumerate(value):
            if last[member.key] != number:
                yield member
            yield from repeated(member.node)
    elif isinstance(value, list):
        for each in value:
            yield from repeated(each)


class _Reader:
    def __init__(self, source: Source) -> None:
        # An offset into this text is one into the bytes.
        self.text = source.text
        self.at = len(BOM) if source.data.startswith(BOM) else 0

    def whole(self) -> Node:
        node = self.value(self.token(), 0)
        self.blanks()
        if self.at < len(self.text):
            raise NoJson("there is more behind the value", self.at)
        return node

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def token(self) -> "re.Match[str]":
        self.blanks()
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            what = "it ends too early" if self.at >= len(self.text) else "this is no JSON"
            raise NoJson(what, self.at)
        self.at = found.end()
        return found

    def value(self, token: "re.Match[str]", depth: int) -> Node:
        text = token[0]
        first = text[0]
        if depth > DEEPEST:
            raise NoJson(f"it is nested deeper than {DEEPEST} levels", token.start())
        if first == '"':
            return Node(_string(text), token.start(), token.end())
        if first == "{":
            return self.object(token.start(), depth)
        if first == "[":
            return self.list(token.start(), depth)
        if text in _WORDS:
            return Node(_WORDS[text], token.start(), token.end())
        if first in "]}:,":
            raise NoJson(f'there is no value before "{text}"', token.start())
        return Node(_number(text), token.start(), token.end())

    def object(self, start: int, depth: int) -> Node:
        members = Members()
        token = self.token()
        while token[0] != "}":
            if token[0][0] != '"':
                raise NoJson("a key must be text", token.start())
            if self.token()[0] != ":":
                raise NoJson('a key must be followed by ":"', self.at - 1)
            node = self.value(self.token(), depth + 1)
            members.append(Member(_string(token[0]), node, token.start(), token.end()))
            token = self.token()
            if token[0] == ",":
                token = self.token()
                if token[0] == "}":
                    raise NoJson('"," stands before "}"', token.start())
            elif token[0] != "}":
                raise NoJson('"," or "}" is missing', token.start())
        return Node(members, start, self.at)

    def list(self, start: int, depth: int) -> Node:
        nodes: list[Node] = []
        token = self.token()
        while token[0] != "]":
            nodes.append(self.value(token, depth + 1))
            token = self.token()
            if token[0] == ",":
                token = self.token()
                if token[0] == "]":
                    raise NoJson('"," stands before "]"', token.start())
            elif token[0] != "]":
                raise NoJson('"," or "]" is missing', token.start())
        return Node(nodes, start, self.at)


def _string(token: str) -> str:
    inner = token[1:-1]
    text = inner.encode("latin-1").decode("utf-8", "surrogateescape")
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(_unescaped, text)
    # Two escapes may be one character beyond the first plane.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _unescaped(found: "re.Match[str]") -> str:
    return chr(int(found[1], 16)) if found[1] else _PLAIN_ESCAPES.get(found[2], found[2])


def _number(text: str) -> int | float:
    if len(text) > _LONGEST_NUMBER or any(mark in text for mark in ".eE"):
        return float(text)
    return int(text)
