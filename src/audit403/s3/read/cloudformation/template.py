"""The parts of a template: parameters, mappings, conditions, resources; and the values that its expressions come to.

Truth: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html and
…/pseudo-parameter-reference.html.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.read.cloudformation.for_each import PREFIX, unrolled
from audit403.s3.read.cloudformation.references import attribute_of, reference_of
from audit403.s3.read.described import ACCOUNT
from audit403.s3.read.json_tree import Members, Node
from audit403.s3.read.stack import EATEN
from audit403.s3.read.value import Hole, Value, plain, text_of

MOST_VALUES = 300_000
_FUNCTIONS = frozenset(("Ref", "Condition"))
_SUB = re.compile(r"\$\{(!?)\s*([^}]*?)\s*\}")
_PSEUDO: dict[str, Any] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::Region": Hole("AWS.Region"),
    "AWS::StackName": Hole("AWS.StackName"),
    "AWS::StackId": Hole("AWS.StackId"),
    "AWS::NotificationARNs": Hole("AWS.NotificationARNs"),
}
_NO_VALUE = "AWS::NoValue"
_NOTHING = Node(None, 0, 0)


class TooLarge(ValueError):
    """What a template comes to is out of all proportion."""


class Template:
    """One template. `assumed` are values of parameters that are supposed; None supposes another than any named."""

    def __init__(self, source: Source, root: Node, assumed: Mapping[str, str | None]) -> None:
        self.source = source
        self.assumed = assumed
        self.faults: list[tuple[str, Span | None, str]] = []
        self.parameters = _section(root, "Parameters")
        self.mappings = _section(root, "Mappings")
        self.conditions = _section(root, "Conditions")
        self.resources: dict[str, Node] = {}
        self._known_conditions: dict[str, bool | None] = {}
        self._resolving: set[str] = set()
        self._count = 0
        resources = unrolled(root, self._texts) if self._has_loops(root) else root
        every = _section(resources, "Resources")
        self.resources = {name: node for name, node in every.items() if _type(node)}
        #: Loops of which nobody knows what they go through.
        self.left = [source.span(node.start, node.end) for name, node in every.items() if name.startswith(PREFIX)]

    def _has_loops(self, root: Node) -> bool:
        return root.member("Transform") is not None and PREFIX.encode() in self.source.data

    def _texts(self, node: Node) -> list[str] | None:
        """The texts of a list that a loop goes through; None where they are not known."""
        found = self.resolve(node)
        texts = [text_of(one) for one in found.value] if isinstance(found.value, list) else [None]
        return None if any(one is None or "⟨" in one for one in texts) else [one for one in texts if one is not None]

    def type_of(self, name: str) -> str:
        """The type of a resource; empty where there is none of that name."""
        return _type(self.resources.get(name, _NOTHING))

    def is_created(self, name: str) -> bool:
        """Whether a resource is created, as far as its condition is known."""
        condition = self.resources[name].member("Condition")
        return condition is None or self.condition(condition.value) is not False

    def property(self, name: str, *path: str) -> Value | None:
        """A property of a resource, resolved; None where it has none, or it is being worked out already."""
        key = "|".join((name, *path))
        if key in self._resolving:
            return None
        self._resolving.add(key)
        try:
            found = self._property(self.resources[name].member("Properties"), path)
        finally:
            self._resolving.discard(key)
        return None if found is None or found.value is None or found.value is _ABSENT else found

    def _property(self, node: Node | None, path: tuple[str, ...]) -> Value | None:
        for number, key in enumerate(path):
            if node is None:
                return None
            if _function(node) is not None:
                return self.resolve(node).get(*path[number:])
            node = node.member(key)
        return None if node is None else self.resolve(node)

    def properties(self, name: str) -> Value:
        """All properties of a resource, resolved."""
        node = self.resources[name].member("Properties")
        return Value({}) if node is None else self.resolve(node)

    def where(self, name: str) -> Span:
        """Where a resource is written."""
        node = self.resources[name]
        kind = node.member("Type")
        return self.source.span(node.start, node.end) if kind is None else self.source.span(kind.start, kind.end)

    def resolve(self, node: Node) -> Value:
        """What a node comes to."""
        self._count += 1
        if self._count > MOST_VALUES:
            raise TooLarge(f"what it comes to has more than {MOST_VALUES:,} values")
        inner = node.value
        if isinstance(inner, Members):
            called = _function(node)
            if called is not None:
                return self._call(called[0], called[1], node)
            members = {member.key: self.resolve(member.node) for member in inner}
            return self._value({key: value for key, value in members.items() if value.value is not _ABSENT}, node)
        if isinstance(inner, list):
            values = [self.resolve(each) for each in inner]
            return self._value([value for value in values if value.value is not _ABSENT], node)
        return self._value(inner, node)

    def condition(self, name: Any) -> bool | None:
        """Whether a named condition holds; None where nobody knows."""
        if not isinstance(name, str) or name not in self.conditions:
            return None
        if name not in self._known_conditions:
            self._known_conditions[name] = None
            self._known_conditions[name] = self._holds(self.conditions[name])
        return self._known_conditions[name]

    def reference(self, name: str) -> Any:
        """What {"Ref": name} comes to."""
        if name in _PSEUDO:
            return self.assumed.get(name) or _PSEUDO[name]
        if name == _NO_VALUE:
            return _ABSENT
        if name in self.parameters:
            return self._parameter(name)
        return reference_of(self, name) if name in self.resources else Hole(name)

    def _parameter(self, name: str) -> Any:
        supposed = self.assumed.get(name)
        if supposed is not None:
            return supposed
        node = self.parameters[name]
        kind = node.member("Type")
        default = node.member("Default")
        words = kind.value if kind is not None and isinstance(kind.value, str) else "String"
        if default is None or isinstance(default.value, list) or words.startswith("AWS::SSM::"):
            return Hole(name)
        text = text_of(Value(default.value)) or ""
        if words == "CommaDelimitedList" or words.startswith("List<"):
            return [self._value(one.strip(), default) for one in text.split(",")]
        return text

    def _holds(self, node: Node) -> bool | None:
        called = _function(node)
        if called is None:
            return node.value if isinstance(node.value, bool) else None
        name, argument = called
        if name == "Condition":
            return self.condition(argument.value)
        if name == "Fn::Equals":
            return self._equal(argument)
        parts = [self._holds(each) for each in argument.each()]
        if name == "Fn::Not":
            return None if not parts or parts[0] is None else not parts[0]
        if name == "Fn::And":
            return False if False in parts else None if None in parts else True
        if name == "Fn::Or":
            return True if True in parts else None if None in parts else False
        return None

    def _equal(self, argument: Node) -> bool | None:
        sides = [self.resolve(each) for each in argument.each()]
        if len(sides) != 2:
            return None
        for one, other in ((sides[0], sides[1]), (sides[1], sides[0])):
            if isinstance(one.value, Hole) and not isinstance(other.value, Hole):
                name = one.value.reference.replace("AWS.", "AWS::")
                return False if name in self.assumed and self.assumed[name] is None else None
        left, right = plain(sides[0]), plain(sides[1])
        if left == right:
            return True
        return None if "…⟩" in f"{left}{right}" else str(left) == str(right)

    def _call(self, name: str, argument: Node, node: Node) -> Value:
        found = self._called(name, argument, node)
        if isinstance(found, Value):
            # What a function passes on is written where it stands, what it makes stands where it is called.
            return found
        return self._value(found, node)

    def _called(self, name: str, argument: Node, node: Node) -> Any:
        if name == "Ref":
            return self.reference(argument.value) if isinstance(argument.value, str) else Hole("Ref")
        if name == "Condition":
            return self.condition(argument.value)
        if name == "Fn::GetAtt":
            return self._attribute(argument)
        if name == "Fn::Sub":
            return self._substituted(argument, node)
        if name == "Fn::If":
            return self._chosen(argument)
        if name in ("Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or"):
            return self._holds(node)
        parts = self.resolve(argument)
        if name == "Fn::Join":
            return _joined(parts)
        if name == "Fn::Select":
            return _selected(parts)
        if name == "Fn::Split":
            return _split(self, parts, node)
        if name == "Fn::FindInMap":
            return self._in_map(argument)
        if name == "Fn::Length":
            return len(parts.value) if isinstance(parts.value, list) else Hole("Length")
        if name == "Fn::ToJsonString":
            return json.dumps(plain(parts))
        if name == "Fn::ImportValue":
            return Hole(f"import {text_of(parts) or ''}".strip())
        return Hole(name.removeprefix("Fn::"))

    def _attribute(self, argument: Node) -> Any:
        if isinstance(argument.value, str):
            logical, _, attribute = argument.value.partition(".")
        else:
            words = [text_of(self.resolve(each)) or "" for each in argument.each()]
            logical, attribute = words[0] if words else "", ".".join(words[1:])
        return attribute_of(self, logical, attribute) if logical in self.resources else Hole(f"{logical}.{attribute}")

    def _substituted(self, argument: Node, node: Node) -> Any:
        parts = argument.value if isinstance(argument.value, list) and not isinstance(argument.value, Members) else None
        text = parts[0].value if parts else argument.value
        if not isinstance(text, str):
            return Hole("Sub")
        own = self.resolve(parts[1]).value if parts is not None and len(parts) > 1 else {}
        own = own if isinstance(own, dict) else {}

        def replaced(found: "re.Match[str]") -> str:
            if found[1]:
                return f"${{{found[2]}}}"
            name = found[2]
            if name in own:
                return text_of(own[name]) or ""
            if ":" in name and not name.startswith("AWS::"):
                message = f"Fn::Sub takes {found[0]} for a name of its own: a policy variable is written ${{!{name}}}"
                self.faults.append((EATEN, self.source.span(node.start, node.end), message))
                return found[0]
            logical, dot, attribute = name.partition(".")
            if dot and logical in self.resources:
                value = attribute_of(self, logical, attribute)
            else:
                value = self.reference(name)
            return text_of(Value(value)) or ""

        return _SUB.sub(replaced, text)

    def _chosen(self, argument: Node) -> Any:
        parts = argument.each()
        if len(parts) != 3:
            return Hole("If")
        holds = self.condition(parts[0].value)
        if holds is not None:
            return self.resolve(parts[1] if holds else parts[2])
        either = [self.resolve(parts[1]), self.resolve(parts[2])]
        return either[0] if plain_or_none(either[0]) == plain_or_none(either[1]) else Hole(f"If {parts[0].value}")

    def _in_map(self, argument: Node) -> Any:
        parts = argument.each()
        if len(parts) < 3:
            return Hole("FindInMap")
        name, first, second = (self.resolve(each) for each in parts[:3])
        found = self.mappings.get(text_of(name) or "")
        rows = [] if found is None else _entries(found, first)
        cells = [cell for row in rows for cell in _entries(row, second)]
        default = parts[3].member("DefaultValue") if len(parts) > 3 else None
        values = [self.resolve(cell) for cell in cells or ([] if default is None else [default])]
        if values and all(plain_or_none(value) == plain_or_none(values[0]) for value in values):
            return values[0]
        return Hole(f"FindInMap {text_of(name) or ''}")

    def _value(self, inner: Any, node: Node) -> Value:
        return Value(inner, self.source, node.start, node.end)


class _Absent:
    """What AWS::NoValue leaves."""


_ABSENT = _Absent()


def plain_or_none(value: Value) -> Any:
    """A value in Python's own types, for comparison."""
    return None if value.value is _ABSENT else plain(value)


