"""The text of `reach`."""

import pytest

from audit403.files.explain import resolve
from audit403.files.resolve import Resolver
from audit403.report.reach_text import reach_text
from audit403.report.terminal import Style
from files.worlds import SITE, WWW


def test_the_text_begins_with_the_verdict_and_points_at_the_refusal() -> None:
    lines = text_of("/srv/www/index.html").splitlines()
    assert lines[0] == "denied: www-data cannot read /srv/www/index.html: EACCES (Permission denied)"
    assert (
        lines[1] == "  /home/ann refuses search (x): www-data is neither its owner nor in its group and has --- there"
    )
    assert "> drwxr-x--- ann  ann    ann  <- refuses search (x)" in lines
    assert "  lrwxrwxrwx root root www -> ../home/ann/my site" in lines
    assert lines[-1] == "  chmod o+x /home/ann"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/srv", "allowed: www-data can read /srv"),
        ("/srv/none", "nothing there"),
        ("/srv/dark", "unknown: whether www-data can read /srv/dark hangs on /srv/dark, which cannot be seen"),
        ("/srv/loop", "is the 41st link on the way, and Linux follows 40"),
        ("/tmp/link", "fs.protected_symlinks is on"),
        ("/srv/mine", "www-data is its owner and has --- there"),
        ("/srv/mine/x", "ENOTDIR (Not a directory)"),
    ],
)
def test_each_ending_has_its_words(path: str, words: str) -> None:
    assert words in text_of(path)


def test_a_terminal_is_not_given_escape_sequences() -> None:
    text = text_of("/srv/esc\x1b[31m")
    assert "\x1b" not in text
    assert "/srv/esc\\x1b[31m" in text


def text_of(path: str) -> str:
    resolution = resolve(Resolver(SITE, WWW), path, "read")
    return reach_text(SITE, WWW, "www-data", path, "read", resolution, Style())
