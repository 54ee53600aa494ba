"""mpm-itk answers as the user of the virtual host or directory, and walks there as root; seen on mpm-itk 2.4.7-04."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from servers.need import need_root

if TYPE_CHECKING:
    from pathlib import Path

LOAD = "LoadModule mpm_itk_module modules/mpm_itk.so\n"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("AssignUserID backup backup", 200),
        ("AssignUserID games games", 403),
        ('AssignUserIDExpr "%{HTTP_USER_AGENT}"\nAssignGroupIDExpr backup', 200),
        ("", 200),  # User root
    ],
)
def test_who_reads_the_file(server_dir: Path, line: str, status: int) -> None:
    need_root()
    server = Httpd(server_dir, f'{LOAD}<Directory "{server_dir}/html">\n{line}\n</Directory>')
    folder, page = server_dir / "html/own", server_dir / "html/own/page.html"
    folder.mkdir()
    page.write_text("page")
    (folder / ".htaccess").write_text("")
    for path, mode in ((page, 0o600), (folder / ".htaccess", 0o600), (folder, 0o711)):
        path.chmod(mode)
        os.chown(path, *pwd.getpwnam("backup")[2:4])
    for _ in range(2):
        assert server.status("/own/page.html", User_Agent="backup") == status


def test_what_is_walked_through_is_walked_through_as_root(server_dir: Path) -> None:
    need_root()
    server = Httpd(
        server_dir, f"{LOAD}<VirtualHost *:80>\nAssignUserID games games\n</VirtualHost>", "Require all granted\n"
    )
    (server_dir / "html/.htaccess").chmod(0o600)
    decision = server.ask("/page.html")
    assert decision.cause != "htaccess-unreadable"
    assert any(step.text == "mpm-itk goes on as games:games" for step in decision.trace)
