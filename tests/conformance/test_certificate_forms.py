"""What the real nginx says about a client's certificate, and what explore takes for impossible."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from audit403.core.edit import edited
from audit403.engine.audit import Asked, audit
from audit403.nginx.explore.certificates import impossible_certificates
from nginx.decide.small_http import evaluator
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.certificates import Certificates
    from servers.nginx import Nginx

NAMES = ("ssl_client_s_dn", "ssl_client_s_dn_legacy", "ssl_client_i_dn", "ssl_client_fingerprint", "ssl_client_serial")
SERVER = "server { listen 443 ssl; ssl_verify_client on; ssl_client_certificate /ca; %s }"


def reasons(rest: str) -> list[str]:
    nginx = evaluator(SERVER % rest)
    return [fact.message for fact in impossible_certificates(nginx.model)]


def test_what_nginx_writes_is_possible(
    server_dir: Path, start_nginx: Callable[[str], Nginx], certificates: Certificates
) -> None:
    port = free_port()
    shown = "|".join(f"${name}" for name in NAMES)
    server = start_nginx(
        main_config(
            server_dir,
            f"server {{ listen 127.0.0.1:{port} ssl; {certificates.directives()} ssl_verify_client optional;"
            f' ssl_client_certificate {certificates.authority}; return 200 "{shown}"; }}',
        )
    )
    nobody = server.client.get(port, tls=certificates.verified()._replace(certificate=None, key=None))
    assert nobody.body.decode() == "||||"
    values = server.client.get(port, tls=certificates.verified()).body.decode().split("|")
    assert values[:2] == ["CN=client", "/CN=client"]
    for name, value in zip(NAMES, values, strict=True):
        assert not reasons(f'if (${name} != "{value}") {{ return 403; }}'), (name, value)


@pytest.mark.parametrize(
    "test",
    [
        '$ssl_client_s_dn !~ "/CN=alice"',
        r'$ssl_client_s_dn !~ "^\/C=DE\/O=Acme"',
        '$ssl_client_s_dn !~* "/O=Acme/CN=(alice|bob)$"',
        '$ssl_client_s_dn != "/CN=alice"',
        '$ssl_client_s_dn != "CN=alice, O=Acme, C=DE"',
        '$ssl_client_i_dn !~ "C = DE, O = Acme"',
        '$ssl_client_fingerprint != "AB:CD:EF"',
        '$ssl_client_fingerprint != "0123456789ABCDEF0123456789ABCDEF01234567"',
        '$ssl_client_serial != "0a"',
    ],
)
def test_impossible(test: str) -> None:
    assert len(reasons(f"if ({test}) {{ return 403; }}")) == 1


@pytest.mark.parametrize(
    "test",
    [
        '$ssl_client_s_dn !~ "CN=alice"',
        '$ssl_client_s_dn !~ "/?CN=alice"',
        '$ssl_client_s_dn !~ "(/|,|^)CN=alice"',
        '$ssl_client_s_dn !~ "O=Acme.*CN=alice"',
        '$ssl_client_s_dn_legacy !~ "/CN=alice"',
        '$ssl_client_s_dn ~ "/CN=mallory"',
        '$ssl_client_s_dn != "CN=alice,O=Acme Ltd,C=DE"',
        '$ssl_client_fingerprint != ""',
        '$http_x_client_dn !~ "/CN=alice"',
    ],
)
def test_possible(test: str) -> None:
    assert not reasons(f"if ({test}) {{ return 403; }}")


def test_a_map_is_impossible_where_all_of_its_lines_are() -> None:
    table = 'map $ssl_client_s_dn $shut { default 1; "/CN=alice" 0; %s }'
    rest = "server { listen 443 ssl; if ($shut) { return 403; } }"
    assert len(list(impossible_certificates(evaluator(table % "~/CN=bob 0;" + rest).model))) == 1
    assert not list(impossible_certificates(evaluator(table % '"CN=bob" 0;' + rest).model))


@pytest.mark.parametrize(
    ("variable", "operator", "wrong"),
    [
        ("ssl_client_s_dn", "!~", '"/CN=client$"'),
        ("ssl_client_i_dn", "!=", '"/CN=audit403 test authority"'),
        ("ssl_client_i_dn", "!=", '"CN = audit403 test authority"'),
        ("ssl_client_fingerprint", "!=", "colons"),
        ("ssl_client_serial", "!=", "colons"),
        ("ssl_client_s_dn", "map", '"/CN=client" 1; "~/CN=bob$" 1;'),
    ],
)
def test_the_edit_lets_the_certificate_in_and_nobody_else(
    variable: str,
    operator: str,
    wrong: str,
    server_dir: Path,
    start_nginx: Callable[[str], Nginx],
    certificates: Certificates,
) -> None:
    if wrong == "colons":
        wrong = _with_colons(certificates, variable.rpartition("_")[2])
    port = free_port()
    table = f"map ${variable} $who {{ default 0; {wrong} }}" if operator == "map" else ""
    test = "$who = 0" if table else f"${variable} {operator} {wrong}"
    text = main_config(
        server_dir,
        f"{table} server {{ listen 127.0.0.1:{port} ssl; server_name a.example; {certificates.directives()}"
        f" ssl_verify_client optional_no_ca; ssl_client_certificate {certificates.authority};"
        f' location / {{ if ({test}) {{ return 403; }} return 200 "in"; }} }}',
    )

    def answers(text: str) -> list[int]:
        server = start_nginx(text)
        clients = (certificates.verified(), certificates.failed())
        found = [server.client.get(port, tls=one).status for one in clients]
        server.stop()
        return found

    assert answers(text) == [403, 403]
    main = server_dir / "audited.conf"
    main.write_text(text)
    findings = [judged.finding for judged in audit([str(main)], Asked(tree="here", no_settings=True)).findings]
    (finding,) = [one for one in findings if one.rule == "nginx/certificate-test-never-holds"]
    assert finding.fix is not None
    # Whose certificate is shown is nothing that a replay knows.
    assert finding.fix.edits and not finding.fix.proven
    mended = edited(text.encode(), finding.fix.edits)
    assert mended is not None
    assert answers(mended.decode()) == [200, 403]


def _with_colons(certificates: Certificates, what: str) -> str:
    """The fingerprint or serial number as openssl and browsers show it, in pairs of digits of the other case."""
    command = ["openssl", "x509", "-in", str(certificates.client[0]), "-noout", f"-{what}"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    digits = shown.strip().rpartition("=")[2].replace(":", "")
    pairs = ":".join(digits[index : index + 2] for index in range(0, len(digits), 2))
    return pairs if what == "fingerprint" else pairs.lower()


def test_without_an_authority_no_certificate_verifies(
    server_dir: Path, start_nginx: Callable[[str], Nginx], certificates: Certificates
) -> None:
    port = free_port()
    server = start_nginx(
        main_config(
            server_dir,
            f"server {{ listen 127.0.0.1:{port} ssl; {certificates.directives()} ssl_verify_client optional_no_ca;"
            ' return 200 "$ssl_client_verify"; }',
        )
    )
    assert server.client.get(port, tls=certificates.verified()).body.startswith(b"FAILED:")
