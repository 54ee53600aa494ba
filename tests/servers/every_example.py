"""Every example of every rule: those of its page, and its cases under fixtures/."""

from __future__ import annotations

from pathlib import Path

from audit403.core.registry import rule_pages

from .rule_examples import Example, case_examples, page_examples

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "checks/audit403_checks"
FIXTURES = ROOT / "fixtures"
RULES = dict(rule_pages())

PAGE_EXAMPLES = [example for page in RULES.values() for example in page_examples(Path(page))]
CASES = [
    (rule, folder)
    for rule in RULES
    for folder in sorted((FIXTURES / rule).glob("*"))
    if (folder / "case.toml").exists()
]
CASE_EXAMPLES = [example for _, folder in CASES for example in case_examples(folder)]


def rule_of(example: Example) -> str:
    """The rule whose page or case it is."""
    return "/".join(example.source.split("/")[:2])


def fixed_of(example: Example) -> Example | None:
    """The fixed state of the same example."""
    title = example.title.replace("broken", "fixed", 1)
    every = PAGE_EXAMPLES + CASE_EXAMPLES
    return next((other for other in every if (other.source, other.title) == (example.source, title)), None)
