"""Virtual hosts that are written alike but for their names and document roots: one of them is explored.

Two are alike when the text between their tags is the same once each one's own names and directory are marked, what
never decides anything is left out, and they stand at the same sockets. Each refusal of the one is asked of the other;
it must be refused there for the same cause, or the other is explored like any virtual host.
"""

import re

from audit403.apache.explore.doors import Door
from audit403.apache.model.server import Server
from audit403.explore.translation import Names

_SHORTEST_NAME = 4
_NEVER_ASKED = re.compile(
    r"^[ \t]*(?:(?:Error|Custom|Transfer)Log|LogLevel|LogFormat|ServerAdmin|ServerSignature|SSLCertificate\w*)\b"
    r"[^\n]*\n"
    r"|^[ \t]*#[^\n]*\n|^[ \t]+",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that have no say in access, and indentation."""

Shape = tuple[object, ...]


def shape_of(server: Server, doors: list[Door]) -> Shape | None:
    """What two alike virtual hosts have in common; None for a server that is like no other."""
    directive = server.directive
    if directive is None or any(step.name == "use" for step in directive.path):
        return None
    words = names_of(server)
    if words is None:
        return None
    text = directive.source.data[directive.start : directive.end].decode("latin-1")
    text = _NEVER_ASKED.sub("", text).replace("\\\n", " ")
    if "${" in text or "\0" in text:
        return None
    order = sorted(range(len(words)), key=lambda index: -len(words[index]))
    for index in order:
        text = text.replace(words[index], f"\0{index}\0").replace(re.escape(words[index]), f"\0\\{index}\0")
    hosts = [words.index(door.host) if door.host in words else door.host for door in doors]
    reach = tuple((door.kind, door.to, host) for door, host in zip(doors, hosts, strict=True))
    return text, reach, server.addresses, server.document_root.count("/")


def names_of(server: Server) -> list[str] | None:
    """The names of a virtual host and its directory, where none is so short that it may stand anywhere."""
    names = [*([] if server.name is None else [server.name]), *server.aliases]
    if (
        any(len(name) < _SHORTEST_NAME or "." not in name for name in names)
        or len(server.document_root) < _SHORTEST_NAME
    ):
        return None
    names = list(dict.fromkeys((*names, server.document_root.rstrip("/"))))
    return names if len(names) > 1 else None


def translation(one: Server, other: Server) -> Names:
    """From one virtual host to another that is alike."""
    return Names(zip(names_of(one) or (), names_of(other) or (), strict=True))
