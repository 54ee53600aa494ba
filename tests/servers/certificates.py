"""Throw-away certificates for TLS tests, made with openssl: an authority, a server, and clients good and bad."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

from .http import Tls
from .need import need

if TYPE_CHECKING:
    from pathlib import Path


class Certificates(NamedTuple):
    """Paths of PEM files; the client's come as what a `Client` takes."""

    authority: Path
    server: Path
    server_key: Path
    client: tuple[Path, Path]
    stranger: tuple[Path, Path]

    def verified(self, sni: str | None = None) -> Tls:
        """A client whose certificate the authority has signed."""
        return Tls(sni, *self.client)

    def failed(self, sni: str | None = None) -> Tls:
        """A client whose certificate somebody else has signed."""
        return Tls(sni, *self.stranger)

    def directives(self) -> str:
        """`ssl_certificate` and `ssl_certificate_key` for a server block."""
        return f"ssl_certificate {self.server}; ssl_certificate_key {self.server_key};"


def make_certificates(folder: Path, names: tuple[str, ...] = ("localhost", "*.example")) -> Certificates:
    """Make them in a folder; takes some 0.1 s."""
    openssl = need("openssl")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    def own(name: str, subject: str) -> None:
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
            "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip

    def signed(name: str, subject: str, authority: str, extension: str) -> None:
        (folder / f"{name}.ext").write_text(extension)
        run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip

    own("authority", "audit403 test authority")
    own("elsewhere", "some other authority")
    signed("server", names[0], "authority", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
    signed("client", "client", "authority", "extendedKeyUsage=clientAuth")
    signed("stranger", "stranger", "elsewhere", "extendedKeyUsage=clientAuth")
    return Certificates(
        folder / "authority.pem", folder / "server.pem", folder / "server.key",
        (folder / "client.pem", folder / "client.key"), (folder / "stranger.pem", folder / "stranger.key"),
    )  # fmt: skip