def _section(root: Node, name: str) -> dict[str, Node]:
    node = root.member(name)
    inner = node.value if node is not None else None
    return {member.key: member.node for member in inner} if isinstance(inner, Members) else {}


def _type(node: Node) -> str:
    kind = node.member("Type")
    return kind.value if kind is not None and isinstance(kind.value, str) else ""


def _function(node: Node) -> tuple[str, Node] | None:
    inner = node.value
    if not isinstance(inner, Members) or len(inner) != 1:
        return None
    name = inner[0].key
    is_call = name.startswith("Fn::") or (name in _FUNCTIONS and isinstance(inner[0].node.value, str))
    return (name, inner[0].node) if is_call else None


def _entries(node: Node, key: Value) -> list[Node]:
    """What a level of a mapping has under a key: all there is where the key is not known."""
    if not isinstance(node.value, Members):
        return []
    if isinstance(key.value, Hole):
        return [member.node for member in node.value]
    found = node.member(text_of(key) or "")
    return [] if found is None else [found]


def _joined(parts: Value) -> Any:
    if not isinstance(parts.value, list) or len(parts.value) != 2 or isinstance(parts.value[1].value, Hole):
        return Hole("Join")
    return (text_of(parts.value[0]) or "").join(text_of(each) or "" for each in parts.value[1].each())


def _selected(parts: Value) -> Any:
    if not isinstance(parts.value, list) or len(parts.value) != 2:
        return Hole("Select")
    index, among = text_of(parts.value[0]) or "", parts.value[1].value
    if isinstance(among, list) and index.isdigit() and int(index) < len(among):
        return among[int(index)]
    return Hole("Select")


def _split(template: Template, parts: Value, node: Node) -> Any:
    if not isinstance(parts.value, list) or len(parts.value) != 2:
        return Hole("Split")
    by, text = text_of(parts.value[0]), text_of(parts.value[1])
    if not by or text is None or isinstance(parts.value[1].value, Hole):
        return Hole("Split")
    return [template._value(each, node) for each in text.split(by)]
