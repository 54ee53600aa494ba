"""One resource or data source of a module, and the blocks in it.

Truth: https://developer.hashicorp.com/terraform/language/resources/syntax and …/expressions/dynamic-blocks.
"""

from typing import TYPE_CHECKING

from audit403.core.place import Span
from audit403.s3.read.terraform.evaluate import Scope, combined, json_text, known
from audit403.s3.read.terraform.given import computed
from audit403.s3.read.terraform.policy_document import policy_document
from audit403.s3.read.terraform.syntax import Block, Body, Variable
from audit403.s3.read.terraform.work import Placed
from audit403.s3.read.value import Hole, Unordered, Value

if TYPE_CHECKING:
    from audit403.s3.read.terraform.module import Module

DOCUMENT = "aws_iam_policy_document"


class Instance:
    """One resource, or data source: `presence` says on what it hangs that it is there at all, None on nothing."""

    def __init__(self, module: "Module", placed: Placed, address: str, scope: Scope, presence: str | None) -> None:
        self.module = module
        self.placed = placed
        self.mode = placed.block.kind
        self.type = placed.block.labels[0]
        self.address = address
        self.scope = scope
        self.presence = presence
        self._known: dict[str, Value] = {}
        self._working: set[str] = set()

    @property
    def text(self) -> str:
        """What stands for it in a text."""
        return Hole(self.address, is_open=False).text

    @property
    def span(self) -> Span:
        """Its header."""
        return self.placed.source.span(self.placed.block.start, self.placed.block.end)

    def attribute(self, name: str) -> Value:
        """One attribute, as it is written or as AWS gives it."""
        if name not in self._known:
            if name in self._working:
                return Value(Hole(f"{self.address}.{name}", is_open=False))
            self._working.add(name)
            try:
                found = self._attribute(name)
            finally:
                self._working.discard(name)
            self._known[name] = found
        return self._known[name]

    def written(self, name: str) -> Value | None:
        """One attribute, where it is written and not null."""
        expr = self.placed.block.body.attributes.get(name)
        found = None if expr is None else known(expr, self.scope)
        return None if found is None or found.value is None else found

    def _attribute(self, name: str) -> Value:
        if self.mode == "data" and self.type == DOCUMENT and name in ("json", "minified_json"):
            return Value(json_text(policy_document(self)))
        given = computed(self, name)
        if given is not None:
            return given if isinstance(given, Value) else Value(given)
        found = self.written(name)
        if found is not None:
            return found
        if self.blocks(name):
            return Value(self.blocks(name))
        # What a data source finds may be anything, what a resource is given is its own.
        return Value(Hole(f"{self.address}.{name}", is_open=self.mode == "data"))

    def blocks(self, kind: str) -> list[Value]:
        """The blocks of a kind, each as an object; what hangs on something that is not known is a hole."""
        return blocks_of(self.placed.block.body, kind, self.scope)

    def values(self) -> Value:
        """All that is written, as plans have it: blocks are lists of objects."""
        block = self.placed.block
        found = _object(block.body, self.scope)
        return Value(found, self.placed.source, block.start, block.close)


def _object(body: Body, scope: Scope) -> dict[str, Value]:
    found = {name: known(expr, scope) for name, expr in body.attributes.items()}
    kinds = [block.labels[0] if block.kind == "dynamic" and block.labels else block.kind for block in body.blocks]
    for kind in dict.fromkeys(kinds):
        found[kind] = Value(blocks_of(body, kind, scope))
    return found


def blocks_of(body: Body, kind: str, scope: Scope) -> list[Value]:
    """The blocks of a kind, dynamic ones among them, each as an object."""
    found: list[Value] = []
    for block in body.blocks:
        if block.kind == kind:
            found.append(Value(_object(block.body, scope), scope.source, block.start, block.close))
        elif block.kind == "dynamic" and block.labels[:1] == [kind]:
            found += _dynamic(block, kind, scope)
    return found


def _dynamic(block: Block, kind: str, scope: Scope) -> list[Value]:
    over = block.body.attributes.get("for_each")
    content = block.body.all_of("content")
    iterator = block.body.attributes.get("iterator")
    name = iterator.name if isinstance(iterator, Variable) else kind
    if over is None or not content:
        return []
    values = known(over, scope)
    if isinstance(values.value, Hole):
        return [Value(combined(f"dynamic {kind}", values), scope.source, block.start, block.end)]
    each = values.value.items() if isinstance(values.value, dict) else enumerate(values.value or [])
    found: list[Value] = []
    for key, value in each if isinstance(values.value, list | dict) else ():
        scope.module.step()
        shown_key = value if isinstance(values.value, Unordered) else Value(key)
        inner = scope.with_names(**{name: Value({"key": shown_key, "value": value})})
        found.append(Value(_object(content[0].body, inner), scope.source, block.start, block.close))
    return found
