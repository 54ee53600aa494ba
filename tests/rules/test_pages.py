"""Every rule has its module, its page and its cases; what the pages say is so, on the real server and in our model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.registry import load_rules
from servers.every_example import CASE_EXAMPLES, CHECKS, FIXTURES, PAGE_EXAMPLES, RULES, fixed_of, rule_of
from servers.laid_out import lay_out_example, needs_root
from servers.need import need, need_root
from servers.rule_examples import Example, blocks
from servers.rule_trial import Trial
from servers.s3_examples import s3_examples

if TYPE_CHECKING:
    from servers.certificates import Certificates

HEADINGS = ("What it catches", "Why the answer is 403", "Example", "Fix", "Not reported", "Ignore")
#: Rules about a configuration that no server would start with: the page says what it says instead.
NOT_STARTING = "Why the server does not start"
#: Rules on what is written for audit403 itself.
NO_ANSWER = "Why it matters"


def page_text(rule: str) -> str:
    return Path(RULES[rule]).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_has_a_module(rule: str) -> None:
    page = Path(RULES[rule])
    assert page.with_suffix(".py").exists(), f"{page} is a page without its check {page.with_suffix('.py').name}"


def test_every_module_has_a_page() -> None:
    alone = [
        path for path in CHECKS.glob("*/*.py") if path.name != "__init__.py" and "@check(" in path.read_text()
        and not path.with_suffix(".md").exists()
    ]  # fmt: skip
    assert not alone, f"{alone[0]} needs its page {alone[0].with_suffix('.md').name} beside it"


def test_every_check_loads() -> None:
    rules, broken = load_rules()
    assert not broken
    assert [rule.id for rule in rules] == sorted(RULES)


def test_every_rule_has_a_summary() -> None:
    without = [rule.id for rule in load_rules()[0] if not rule.summary.endswith(".")]
    assert not without, f"the module of {without[0]} needs a docstring whose first line is one sentence"


@pytest.mark.parametrize("rule", RULES)
def test_headings(rule: str) -> None:
    text = page_text(rule)
    assert text.startswith(f"# {rule}\n"), f"the page of {rule} must begin with its name"
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)
    why = next((heading for heading in (NOT_STARTING, NO_ANSWER) if heading in found), HEADINGS[1])
    assert found[: len(HEADINGS)] == [HEADINGS[0], why, *HEADINGS[2:]]


@pytest.mark.parametrize("rule", RULES)
def test_tells_how_to_ignore_it(rule: str) -> None:
    # JSON knows no comments: what is found in a policy is left out in audit403.toml.
    ways = (f"audit403: ignore[{rule}]", f'[[ignore]]\nrule = "{rule}"')
    assert any(way in page_text(rule) for way in ways) or rule.startswith("audit403/")


@pytest.mark.parametrize("rule", RULES)
def test_has_a_broken_and_a_fixed_example(rule: str) -> None:
    text = page_text(rule)
    titles = {block.attributes.get("title", "").split(" ")[0] for block in blocks(text)}
    assert {"broken", "fixed"} <= titles, f'the page of {rule} needs blocks with title="broken" and title="fixed"'


@pytest.mark.parametrize("rule", RULES)
def test_has_a_case_that_must_not_fire(rule: str) -> None:
    laid_out = [example.state for example in [*PAGE_EXAMPLES, *CASE_EXAMPLES] if rule_of(example) == rule]
    states = {*laid_out, *(example.state for example in s3_examples(Path(RULES[rule])))}
    assert "sound" in states, (
        f'{rule} needs a case that must not fire: a block title="sound" under "Not reported", '
        f"or fixtures/{rule}/NAME/case.toml with findings = []"
    )


def test_every_case_belongs_to_a_rule() -> None:
    orphans = [
        path.parent for path in FIXTURES.glob("*/*/*/case.toml")
        if f"{path.parts[-4]}/{path.parts[-3]}" not in RULES and path.parts[-4] != "sound"
    ]  # fmt: skip
    assert not orphans, f"{orphans[0]} lies under no rule's name"


@pytest.mark.parametrize("example", PAGE_EXAMPLES + CASE_EXAMPLES, ids=lambda example: example.id)
def test_example(example: Example, certificates: Certificates) -> None:
    """The real server answers as written, and the check fires where it must and nowhere else."""
    need({"nginx": "nginx", "apache": "apache2"}[example.family])
    if needs_root(example):
        need_root()
    with lay_out_example(example, certificates) as place:
        trial = Trial(example, place, rule_of(example), fixed_of(example))
        trial.server_answers_as_written()
        trial.model_agrees()
        trial.findings_are_as_written()
        trial.own_fixes_open_what_they_say()
