"""What `.htaccess` files of the wild have shown about their reading and merging: one case each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

_CONDITION = "<IfModule mod_dir.c>\nDirectoryIndex page.html\n</IfModule>\n"
_UNSEEN = "<IfModule mod_none.c>\nDirectoryIndex page.html\n</IfModule>\n"


def _overriding(prefix: Path, override: str, htaccess: str) -> Httpd:
    return Httpd(prefix, f"<Directory {prefix}/html>\n{override}\n</Directory>", htaccess)


@pytest.mark.parametrize(
    ("override", "htaccess", "status"),
    [
        # Conditions are read only where a class of directives is allowed, or they themselves.
        ("AllowOverride None\nAllowOverrideList DirectoryIndex", "DirectoryIndex page.html", 200),
        ("AllowOverride None\nAllowOverrideList DirectoryIndex", _CONDITION, 500),
        ("AllowOverride None\nAllowOverrideList DirectoryIndex", _UNSEEN, 500),
        ("AllowOverride None\nAllowOverrideList DirectoryIndex <IfModule", _CONDITION, 200),
        ("AllowOverride AuthConfig\nAllowOverrideList DirectoryIndex", _CONDITION, 200),
        # What is passed over leaves its closing tag behind.
        ("AllowOverride Nonfatal=Override\nAllowOverrideList DirectoryIndex", _CONDITION, 500),
        # What is done while reading can be passed over too.
        ("AllowOverride Indexes Nonfatal=Override", "ServerRoot /tmp\nDefine A 1\nDirectoryIndex page.html", 200),
        ("AllowOverride Indexes Nonfatal=Unknown", "ServerRoot /tmp\nDirectoryIndex page.html", 500),
        ("AllowOverride Nonfatal=Override", "<Files x>\nRequire all denied", 500),
        # In <RequireAll> nothing is.
        ("AllowOverride All Nonfatal=All", "DirectoryIndex page.html\nFoobar x", 200),
        ("AllowOverride All Nonfatal=All", "<RequireAll>\nRequire all granted\nFoobar x\n</RequireAll>", 500),
        ("AllowOverride All Nonfatal=All", "<RequireAll>\nRequire all granted\nDirectoryIndex x\n</RequireAll>", 500),
    ],
)
def test_what_is_allowed(tmp_path: Path, override: str, htaccess: str, status: int) -> None:
    assert _overriding(tmp_path, override, htaccess).status("/") == status


@pytest.mark.parametrize("sections", ["SetHandler default-handler", "<Files *>\nSetHandler default-handler\n</Files>"])
def test_a_directory_whose_handler_is_named_is_not_listed(tmp_path: Path, sections: str) -> None:
    httpd = Httpd(tmp_path, "", f"Options +Indexes\n{sections}\n")
    (tmp_path / "html" / "empty").mkdir()
    assert httpd.status("/empty/") == 404


def test_sections_of_files_are_walked_again_for_another_name(tmp_path: Path) -> None:
    """mod_rewrite changes the file name of the request before; what counts is the one that was walked with."""
    rules = "RewriteEngine On\nRewriteRule !page page.html [L]\n"
    httpd = Httpd(tmp_path, "", f'<FilesMatch "^(page|other)">\nRequire all granted\n</FilesMatch>\n{rules}')
    steps = [step.text for step in httpd.ask("/other.html").trace]
    assert steps.count("authorization result of Require all granted: granted") == 2
