"""The text of `reach`."""

import pytest

from audit403.core.family import RunsAs
from audit403.core.place import Span
from audit403.evidence.interface import Entry, Group, NotCollected, User
from audit403.evidence.memory import MemoryEvidence
from audit403.files.explain import resolve
from audit403.files.identity import identity_of_ids
from audit403.files.resolve import Resolver
from audit403.report.reach_text import asker_text, reach_text
from audit403.report.terminal import Style
from files.worlds import SITE, WWW

COLOURS = ("error", "warning", "new")
"""Of what is denied, not known and allowed."""


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


def test_what_was_not_seen_is_told_with_the_reason() -> None:
    assert text_of("/srv/dark").splitlines()[-1] == "> ?          ?    ?    dark  <- not collected: Permission denied"


@pytest.mark.parametrize(("mode", "granted"), [(0o300, "-wx"), (0o200, "-w-"), (0o100, "--x"), (0o000, "---")])
def test_what_is_granted_is_told_bit_for_bit(mode: int, granted: str) -> None:
    world = MemoryEvidence({"/": Entry("d", 0o755, 0, 0), "/own": Entry("d", mode, 33, 0)})
    resolution = resolve(Resolver(world, WWW), "/own", "list")
    text = reach_text(world, WWW, "www-data", "/own", "list", resolution, Style())
    assert f"/own refuses read (r): www-data is its owner and has {granted} there" in text


def test_the_verdict_and_the_refusal_have_the_same_colour() -> None:
    red, yellow, green = (Style(colour=True).paint("", name).removesuffix("\033[0m") for name in COLOURS)
    refused = coloured("/srv/www/index.html").splitlines()
    assert [line.startswith(red) for line in refused[:2]] == [True, False]
    assert [line[len(red) :][0] for line in refused[2:] if line.startswith(red)] == [">"]
    assert coloured("/srv/dark").startswith(yellow) and coloured("/srv").startswith(green)


def test_of_what_was_not_seen_nobody_says_what_opens_it() -> None:
    entries: dict[str, Entry | NotCollected] = {
        "/": Entry("d", 0o755, 0, 0),
        "/root": Entry("d", 0o700, 0, 0),
        "/root/x": NotCollected("only root"),
    }
    world = MemoryEvidence(dict(entries))
    resolution = resolve(Resolver(world, WWW), "/root/x", "read")
    dark = reach_text(world, WWW, "www-data", "/root/x", "read", resolution, Style())
    assert dark.splitlines()[-1] == "What would open it is not known: what lies behind was not looked at."


def test_a_command_that_takes_a_reload_says_so() -> None:
    entries = {"/": Entry("d", 0o755, 0, 0), "/page": Entry("f", 0o640, 0, 40)}
    world = MemoryEvidence(entries, users=[User("www-data", 33, 33)], groups=[Group("web", 40, ())])
    resolution = resolve(Resolver(world, WWW), "/page", "read")
    lines = reach_text(world, WWW, "www-data", "/page", "read", resolution, Style()).splitlines()
    assert "  usermod -aG web www-data" in lines
    told = {lines[number + 1].split()[0]: line for number, line in enumerate(lines) if line.startswith("  # for ")}
    assert told["usermod"].endswith("; then reload the server") and not told["setfacl"].endswith("reload the server")


def test_who_asks_is_told_with_its_groups_and_where_that_is_written() -> None:
    identity = identity_of_ids(33, 33, frozenset({33, 0, 77}))
    groups = "in the groups root, www-data, 77\n"
    written = RunsAs("www-data", None, "a worker", Span("/etc/nginx.conf", 1, 3, 1, 3, 0, 0))
    assert asker_text(SITE, identity, written) == f"www-data – a worker (/etc/nginx.conf:1), {groups}"
    assert asker_text(SITE, identity, written._replace(where=None)) == f"www-data – a worker (by default), {groups}"
    assert asker_text(SITE, identity, written._replace(runs=True)) == f"www-data – a worker, {groups}"


def test_a_terminal_is_not_given_escape_sequences() -> None:
    text = text_of("/srv/esc\x1b[31m")
    assert "\x1b" not in text
    assert "/srv/esc\\x1b[31m" in text


def text_of(path: str, style: Style = Style()) -> str:  # noqa: B008
    resolution = resolve(Resolver(SITE, WWW), path, "read")
    return reach_text(SITE, WWW, "www-data", path, "read", resolution, style)


def coloured(path: str) -> str:
    return text_of(path, Style(colour=True))
