"""docs/s3-live.md: its policy is what the collectors need, its commands are commands, and no option is missing."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from audit403.cli.parser import command_parser, options_of, parsed
from audit403.s3.data.actions import action

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "s3-live.md").read_text()
CODE = "".join(path.read_text() for path in sorted((ROOT / "src" / "audit403" / "s3" / "live").glob("*.py")))
(POLICY,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(SHOWN,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
KINDS = ("User", "Role", "Group")


def needed() -> set[str]:
    """Every permission that the code names; a word in braces is a user, a role or a group."""
    found = set(re.findall(r'"((?:s3|iam|kms|ec2|organizations|cloudfront):[A-Za-z]+)"', CODE))
    for start, end in re.findall(r'"(iam:[A-Za-z]+)\{word\}([A-Za-z]*)"', CODE):
        found |= {f"{start}{kind}{end}" for kind in KINDS if (start, end, kind) != ("iam:Get", "", "Group")}
    return found


def test_the_policy_is_what_is_needed() -> None:
    (statement,) = json.loads(POLICY)["Statement"]
    assert statement["Action"] == sorted(needed())


def test_every_action_of_s3_is_one() -> None:
    assert [name for name in sorted(needed()) if name.startswith("s3:") and action(name) is None] == []


def test_each_command_is_one() -> None:
    for command in SHOWN.splitlines():
        program, *words = shlex.split(command, comments=True)
        assert program == "audit403"
        parsed(words)


def test_every_option_is_told() -> None:
    shared = {*options_of("check")}
    own = [flag for flag in options_of("s3") if flag not in shared]
    assert own and [flag for flag in own if f"`{flag} " not in PAGE] == []
    assert command_parser("s3").description
