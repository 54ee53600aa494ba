"""Every row of the catalogue is dealt with: by a rule, by a test that exists, or by the evidence that it would take."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance import test_apache_catalogue as apache_catalogue

ROOT = Path(__file__).resolve().parents[1]


def _numbered(last: dict[str, int]) -> list[str]:
    return [f"{letter}{number:02}" for letter, most in last.items() for number in range(1, most + 1)]


ROWS = (
    *(f"N{number:02}" for number in range(1, 35)),
    *(f"T{number:02}" for number in range(1, 13)),
    *(f"F{number}" for number in range(1, 40)),
)
APACHE = (
    *_numbered({"A": 5, "B": 15, "C": 8, "D": 10, "E": 5, "F": 16, "G": 8, "H": 15, "I": 8}),
    *(f"A01{letter}" for letter in "abcdefghijklmnopq"),
)
#: The last row of each letter of S3's catalogue.
S3 = _numbered({"A": 15, "B": 56, "C": 9, "D": 7, "E": 8, "F": 5, "G": 4, "H": 12, "I": 7, "J": 24, "K": 2})
_WRITTEN = tomllib.loads((ROOT / "tests/ledger.toml").read_text())
_OF_FAMILIES = ("apache", "s3")
LEDGER: dict[str, dict[str, Any]] = {row: entry for row, entry in _WRITTEN.items() if row not in _OF_FAMILIES}
for _family in _OF_FAMILIES:
    LEDGER |= {f"{_family}.{row}": entry for row, entry in _WRITTEN[_family].items()}
ALL = (*ROWS, *(f"apache.{row}" for row in APACHE), *(f"s3.{row}" for row in S3))


@cache
def functions_in(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def test_the_ledger_has_the_rows_of_the_catalogue_and_no_others() -> None:
    assert sorted(LEDGER) == sorted(ALL)


@pytest.mark.parametrize("row", ALL)
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


def test_the_rows_that_are_run_on_httpd_are_those_that_name_their_test() -> None:
    run = "tests/conformance/test_apache_catalogue.py::test_a_row_is_what_httpd_does"
    named = {row for row in APACHE if run in LEDGER[f"apache.{row}"].get("tests", ())}
    assert named == set(apache_catalogue.ROWS)
