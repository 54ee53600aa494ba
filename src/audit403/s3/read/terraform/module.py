"""A module of Terraform: its files, variables, locals, resources and the modules that it calls.

Truth: https://developer.hashicorp.com/terraform/language. Modules are read where they lie on this machine, below the
configuration or in `.terraform/modules` after `terraform init`; nothing is fetched.
"""

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.read.terraform.declared_types import typed
from audit403.s3.read.terraform.evaluate import (
    TEXT_IN_A_STEP,
    NoValue,
    Scope,
    TooMuch,
    combined,
    evaluate,
    known,
    shown,
)
from audit403.s3.read.terraform.functions.call import called
from audit403.s3.read.terraform.functions.files import FILE_FUNCTIONS, of_file
from audit403.s3.read.terraform.instance import Instance
from audit403.s3.read.terraform.syntax import Block, Body, Expr, Literal
from audit403.s3.read.terraform.work import Placed, Work
from audit403.s3.read.value import Hole, Value, text_of

DEEPEST_MODULES = 12
_MOST_INSTANCES = 2_000


class Module:
    """One module: `given` are the values of its variables, each worked out when it is asked for."""

    def __init__(
        self, work: Work, folder: str, address: str, given: Mapping[str, Callable[[], Value]], depth: int = 0
    ) -> None:
        self.work = work
        self.folder = folder
        self.prefix = f"{address}." if address else ""
        self.address = address
        self.depth = depth
        self._given = given
        self._cache: dict[str, Value] = {}
        self._working: set[str] = set()
        self._instances: dict[str, list[Instance]] = {}
        self._modules: dict[str, list[tuple[Value | None, Module | None, str | None]]] = {}
        self.variables: dict[str, Placed] = {}
        self.locals: dict[str, tuple[Source, Expr]] = {}
        self.outputs: dict[str, Placed] = {}
        self.calls: dict[str, Placed] = {}
        self.blocks: dict[str, Placed] = {}
        for source, body in work.bodies(folder):
            for block in body.blocks:
                self._take(source, block)

    def _take(self, source: Source, block: Block) -> None:
        placed, labels = Placed(source, block), block.labels
        if block.kind == "locals":
            self.locals.update({name: (source, expr) for name, expr in block.body.attributes.items()})
        elif block.kind in ("resource", "data") and len(labels) == 2:
            prefix = "data." if block.kind == "data" else ""
            self.blocks[f"{prefix}{labels[0]}.{labels[1]}"] = placed
        elif labels:
            kinds = {"variable": self.variables, "output": self.outputs, "module": self.calls}
            kinds.get(block.kind, {})[labels[0]] = placed

    def every_instance(self) -> list[Instance]:
        """Every resource of this module and of those that it calls; data sources only say what is there already."""
        found = [
            one for name, placed in self.blocks.items() if placed.block.kind == "resource" for one in self.of(name)
        ]
        for name in self.calls:
            for _, module, _ in self.called(name):
                if module is not None:
                    found += module.every_instance()
        return found

    def scope(self, source: Source, names: Mapping[str, Value] | None = None) -> Scope:
        """Where an expression of one of its files stands."""
        return Scope(self, source, names or {})

    def step(self, amount: int = 1) -> None:
        """So much more work. Raises TooMuch."""
        self.work.step(amount)

    def eaten(self, where: Span, text: str) -> None:
        """A policy variable that is written as if it were Terraform's own."""
        self.work.eaten[where, text] = None

    def root(self, steps: list[str | Value]) -> tuple[Value, int]:
        """What the first steps of a traversal name, and how many those are. Raises NoValue."""
        words = [one if isinstance(one, str) else None for one in steps]
        first, second = words[0] or "", words[1] if len(words) > 1 else None
        if first in ("var", "local") and second is not None:
            return (self._variable(second) if first == "var" else self._local(second)), 2
        if first == "path":
            return Value(posixpath.relpath(self.folder, self.work.root) if second == "module" else "."), 2
        if first == "terraform":
            return Value("default" if second == "workspace" else Hole(f"terraform.{second}")), 2
        if first == "module" and second is not None:
            return self._output(second, steps)
        if first == "data" and len(words) > 2:
            return self._thing(f"data.{second}.{words[2]}", steps, 3)
        if second is not None:
            return self._thing(f"{first}.{second}", steps, 2)
        raise NoValue(first)

    def call(self, name: str, arguments: list[Value], scope: Scope) -> Any:
        """What a function gives. Raises NoValue."""
        if name in FILE_FUNCTIONS:
            return of_file(name, arguments, scope, self.work)
        found = called(name, arguments)
        if isinstance(found, list):
            self.step(sum(len(one.value) for one in found if isinstance(one.value, str)) // TEXT_IN_A_STEP)
        return found

    def of(self, name: str) -> list[Instance]:
        """The instances of a resource."""
        if name not in self._instances:
            self._instances[name] = []
            placed = self.blocks[name]
            self._instances[name] = [
                Instance(self, placed, f"{self.prefix}{name}{suffix}", self.scope(placed.source, names), presence)
                for suffix, names, presence in self._repeated(placed)
            ]
        return self._instances[name]

    def called(self, name: str) -> "list[tuple[Value | None, Module | None, str | None]]":
        """The instances of a module that is called: their keys; None for one that is not at hand."""
        if name not in self._modules:
            self._modules[name] = []
            placed = self.calls[name]
            folder = self._folder_of(name, placed)
            found: list[tuple[Value | None, Module | None, str | None]] = []
            for suffix, names, presence in self._repeated(placed):
                scope = self.scope(placed.source, names)
                key = (
                    names["each"].value["key"] if "each" in names else names["count"].value["index"] if names else None
                )
                given = {
                    variable: (lambda expr=expr, scope=scope: known(expr, scope))
                    for variable, expr in placed.block.body.attributes.items()
                }
                address = f"{self.prefix}module.{name}{suffix}"
                child = None if folder is None else Module(self.work, folder, address, given, self.depth + 1)
                found.append((key, child, presence))
            self._modules[name] = found
        return self._modules[name]

    def _folder_of(self, name: str, placed: Placed) -> str | None:
        expr = placed.block.body.attributes.get("source")
        written = None if expr is None else text_of(known(expr, self.scope(placed.source)))
        if self.depth >= DEEPEST_MODULES:
            raise TooMuch(f"its modules call one another deeper than {DEEPEST_MODULES} levels")
        if written is not None and written.startswith(("./", "../")):
            folder = posixpath.normpath(f"{self.folder}/{written}")
            if any(each.endswith(".tf") for each in self.work.names_in(folder)):
                return folder
        key = ".".join(part.partition("[")[0] for part in f"{self.prefix}module.{name}".split("module.") if part)
        found = self.work.installed.get(key.replace("..", "."))
        if found is not None:
            return posixpath.normpath(f"{self.work.root}/{found}")
        self.work.not_fetched[f"{self.prefix}module.{name}"] = written or ""
        return None

    def _repeated(self, placed: Placed) -> list[tuple[str, dict[str, Value], str | None]]:
        """Of each instance what follows its address, the names that it has, and on what it hangs that it is there."""
        attributes = placed.block.body.attributes
        scope = self.scope(placed.source)
        if "count" in attributes:
            count = known(attributes["count"], scope)
            number = count.value if isinstance(count.value, int | float | str) else None
            if number is None or not str(number).isdigit():
                return [("[0]", _count(0), f"count {shown(count)}")]
            return [(f"[{at}]", _count(at), None) for at in range(min(int(number), _MOST_INSTANCES))]
        if "for_each" not in attributes:
            return [("", {}, None)]
        over = known(attributes["for_each"], scope)
        if isinstance(over.value, Hole):
            every = {"key": Value(combined("each.key", over)), "value": Value(combined("each.value", over))}
            return [("[each]", {"each": Value(every)}, f"for_each {shown(over)}")]
        if isinstance(over.value, dict):
            pairs = [(Value(key), value) for key, value in over.value.items()]
        else:
            pairs = [(value, value) for value in over.value or []] if isinstance(over.value, list) else []
        return [
            (f'["{text_of(key)}"]', {"each": Value({"key": key, "value": value})}, None)
            for key, value in pairs[:_MOST_INSTANCES]
        ]

    def _thing(self, name: str, steps: list[str | Value], taken: int) -> tuple[Value, int]:
        if name not in self.blocks:
            raise NoValue(f"{self.prefix}{name}")
        placed, instances = self.blocks[name], self.of(name)
        attributes = placed.block.body.attributes
        if "count" not in attributes and "for_each" not in attributes:
            if not instances:
                raise NoValue(f"{self.prefix}{name}")
            return Value(instances[0]), taken
        if instances and instances[0].presence is not None:
            # How many there are is not known: one stands for all, however it is reached.
            if len(steps) > taken and (isinstance(steps[taken], Value) or str(steps[taken]).isdigit()):
                return Value(instances[0]), taken + 1
            return Value([Value(instances[0])] if "count" in attributes else Hole(f"{self.prefix}{name}")), taken
        if "count" in attributes:
            return Value([Value(one) for one in instances]), taken
        by_key = {text_of(one.scope.names["each"].value["key"]) or "": Value(one) for one in instances}
        return Value(by_key), taken

    def _variable(self, name: str) -> Value:
        return self._once(f"var.{name}", lambda: self._variable_now(name))

    def _variable_now(self, name: str) -> Value:
        placed = self.variables.get(name)
        body = Body() if placed is None else placed.block.body
        declared = body.attributes.get("type")
        found = self._given[name]() if name in self._given else None
        if found is None or (found.value is None and "default" in body.attributes and _is_false(body, "nullable")):
            default = body.attributes.get("default")
            if default is None or placed is None:
                return Value(Hole(f"{self.prefix}var.{name}"))
            found = known(default, self.scope(placed.source))
        if declared is not None and placed is not None:
            return typed(found, declared, self.scope(placed.source))
        return found

    def _local(self, name: str) -> Value:
        if name not in self.locals:
            raise NoValue(f"{self.prefix}local.{name}")
        source, expr = self.locals[name]
        return self._once(f"local.{name}", lambda: evaluate(expr, self.scope(source)))

    def _output(self, name: str, steps: list[str | Value]) -> tuple[Value, int]:
        if name not in self.calls:
            raise NoValue(f"{self.prefix}module.{name}")
        called_as, taken = self.called(name), 2
        attributes = self.calls[name].block.body.attributes
        if "count" in attributes or "for_each" in attributes:
            if len(steps) <= 3 or not (isinstance(steps[2], Value) or str(steps[2]).isdigit()):
                return Value(Hole(f"{self.prefix}module.{name}")), 2
            wanted = text_of(steps[2]) if isinstance(steps[2], Value) else steps[2]
            taken = 3
            called_as = [one for one in called_as if one[2] is not None or text_of(one[0]) == wanted]
        output = steps[taken] if len(steps) > taken else None
        if not called_as or not isinstance(output, str):
            return Value(Hole(f"{self.prefix}module.{name}")), taken
        child = called_as[0][1]
        if child is None:
            key = "" if taken == 2 else f"[{text_of(called_as[0][0])}]"
            return Value(Hole(f"{self.prefix}module.{name}{key}.{output}")), taken + 1
        return child.output(output), taken + 1

    def output(self, name: str) -> Value:
        """What a module gives back. Raises NoValue."""
        placed = self.outputs.get(name)
        expr = None if placed is None else placed.block.body.attributes.get("value")
        if placed is None or expr is None:
            raise NoValue(f"{self.prefix}{name}")
        return self._once(f"output.{name}", lambda: evaluate(expr, self.scope(placed.source)))

    def _once(self, key: str, work: Callable[[], Value]) -> Value:
        if key not in self._cache:
            if key in self._working:
                raise NoValue(f"{self.prefix}{key}")
            self._working.add(key)
            try:
                self._cache[key] = work()
            finally:
                self._working.discard(key)
        return self._cache[key]


def _count(at: int) -> dict[str, Value]:
    return {"count": Value({"index": Value(at)})}


def _is_false(body: Body, name: str) -> bool:
    expr = body.attributes.get(name)
    return isinstance(expr, Literal) and expr.value is False
