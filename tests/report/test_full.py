"""The text report: what stands where, and that nothing of a target reaches the terminal raw."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from audit403.core.family import NotAudited
from audit403.engine.audit import Asked, Report, audit
from audit403.report.full import write_full
from audit403.report.shown import Paths
from audit403.report.terminal import Style

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
events {}
http {
    server {
        listen 80;
        server_name admin.example;
        location /status/ {
            deny  all;
            allow 10.20.7.0/24;
            proxy_pass http://127.0.0.1:8080;
        }
    }
}
"""

EXPECTED = """\
error[nginx/allow-behind-deny]: `allow 10.20.7.0/24` lets nobody in: the `deny` above it refuses 10.20.7.1 first
  request  GET http://admin.example/status/ from 10.20.7.1 → 403 Forbidden
  hits     clients in 10.20.7.0/24
 --> nginx.conf:7:13
  |
7 |             deny  all;
  |             ^^^^^^^^^^ refuses 10.20.7.1
8 |             allow 10.20.7.0/24;
  |             ------------------- this line is never reached
  |
  = log: the server's error log says: access forbidden by rule
  = fix (unsafe, proven): put `allow 10.20.7.0/24;` before the deny
      7 +             allow 10.20.7.0/24;
      8 -             allow 10.20.7.0/24;
  = help: audit403 rules nginx/allow-behind-deny

--fix --unsafe-fixes writes 1 fix; --diff --unsafe-fixes shows them first
1 finding (1 error), 1 fixable
"""

OLD_ACCESS_RULES = """\
<VirtualHost *:80>
    ServerName intra.example
    DocumentRoot /srv/intra
    <Directory /srv/intra>
        Order allow,deny
        Allow from 10.20.7
        Deny from 10.20.7.66
    </Directory>
</VirtualHost>
"""

TABLE = """\
                           now       with the fix
      clients from 10.20.7     shut out  let in
      clients from 10.20.7.66  shut out  shut out
      everybody else           shut out  shut out
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report_of(folder: Path, text: str | bytes, **asked: object) -> Report:
    path = folder / "nginx.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return audit(["nginx.conf"], Asked(tree="none", **asked))  # type: ignore[arg-type]


def shown(report: Report, style: Style = Style(), *, quiet: bool = False) -> str:  # noqa: B008
    stream = io.StringIO()
    write_full(report, Paths(["nginx.conf"]), stream, style, quiet)
    return stream.getvalue()


def test_the_whole_of_one(here: Path) -> None:
    assert shown(report_of(here, CONFIGURATION)) == EXPECTED


def test_quiet_leaves_the_end_out(here: Path) -> None:
    assert shown(report_of(here, CONFIGURATION), quiet=True) == EXPECTED.split("--fix")[0]


def test_colours(here: Path) -> None:
    text = shown(report_of(here, CONFIGURATION), Style(colour=True))
    assert "\033[1;31merror[nginx/allow-behind-deny]\033[0m" in text
    assert text.count("\033[") % 2 == 0


def vhosts(number: int) -> str:
    block = CONFIGURATION[CONFIGURATION.index("    server {") : CONFIGURATION.rindex("}")]
    return "events {}\nhttp {\n" + "".join(block.replace("admin", f"site{n}") for n in range(number)) + "}\n"


def test_equal_ones_are_folded_and_counted(here: Path) -> None:
    report = report_of(here, vhosts(9))
    assert len(report.findings) == 9
    text = shown(report)
    assert text.count("error[") == 1
    assert "alike: 8 times more: nginx.conf:16, nginx.conf:25" in text
    assert text.endswith("9 findings (9 errors), 9 fixable\n")


def test_what_was_not_audited(here: Path) -> None:
    report = report_of(here, "events {}\n")._replace(not_audited=(NotAudited("x\033[2J", "it is\ngone"),))
    assert shown(report) == "not audited: x\\x1b[2J: it is\\x0agone\n0 findings; 1 target not audited\n"


@pytest.mark.parametrize(
    "raw",
    [b"\033[2J\033]0;owned\007", b"\xff\xfe", "\u202etxt.exe".encode(), b"\x9b31m", "\u0085 ".encode(), b"\b\b\b"],
)
def test_nothing_raw_reaches_the_terminal(here: Path, raw: bytes) -> None:
    text = (
        CONFIGURATION.encode()
        .replace(b"admin.example", b"admin.example " + raw)
        .replace(b"deny  all", b"deny all #" + raw + b"\n")
    )
    text = text.replace(b"/status/", b"/status/" + raw.replace(b";", b""))
    shown_text = shown(report_of(here, text, strict=True))
    assert all(character == "\n" or character.isprintable() for character in shown_text)


def test_long_lines_are_cut_around_what_matters(here: Path) -> None:
    long = CONFIGURATION.replace("deny  all;", "set $a " + "x" * 500 + "; deny  all; set $b " + "y" * 500 + ";")
    text = shown(report_of(here, long), Style(width=80))
    source = [line for line in text.splitlines() if line.startswith(("7 |", "  | "))]
    assert all(len(line) <= 80 + len(" refuses 10.20.7.1") for line in source)
    line, carets = (next(line for line in source if sign in line) for sign in ("deny  all;", "^^^"))
    assert line.index("deny  all;") == carets.index("^")


def test_carets_stand_under_wide_letters_and_tabs(here: Path) -> None:
    text = CONFIGURATION.replace("            deny  all;", '\tadd_header X "日本"; deny  all;')
    lines = shown(report_of(here, text)).splitlines()
    line, carets = (next(line for line in lines if sign in line) for sign in ("deny  all;", "^^^"))
    # Two letters take two columns each.
    assert line.index("deny  all;") + 2 == carets.index("^")


def test_whom_rewritten_access_rules_let_in(here: Path) -> None:
    (here / "site.conf").write_text(OLD_ACCESS_RULES)
    assert TABLE in shown(audit(["site.conf"], Asked(tree="none")))


def test_sentences_are_wrapped_on_a_terminal(here: Path) -> None:
    text = shown(report_of(here, CONFIGURATION), Style(width=60, terminal=True))
    first = text.split("  request")[0].rstrip("\n").split("\n")
    assert len(first) > 1 and all(len(line) <= 62 + len("error[nginx/allow-behind-deny]: ") for line in first)


def test_an_entry_is_shown_as_namei_shows_it(server_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(server_dir)
    (server_dir / "www").mkdir(mode=0o755)
    (server_dir / "www/index.html").write_text("home")
    (server_dir / "www/index.html").chmod(0o600)
    (server_dir / "nginx.conf").write_text(
        f"user nobody;\nevents {{}}\nhttp {{ server {{ listen 80; server_name a.example; root {server_dir}/www; }} }}\n"
    )
    text = shown(audit(["nginx.conf"], Asked(tree="here")))
    assert f"  rw------- 0600 root:root {server_dir}/www/index.html  ← only root may read this, not nobody\n" in text
    assert "# chmod" in text or "# setfacl" in text
