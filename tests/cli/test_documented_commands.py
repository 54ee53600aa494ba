"""What the documentation shows of hosts is what audit403 says of one, over SSH, and every command in it can be run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers.broken_host import AUDIT
from servers.need import need
from servers.shop_host import ShopHost, shop_host

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
#: The pages on S3 need no host, and have a test of their own (tests/s3).
PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("[!s]*.md")), "docs/snapshot.md")
REFUSED = "http://shop.example/uploads/team.jpg"
#: What stands for something else in the documentation.
PLACEHOLDERS = {"URL": REFUSED, "PATH": "/srv/shop/uploads/team.jpg", "USER": "www-data", "ID": "files/file-unreadable"}
INVENTORY = "[web]\nweb1\nweb7\n[production]\nweb1\nweb7\n"
FOUND = "error[files/file-unreadable]: /uploads/door.jpg cannot be read by www-data (4 more files like it)"
#: How each command ends, and what it says there; those of the README's own sites have their tests elsewhere.
COMMANDS = {
    "audit403 check /etc/nginx": (1, FOUND),
    "audit403 check /etc/apache2": (0, "0 findings"),
    "audit403 explain URL": (1, "403 Forbidden (file-unreadable)"),
    "audit403 explain URL --on web1": (1, "403 Forbidden (file-unreadable)"),
    "audit403 explain URL --on web1.snapshot": (1, "403 Forbidden (file-unreadable)"),
    "audit403 reach PATH --as www-data": (1, "EACCES"),
    "audit403 reach PATH --as USER --on web1.snapshot": (1, "EACCES"),
    "audit403 host web1": (1, FOUND),
    "audit403 host web1 deploy@web2": (1, "deploy@web2 "),
    "audit403 host -i hosts.ini --sudo": (1, "web1 "),
    "audit403 host -i hosts.ini --limit 'web:&production:!web7' --resume audit.journal": (1, FOUND),
    "audit403 host web1 --save web1.snapshot": (1, FOUND),
    "audit403 check web1.snapshot": (1, FOUND),
    "audit403 rules": (0, "files/file-unreadable"),
    "audit403 rules ID": (0, "# files/file-unreadable"),
    "audit403 completion bash": (0, "complete "),
}


@pytest.fixture(scope="module")
def host() -> Iterator[ShopHost]:
    """The host of the documentation."""
    with shop_host() as made:
        yield made


def test_the_readme_shows_what_is_said_of_a_live_server(host: ShopHost) -> None:
    section = (ROOT / "README.md").read_text().partition("### For live servers")[2]
    command, _, shown = section.partition("```\n$ ")[2].partition("```")[0].partition("\n")
    code, said, complaint = _run(host, command, None)
    assert (code, complaint) == (1, "")
    assert re.sub(r"of process \d+", "of process 712", said) == shown
    refused = re.findall(r"http://shop\.example(\S+)", shown)
    assert len(refused) >= 5 and {host.asked("shop.example", target) for target in refused} == {403}
    assert host.asked("shop.example", "/") == 200


@pytest.mark.parametrize("page", PAGES)
def test_every_command_does_what_its_page_says(host: ShopHost, page: str, tmp_path: Path) -> None:
    need("sudo")
    (tmp_path / "hosts.ini").write_text(INVENTORY)
    commands = _commands(page)
    assert commands
    for command in commands:
        expected, words = COMMANDS[command]
        code, said, complaint = _run(host, command, tmp_path)
        assert code == expected and words in said, f"{command}: {code}\n{said}{complaint}"


def test_of_two_configurations_that_which_listens_explains_a_url(host: ShopHost) -> None:
    code, said, _ = _run(host, f"audit403 explain {REFUSED.replace('example', 'example:8080')}", None)
    assert code == 0 and "/etc/apache2/" in said and "/etc/nginx/" not in said
    code, _, complaint = _run(host, "audit403 explain http://shop.example:81/", None)
    assert code == 2 and "/etc/apache2/apache2.conf and /etc/nginx/nginx.conf are both here: --server " in complaint


def _commands(page: str) -> list[str]:
    """The whole commands of a page, in their order: indented ones, and those in the text that have an argument."""
    text = (ROOT / page).read_text()
    text = "".join(part for part in text.split("```")[::2])  # whole examples have tests of their own
    found = re.findall(r"^    (audit403 [^#\n]+)|`(audit403 [a-z]+ [^`\n]+)`", text, re.MULTILINE)
    return [(indented or inline).strip() for indented, inline in found]


def _run(host: ShopHost, command: str, folder: Path | None) -> tuple[int, str, str]:
    """Run a command on the host itself, from where `web1` is reached over SSH as from anywhere."""
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
    done = host.run([*AUDIT, *words[1:]], folder)
    return done.returncode, done.stdout, done.stderr
