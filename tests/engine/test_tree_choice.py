"""When this machine's files count as what the server sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.family import Options
from audit403.engine.audit import Asked, audit
from audit403.engine.tree_choice import choose_tree, in_git_work_tree
from audit403.evidence.local import LocalEvidence
from fakes.family import FakeSite

if TYPE_CHECKING:
    from pathlib import Path


def chosen(asked: str, main: Path, root: Path) -> str:
    main.parent.mkdir(parents=True, exist_ok=True)
    main.touch()
    return choose_tree(asked, FakeSite(str(main), f"docroot {root}\n".encode(), Options()), LocalEvidence())


def test_auto(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    assert chosen("auto", tmp_path / "etc/a.fake", tmp_path / "www") == "here"
    assert chosen("auto", tmp_path / "etc/a.fake", tmp_path / "absent") == "none"
    (tmp_path / "repository/.git").mkdir(parents=True)
    assert chosen("auto", tmp_path / "repository/etc/a.fake", tmp_path / "www") == "none"


@pytest.mark.parametrize("asked", ["here", "none"])
def test_asked_for(tmp_path: Path, asked: str) -> None:
    assert chosen(asked, tmp_path / "a.fake", tmp_path) == asked


def test_a_linked_work_tree_and_a_link_into_one(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/.git").write_text("gitdir: elsewhere\n")
    (tmp_path / "work/a.fake").touch()
    (tmp_path / "a.fake").symlink_to("work/a.fake")
    assert in_git_work_tree(str(tmp_path / "work/a.fake"), LocalEvidence())
    assert in_git_work_tree(str(tmp_path / "a.fake"), LocalEvidence())


NGINX = "events {{}}\nhttp {{ server {{ listen 80; server_name a.example; root {root}; }} }}\n"


def test_nginx_claims_nothing_about_files_in_a_repository(server_dir: Path) -> None:
    tmp_path = server_dir  # in reach of the worker, which tmp_path is not
    (tmp_path / "public").mkdir()
    (tmp_path / "nginx.conf").write_text(NGINX.format(root=tmp_path / "public"))
    here = [judged.finding.rule for judged in audit([str(tmp_path / "nginx.conf")]).findings]
    assert here == ["nginx/missing-index"]
    (tmp_path / ".git").mkdir()
    assert audit([str(tmp_path / "nginx.conf")]).findings == ()
    assert audit([str(tmp_path / "nginx.conf")], Asked(tree="here")).findings != ()


def test_a_mapped_docroot_is_known_in_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "public").mkdir()
    (tmp_path / "nginx.conf").write_text(NGINX.format(root="/var/www/site"))
    assert audit([str(tmp_path / "nginx.conf")]).findings == ()
    (tmp_path / "audit403.toml").write_text('[paths]\n"/var/www/site" = "public"\n')
    assert [judged.finding.rule for judged in audit([str(tmp_path / "nginx.conf")]).findings] == ["nginx/missing-index"]
    (tmp_path / "public/index.html").write_text("home")
    assert audit([str(tmp_path / "nginx.conf")]).findings == ()


SHOP = "<VirtualHost *:80>\nServerName shop.example\nDocumentRoot {root}\n{inside}</VirtualHost>\n"
SECTION = "<Directory {root}>\nRequire all granted\n</Directory>\n"


def test_a_virtual_host_by_itself_has_only_its_own_docroot(server_dir: Path) -> None:
    """Not the one that is assumed around it, which this machine may happen to have."""
    absent = server_dir / "absent"
    (server_dir / "shop.conf").write_text(SHOP.format(root=absent, inside=SECTION.format(root=absent)))
    assert audit([str(server_dir / "shop.conf")]).findings == ()


def test_a_virtual_host_by_itself_in_a_repository(server_dir: Path) -> None:
    (server_dir / "public").mkdir()
    root = server_dir / "public"
    (server_dir / "shop.conf").write_text(SHOP.format(root=root, inside=SECTION.format(root=root)))
    here = [judged.finding.rule for judged in audit([str(server_dir / "shop.conf")]).findings]
    assert here == ["apache/missing-index"]
    (server_dir / ".git").mkdir()
    assert audit([str(server_dir / "shop.conf")]).findings == ()


def test_an_access_file_in_a_repository(server_dir: Path) -> None:
    (server_dir / "public/empty").mkdir(parents=True)
    (server_dir / "public/.htaccess").write_text("Options -Indexes\n")
    (server_dir / "public/guide.html").write_text("a page in a folder without an index")
    assert audit([str(server_dir / "public/.htaccess")]).findings != ()
    (server_dir / ".git").mkdir()
    assert audit([str(server_dir / "public/.htaccess")]).findings == ()
