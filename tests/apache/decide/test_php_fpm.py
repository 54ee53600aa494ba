"""What php-fpm refuses by itself, held against the real one behind the real httpd."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.apache import family as apache
from audit403.core.family import Options
from audit403.core.request import Request
from servers.apache import Apache, main_config
from servers.need import need_root
from servers.php_fpm import ASKED, LIMITS, POOL, SCRIPTS, laid_out_scripts, running_pool
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

BY_HANDLER = """
<FilesMatch ".">
    SetHandler "proxy:unix:{0}/php.sock|fcgi://localhost"
</FilesMatch>
"""
BY_PASS = 'ProxyPassMatch "^/(.*)$" "unix:{0}/php.sock|fcgi://localhost{0}/root/$1"'


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("written", [BY_HANDLER, BY_PASS], ids=["handler", "pass"])
def test_every_refusal_is_php_fpms(server_dir: Path, written: str, limit: str) -> None:
    need_root()
    root = laid_out_scripts(server_dir)
    port = free_port()
    granted = f"<Directory {root}>\nRequire all granted\n</Directory>"
    body = f"Listen 127.0.0.1:{port}\nDocumentRoot {root}\n{granted}\n{written.format(server_dir)}"
    conf = main_config(server_dir, body, extra=("proxy", "proxy_fcgi"))
    with running_pool(server_dir, POOL.format(server_dir) + limit) as world, Apache(server_dir, conf) as server:
        site = apache.read(str(server.conf), world, Options(str(server_dir)))
        told = 0
        for name in ASKED:
            request = Request("GET", "http", "site.example", port, f"/{name}", "127.0.0.1")
            decision = site.decide(request)
            status = server.client.get(port, f"/{name}").status
            told += decision.cause.startswith("php-fpm")
            if decision.verdict == "refused" or name in SCRIPTS:
                assert (decision.verdict == "refused") == (status == 403), (name, decision.cause, status)
        assert told >= 1
