"""docs/s3.md: each command that it shows is run on the state that it shows, and each profile is in its table."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from audit403.s3.decide.profile import NAMES
from servers.command import audit403

PAGE = (Path(__file__).parents[2] / "docs" / "s3.md").read_text()
(STATE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(SHOWN,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
#: What each of them answers, in their order.
ANSWERS = (
    (1, "403 Forbidden (nothing-allows)"),
    (1, "403 Forbidden (nothing-allows)"),
    (0, "404, not refused"),
    (0, "200, not refused"),
    (1, "403 Forbidden (cors-refuses)"),
    (1, "403 Forbidden (nothing-allows)"),
    (1, "presigned-url-has-expired"),
)


@pytest.mark.parametrize(("command", "answer"), list(zip(SHOWN.splitlines(), ANSWERS, strict=True)))
def test_each_command_answers(command: str, answer: tuple[int, str], tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(STATE)
    body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    (tmp_path / "answer.xml").write_text(body)
    program, *arguments = shlex.split(command)
    assert program == "audit403"
    result = audit403(*arguments, cwd=tmp_path)
    assert result.returncode == answer[0], result.stdout + result.stderr
    assert answer[1] in result.stdout
    assert "error log" not in result.stdout


def test_every_profile_is_told() -> None:
    assert not [name for name in NAMES if f"`{name}`" not in PAGE]
