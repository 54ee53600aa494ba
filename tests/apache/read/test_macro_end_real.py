"""What stands right behind a `Use` at the end of a file: what the real httpd refuses we refuse, and nothing else."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from audit403.apache.read.configuration import Settings, read_configuration
from audit403.evidence.local import LocalEvidence
from servers.apache import USUAL, Apache, main_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MACRO = "<Macro m $a>\n{body}</Macro>\n"
LOST = "httpd loses this line"
REFUSED, TAKEN, TAKEN_BUT_LOST = "refused", "taken", "taken, and a line is lost"


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raises TimeoutError in what would else go on for ever."""

    def late(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("body", "behind", "said"),
    [
        ("ServerAdmin $a\n", "Use m x\n# end", TAKEN),
        ("ServerAdmin $a\n", "Use m x\n   ", TAKEN),
        ("ServerAdmin $a\n", "Use m x\n\\\n   ", TAKEN),
        ("", "Use m x\n#", TAKEN),
        ("", "Use m x\nUse m y\n#", TAKEN),
        ("", "Use m x\nNonsense", TAKEN_BUT_LOST),
        ("ServerAdmin $a\n", "Use m x\nNonsense", TAKEN_BUT_LOST),
        ("ServerAdmin $a\n", "Use m x\nNonsense\n", REFUSED),
        ("ServerAdmin $a\n", "Use m x\n\nNonsense", REFUSED),
        ("ServerAdmin $a\n", "Use m x\nServerAdmin y\nNonsense", REFUSED),
        ("ServerAdmin $a\n", "Use m x\nServerAdmin y\\\nNonsense", TAKEN_BUT_LOST),
        ("ServerAdmin $a\n", 'Use m "x\\\\"\ny\nNonsense', REFUSED),
        ("ServerAdmin $a\n", 'Use m "x\\\\"\ny\n# end', TAKEN),
        ("ServerAdmin $a\n", 'Use m "x\\\\"\ny', TAKEN_BUT_LOST),
    ],
)
def test_the_end_of_a_file(server_dir: Path, body: str, behind: str, said: str) -> None:
    head = main_config(server_dir, "Listen 127.0.0.1:1\nInclude main.conf\n", modules=USUAL, extra=["macro"])
    (server_dir / "main.conf").write_text(MACRO.format(body=body) + behind)
    (server_dir / "apache.conf").write_text(head)
    refused = Apache(server_dir, server_dir / "apache.conf").check()
    with within(20):
        configuration = read_configuration(str(server_dir / "apache.conf"), LocalEvidence(), Settings(environment={}))
    messages = [problem.message for problem in configuration.problems]
    lost = [message for message in messages if message.startswith(LOST)]
    assert (refused is not None) == (said == REFUSED), refused
    assert bool(lost) == (said == TAKEN_BUT_LOST), messages
    assert (len(messages) > len(lost)) == (said == REFUSED), messages
