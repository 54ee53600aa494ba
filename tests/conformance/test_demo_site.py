"""The demo is broken in the way that it says: the real nginx refuses what audit403 is to find, and serves the rest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from servers.command import needs_command_line
from servers.need import need, need_root
from servers.nginx import Nginx
from servers.ports import free_port, has_ipv6
from servers.process import server_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


class Case(NamedTuple):
    site: str
    target: str
    status: int
    why: str = ""
    client: str = "203.0.113.9"
    referer: str | None = None


FORBIDDEN_BY_RULE = "access forbidden by rule"
UPLOADS = "/wp-content/uploads"
CASES = [
    # The hotlink rule refuses who comes without a Referer: a bookmark, a mail, a feed reader, a privacy setting.
    Case("shop.example", "/", 200),
    Case("shop.example", "/img/pot-blue.jpg", 200, referer="http://shop.example/pots/"),
    Case("shop.example", "/img/pot-blue.jpg", 403),
    Case("shop.example", "/img/pot-red.webp", 403, referer=""),
    Case("shop.example", "/img/pot-blue.jpg", 403, referer="http://other-shop.example/"),
    Case("shop.example", "/css/shop.css", 200),
    Case("shop.example", "/.git/config", 403, FORBIDDEN_BY_RULE),
    # Modes lost on the way: files of mode 0600, a directory of mode 0700.
    Case("blog.example", f"{UPLOADS}/2023/11/kiln.jpg", 200),
    Case("blog.example", f"{UPLOADS}/2024/05/team.jpg", 403, "(13: Permission denied)"),
    Case("blog.example", f"{UPLOADS}/2024/05/price-list.pdf", 403, "(13: Permission denied)"),
    Case("blog.example", f"{UPLOADS}/2024/06/fair.jpg", 403, "(13: Permission denied)"),
    Case("blog.example", f"{UPLOADS}/2024/05/x.php", 403, FORBIDDEN_BY_RULE),
    Case("blog.example", "/wp-config.php", 403, FORBIDDEN_BY_RULE),
    Case("blog.example", "/", 502, "php8.2-fpm.sock"),
    Case("blog.example", "/wp-content/themes/plain/style.css", 200),
    # A list in a location takes the place of the server's: the office is locked out of the reports.
    Case("admin.example", "/", 200, client="10.20.3.4"),
    Case("admin.example", "/", 200, client="2001:db8:20::7"),
    Case("admin.example", "/", 403, FORBIDDEN_BY_RULE),
    Case("admin.example", "/reports/", 403, FORBIDDEN_BY_RULE, client="10.20.3.4"),
    Case("admin.example", "/reports/", 200, client="203.0.113.70"),
    # … and an allow behind the deny that covers it lets nobody in.
    Case("admin.example", "/status/", 403, FORBIDDEN_BY_RULE, client="10.20.7.5"),
    # The index is index.html, and the server looks for index.htm.
    Case("docs.example", "/", 403, "directory index of"),
    Case("docs.example", "/index.html", 200),
    Case("docs.example", "/guide/", 403, "directory index of"),
    Case("docs.example", "/downloads/", 403, "directory index of"),
    Case("docs.example", "/downloads/manual-en.pdf", 200),
    Case("nobody.example", "/", 444),
]


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[Nginx, int]]:
    need("nginx")
    need_root()
    if not has_ipv6():
        pytest.skip("the demo listens on ::1 too, which cannot be bound here")
    with server_directory() as site:
        port = free_port()
        script = ROOT / "scripts" / "build-demo"
        subprocess.run([sys.executable, script, site, "--port", str(port)], check=True)
        conf = site / "etc/nginx/nginx.conf"
        with Nginx(site, conf, error_log=site / "var/log/nginx/error.log") as server:
            yield server, port


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.site}{case.target} {case.client} {case.referer}")
def test_real_nginx_answers(demo: tuple[Nginx, int], case: Case) -> None:
    server, port = demo
    headers = {"X-Real-IP": case.client}
    if case.referer is not None:
        headers["Referer"] = case.referer
    with server.logged() as lines:
        answer = server.client.get(port, case.target, headers=headers, host=case.site)
    assert answer.status == case.status, lines
    assert case.why in "\n".join(lines)


def test_modes_are_lost_without_root_too(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "build-demo", tmp_path], check=True)
    uploads = tmp_path / "srv/www/blog.example/wp-content/uploads"
    assert (uploads / "2024/05/team.jpg").stat().st_mode & 0o777 == 0o600
    assert (uploads / "2024/06").stat().st_mode & 0o777 == 0o700
    assert (uploads / "2023/11/kiln.jpg").stat().st_mode & 0o777 == 0o644
    conf = (tmp_path / "etc/nginx/nginx.conf").read_text()
    assert f"include {tmp_path}/etc/nginx/sites-enabled/*;" in conf
    assert "unix:/run" not in (tmp_path / "etc/nginx/snippets/php.conf").read_text()


@needs_command_line
def test_the_demo_names_what_is_broken() -> None:
    """What `make demo` runs: each fault is reported at its place, and one request is explained."""
    result = subprocess.run([ROOT / "scripts" / "demo"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    checked, _, explained = result.stdout.partition("$ audit403 explain")
    for place in (
        "sites-enabled/shop.example:",
        "sites-enabled/docs.example",
        "sites-enabled/admin.example:",
        "2024/06",
    ):
        assert place in checked
    assert "team.jpg" in explained
    assert "403" in explained


@needs_command_line
def test_the_readme_shows_what_audit403_says_today() -> None:
    """Every line of its screenful is a line of the real output, but for the folder that the site lies in."""
    need_root()
    with server_directory() as site:
        subprocess.run([sys.executable, ROOT / "scripts" / "build-demo", site], check=True)
        readme = (ROOT / "README.md").read_text()
        shown = readme.partition("## What it says")[2].partition("```\n")[2].partition("```")[0]
        commands = [line[2:].split() for line in shown.splitlines() if line.startswith("$ ")]
        assert [words[:2] for words in commands] == [["audit403", "check"], ["audit403", "explain"]]
        said = "".join(
            subprocess.run(
                [sys.executable, "-m", *words], cwd=site, capture_output=True, text=True, check=False
            ).stdout.replace(str(site), "")
            for words in commands
        )
    real = {_plain(line) for line in said.splitlines()}
    missing = [line for line in shown.splitlines() if not line.startswith("$ ") and _plain(line) not in real]
    assert missing in ([], ["…"])


@needs_command_line
def test_the_readme_shows_what_audit403_says_of_apache(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("### For Apache")[2]
    configuration = section.partition("```apache\n")[2].partition("```")[0]
    command, _, shown = section.partition("```\n$ ")[2].partition("```")[0].partition("\n")
    (tmp_path / command.split()[2]).write_text(configuration)
    result = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.stdout == shown


def _plain(line: str) -> str:
    """A line without the marks under a path, which are as long as the path."""
    return line.replace("-", "").replace("^", "").rstrip()


@needs_command_line
def test_the_readme_shows_what_audit403_says_of_a_template(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("### For S3")[2]
    template = section.partition("```yaml\n")[2].partition("```")[0]
    command, _, shown = section.partition("```\n$ ")[2].partition("```")[0].partition("\n")
    (tmp_path / command.split()[2]).write_text(template)
    result = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.stdout == shown
