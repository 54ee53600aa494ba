"""What the rules about clients' certificates share: requests with one, and what is written in the virtual host."""

from audit403.apache.decide.ssl_handshake import ssl_of
from audit403.apache.explore.doors import Door, Doors, through
from audit403.apache.explore.subject import Subject
from audit403.apache.model.ssl import SslServer
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.place import ASSUMED
from audit403.core.request import Request, Tls
from audit403_checks.apache.edits import insert_inside
from audit403_checks.support import insert_before, replace

STATES = ("none", "failed", "verified")


def is_whole(site: ApacheSite, subject: Subject) -> bool:
    """Whether it is known what the server says of TLS: not that of a lone piece that goes into any server."""
    directive = subject.server.directive
    return site.configuration.assumed is None or (directive is not None and directive.source.path != ASSUMED)


def has_tls(site: ApacheSite) -> bool:
    """Whether a server of the site speaks TLS."""
    return any(ssl_of(server).engine == "on" for server in site.model.servers)


def secure_doors(site: ApacheSite, subject: Subject) -> list[Door]:
    """The sockets with TLS by which the server is reached."""
    return [door for door in Doors(site.model).of(subject.server) if door.tls]


def with_certificate(witness: Request, doors: list[Door], state: str) -> Request:
    """The witness over TLS with a certificate in this state; as it is where the server has no TLS."""
    if witness.tls is None and not doors:
        return witness
    base = witness if witness.tls is not None else through(witness, doors[0])
    return base._replace(tls=Tls(base.tls.sni if base.tls else None, state))


def has_authorities(subject: Subject) -> bool:
    """Whether the server knows whose certificates are good."""
    return any(name.startswith("sslcacertificate") for name, _ in ssl_of(subject.server).authorities)


def written_in(subject: Subject, name: str) -> Directive | None:
    """The last of some directives in the virtual host itself."""
    virtual_host = subject.server.directive
    block = () if virtual_host is None else virtual_host.block or ()
    return next((one for one in reversed(block) if one.name == name), None)


def asked_for(subject: Subject, mode: str) -> TextEdit | None:
    """The edit by which the virtual host asks for certificates; None where there is no virtual host."""
    return set_in(subject, "SSLVerifyClient", mode)


def set_in(subject: Subject, name: str, value: str) -> TextEdit | None:
    """The edit by which the virtual host says something, in place of what it says now."""
    virtual_host = subject.server.directive
    if virtual_host is None:
        return None
    written = written_in(subject, name.lower())
    if written is not None:
        return replace(written.span, f"{written.written} {value}")
    beside = written_in(subject, "sslengine")
    line = f"{name} {value}"
    return insert_inside(virtual_host, line) if beside is None else insert_before(beside, line)


def settings_of(subject: Subject) -> SslServer:
    """What the server says of TLS."""
    return ssl_of(subject.server)
