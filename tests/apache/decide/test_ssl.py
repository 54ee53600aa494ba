"""mod_ssl: what of a handshake, a name or a certificate is refused, one case each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.core.request import Tls

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = "SSLEngine On\nSSLCertificateFile /a.pem\nSSLCertificateKeyFile /a.key"
AUTHORITY = "SSLCACertificateFile /ca.pem"


def hosts(inside: str = "", other: str = "", main: str = "") -> str:
    """Two virtual hosts that speak TLS, own.test with `inside` and other.test with `other`."""
    first = f"<VirtualHost *:80>\nServerName own.test\n{CERTIFICATE}\n{inside}\n</VirtualHost>"
    second = f"<VirtualHost *:80>\nServerName other.test\n{CERTIFICATE}\n{other}\n</VirtualHost>"
    return f"{AUTHORITY}\n{main}\n{first}\n{second}"


@pytest.mark.parametrize(
    ("inside", "certificate", "status"),
    [
        ("", "none", 200),
        ("SSLVerifyClient require", "verified", 200),
        ("SSLVerifyClient require", "none", None),
        ("SSLVerifyClient require", "failed", None),
        ("SSLVerifyClient optional", "failed", None),
        ("SSLVerifyClient optional_no_ca", "failed", 200),
        ("SSLVerifyClient optional\n<Location />\nRequire ssl-verify-client\n</Location>", "none", 403),
        ("SSLVerifyClient optional\n<Location />\nRequire ssl-verify-client\n</Location>", "verified", 200),
        ("<Location />\nSSLVerifyClient require\n</Location>", "verified", 403),
        ("<Location />\nSSLVerifyClient none\n</Location>", "none", 200),
        ("SSLProtocol TLSv1.2\n<Location />\nSSLVerifyClient require\n</Location>", "verified", 200),
        ("SSLProtocol TLSv1.2\n<Location />\nSSLVerifyClient require\n</Location>", "none", None),
        ('<Location />\nSSLRequire %{HTTP_HOST} eq "own.test"\n</Location>', "none", 200),
        ('<Location />\nSSLRequire %{HTTP_HOST} eq "x"\n</Location>', "none", 403),
        ("<Location />\nSSLRequire %{SSL_CIPHER_USEKEYSIZE} >= 128\n</Location>", "none", 200),
        ("<Location />\nSSLRequire %{SSL_CIPHER} !~ m/^(EXP|NULL)/\n</Location>", "none", 200),
        ('<Location />\nSSLRequire %{SSL_PROTOCOL} == "SSLv3"\n</Location>', "none", 403),
        ("<Location />\nSSLRequireSSL\nRequire ssl\n</Location>", "none", 200),
    ],
)
def test_certificates_and_sections(tmp_path: Path, inside: str, certificate: str, status: int | None) -> None:
    httpd = Httpd(tmp_path, hosts(inside))
    assert not httpd.model.faults
    assert httpd.status(tls=Tls("own.test", certificate)) == status


def test_requirements_without_tls(tmp_path: Path) -> None:
    httpd = Httpd(tmp_path, "<Location />\nSSLRequireSSL\n</Location>")
    decision = httpd.ask()
    assert decision.status == 403
    assert (decision.log or "").startswith("AH02219")
    assert Httpd(tmp_path, "<Location />\nRequire ssl\n</Location>").status() == 403
    # SSLRequire is not looked at without TLS.
    assert Httpd(tmp_path, "<Location />\nSSLRequire false\n</Location>").status() == 200


def test_strict_require_outdoes_satisfy_any(tmp_path: Path) -> None:
    login = "AuthType Basic\nAuthName x\nAuthUserFile /none\nRequire valid-user"
    section = f"<Location />\nSSLRequireSSL\nSatisfy Any\n{login}\n{{}}\n</Location>"
    assert Httpd(tmp_path, section.format("")).status() == 401
    assert Httpd(tmp_path, section.format("SSLOptions +StrictRequire")).status() == 403


def test_plain_http_on_a_port_for_tls_and_the_other_way_round(tmp_path: Path) -> None:
    assert Httpd(tmp_path, hosts()).status() == 400
    assert Httpd(tmp_path, "").status(tls=Tls("own.test")) is None


def test_names_of_handshake_and_request(tmp_path: Path) -> None:
    strict = Httpd(tmp_path, hosts("SSLStrictSNIVHostCheck on"))
    assert strict.status(tls=Tls(None)) == 403
    assert strict.status(tls=Tls("own.test")) == 200
    same = Httpd(tmp_path, hosts())
    assert same.status(tls=Tls("other.test")) == 200
    different = Httpd(tmp_path, hosts("", "SSLVerifyClient optional"))
    assert different.status(tls=Tls("own.test"), host="other.test") == 421
    assert Httpd(tmp_path, hosts(main="SSLVHostSNIPolicy strict")).status(tls=Tls("other.test")) == 421


def test_authorities_that_only_clients_with_a_name_are_told_of(tmp_path: Path) -> None:
    other = "SSLVerifyClient require\nSSLCACertificateFile /other.pem"
    httpd = Httpd(tmp_path, hosts("", other, "SSLProtocol TLSv1.2\nSSLVHostSNIPolicy insecure"))
    decision = httpd.ask(tls=Tls(None, "verified"), host="other.test")
    assert (decision.status, decision.cause, decision.log) == (403, "authorities-without-name", None)
    same = Httpd(tmp_path, hosts("", "SSLVerifyClient require", "SSLProtocol TLSv1.2\nSSLVHostSNIPolicy insecure"))
    assert same.status(tls=Tls(None, "verified"), host="other.test") == 200


def test_a_made_up_subject_is_no_login(tmp_path: Path) -> None:
    login = "AuthType Basic\nAuthName x\nAuthUserFile /none\nRequire valid-user"
    httpd = Httpd(tmp_path, f"<Location />\n{login}\n</Location>")
    assert httpd.status(Authorization="Basic L0M9REU6cGFzc3dvcmQ=") == 403


def test_fake_basic_auth_hangs_on_the_subject(tmp_path: Path) -> None:
    login = "SSLOptions +FakeBasicAuth\nAuthType Basic\nAuthName x\nAuthUserFile /none\nRequire valid-user"
    httpd = Httpd(tmp_path, hosts(f"SSLVerifyClient require\n<Location />\n{login}\n</Location>"))
    assert httpd.ask(tls=Tls("own.test", "verified")).missing
