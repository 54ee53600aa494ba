"""The harness itself: what it sends is what the server gets, and what it reads is what the server said."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from servers.http import CLOSED, HTTP_09, Tls, request_bytes
from servers.nginx import Nginx, NginxError, main_config
from servers.plenty import cases, rng
from servers.ports import free_ports, has_ipv6
from servers.process import IS_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.certificates import Certificates


def test_bytes_arrive_as_they_were_sent(server_dir: Path, start_nginx: Callable[..., Nginx]) -> None:
    (port,) = free_ports(1)
    server = start_nginx(
        main_config(
            server_dir,
            f'server {{ listen 127.0.0.1:{port}; return 200 "$request|$host|$http_x|$remote_addr|$request_uri"; }}',
        )
    )
    ask = server.client.ask
    answer = ask(port, "GET", b"/a%2f..//b?\xff#c", {"X": "1  2"}, host="A.example:80")
    assert answer.status == 200
    assert answer.body == b"GET /a%2f..//b?\xff#c HTTP/1.1|a.example|1  2|127.0.0.1|/a%2f..//b?\xff#c"
    assert ask(port, host=None, version="HTTP/1.0", source="127.0.0.9").body == b"GET / HTTP/1.0|||127.0.0.9|/"
    assert ask(port, host=None).status == 400, "HTTP/1.1 without a Host"
    assert ask(port, "HEAD").body == b""
    assert (
        ask(port, headers=[("host", "b.example"), ("x", b"\xe9")]).body == b"GET / HTTP/1.1|b.example|\xe9|127.0.0.1|/"
    )
    old = ask(port, host=None, version="")
    assert (old.status, old.body) == (HTTP_09, b"GET /|||127.0.0.1|/")
    assert server.client.send(b"nonsense\r\n\r\n", port).status == 400


def test_answers_of_every_shape(server_dir: Path, start_nginx: Callable[..., Nginx]) -> None:
    (port,) = free_ports(1)
    (server_dir / "big").write_bytes(b"x" * 300_000)
    (server_dir / "ssi").write_bytes(b"<!--# echo var='uri' -->")
    server = start_nginx(
        main_config(
            server_dir,
            f"""server {{
                listen 127.0.0.1:{port}; root {server_dir}; keepalive_requests 3;
                location /gone {{ return 444; }}
                location /ssi {{ ssi on; ssi_types *; default_type text/html; }}
                location /none {{ return 204; }}
            }}""",
        )
    )
    get = server.client.get
    for _ in range(3):
        assert len(get(port, "/big").body) == 300_000
        chunked = get(port, "/ssi")
        assert (chunked.header("Transfer-Encoding"), chunked.body) == ("chunked", b"/ssi")
        assert get(port, "/none").status == 204
        assert get(port, "/gone").status == CLOSED
        assert get(port, "/big", version="HTTP/1.0").status == 200
        assert server.client.ask(port, "POST", "/none", body=b"a=b").status == 204


def test_refusals_are_logged_where_they_happen(server_dir: Path, start_nginx: Callable[..., Nginx]) -> None:
    (port,) = free_ports(1)
    (server_dir / "www").mkdir()
    (server_dir / "www" / "secret").write_text("s")
    (server_dir / "www" / "secret").chmod(0o600 if IS_ROOT else 0o000)
    conf = main_config(
        server_dir,
        f"server {{ listen 127.0.0.1:{port}; root {server_dir}/www; location /x {{ deny all; }} }}",
    )
    server = start_nginx(conf)
    with server.logged() as lines:
        assert server.client.get(port, "/x").status == 403
    assert len(lines) == 1
    assert "access forbidden by rule" in lines[0]
    with server.logged() as lines:
        assert server.client.get(port, "/secret").status == 403
    assert "(13: Permission denied)" in lines[0], "the workers are not root"
    server.restart(conf.replace("deny all", "allow all"))
    assert server.client.get(port, "/x").status == 404


def test_addresses(server_dir: Path, start_nginx: Callable[..., Nginx]) -> None:
    if not has_ipv6():
        pytest.skip("::1 cannot be bound here")
    (port,) = free_ports(1)
    server = start_nginx(
        main_config(
            server_dir,
            f"server {{ listen 127.0.0.1:{port}; listen [::1]:{port}; allow 127.0.0.2; allow ::1; deny all; }}",
        )
    )
    for source, status in (("127.0.0.1", 403), ("127.0.0.2", 404), ("::1", 404), (None, 403)):
        assert server.client.get(port, "/none", source=source).status == status


def test_tls(server_dir: Path, start_nginx: Callable[..., Nginx], certificates: Certificates) -> None:
    (port,) = free_ports(1)
    server = start_nginx(
        main_config(
            server_dir,
            f"""server {{
                listen 127.0.0.1:{port} ssl; {certificates.directives()}
                ssl_client_certificate {certificates.authority}; ssl_verify_client optional;
                return 200 "$ssl_server_name|$ssl_client_verify";
            }}""",
        )
    )
    get = server.client.get
    assert get(port, tls=Tls("a.example")).body == b"a.example|NONE"
    assert get(port, tls=certificates.verified("b.example")).body == b"b.example|SUCCESS"
    assert get(port, tls=certificates.failed()).status == 400
    assert get(port).status == 400, "plain HTTP on a TLS port"


def test_a_broken_configuration_raises_nginx_own_words(server_dir: Path) -> None:
    with pytest.raises(NginxError, match=r'unknown directive "nonsense"'), Nginx(server_dir, "events {}\nnonsense;\n"):
        pass
    assert "nonsense" in (Nginx(server_dir, "events {}\nnonsense;\n").check() or "")
    assert Nginx(server_dir, main_config(server_dir, "")).check() is None


def test_it_is_fast_enough_for_differential_tests(server_dir: Path, start_nginx: Callable[..., Nginx]) -> None:
    (port,) = free_ports(1)
    server = start_nginx(main_config(server_dir, f"server {{ listen 127.0.0.1:{port}; deny all; }}"))
    start = time.perf_counter()
    for _ in range(2000):
        server.client.get(port, "/")
    # 2,000 take well under a second; the limit leaves room for a busy machine.
    assert time.perf_counter() - start < 8


def test_seeds_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT403_CASES", raising=False)
    assert cases(300) == 300
    monkeypatch.setenv("AUDIT403_CASES", "x10")
    assert cases(300) == 3000
    monkeypatch.setenv("AUDIT403_CASES", "7")
    assert cases(300) == 7
    assert rng("a").random() == rng("a").random() != rng("b").random()


def test_request_bytes() -> None:
    raw = request_bytes("GET", "/é", [("A", "b")], version="HTTP/1.0", body=b"x")
    assert raw == b"GET /\xc3\xa9 HTTP/1.0\r\nA: b\r\n\r\nx"
