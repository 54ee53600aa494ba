"""TLS: which server the handshake's name chooses, client certificates, plain HTTP on a TLS port; what of it is 403."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.influence import Influence, at_fuzz_scale
from differential.nginx.measured import Measured
from differential.nginx.trial import Trial
from differential.nginx.where import Where
from servers.http import Tls
from servers.ports import free_ports

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from servers.certificates import Certificates

_REQUESTS = 40
NAMES = (
    "a.test", "a.test", "b.test", "*.b.test", "~^(?<who>[ac])\\.test$", "~b", '""', "c.test", ".d.test", "e.*", "_",
)  # fmt: skip
HOSTS = (
    "a.test",
    "a.test",
    "A.TEST.",
    "b.test",
    "x.b.test",
    "c.test",
    "d.test",
    "e.org",
    "nowhere",
    "a.test:443",
    "[::1]",
    "",
)
WANTED = (
    "ssl_verify_client", "ssl_reject_handshake", "error_page", "if", "return", "server_name", "map",
)  # fmt: skip


class TlsServers:
    """One random configuration after another."""

    def __init__(self, rng: random.Random, certificates: Certificates, ports: tuple[int, int]) -> None:
        self.rng = rng
        self.certificates = certificates
        self.ports = ports

    def http(self) -> str:
        """The contents of `http {}`: some servers on one TLS port, now and then on a plain one too."""
        rng = self.rng
        count = rng.choice((1, 1, 2, 3, 3, 4))
        default = rng.randrange(count)
        everywhere = rng.choice(("", "", "", self._verify(), self._page()))
        servers = "".join(self._server(index == default) for index in range(count))
        if "(?<who>" not in servers:
            servers = servers.replace("$who", "$host")
        table = "map $ssl_client_verify $shut { default 1; SUCCESS 0; NONE 2; }"
        return f"{table}\nssl_client_certificate {self.certificates.authority};\n{everywhere}\n{servers}"

    def trial(self) -> Trial:
        """One request over TLS, or without it."""
        rng = self.rng
        host = rng.choice(HOSTS)
        sni = rng.choice((host.partition(":")[0].strip("[]."), rng.choice(HOSTS).strip("[]:."), None))
        certificate, tls = rng.choice(
            [
                ("none", Tls(sni)),
                ("verified", self.certificates.verified(sni)),
                ("failed", self.certificates.failed(sni)),
            ]
        )
        if sni in ("", ":"):
            tls = tls._replace(sni=None)
        target = rng.choice(("/", "/", "/x", "/by-if", "/by-map", "/denied", "/who", "http://a.test/x", "/%00"))
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "TRACE"))
        port = rng.choice((self.ports[0], self.ports[0], self.ports[0], self.ports[0], self.ports[1]))
        if rng.random() < 0.15 or port == self.ports[1]:
            return Trial(port, target, method, host, ())
        return Trial(port, target, method, rng.choice((host, host, host, None)), (), tls=tls, certificate=certificate)

    def _server(self, default: bool) -> str:
        rng = self.rng
        names = " ".join(rng.sample(NAMES, rng.choice((1, 1, 2))))
        parts = [
            f"listen 127.0.0.1:{self.ports[0]} ssl{' default_server' if default else ''};",
            f"server_name {names};",
        ]
        if rng.random() < 0.4:
            parts.append(f"listen 127.0.0.1:{self.ports[1]};")
        rejects = rng.random() < 0.12
        if rejects:
            parts.append("ssl_reject_handshake on;")
        if not rejects and (default or rng.random() < 0.8):
            parts.append(self.certificates.directives())
        if rng.random() < 0.6:
            parts.append(self._verify())
        if rng.random() < 0.6:
            parts += [self._page() for _ in range(rng.choice((1, 2)))]
        if rng.random() < 0.2:
            parts.append(f"if ({rng.choice(('$ssl_client_verify != SUCCESS', '$shut'))}) {{ return 403; }}")
        if rng.random() < 0.2:
            parts.append(f"if ({rng.choice(('$https != on', '$scheme = http', '$server_port'))}) {{ return 403; }}")
        parts.append("""
            location / { return 200 "$server_name|$ssl_server_name|$ssl_client_verify"; }
            location = /by-if { if ($ssl_client_verify ~ ^FAILED) { return 403; } return 200; }
            location = /by-map { if ($shut = 1) { return 403; } return 200; }
            location = /denied { deny all; }
            location = /who { if ($who = c) { return 403; } return 200 "$who"; }
            location = /page { return 200 page; }
            location @refuse { return 403; }
        """)
        return f"server {{ {' '.join(parts)} }}\n"

    def _verify(self) -> str:
        return f"ssl_verify_client {self.rng.choice(('on', 'on', 'optional', 'optional_no_ca', 'off'))};"

    def _page(self) -> str:
        rng = self.rng
        codes = " ".join(rng.sample(("495", "496", "497", "400", "421", "403"), rng.choice((1, 2, 3))))
        how = rng.choice(("=403", "=403", "", "=", "=200"))
        where = rng.choice(("/page", "/denied", "@refuse", "/none", "https://$host/", "/by-if"))
        return f"error_page {codes} {how} {where};"


def test_who_may_speak_tls(
    server_dir: Path,
    rng: random.Random,
    cases: Callable[[int], int],
    certificates: Certificates,
) -> None:
    first, second = free_ports(2)
    generator = TlsServers(rng, certificates, (first, second))
    influence = Influence(rng, WANTED)
    where = Where(rng, 1)
    rounds = 6 if at_fuzz_scale() else 1
    measured = Measured(server_dir, generator, influence, where, rounds)
    measured.run(cases(1_000), _REQUESTS)
