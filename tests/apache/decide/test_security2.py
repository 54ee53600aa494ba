"""ModSecurity: what its rules say is open, and only where it is on and has rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

LOAD = "LoadModule security2_module modules/mod_security2.so"
RULE = 'SecRule ARGS:x "@streq y" "id:1,phase:2,deny"'


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (f"SecRuleEngine On\n{RULE}", "unknown"),
        (f"SecRuleEngine DetectionOnly\n{RULE}", "not-refused"),
        (RULE, "not-refused"),
        ("SecRuleEngine On", "not-refused"),
        (f"SecRuleEngine On\n{RULE}\n<Location />\nSecRuleEngine Off\n</Location>", "not-refused"),
        (f"SecRuleEngine On\n{RULE}\n<Location />\nRequire all denied\n</Location>", "refused"),
    ],
)
def test_rules_are_left_open(tmp_path: Path, lines: str, verdict: str) -> None:
    assert Httpd(tmp_path, f"{LOAD}\n{lines}").ask().verdict == verdict
