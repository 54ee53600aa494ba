"""`audit403 rules`: the list, and a rule's page."""

from __future__ import annotations

import json

from audit403.core.registry import rule_pages
from servers.command import audit403


def test_lists_every_rule() -> None:
    lines = audit403("rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(rule for rule, _ in rule_pages())
    assert all(line.split()[1] in ("error", "warning", "note") and line.endswith(".") for line in lines)


def test_lists_a_family() -> None:
    rows = json.loads(audit403("rules", "files", "--format", "json").stdout)
    assert rows and all(row["rule"].startswith("files/") for row in rows)


def test_prints_a_page() -> None:
    result = audit403("rules", "nginx/syntax")
    assert result.returncode == 0 and result.stdout.startswith("# nginx/syntax\n")


def test_names_the_nearest() -> None:
    result = audit403("rules", "nginx/syntacks")
    assert result.returncode == 2
    assert result.stderr == 'audit403: There is no rule "nginx/syntacks" (did you mean "nginx/syntax"?).\n'
