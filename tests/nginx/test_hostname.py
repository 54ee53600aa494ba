"""`$hostname`, as a name and as a variable: this machine's where its tree is the server's, else assumed and said so."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from audit403.core.fact import ReadingFault
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence
from audit403.nginx import family
from servers.need import need
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audit403.nginx.family import NginxSite
    from servers.nginx import Nginx

OWN = socket.gethostname()
HTTP = """
map $hostname $is_own {{ default 0; {own} 1; }}
server {{ listen 127.0.0.1:{port}; return 404; }}
server {{
    listen 127.0.0.1:{port};
    server_name $HOSTNAME;
    if ($is_own) {{ return 403; }}
    return 410;
}}
"""


def site(folder: Path, tree: str, port: int) -> NginxSite:
    path = folder / "site.conf"
    path.write_text(f"events {{}} http {{ {HTTP.format(port=port, own=OWN.lower())} }}")
    return family.read(str(path), LocalEvidence(), Options(None, (), tree))


def status(site: NginxSite, host: str, port: int) -> int | None:
    return site.decide(Request("GET", "http", host, port, "/", "127.0.0.1", (), None, None, None)).status


def notes(site: NginxSite) -> list[str]:
    return [fact.message for fact in site.facts() if isinstance(fact, ReadingFault) and fact.kind == "not-evaluated"]


def test_on_this_machine_it_is_what_nginx_asks_for(server_dir: Path, start_nginx: Callable[[str], Nginx]) -> None:
    need("nginx")
    port = free_port()
    server = start_nginx(main_config(server_dir, HTTP.format(port=port, own=OWN.lower())))
    here = site(server_dir, "here", port)
    for host in (OWN, OWN.upper(), "other.example"):
        assert server.client.get(port, "/", host=host).status == status(here, host, port)
    assert status(here, OWN, port) == 403
    assert notes(here) == []


def test_elsewhere_a_name_is_assumed_and_said(tmp_path: Path) -> None:
    elsewhere = site(tmp_path, "none", 80)
    assert status(elsewhere, OWN, 80) == 404
    decision = elsewhere.decide(Request("GET", "http", "hostname.example", 80, "/", "127.0.0.1", (), None, None, None))
    assert (decision.verdict, decision.missing[0].name.split()[0]) == ("unknown", "$hostname")
    assert "hostname.example stands for it" in notes(elsewhere)[0]


def test_the_choice_of_the_tree_decides(tmp_path: Path) -> None:
    elsewhere = site(tmp_path, "here", 80).with_tree("none")
    assert status(elsewhere, OWN, 80) == 404
    assert status(elsewhere.with_tree("here"), OWN, 80) == 403
