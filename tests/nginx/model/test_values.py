"""Values that nginx refuses at its start: the same ones are faults here, in nginx's words, and cost nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.fact import ReadingFault
from audit403.core.family import Options
from audit403.evidence.local import LocalEvidence
from audit403.nginx import family
from servers.need import need
from servers.nginx import Nginx, main_config
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = [
    "root /a$;", "location /x/ { alias /a${b; }", "location /y { try_files /a$ =404; }", "index a$-;",
    'auth_basic "$";',
    "auth_basic_user_file /a${};", "error_page 404 /x$;", "location /p { proxy_pass http://a$; }",
    "location /p { fastcgi_pass a$; }", "location /p { uwsgi_pass a$; }", "location /p { scgi_pass a$; }",
    "location /p { grpc_pass a$; }", "secure_link a$;", "secure_link_md5 a$;", "auth_request_set $a b$;",
    "add_header X a$;", "location /p { proxy_set_header X a$; proxy_pass http://127.0.0.1; }", "fastcgi_param X a$;",
    "access_log /tmp/a$;", "limit_rate $;", "disable_symlinks on from=/a$;", "return 403 a$;", "set $a b$;",
    "rewrite ^ /a$;", "if ($uri = b$) { return 403; }", "location / { if ($uri) { root /$; } }",
    "location / { limit_except GET { auth_basic $; } }",
    "allow 300.1.1.1;", "deny abc;", "deny 10.0.0.0/33;", "allow 10.0.0.0/-1;", "deny 10.1;", "allow ::1/129;",
    "location / { limit_except GET { allow ALL; } }", "location / { deny unix:/x; }", "allow 2001:db8:::1;",
    "listen 99999;", "listen 0;", "allow all/8;",
]  # fmt: skip
TAKEN = [
    "root /a$1;", "index ${uri}a $2;", "server_name a$;", "location ~ x$ { }", "location = /$ { }", "auth_request /$;",
    "allow 10.0.0.1/8;", "allow all;", "deny ::/0;", "allow unix:;", "deny 0.0.0.0/0;", "allow ::ffff:10.0.0.1;",
    "deny 10...1;", "allow 10.0.0.0/08;", "deny 255.255.255.254;", "allow fe80::/10;", "allow 2001:db8::1;",
]  # fmt: skip


@pytest.mark.parametrize("line", [*REFUSED, *TAKEN])
def test_as_nginx_says_at_its_start(server_dir: Path, line: str) -> None:
    need("nginx")
    text = main_config(server_dir, f"server {{ listen 127.0.0.1:{free_port()};\n{line}\nlocation /z {{ deny all; }} }}")
    said = Nginx(server_dir, "").check(text)
    site = family.read_text(text.encode(), LocalEvidence(), Options(None, (), "none"))
    assert site is not None
    facts = list(site.facts())
    faults = [fact.message for fact in facts if isinstance(fact, ReadingFault) and fact.kind == "rejected"]
    assert (said is not None) == (line in REFUSED), said
    assert (len(faults) == 1 and faults[0] in str(said)) if line in REFUSED else faults == []
    # What is wrong with one value does not keep the rest from being judged.
    assert any(not isinstance(fact, ReadingFault) for fact in facts)
