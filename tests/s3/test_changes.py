"""Fixes of what is recorded: commands for a person to run, and what they do, replayed."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from audit403.cli.main import main
from s3.test_allow_public import DENIED, EVERYBODY, ON, fix_of, state

if TYPE_CHECKING:
    from pathlib import Path


def carried_out(path: Path, command: str) -> None:
    """Do to the state what a command of the AWS CLI does to the bucket."""
    words = shlex.split(command)
    said = dict(zip(words[3::2], words[4::2], strict=True))
    written = json.loads(path.read_text())
    bucket = written["buckets"][said["--bucket"]]
    if words[:3] == ["aws", "s3api", "put-bucket-policy"]:
        bucket["policy"] = json.loads(said["--policy"])
    elif words[:3] == ["aws", "s3api", "delete-bucket-policy"]:
        bucket["policy"] = None
    else:
        assert words[:3] == ["aws", "s3api", "put-public-access-block"]
        flags = dict(one.split("=") for one in said["--public-access-block-configuration"].split(","))
        bucket["public_access_block"] = {flag: {"true": True, "false": False}[value] for flag, value in flags.items()}
    path.write_text(json.dumps(written))


@pytest.mark.parametrize("text", [state(EVERYBODY, DENIED), state(EVERYBODY, public_access_block=ON)])
def test_the_printed_command_mends_it(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    fix = fix_of(path, capsys, "--allow-public")
    (command,) = fix["commands"]
    assert fix["proven"] and fix["edits"] == []
    carried_out(path, command)
    assert main(["check", str(path)]) == 0
    capsys.readouterr()


def test_names_are_one_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = {**DENIED, "Sid": "it's $(touch x)"}
    path = tmp_path / "state.json"
    path.write_text(state({**EVERYBODY, "Sid": "'; reboot"}, hostile))
    (command,) = fix_of(path, capsys, "--allow-public")["commands"]
    words = shlex.split(command)
    assert len(words) == 7 and json.loads(words[6])["Statement"][0]["Sid"] == "'; reboot"
