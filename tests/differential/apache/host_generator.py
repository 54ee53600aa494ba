"""Random access lists of host names and networks, for clients whose names stand in a hosts file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.section_generator import make_tree
from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

HOSTS = """\
127.0.0.1 localhost
::1 localhost ip6-localhost
127.0.0.2 www.Example.org example.org web # not this: other.org
127.0.0.3\tmail.example.org
127.0.0.3 second.example.net
#127.0.0.4 commented.example.org
127.0.0.5 notexample.org
127.0.0.6 deep.sub.example.org
127.0.0.7 other.org mail.example.org
127.0.0.8 127.example.org
"""
NSSWITCH = "passwd: files\ngroup: files\nhosts: files\n"
CLIENTS = tuple(f"127.0.0.{last}" for last in range(1, 10))
NAMES = (
    "example.org", ".example.org", "www.example.org", "WWW.example.ORG", "org", ".org", "mail.example.org", "localhost",
    "sub.example.org", "xample.org", "other.org", "web", "second.example.net", "127.example.org", "example.org.",
)  # fmt: skip
NETWORKS = (
    "127.0.0.1", "127.0.0", "127", "127.0.0.0/29", "127.0.0.2/255.255.255.254", "127.0.0.0/255.0.0.0", "10.0.0.0/8",
    "127.0.0.3", "127.0.0.4/31", "::1", "0.0.0.0/0",
)  # fmt: skip


class Hosts:
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.port = free_port()
        make_tree(root)

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        rng = self.rng
        lookups = rng.choice(("", "HostnameLookups On", "HostnameLookups Double", "HostnameLookups Off"))
        return f"""Listen 127.0.0.1:{self.port}
DocumentRoot "{self.root}"
{lookups}
KeepAlive Off
SetEnvIf Remote_Host example\\.org by_host
SetEnvIf User-Agent friend friend
<Directory "{self.root}">
{self.settings()}
</Directory>
<Directory "{self.root}/private">
{self.settings()}
</Directory>"""

    def settings(self) -> str:
        rng = self.rng
        lines = (
            [self.requirement() for _ in range(rng.randint(1, 3))] if rng.random() < 0.6 else ["Require all granted"]
        )
        if rng.random() < 0.5:
            lines.append(f"Order {rng.choice(('allow,deny', 'deny,allow'))}")
            lines += [f"{rng.choice(('Allow', 'Deny'))} from {self.places()}" for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.15:
            lines.append("Satisfy Any")
        return "\n".join(lines)

    def places(self) -> str:
        rng = self.rng
        words = NAMES + NETWORKS + ("all", "env=by_host", "env=friend", "env=!friend")
        return " ".join(rng.choice(words) for _ in range(rng.choice((1, 1, 2, 3))))

    def requirement(self) -> str:
        rng = self.rng
        names = " ".join(rng.choice(NAMES) for _ in range(rng.choice((1, 1, 2))))
        return "Require " + rng.choice(
            (
                f"host {names}", f"host {names}", f"host {names}", f"host {names} # {rng.choice(NAMES)}",
                f"host {names}#x {rng.choice(NAMES)}", f"forward-dns {names}", f"forward-dns {names}# mail.example.org",
                f"forward-dns mail.example.org {names}", f"ip {rng.choice(NETWORKS)} {rng.choice(NETWORKS)}",
                "local", "env by_host", "expr %{REMOTE_HOST} =~ /example/", f"host %{{HTTP_HOST}} {rng.choice(NAMES)}",
                "expr %{REMOTE_HOST} == 'localhost'",
            )
        )  # fmt: skip

    def asks(self, number: int) -> list[Ask]:
        """Requests of all clients."""
        rng = self.rng
        return [
            Ask(
                self.port,
                rng.choice(("/page.html", "/private/secret.txt")),
                host=rng.choice(("localhost", "example.org", "other.org")),
                headers=(("User-Agent", rng.choice(("friend", "x"))),),
                client=rng.choice(CLIENTS),
            )
            for _ in range(number)
        ]
