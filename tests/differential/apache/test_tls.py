"""TLS: names in the handshake and in the request, certificates of clients, what a section asks for, SSLRequire."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from differential.apache.duel import Duel
from differential.apache.section_generator import CLIENTS, make_tree
from differential.apache.trial import Trial
from servers.certificates import make_certificates
from servers.http import Tls
from servers.plenty import cases
from servers.ports import free_ports

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from servers.certificates import Certificates

NAMES = ("a.test", "b.test", "c.test")
HOSTS = ("a.test", "b.test", "c.test", "x.b.test", "other.test", "B.test", "a.test:443")
TARGETS = ("/page.html", "/a/index.html", "/private/secret.txt", "/a/b/page.html")
EXPRESSIONS = (
    '%{SSL_CLIENT_VERIFY} eq "SUCCESS"', '%{HTTP_HOST} eq "a.test"', "%{REMOTE_ADDR} in {'127.0.0.1', '127.0.0.2'}",
    '%{REQUEST_URI} =~ m/page/', '%{HTTPS} == "on"', '%{SSL_TLS_SNI} == "a.test"', "not %{SSL_CLIENT_VERIFY} == 'NONE'",
    '%{HTTP_USER_AGENT} > "b"', '%{HTTP_USER_AGENT} lt "abc"', "%{SSL:SSL_TLS_SNI} != ''", "true", "false",
)  # fmt: skip


class TlsSites:
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path, certificates: Certificates, ports: tuple[int, int]) -> None:
        self.rng = rng
        self.root = root
        self.certificates = certificates
        self.ports = ports

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        tls, plain = self.ports
        parts = [f"Listen 127.0.0.1:{tls}", f"Listen 127.0.0.1:{plain}", f'DocumentRoot "{self.root}"']
        parts.append(f"SSLCACertificateFile {self.certificates.authority}\nSSLSessionCache none")
        if rng.random() < 0.15:
            parts.append(f"SSLVHostSNIPolicy {rng.choice(('strict', 'secure', 'authonly', 'insecure'))}")
        if rng.random() < 0.1:
            parts.append("SSLProtocol TLSv1.2")
        parts.append(f'<Directory "{self.root}">\nRequire all granted\n</Directory>')
        parts += [self.section() for _ in range(rng.randint(0, 2))]
        for name in rng.sample(NAMES, rng.choice((1, 2, 2, 3))):
            parts.append(self.vhost(name))
        if rng.random() < 0.5:
            parts.append(f"<VirtualHost *:{plain}>\nServerName a.test\n{self.section()}\n</VirtualHost>")
        return "\n".join(parts)

    def vhost(self, name: str) -> str:
        rng = self.rng
        engine = rng.choice(("On", "On", "On", "On", "On", "On", "On", "On", "Off", "optional"))
        lines = [f"ServerName {name}", f"ServerAlias *.{name}", f"SSLEngine {engine}"]
        lines.append(f"SSLCertificateFile {self.certificates.server}")
        lines.append(f"SSLCertificateKeyFile {self.certificates.server_key}")
        if rng.random() < 0.4:
            lines.append(f"SSLVerifyClient {rng.choice(('none', 'optional', 'require', 'optional_no_ca'))}")
        if rng.random() < 0.2:
            lines.append(f"SSLCACertificateFile {self.root.parent}/authority.pem")
        if rng.random() < 0.15:
            lines.append(f"SSLVerifyDepth {rng.choice((0, 1, 3))}")
        if rng.random() < 0.2:
            lines.append("SSLStrictSNIVHostCheck on")
        if rng.random() < 0.1:
            lines.append("SSLProtocol TLSv1.2 TLSv1.3")
        lines += [self.section() for _ in range(rng.randint(0, 3))]
        return f"<VirtualHost *:{self.ports[0]}>\n" + "\n".join(lines) + "\n</VirtualHost>"

    def section(self) -> str:
        rng = self.rng
        head = rng.choice((("Location", "/a"), ("Location", "/"), ("Files", "page.html"), ("Location", "/private")))
        lines = [self.line() for _ in range(rng.randint(1, 3))]
        return f'<{head[0]} "{head[1]}">\n' + "\n".join(lines) + f"\n</{head[0]}>"

    def line(self) -> str:
        rng = self.rng
        return rng.choice(
            (
                "SSLRequireSSL",
                f"SSLVerifyClient {rng.choice(('none', 'optional', 'require', 'optional_no_ca'))}",
                f"SSLRequire {rng.choice(EXPRESSIONS)}",
                f"SSLRequire {rng.choice(EXPRESSIONS)} and {rng.choice(EXPRESSIONS)}",
                "Require ssl",
                "Require ssl-verify-client",
                "Require all granted",
                f"SSLOptions {rng.choice(('+StrictRequire', '-StrictRequire', 'StdEnvVars', '+StdEnvVars'))}",
                f"Satisfy {rng.choice(('Any', 'All'))}\nOrder deny,allow",
                f"Require expr {rng.choice(EXPRESSIONS)}",
                f"SSLVerifyDepth {rng.choice((0, 1, 2))}",
                "ErrorDocument 403 /page.html",
                "AuthType Basic\nAuthName x\nAuthUserFile /none\nRequire valid-user",
            )
        )

    def trial(self) -> Trial:
        """One request."""
        rng = self.rng
        host = rng.choice(HOSTS)
        sni = rng.choice((host.partition(":")[0], host.partition(":")[0], rng.choice(HOSTS).partition(":")[0], None))
        tls: Tls | None
        certificate, tls = rng.choice(
            [
                ("none", Tls(sni)),
                ("none", Tls(sni)),
                ("verified", self.certificates.verified(sni)),
                ("failed", self.certificates.failed(sni)),
            ]
        )
        port = rng.choice((self.ports[0],) * 5 + (self.ports[1],))
        if (port == self.ports[1]) != (rng.random() < 0.07):
            certificate, tls = "none", None
        headers = tuple((name, value) for name, value in self.headers() if rng.random() < 0.4)
        method = rng.choice(("GET", "GET", "HEAD", "POST"))
        return Trial(port, rng.choice(TARGETS), method, host, headers, rng.choice(CLIENTS), tls, certificate)

    def headers(self) -> tuple[tuple[str, str], ...]:
        rng = self.rng
        spoof = "Basic L0M9REU6cGFzc3dvcmQ="
        return (
            ("User-Agent", rng.choice(("a", "curl", "b", "abc", "abd", "zz"))),
            ("Authorization", rng.choice((spoof, "Basic YTpi"))),
        )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates."""
    return make_certificates(tmp_path_factory.mktemp("certificates"), ("a.test", "*.test"))


def test_tls(server_dir: Path, rng: Random, certificates: Certificates) -> None:
    root = server_dir / "html"
    make_tree(root)
    shutil.copy(certificates.authority, server_dir / "authority.pem")
    tls, plain = free_ports(2)
    sites = TlsSites(rng, root, certificates, (tls, plain))
    with Duel(server_dir, extra=("ssl",)) as duel:
        duel.hold(cases(1000), sites.body, lambda: [sites.trial() for _ in range(30)])
