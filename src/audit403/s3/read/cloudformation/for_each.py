"""Loops of templates: each becomes what it stands for, once for each value that it goes through.

Truth: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html.
"""

import re
from collections.abc import Callable

from audit403.s3.read.json_tree import Member, Members, Node

PREFIX = "Fn::ForEach::"
_MOST = 2_000
_PARTS = 3
_NOT_OF_A_NAME = re.compile(r"[^A-Za-z0-9]")

#: The texts that a node comes to, when it is a list of them; None where that is not known.
Collection = Callable[[Node], list[str] | None]


def unrolled(node: Node, collection: Collection) -> Node:
    """A node with the loops in it, at any depth, in their places; one whose values are not known stays."""
    return _Unrolling(collection).of(node)


class _Unrolling:
    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.left = _MOST

    def of(self, node: Node) -> Node:
        inner = node.value
        if isinstance(inner, Members):
            members = [found for member in inner for found in self._of_member(member)]
            return Node(Members(members), node.start, node.end)
        if isinstance(inner, list):
            return Node([self.of(each) for each in inner], node.start, node.end)
        return node

    def _of_member(self, member: Member) -> list[Member]:
        values = self._values(member)
        if values is None:
            return [member._replace(node=self.of(member.node))]
        name, _, body = member.node.value
        found: list[Member] = []
        for value in values:
            self.left -= 1
            if self.left < 0:
                return found
            one = self.of(_with(body, name.value, value))
            found += one.value if isinstance(one.value, Members) else ()
        return found

    def _values(self, member: Member) -> list[str] | None:
        """What a loop goes through; None where a member is none, or nobody knows."""
        parts = member.node.value
        if not member.key.startswith(PREFIX) or isinstance(parts, Members) or not isinstance(parts, list):
            return None
        return self.collection(parts[1]) if len(parts) == _PARTS and isinstance(parts[0].value, str) else None


def _with(node: Node, name: str, value: str) -> Node:
    """A node with a value in place of the name of the loop."""
    inner = node.value
    if isinstance(inner, str):
        return Node(_filled(inner, name, value), node.start, node.end)
    if isinstance(inner, Members):
        if len(inner) == 1 and inner[0].key == "Ref" and inner[0].node.value == name:
            return Node(value, node.start, node.end)
        members = [one._replace(key=_filled(one.key, name, value), node=_with(one.node, name, value)) for one in inner]
        return Node(Members(members), node.start, node.end)
    if isinstance(inner, list):
        return Node([_with(each, name, value) for each in inner], node.start, node.end)
    return node


def _filled(text: str, name: str, value: str) -> str:
    """`&{name}` leaves out what may not stand in a name."""
    plain = text.replace(f"${{{name}}}", value)
    return plain.replace(f"&{{{name}}}", _NOT_OF_A_NAME.sub("", value))
