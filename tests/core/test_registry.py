"""The register of checks: what a module's source declares is what importing it gives."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from audit403.core.declared import Declared, declared_in
from audit403.core.fact import ReadingFault
from audit403.core.place import Span
from audit403.core.registry import load_checks, load_rules, rule_pages
from fakes.installed import installed

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "from audit403.core.registry import check\nfrom audit403.core.finding import ERROR\n\n\n"
BODY = "def judge(fact, site):\n    yield fact\n"


@pytest.mark.parametrize(
    ("declaration", "causes"),
    [
        ("@check(ERROR)", set()),
        ('@check(ERROR, "one")', {"one"}),
        ('@check(ERROR, "one", "two-three")', {"one", "two-three"}),
        ('@check(\n    ERROR,\n    "one",\n    "two",\n)', {"one", "two"}),
    ],
)
def test_plain_declarations_are_understood(declaration: str, causes: set[str]) -> None:
    assert declared_in(f"{HEAD}{declaration}\n{BODY}") == (Declared("judge", frozenset(causes)),)


@pytest.mark.parametrize(
    "source",
    [
        f"{HEAD}@check(ERROR, CAUSE)\n{BODY}",
        f"{HEAD}@check(ERROR, *CAUSES)\n{BODY}",
        f'{HEAD}@check(ERROR, "a" + "b")\n{BODY}',
        f'{HEAD}@check(ERROR, "a\\x62")\n{BODY}',
        f'{HEAD}@check(ERROR, "a")\n@cache\n{BODY}',
        f'{HEAD}@check(ERROR, "a")\n{BODY}\n\nother = check(ERROR, "b")(judge)\n',
        f'{HEAD}other = check(ERROR, "b")(len)\n\n\n@check(ERROR, "a")\n{BODY}',
        f'{HEAD}@registry.check(ERROR, "b")\n{BODY}\n\n@check(ERROR, "a")\n{BODY}',
        f'{HEAD.replace("import check", "import check as rule")}@rule(ERROR, "a")\n{BODY}',
        f'from elsewhere import check\n\n\n@check(ERROR, "a")\n{BODY}',
        f'{HEAD}@check(ERROR, "a")\nclass judge:\n    pass\n',
        "",
    ],
)
def test_whatever_else_is_left_to_the_import(source: str) -> None:
    assert declared_in(source) is None


def test_the_source_of_every_rule_says_what_importing_it_gives() -> None:
    plain = 0
    for rule, page in rule_pages():
        source = page.removesuffix(".md") + ".py"
        with open(source, encoding="utf-8") as file:
            declared = declared_in(file.read())
        if declared is None:
            continue
        family, _, name = rule.partition("/")
        module = import_module(f"audit403_checks.{family}.{name.replace('-', '_')}")
        marked = {
            judge.__name__: judge.audit403_check[1]
            for judge in vars(module).values()
            if hasattr(judge, "audit403_check") and judge.__module__ == module.__name__
        }
        assert dict(declared) == marked, rule
        plain += 1
    assert plain > 0.9 * len(dict(rule_pages())), "most rules are imported in every run"


def test_rules_that_others_write_are_imported_as_they_need_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = tmp_path / "their_rules"
    package.mkdir()
    (package / "__init__.py").write_text('FAMILY = "theirs"\nJUDGES = ("fake",)\n')
    modules = {
        "plain": f'"""Plain."""\n\n{HEAD}@check(ERROR, "fault")\n{BODY}',
        "computed": f'"""Computed."""\n\n{HEAD}CAUSE = "fault"\n\n\n@check(ERROR, CAUSE)\n{BODY}',
        "broken": f'"""Broken."""\n\n{HEAD}@check(ERROR, "fault")\ndef judge(fact, site)\n',
    }
    for name, source in modules.items():
        (package / f"{name}.py").write_text(source)
        (package / f"{name}.md").write_text(f"# theirs/{name}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    fault = ReadingFault("fake", "fault", Span("/x", 1, 1, 1, 2, 0, 1), "x")
    with installed(tmp_path_factory.mktemp("theirs"), "[audit403.checks]\ntheirs = their_rules\n", monkeypatch):
        checks, broken = load_checks("fake")
        assert [one.id for one in checks] == ["theirs/broken", "theirs/computed", "theirs/plain"]
        assert not broken and "their_rules.plain" not in sys.modules and "their_rules.computed" in sys.modules
        assert all(one.causes == {"fault"} for one in checks)
        for one in checks[1:]:
            assert list(one.judge(fault, None)) == [fault]  # type: ignore[arg-type, comparison-overlap]
        with pytest.raises(SyntaxError):
            checks[0].judge(fault, None)  # type: ignore[arg-type]
        _, broken = load_rules()
        assert [plugin.name for plugin in broken] == ["theirs"]
