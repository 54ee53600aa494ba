"""What is checked where not all is known: lone files, templates, files that are not at hand; and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.evidence.local import LocalEvidence
from audit403.nginx.model.build import build_model
from audit403.nginx.read.fragment import read_lone
from audit403.nginx.start.check import refused

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.nginx.model.faulty import Faulty

ELSEWHERE = """
server {
    listen 443 ssl;
    location / { limit_req zone=one; proxy_cache c; access_log /x main; set $a $made_elsewhere; return 200 $a; }
    location /p { proxy_pass http://backend; }
    location /f { fastcgi_pass php; }
}
"""


def faults(path: Path, text: str) -> list[Faulty]:
    path.write_text(text)
    return refused(read_lone(str(path), LocalEvidence()))


def messages(path: Path, text: str) -> list[str]:
    return [fault.message for fault in faults(path, text)]


def test_what_another_file_may_define_is_not_missed_in_a_lone_one(tmp_path: Path) -> None:
    assert messages(tmp_path / "site.conf", ELSEWHERE) == []


def test_nor_where_an_include_is_not_at_hand(tmp_path: Path) -> None:
    text = f"events {{}}\nhttp {{ include zones.conf; {ELSEWHERE} }}"
    assert messages(tmp_path / "nginx.conf", text) == []


def test_all_of_it_is_missed_where_everything_is_known(tmp_path: Path) -> None:
    found = messages(tmp_path / "nginx.conf", f"events {{}}\nhttp {{ {ELSEWHERE} }}")
    assert found == [
        'unknown log format "main"',
        'no "ssl_certificate" is defined for the "listen ... ssl" directive',
        'no port in upstream "php"',
        'zero size shared memory zone "one"',
        '"proxy_cache" zone "c" is unknown',
        'unknown "made_elsewhere" variable',
    ]


def test_values_of_a_lone_file_have_their_own_places(tmp_path: Path) -> None:
    [fault] = faults(tmp_path / "site.conf", "server {\n  listen 80;\n  allow 10.0.0.0/33;\n}\n")
    assert fault.where()[:3] == (str(tmp_path / "site.conf"), 3, 9)


def test_a_template_keeps_its_variables(tmp_path: Path) -> None:
    text = "server { listen ${NGINX_PORT}; client_max_body_size ${SIZE}; deny nobody; }"
    assert messages(tmp_path / "default.conf.template", text) == ['invalid parameter "nobody"']
    assert messages(tmp_path / "default.conf", text)[0].startswith("host not found in")


def test_a_template_of_another_language_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "site.conf"
    path.write_text("server { listen <%= @port %>; }")
    configuration = read_lone(str(path), LocalEvidence())
    assert refused(configuration) == []
    assert "template" in configuration.not_read[0][1]


def test_a_directive_that_stands_in_many_places_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "rules.conf").write_text("deny nobody;\n")
    include = f"include {tmp_path}/rules.conf;"
    text = f"events {{}}\nhttp {{ server {{ {include} }} server {{ {include} }} }}"
    assert messages(tmp_path / "nginx.conf", text) == ['invalid parameter "nobody"']


def test_what_is_refused_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text("events {}\nhttp { limit_req_status abc; server { allow x; deny all; root $; listen 80 sll; } }")
    configuration = read_lone(str(path), LocalEvidence())
    model = build_model(configuration, refused=refused(configuration))
    [server] = model.servers
    assert [rule.permits for rule in server.access_rules()] == [False]
    assert server.last("root") is None
    assert server.argument("limit_req_status", "503") == "503"
    assert [socket.label() for socket in [one.listen for one in model.sockets]] == ["*:80"]
    assert len(model.faults) == 4


def test_locations_without_end_do_no_harm(tmp_path: Path) -> None:
    assert messages(tmp_path / "site.conf", "server {" + "location / {" * 400 + "}" * 401) == []
