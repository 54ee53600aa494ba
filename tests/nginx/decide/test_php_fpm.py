"""What php-fpm refuses by itself, held against the real one behind the real nginx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.family import Options
from audit403.core.request import Request
from audit403.core.source import Source
from audit403.http.php_fpm import DEFAULT_EXTENSIONS, Pools, pools_in
from audit403.nginx import family as nginx
from files.worlds import SITE
from servers.need import need_root
from servers.nginx import Nginx, main_config
from servers.php_fpm import ASKED, LIMITS, POOL, SCRIPTS, WithPool, laid_out_scripts, running_pool
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.evidence.interface import Evidence


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("limit", LIMITS)
def test_every_refusal_is_php_fpms(server_dir: Path, limit: str, by_name: bool) -> None:
    need_root()
    root = laid_out_scripts(server_dir)
    port = free_port()
    params = "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; fastcgi_param REQUEST_METHOD GET;"
    socket = f"unix:{server_dir}/php.sock"
    location = f"location / {{ fastcgi_pass {'PHP' if by_name else socket}; {params} }}"
    upstream = f"upstream php {{ server {socket} max_fails=0; server {socket} backup; }}" if by_name else ""
    conf = main_config(server_dir, f"{upstream} server {{ listen 127.0.0.1:{port}; root {root}; {location} }}")
    with running_pool(server_dir, POOL.format(server_dir) + limit) as world, Nginx(server_dir, conf) as server:
        site = nginx.read(str(server.conf), world, Options(f"{server_dir}/"))
        told = 0
        for name in ASKED:
            request = Request("GET", "http", "site.example", port, f"/{name}", "127.0.0.1")
            decision = site.decide(request)
            status = server.client.get(port, f"/{name}").status
            told += decision.verdict == "refused"
            if decision.verdict == "refused" or name in SCRIPTS:
                assert (decision.verdict == "refused") == (status == 403), (name, decision.cause, status)
        assert told >= 2


PLAIN = "[a]\nuser = ann\nlisten = 127.0.0.1:9000\n"


@pytest.mark.parametrize(
    ("target", "listen", "known"),
    [
        ("unix:/run/a.sock", "/run/a.sock", True),
        ("unix:/run/a.sock", "/run/b.sock", False),
        ("127.0.0.1:9000", "9000", True),
        ("127.0.0.1:9000", "127.0.0.1:9001", False),
        ("localhost:9000", "0.0.0.0:9000", True),
        ("10.0.0.9:9000", "9000", False),
        ("unix:/run/www.sock", "/run/$pool.sock", True),
    ],
)
def test_which_pool_is_behind_an_address(target: str, listen: str, known: bool) -> None:
    (pool,) = pools_in(Source("/etc/x.conf", f"[www]\nlisten = {listen}\n".encode()))
    world: Evidence = WithPool(SITE, "")
    assert Pools(world)._is_behind(pool, target) == known


def test_files_of_pools() -> None:
    text = b"[global]\nlisten = no\n; [old]\n[a]\n;user = x\nuser='ann'\r\nlisten = /a\n"
    text += b"[b]\nlisten=/b\nchroot = /srv\n[c]\n"
    pools = pools_in(Source("/etc/x.conf", text))
    assert [(one.name, one.listen, one.user, one.is_plain) for one in pools] == [
        ("a", "/a", "ann", True), ("b", "/b", None, False),
    ]  # fmt: skip
    assert pools[0].extensions == DEFAULT_EXTENSIONS and pools[0].where is None
    (limited,) = pools_in(Source("/x", b"[a]\nlisten=1\nsecurity.limit_extensions = .php .html"))
    assert limited.extensions == (".php", ".html") and limited.where is not None and limited.where.line == 3
