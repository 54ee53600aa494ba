"""Every row of the catalogue is dealt with: by a rule, by a test that exists, or by the evidence that it would take."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = (
    *(f"N{number:02}" for number in range(1, 35)),
    *(f"T{number:02}" for number in range(1, 13)),
    *(f"F{number}" for number in range(1, 40)),
)
LEDGER: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "tests/ledger.toml").read_text())


@cache
def functions_in(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def test_the_ledger_has_the_rows_of_the_catalogue_and_no_others() -> None:
    assert sorted(LEDGER) == sorted(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_dealt_with(row: str) -> None:
    entry = LEDGER[row]
    assert set(entry) <= {"what", "rules", "tests", "evidence"}
    assert entry["what"].endswith(".")
    assert any(entry.get(kind) for kind in ("rules", "tests", "evidence")), "nothing deals with it"
    for rule in entry.get("rules", ()):
        family, _, name = rule.partition("/")
        page = ROOT / "checks/audit403_checks" / family / f"{name.replace('-', '_')}.md"
        assert page.is_file(), f"there is no rule {rule}"
    for node in entry.get("tests", ()):
        file, _, function = node.partition("::")
        assert (ROOT / file).is_file(), f"there is no {file}"
        assert function in functions_in(ROOT / file), f"there is no {node}"
