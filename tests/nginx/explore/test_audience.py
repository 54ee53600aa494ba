"""Who is let in, asked with an address of every network that the tests on the way name."""

from __future__ import annotations

from audit403.core.request import Request
from audit403.nginx.explore.audience import audience, named_networks
from audit403.nginx.explore.doors import doors_of
from nginx.decide.small_http import evaluator

REQUEST = Request("GET", "http", "a.example", 80, "/x", "203.0.113.9")


def asked(http: str) -> tuple[set[str], set[str]]:
    nginx = evaluator(http)
    server = nginx.model.servers[0]
    decision = nginx.decide(REQUEST)
    context = next(iter(server.tree.prefixes.values()), server)
    named = named_networks(nginx.model, decision, context)
    found = audience(nginx.decide, REQUEST, doors_of(server, nginx.model.sockets), named)
    return set(found.let_in), set(found.refused)


def test_every_network_of_a_list_is_asked() -> None:
    let_in, refused = asked(
        "server { listen 80; listen [::]:80;"
        " location /x { allow 10.9.0.0/16; allow fd09::/16; deny all; proxy_pass http://127.0.0.1:9; } }"
    )
    assert let_in == {"10.9.0.1", "fd09::1"}
    assert {"203.0.113.9", "127.0.0.1", "::1"} <= refused


def test_every_network_of_a_geo_block_is_asked_whatever_file_it_stands_in() -> None:
    let_in, _ = asked(
        "geo $in { default 0; 10.9.0.0/16 1; 172.30.0.0/16 0; }"
        "server { listen 80; location /x { if ($in = 0) { return 403; } proxy_pass http://127.0.0.1:9; } }"
    )
    assert let_in == {"10.9.0.1"}


def test_an_address_that_an_if_names_is_asked() -> None:
    let_in, refused = asked(
        "server { listen 80; location /x {"
        " if ($remote_addr != 192.0.2.4) { return 403; } proxy_pass http://127.0.0.1:9; } }"
    )
    assert let_in == {"192.0.2.4"}
    assert "2001:db8::9" not in refused  # nobody listens for it
