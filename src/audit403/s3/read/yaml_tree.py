"""YAML with the place of every value, in the nodes of `json_tree`, as CloudFormation reads it.

Truth: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html: YAML 1.1, of which dates
stay text (`Version: 2012-10-17`), and short tags are functions (`!Sub x` is `{"Fn::Sub": x}`).
"""

import re
from bisect import bisect_left
from typing import Any

from audit403.core.source import Source
from audit403.s3.read.json_tree import DEEPEST, Member, Members, Node, NoJson

MOST_NODES = 500_000
_WITHOUT_PREFIX = ("!Ref", "!Condition")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}\Z")
_MERGE = "<<"


def read_yaml(source: Source) -> Node:
    """The first document of a text. Raises NoJson."""
    import yaml

    try:
        text = source.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoJson("it is no UTF-8", error.start) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    offsets = _Offsets(source, text)
    try:
        return _Composer(yaml.parse(text, loader), offsets).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = getattr(error, "problem", None) or "it is no YAML"
        raise NoJson(str(said), 0 if mark is None else offsets.of(mark.index)) from None


class _Offsets:
    """Of characters to bytes."""

    def __init__(self, source: Source, text: str) -> None:
        self._first = len(source.data) - len(text.encode("utf-8"))
        self._wide = [] if text.isascii() else [number for number, one in enumerate(text) if ord(one) > 127]
        self._more = [0]
        for number in self._wide:
            self._more.append(self._more[-1] + len(text[number].encode("utf-8")) - 1)

    def of(self, index: int) -> int:
        return self._first + index + self._more[bisect_left(self._wide, index)]


class _Composer:
    def __init__(self, events: Any, offsets: _Offsets) -> None:
        self._events = iter(events)
        self._offsets = offsets
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def document(self) -> Node:
        for event in self._events:
            if type(event).__name__ == "DocumentStartEvent":
                return self._node(next(self._events), 0)
        return Node(None, 0, 0)

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event).__name__
        start = self._offsets.of(event.start_mark.index)
        self._count += 1
        if self._count > MOST_NODES:
            raise NoJson(f"it has more than {MOST_NODES:,} values", start)
        if depth > DEEPEST:
            raise NoJson(f"it is nested deeper than {DEEPEST} levels", start)
        if kind == "AliasEvent":
            known = self._anchors.get(event.anchor)
            if known is None:
                raise NoJson(f'nothing has the anchor "{event.anchor}" before it', start)
            return known
        if kind == "ScalarEvent":
            node = Node(_scalar(event), start, self._offsets.of(event.end_mark.index))
        elif kind == "SequenceStartEvent":
            node = self._sequence(start, depth)
        else:
            node = self._mapping(start, depth)
        node = _tagged(event.tag, node)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, start: int, depth: int) -> Node:
        nodes: list[Node] = []
        while True:
            event = next(self._events)
            if type(event).__name__ == "SequenceEndEvent":
                return Node(nodes, start, self._end(event, start, nodes))
            nodes.append(self._node(event, depth + 1))

    def _mapping(self, start: int, depth: int) -> Node:
        members = Members()
        merged: list[Node] = []
        while True:
            event = next(self._events)
            if type(event).__name__ == "MappingEndEvent":
                break
            key = self._node(event, depth + 1)
            node = self._node(next(self._events), depth + 1)
            text = key.value if isinstance(key.value, str) else _written(event)
            if text == _MERGE:
                merged += node.each()
            else:
                members.append(Member(text, node, key.start, key.end))
        end = self._end(event, start, [member.node for member in members])
        for node in merged:
            if isinstance(node.value, Members):
                known = {member.key for member in members}
                members[:0] = [member for member in node.value if member.key not in known]
        self._count += len(members) if merged else 0
        return Node(members, start, end)

    def _end(self, event: Any, start: int, nodes: list[Node]) -> int:
        """A block ends with its last value: the mark of its end lies behind blank lines and comments."""
        marked = self._offsets.of(event.end_mark.index)
        is_flow = event.start_mark.index != event.end_mark.index
        return marked if is_flow or not nodes else max(start, min(marked, nodes[-1].end))


def _written(event: Any) -> str:
    value = getattr(event, "value", None)
    return value if isinstance(value, str) else ""


def _scalar(event: Any) -> Any:
    text = event.value
    if event.tag not in (None, "!") and not event.tag.startswith("!"):
        return text
    if not event.implicit[0] and event.tag is None:
        return text
    if event.style in ("'", '"', "|", ">"):
        return text
    if text in _NULLS:
        return None if event.tag is None else text
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _tagged(tag: str | None, node: Node) -> Node:
    if tag is None or not tag.startswith("!") or len(tag) == 1:
        return node
    name = tag[1:] if tag in _WITHOUT_PREFIX else f"Fn::{tag[1:]}"
    return Node(Members([Member(name, node, node.start, node.start)]), node.start, node.end)
