"""What is left out of a record never decides: with it, an answer is the real one or unknown, and never another."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.core.decision import UNKNOWN
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.evidence.interface import Group, User
from audit403.evidence.memory import MemoryEvidence
from audit403.evidence.redact import redacted
from audit403.nginx import family
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from audit403.nginx.start.check import refused
from nginx.decide.small_site import directory, file

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from audit403.core.decision import Decision

SECRET = b64encode(b"deploy:wonderful").decode()
SENT = (None, "", f"Basic {SECRET}", "Basic b3RoZXI6cGFzc3dvcmQ=", "Bearer abcdefgh", "x")

NGINX = (
    'if ($http_authorization != "Basic CREDENTIAL") { return 403; }',
    'if ($http_authorization = "Basic CREDENTIAL") { return 403; }',
    'if ($http_authorization ~ "^Basic CREDENTIAL$") { return 403; }',
    'if ($http_authorization !~* "^(Basic\\s+CREDENTIAL|Bearer abcdefgh)$") { return 403; }',
    '\nset $authorization "Basic CREDENTIAL";\nif ($http_authorization != $authorization) { return 403; }',
    'if ($http_authorization = "CREDENTIAL") { return 403; }',
    "if ($lined) { return 403; }",
    "if ($known) { return 403; }",
    "if ($matched) { return 403; }",
)
MAPS = (
    'map $http_authorization $known { default 1; "Basic CREDENTIAL" 0; }'
    ' map $http_authorization $lined {\n default 0;\n "Basic CREDENTIAL" 1;\n "Basic b3RoZXI6cGFzc3dvcmR4" 1;\n}\n'
    ' map $http_authorization $matched { "~^Basic CREDENTIAL" 1; default 0; }'
)
WHOLE = f"user root; events {{}} http {{ root /w; {MAPS}\nserver {{ listen 80; RULES }} }}"
APACHE = (
    "RewriteEngine on\nRewriteCond %{HTTP:Authorization} !^Basic\\ CREDENTIAL$\nRewriteRule ^ - [F]",
    'RewriteEngine on\nRewriteCond "%{HTTP:Authorization}" "!=Basic CREDENTIAL"\nRewriteRule ^ - [F]',
    'SetEnvIf Authorization "^Basic CREDENTIAL" known\n<Location />\nRequire env known\n</Location>',
    "<Location />\nRequire expr \"%{HTTP:Authorization} == 'Basic CREDENTIAL'\"\n</Location>",
    '<Location />\nRequire expr "%{HTTP:Authorization} =~ m#^Basic CREDENTIAL#"\n</Location>',
    "<Location />\nRequire expr \"%{HTTP:Authorization} -strmatch 'Basic CREDENTIAL*'\"\n</Location>",
    "<If \"%{HTTP:Authorization} in { 'Basic CREDENTIAL', 'x' }\">\nRequire all denied\n</If>",
)


def written(rules: str) -> str:
    return WHOLE.replace("RULES", rules).replace("CREDENTIAL", SECRET)


def nginx_of(text: bytes) -> Evaluator:
    files = {"/conf/nginx.conf": text}
    entries = {path: directory() for path in ("/", "/conf", "/w")} | {path: file() for path in (*files, "/w/f")}
    evidence = MemoryEvidence(entries, files, [User("root", 0, 0)], [Group("root", 0, ())])
    configuration = read_configuration("/conf/nginx.conf", evidence, prefix="/prefix/")
    assert not refused(configuration), "a filler makes no false start error"
    return Evaluator(build_model(configuration), evidence)


def agree(real: Decision, recorded: Decision, sent: str | None) -> bool:
    """Whether a decision on the record is the real one or unknown; without credentials it must be known."""
    if recorded.verdict == UNKNOWN:
        return bool(sent)
    return (recorded.verdict, recorded.status) == (real.verdict, real.status)


@pytest.mark.parametrize("rule", NGINX)
def test_nginx(rule: str) -> None:
    text = written(rule)
    kept = redacted(text.encode())
    assert SECRET.encode() not in kept and len(kept) == len(text)
    real, recorded = nginx_of(text.encode()), nginx_of(kept)
    unknown = 0
    for sent in SENT:
        headers = () if sent is None else (("Authorization", sent),)
        request = Request("GET", "http", "a.test", 80, "/f", "127.0.0.1", headers)
        decision = recorded.decide(request)
        assert agree(real.decide(request), decision, sent), sent
        unknown += decision.verdict == UNKNOWN
    assert unknown, "the credential itself cannot be known"


@pytest.mark.parametrize(
    "value", ["Basic\\ CREDENTIAL", "'Basic CREDENTIAL'", '"ApiKey CREDENTIAL"', "CREDENTIAL", '"x\\"CREDENTIAL"']
)
def test_a_value_stays_one_word(value: str) -> None:
    text = written(f"location / {{ proxy_set_header Authorization {value}; }}").encode()
    kept = redacted(text)
    assert SECRET.encode() not in kept and len(kept) == len(text)
    nginx_of(text)
    nginx_of(kept)


@pytest.mark.parametrize("rule", APACHE)
def test_httpd(rule: str, tmp_path: Path) -> None:
    text = rule.replace("CREDENTIAL", SECRET)
    kept = redacted(text.encode()).decode()
    assert SECRET not in kept and len(kept) == len(text)
    real, recorded = Httpd(tmp_path, text), Httpd(tmp_path, kept)
    assert [fault.message for fault in recorded.model.faults] == [fault.message for fault in real.model.faults]
    unknown = 0
    for sent in SENT:
        given: dict[str, object] = {} if sent is None else {"Authorization": sent}
        decision = recorded.ask("/page.html", **given)
        assert agree(real.ask("/page.html", **given), decision, sent), sent
        unknown += decision.verdict == UNKNOWN
    assert unknown, "the credential itself cannot be known"


def test_random_conditions(rng: Random) -> None:
    """Several rules at once, in any order."""
    for _ in range(40):
        rules = " ".join(rng.sample(NGINX, rng.randint(1, 4)))
        text = written(rules)
        real, recorded = nginx_of(text.encode()), nginx_of(redacted(text.encode()))
        for sent in SENT:
            headers = () if sent is None else (("Authorization", sent),)
            request = Request("GET", "http", "a.test", 80, "/f", "127.0.0.1", headers)
            assert agree(real.decide(request), recorded.decide(request), sent), (rules, sent)


@pytest.mark.parametrize("rule", NGINX)
def test_exploration_goes_on(rule: str) -> None:
    text = written(rule)
    evidence = MemoryEvidence({"/": directory()}, {}, [], [])
    site = family.read_text(redacted(text.encode()), evidence, Options(None, (), "none"))
    assert site is not None
    for fact in site.facts():
        assert "W1th" not in repr(getattr(fact, "witness", "")), "nobody can send what is left out"
