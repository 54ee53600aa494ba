"""WebDAV on httpd: one case each of what the differential test shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

SITE = "http://own.test"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a directory, a link that leads nowhere, and a place for the lock database."""
    (tmp_path / "html" / "d" / "e").mkdir(parents=True)
    (tmp_path / "html" / "d" / "a.txt").write_text("a")
    (tmp_path / "html" / "lost").symlink_to("nowhere")
    (tmp_path / "locks").mkdir()
    return tmp_path


def dav(site: Path, lines: str = "", server: str | None = None) -> Httpd:
    """The site with `Dav On` and more lines."""
    locks = f"DavLockDB {site}/locks/lock" if server is None else server
    return Httpd(site, f'{locks}\n<Directory "{site}/html">\nDav On\n{lines}\n</Directory>')


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("GET", "/d/a.txt", {}, 200),
        ("PUT", "/d/new", {"body_length": 3}, 201),
        ("PUT", "/d/a.txt", {"body_length": 3}, 204),
        ("PUT", "/d/", {}, 409),
        ("PUT", "/none/new", {}, 409),
        ("PUT", "/d/a.txt/new", {}, 400),
        ("PUT", "/d/a.txt", {"content_range": "bytes x"}, 400),
        ("PUT", "/d/a.txt", {"if_none_match": "*"}, 412),
        ("PUT", "/d/new", {"if_none_match": "*"}, 201),
        ("DELETE", "/d/a.txt", {}, 204),
        ("DELETE", "/d/", {}, 204),
        ("DELETE", "/d/", {"depth": "0"}, 400),
        ("DELETE", "/d", {}, 301),
        ("DELETE", "/", {}, 403),
        ("DELETE", "/d/none", {}, 404),
        ("MKCOL", "/d/new", {}, 201),
        ("MKCOL", "/d/new/er", {}, 409),
        ("MKCOL", "/d/", {}, 405),
        ("MKCOL", "/d/new", {"body_length": 1}, 415),
        ("MKCOL", "/lost", {}, 403),
        ("COPY", "/d/a.txt", {"destination": f"{SITE}/d/b.txt"}, 201),
        ("COPY", "/d/a.txt", {"destination": "/d/b.txt"}, 400),
        ("COPY", "/d/a.txt", {"destination": "https://own.test/d/b.txt"}, 502),
        ("COPY", "/d/a.txt", {}, 400),
        ("COPY", "/d/a.txt", {"destination": f"{SITE}/d/a.txt"}, 403),
        ("COPY", "/d/a.txt", {"destination": f"{SITE}/d/e/", "overwrite": "F"}, 412),
        ("COPY", "/d/", {"destination": f"{SITE}/d/e/f"}, 403),
        ("MOVE", "/d/e/", {"destination": f"{SITE}/d/"}, 403),
        ("MOVE", "/d/a.txt", {"destination": f"{SITE}/d/e/a"}, 201),
        ("PROPFIND", "/d/", {}, 403),
        ("PROPFIND", "/d/", {"depth": "infinity"}, 403),
        ("PROPFIND", "/d/", {"depth": "1"}, 207),
        ("PROPFIND", "/d/", {"depth": "2"}, 400),
        ("PROPFIND", "/d/a.txt", {}, 207),
        ("PROPPATCH", "/d/a.txt", {}, 400),
        ("PROPPATCH", "/d/a.txt", {"body_length": 80}, 207),
        ("LOCK", "/d/a.txt", {"body_length": 80}, 200),
        ("LOCK", "/none/new", {"body_length": 80}, 409),
        ("LOCK", "/d/a.txt", {}, 400),
        ("UNLOCK", "/d/a.txt", {}, 400),
        ("OPTIONS", "/d/none", {}, 200),
        ("REPORT", "/d/a.txt", {"body_length": 80}, 501),
        ("SEARCH", "/d/a.txt", {}, 405),
        ("ACL", "/d/a.txt", {}, 501),
        ("GET", "/d/.DAV/a.txt", {}, 403),
        ("PUT", "/d/.DAV", {}, 403),
        ("PUT", "/d/a.txt", {"if": "(<urn:x>)"}, 412),
        ("PUT", "/d/a.txt", {"if": "(Not <urn:x>)"}, 204),
        ("PUT", "/d/a.txt", {"if": "("}, 400),
    ],
)
def test_methods(site: Path, method: str, target: str, headers: dict[str, object], status: int) -> None:
    assert dav(site).status(target, method=method, **headers) == status


def test_a_propfind_of_everything_where_that_is_allowed(site: Path) -> None:
    assert dav(site, "DavDepthInfinity On").status("/d/", method="PROPFIND") == 207


def test_what_refuses_is_told(site: Path) -> None:
    decision = dav(site).ask("/d/", method="PROPFIND")
    assert (decision.cause, decision.log) == ("propfind-depth", None)
    decision = dav(site).ask("/d/.DAV", method="PROPFIND")
    assert decision.log is not None and decision.log.startswith("AH10619: access to .DAV state directory denied for ")


def test_a_directory_that_cannot_be_written_to(server_dir: Path) -> None:
    (server_dir / "html" / "d").mkdir(parents=True)
    (server_dir / "html" / "d" / "a.txt").write_text("a")
    (server_dir / "locks").mkdir()
    (server_dir / "locks").chmod(0o777)
    server = dav(server_dir, server=f"User nobody\nDavLockDB {server_dir}/locks/lock")
    decision = server.ask("/d/new", method="MKCOL")
    assert decision.log == "(13)Permission denied: Unable to create collection.  [403, #0]"
    assert decision.where is not None and decision.where.path == f"{server_dir}/html/d"  # type: ignore[union-attr]
    decision = server.ask("/d/a.txt", method="DELETE")
    assert (decision.status, decision.cause) == (403, "dav-refused")
    assert server.status("/d/a.txt", method="PUT", body_length=1) == 500
    (server_dir / "locks").chmod(0o755)
    server = dav(server_dir, server=f"User nobody\nDavLockDB {server_dir}/locks/lock")
    assert server.status("/d/new", method="MKCOL") == 500


def test_without_a_lock_database_nothing_is_written(site: Path) -> None:
    server = dav(site, server="")
    assert server.status("/d/new", method="PUT", body_length=1) == 500
    assert server.status("/d/", method="PROPFIND", depth="1") == 500
    assert server.status("/d/", method="OPTIONS") == 200


def test_dav_off_turns_nothing_off(site: Path) -> None:
    sections = f"<Directory {site}/html>\nDav On\n</Directory>\n<Location /d>\nDav Off\n</Location>"
    server = Httpd(site, f"DavLockDB {site}/locks/lock\n{sections}")
    assert server.status("/d/", method="PROPFIND") == 403
    assert server.status("/", method="PROPFIND") == 403


def test_without_dav_its_methods_are_nobodys(site: Path) -> None:
    assert Httpd(site, "").status("/d/", method="PROPFIND") == 405


def test_limits_of_bodies(site: Path) -> None:
    server = dav(site, "LimitRequestBody 100\nLimitXMLRequestBody 50")
    assert server.status("/d/new", method="PUT", body_length=101) == 413
    assert server.status("/d/", method="PROPFIND", depth="1", body_length=51) == 413
    # The body is read before the page of an error is sent.
    assert server.status("/d/none", method="PUT", body_length=101, if_match="*") == 413
