"""The register of checks: each is a function from a fact to findings, declared with its id and default severity.

Check modules come in through the entry-point group `audit403.checks`, built-in ones like anybody's. An entry names a
package with one module a rule (module = rule id = page), a constant FAMILY, the first part of its rules' ids, and where
that differs JUDGES, the families of sites whose facts it wants.
"""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import Finding
from audit403.core.plugins import CHECKS, entry_points, load

Judge = Callable[[Fact, Site], Iterator[Finding]]


class Check(NamedTuple):
    """One rule: its id, the first sentence of its docstring, and the judgement. `page` is its Markdown file."""

    id: str
    severity: str
    summary: str
    judge: Judge
    causes: frozenset[str]
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


def load_checks(family: str | None = None) -> tuple[list[Check], list[BrokenPlugin]]:
    """Every check of a family (None: of all), by id, and the plug-ins that could not be loaded."""
    checks: list[Check] = []
    broken: list[BrokenPlugin] = []
    for name, value in entry_points(CHECKS).items():
        try:
            package = load(value)
            if family is None or family in getattr(package, "JUDGES", (getattr(package, "FAMILY", name),)):
                checks += _checks_of(package)
        except Exception as error:  # a plug-in may fail in any way, and the others go on
            broken.append(BrokenPlugin(name, f"{type(error).__name__}: {error}"))
    return sorted(checks, key=lambda one: one.id), broken


def rule_pages() -> Iterator[tuple[str, str]]:
    """Id and page of every rule, without importing the rules themselves."""
    for name, value in entry_points(CHECKS).items():
        package = load(value)
        family = getattr(package, "FAMILY", name)
        for module in _modules(package):
            yield f"{family}/{module.replace('_', '-')}", _page(package, module)


def _checks_of(package: ModuleType) -> Iterator[Check]:
    family = package.FAMILY
    for name in _modules(package):
        module = import_module(f"{package.__name__}.{name}")
        for judge in vars(module).values():
            declared = getattr(judge, "audit403_check", None)
            if declared is not None and judge.__module__ == module.__name__:
                severity, causes = declared
                summary = (module.__doc__ or "").strip().split("\n")[0]
                yield Check(
                    f"{family}/{name.replace('_', '-')}", severity, summary, judge, causes, _page(package, name)
                )


def _modules(package: ModuleType) -> list[str]:
    names = {
        os.path.splitext(file)[0] for folder in package.__path__ for file in os.listdir(folder) if file.endswith(".md")
    }
    return sorted(names)


def _page(package: ModuleType, name: str) -> str:
    return os.path.join(package.__path__[0], f"{name}.md")
