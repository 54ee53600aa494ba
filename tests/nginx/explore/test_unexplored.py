"""What exploration did not get to is said: a pattern without a witness, what nobody knows, what no request comes to."""

from __future__ import annotations

import pytest

from audit403.core.fact import ReadingFault, Refusal
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration

HARD = '"^(?=.*[0-9])(?=.*[a-z])(?!.*aa).{12}$"'


def explored(body: str, listen: str = "80") -> Explorer:
    conf = f"events {{}}\nhttp {{ server {{ listen {listen}; server_name a.example; {body} }} }}\n"
    entries = {"/": Entry(DIRECTORY, 0o755, 0, 0), "/n.conf": Entry(FILE, 0o644, 0, 0)}
    evidence = ConfigurationOnly(MemoryEvidence(entries, {"/n.conf": conf.encode()}))
    model = build_model(read_configuration("/n.conf", evidence, prefix="/"))
    return Explorer(model, Evaluator(model, evidence), tree_known=False)


def missed(body: str) -> list[str]:
    explorer = explored(body)
    list(explorer.facts())
    return [f"{one.target} {one.reason}" for one in explorer.missed]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"if ($http_x ~ {HARD}) {{ return 403; }}", "no request was found that it refuses"),
        ("if ($server_protocol = HTTP/1.0) { return 403; }", "no request was found that it refuses"),
        ("location ~ ^/(?!.*) { deny all; }", "no URI could be made"),
        ("location ^~ /a/ { } location ~ ^/a/b { deny all; }", "no request was found that comes to it"),
    ],
)
def test_it_is_said(body: str, words: str) -> None:
    assert any(words in line for line in missed(body)), missed(body)


@pytest.mark.parametrize(
    "body",
    [
        'if ($http_x ~ "^[a-z]{3}$") { return 403; }',
        "deny 10.0.0.0/8; allow 10.1.0.0/16;",
        "deny all; deny 10.0.0.0/8;",
        "location /a { return 403; deny all; }",
        "location / { deny 192.0.2.0/24; } location @nobody { deny all; }",
        "if (-f /maintenance) { return 403; }",
        "if ($bad) { set $x 1; } return 301 https://a.example/; if ($y) { return 403; }",
        "deny 2001:db8::/32;",
        'if ($args ~* "select.{0,20}from[ ]") { return 403; }',
        "if ($ssl_protocol = TLSv1) { return 403; }",
    ],
)
def test_nothing_is_said_where_all_was_tried(body: str) -> None:
    assert missed(body) == []


def test_what_hangs_on_the_unknown_is_a_note() -> None:
    body = "location / { auth_request /auth; } location = /auth { proxy_pass http://10.0.0.1/; }"
    facts = list(explored(body).facts())
    assert [fact.kind for fact in facts if isinstance(fact, ReadingFault)] == ["not-evaluated"]
    assert "/auth" in facts[0].message if isinstance(facts[0], ReadingFault) else True


def test_a_named_location_behind_files_is_a_note() -> None:
    body = "location / { try_files $uri @app; } location @app { allow 10.0.0.0/8; deny all; }"
    facts = list(explored(body).facts())
    assert any(isinstance(fact, ReadingFault) and "@app" in fact.message for fact in facts)


@pytest.mark.parametrize(
    ("listen", "client"), [("unix:/run/n.sock", "unix:"), ("[::]:80 ipv6only=off", "10.0.0.5"), ("[::]:80", "::")]
)
def test_every_kind_of_socket_is_asked(listen: str, client: str) -> None:
    deny = {"unix:": "deny all;", "10.0.0.5": "deny 10.0.0.0/8;", "::": "deny 2001:db8::/32;"}[client]
    facts = [fact for fact in explored(deny, listen).facts() if isinstance(fact, Refusal)]
    assert len(facts) == 1
    assert client in facts[0].witness.client
