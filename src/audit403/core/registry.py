"""The register of checks: each is a function from a fact to findings, declared with its id and default severity.

Check modules come in through the entry-point group `audit403.checks`, built-in ones like anybody's. An entry names a
package with one module a rule (module = rule id = page), a constant FAMILY, the first part of its rules' ids, and where
that differs JUDGES, the families of sites whose facts it wants.
"""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from audit403.core.declared import Declared, declared_in
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import Finding
from audit403.core.named_tuple import NamedTuple
from audit403.core.plugins import CHECKS, entry_points, load

Judge = Callable[[Fact, Site], Iterator[Finding]]


class Check(NamedTuple):
    """One judgement as a run needs it; `judge` imports its module when it is first called."""

    id: str
    causes: frozenset[str]
    judge: Judge


class Rule(NamedTuple):
    """One rule as people see it: its id, the first sentence of its docstring, and its Markdown file."""

    id: str
    severity: str
    summary: str
    page: str


class BrokenPlugin(NamedTuple):
    """An entry point that could not be loaded."""

    name: str
    reason: str


def check(severity: str, *causes: str) -> Callable[[Judge], Judge]:
    """Declare the check of a rule module; `causes` are the facts' causes or kinds that it wants to see (none: all)."""

    def mark(judge: Judge) -> Judge:
        judge.__dict__["audit403_check"] = (severity, frozenset(causes))
        return judge

    return mark


def load_checks(family: str) -> tuple[list[Check], list[BrokenPlugin]]:
    """Every check of a family, by id, and the plug-ins that could not be loaded."""
    checks, broken = _from_plugins(_checks_of, family)
    return sorted(checks, key=lambda one: one.id), broken


def load_rules() -> tuple[list[Rule], list[BrokenPlugin]]:
    """Every rule, by id, and the plug-ins that could not be loaded."""
    rules, broken = _from_plugins(_rules_of, None)
    return sorted(rules, key=lambda one: one.id), broken


def rule_pages() -> Iterator[tuple[str, str]]:
    """Id and page of every rule, without importing the rules themselves."""
    for name, value in entry_points(CHECKS).items():
        package = load(value)
        family = getattr(package, "FAMILY", name)
        for folder, module in _modules(package):
            yield _id(family, module), os.path.join(folder, f"{module}.md")


_Loaded = TypeVar("_Loaded")


def _from_plugins(
    of: Callable[[ModuleType], Iterator[_Loaded]], family: str | None
) -> tuple[list[_Loaded], list[BrokenPlugin]]:
    """What the packages with checks of a family (None: of all) hold."""
    found: list[_Loaded] = []
    broken: list[BrokenPlugin] = []
    for name, value in entry_points(CHECKS).items():
        try:
            package = load(value)
            if family is None or family in getattr(package, "JUDGES", (getattr(package, "FAMILY", name),)):
                found += of(package)
        except Exception as error:  # a plug-in may fail in any way, and the others go on
            broken.append(BrokenPlugin(name, f"{type(error).__name__}: {error}"))
    return found, broken


def _checks_of(package: ModuleType) -> Iterator[Check]:
    for folder, name in _modules(package):
        module = f"{package.__name__}.{name}"
        rule = _id(package.FAMILY, name)
        declared = _declared(os.path.join(folder, f"{name}.py"))
        if declared is not None:
            for function, causes in declared:
                yield Check(rule, causes, _imported_when_called(module, function))
        else:
            for judge in _judges_of(import_module(module)):
                yield Check(rule, judge.__dict__["audit403_check"][1], judge)


def _rules_of(package: ModuleType) -> Iterator[Rule]:
    for folder, name in _modules(package):
        module = import_module(f"{package.__name__}.{name}")
        for judge in _judges_of(module):
            severity, _ = judge.__dict__["audit403_check"]
            summary = (module.__doc__ or "").strip().split("\n")[0]
            yield Rule(_id(package.FAMILY, name), severity, summary, os.path.join(folder, f"{name}.md"))


def _judges_of(module: ModuleType) -> Iterator[Judge]:
    for judge in vars(module).values():
        if getattr(judge, "audit403_check", None) is not None and judge.__module__ == module.__name__:
            yield judge


def _declared(path: str) -> tuple[Declared, ...] | None:
    """What a module's source says; None where there is none, as in a zip file, or it has to be imported."""
    try:
        with open(path, "rb", buffering=0) as file:
            return declared_in(file.read().decode())
    except (OSError, UnicodeDecodeError):
        return None


def _imported_when_called(module: str, function: str) -> Judge:
    found: Judge | None = None

    def judge(fact: Fact, site: Site) -> Iterator[Finding]:
        nonlocal found
        if found is None:
            found = getattr(import_module(module), function)
        return found(fact, site)

    return judge


def _id(family: str, module: str) -> str:
    return f"{family}/{module.replace('_', '-')}"


def _modules(package: ModuleType) -> list[tuple[str, str]]:
    """The folder and name of every rule module of a package: those that have a page."""
    found = {
        name[:-3]: folder for folder in package.__path__ for name in sorted(os.listdir(folder)) if name.endswith(".md")
    }
    return [(folder, name) for name, folder in sorted(found.items())]
