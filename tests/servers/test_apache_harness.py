"""The harness of Apache: what it sends is what the server gets, and what it reads is what the server said."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers.apache import Apache, ApacheError, load_modules, main_config
from servers.apache_modules import MODULES, modules_of
from servers.need import need
from servers.ports import free_ports, has_ipv6
from servers.process import IS_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from servers.certificates import Certificates


def test_refusals_are_logged_where_they_happen(server_dir: Path, start_apache: Callable[..., Apache]) -> None:
    (port,) = free_ports(1)
    www = server_dir / "www"
    www.mkdir()
    (www / "secret").write_text("s")
    (www / "secret").chmod(0o600 if IS_ROOT else 0o000)
    body = f"""
        Listen 127.0.0.1:{port}
        DocumentRoot {www}
        <Directory {www}>
            Require ip 127.0.0.2
            Require method OPTIONS
        </Directory>
    """
    conf = main_config(server_dir, body, log_level="warn authz_core:debug")
    server = start_apache(conf)
    with server.logged() as lines:
        assert server.client.get(port, "/x").status == 403
    assert [line.count("AH01626") for line in lines] == [1, 1, 1, 0]
    assert "Require ip 127.0.0.2: denied" in lines[0]
    assert "AH01630: client denied by server configuration" in lines[-1]
    with server.logged() as lines:
        assert server.client.get(port, "/secret", source="127.0.0.2").status == 403
    assert "(13)Permission denied" in lines[-1], "the workers are not root"
    server.restart(main_config(server_dir, body.replace("127.0.0.2", "127.0.0.0/8")))
    with server.logged() as lines:
        assert server.client.get(port, "/x").status == 404
    assert lines == []


def test_bytes_arrive_as_they_were_sent(server_dir: Path, start_apache: Callable[..., Apache]) -> None:
    (port,) = free_ports(1)
    body = f"""
        Listen 127.0.0.1:{port}
        HttpProtocolOptions Unsafe Allow0.9
        Header always set X-Said "expr=%{{THE_REQUEST}}|%{{HTTP_HOST}}|%{{REMOTE_ADDR}}|%{{HTTP:X}}"
    """
    server = start_apache(main_config(server_dir, body))
    ask = server.client.ask
    answer = ask(port, "GET", b"/a%2e..//b?\xff#c", {"X": "1  2"}, host="A.example:80", source="127.0.0.9")
    assert answer.header("x-said") == "GET /a%2e..//b?\xff#c HTTP/1.1|A.example:80|127.0.0.9|1  2"
    assert ask(port, host=None).status == 400, "HTTP/1.1 without a Host"
    assert ask(port, "HEAD").body == b""


def test_addresses(server_dir: Path, start_apache: Callable[..., Apache]) -> None:
    if not has_ipv6():
        pytest.skip("::1 cannot be bound here")
    (port,) = free_ports(1)
    body = f"""
        Listen 127.0.0.1:{port}
        Listen [::1]:{port}
        <Location />
            Require ip 127.0.0.2 ::1
        </Location>
    """
    server = start_apache(main_config(server_dir, body))
    for source, status in (("127.0.0.1", 403), ("127.0.0.2", 404), ("::1", 404), (None, 403)):
        assert server.client.get(port, "/none", source=source).status == status
    for number in range(1, 255):
        assert server.client.get(port, "/none", source=f"127.0.1.{number}").status == 403


def test_tls(server_dir: Path, start_apache: Callable[..., Apache], certificates: Certificates) -> None:
    (port,) = free_ports(1)
    body = f"""
        Listen 127.0.0.1:{port}
        SSLEngine on
        SSLCertificateFile {certificates.server}
        SSLCertificateKeyFile {certificates.server_key}
        SSLCACertificateFile {certificates.authority}
        SSLVerifyClient optional
        <Location />
            Require ssl-verify-client
        </Location>
    """
    server = start_apache(main_config(server_dir, body, extra=("ssl", "socache_shmcb")))
    assert server.client.get(port, "/none", tls=certificates.verified("b.example")).status == 404
    assert server.client.get(port, "/none").status == 400, "plain HTTP on a TLS port"


@pytest.mark.parametrize(("mpm", "module"), [("event", "cgid"), ("prefork", "cgi")])
def test_cgi(server_dir: Path, start_apache: Callable[..., Apache], mpm: str, module: str) -> None:
    (port,) = free_ports(1)
    script = server_dir / "who.cgi"
    script.write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s' \"$REQUEST_URI\"\n")
    script.chmod(0o755)
    body = f"""
        Listen 127.0.0.1:{port}
        ScriptAlias /cgi/ {server_dir}/
        <Directory {server_dir}>
            Require all granted
        </Directory>
    """
    server = start_apache(main_config(server_dir, body, mpm=mpm, extra=(module,)))
    assert server.client.get(port, "/cgi/who.cgi?x").body == b"/cgi/who.cgi?x"


def test_a_broken_configuration_raises_apaches_own_words(server_dir: Path) -> None:
    broken = main_config(server_dir, "Nonsense on\n")
    with pytest.raises(ApacheError, match=r"Invalid command 'Nonsense'"), Apache(server_dir, broken):
        pass
    line = broken.splitlines().index("Nonsense on") + 1
    assert f"Syntax error on line {line} of {server_dir}/apache.conf" in (Apache(server_dir, broken).check() or "")
    taken = main_config(server_dir, "Listen 127.0.0.1:1\nListen 203.0.113.1:1\n")
    with pytest.raises(ApacheError, match="could not bind"), Apache(server_dir, taken):
        pass
    assert Apache(server_dir, main_config(server_dir, "Listen 127.0.0.1:1\n")).check() is None


def test_the_tree_that_apache_works_with(server_dir: Path) -> None:
    (port,) = free_ports(1)
    body = f"<IfDefine Extra>\nListen 127.0.0.1:{port}\nServerAdmin ${{WHO}}\n</IfDefine>\n"
    server = Apache(server_dir, main_config(server_dir, body), defines=["Extra"], variables={"WHO": "me"})
    assert b"ServerAdmin me" in server.dump()


def test_it_is_fast_enough_for_differential_tests(server_dir: Path, start_apache: Callable[..., Apache]) -> None:
    (port,) = free_ports(1)
    conf = main_config(server_dir, f"Listen 127.0.0.1:{port}\n<Location />\nRequire all denied\n</Location>\n")
    begun = time.perf_counter()
    server = start_apache(conf)
    started = time.perf_counter()
    for _ in range(2000):
        assert server.client.get(port, "/").status == 403
    # A start takes some 20 ms, 2,000 requests well under a second; the limits leave room for a busy machine.
    assert started - begun < 1
    assert time.perf_counter() - started < 8


def test_the_modules_own_tables() -> None:
    (core,) = (module for module in modules_of(Path(need("apache2"))) if module.symbol == "core_module")
    how = {command.name: (command.override, command.how) for command in core.commands}
    assert how["<Directory"] == (128, "RAW_ARGS")
    assert how["AllowOverride"] == (64, "RAW_ARGS")
    assert how["DocumentRoot"] == (128, "TAKE1")
    (ldap,) = modules_of(MODULES / "mod_ldap.so")
    assert (ldap.symbol, ldap.file) == ("ldap_module", "util_ldap.c")
    assert load_modules(["ldap"]) == f"LoadModule ldap_module {MODULES}/mod_ldap.so\n"
