"""Names of hosts that a VirtualDocumentRoot has a folder for: the folders are the only place that says them."""

from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.doors import Door, visit
from audit403.apache.explore.places import Start
from audit403.apache.model.server import Server
from audit403.apache.model.vhost_alias import VHOST_ALIAS, VhostAliasServer
from audit403.evidence.interface import Absent, NotCollected, Unreadable
from audit403.explore.subject import PURPOSE_HOME

_WHOLE_NAME = "%0"
_MOST_NAMES = 3


def virtual_homes(evaluator: Evaluator, server: Server, door: Door) -> Iterator[Start]:
    """The home pages of some names, where a folder has the whole name of its host."""
    config: VhostAliasServer = server.slots.get(VHOST_ALIAS, VhostAliasServer())
    root = config.documents
    text = None if root is None or root.by_address else root.format
    if text is None or text.split("/").count(_WHOLE_NAME) != 1:
        return
    above, _, below = text.partition(_WHOLE_NAME)
    listed = evaluator.evidence.names(above.rstrip("/") or "/")
    if "%" in below or isinstance(listed, Absent | NotCollected | Unreadable):
        return
    known = (name for name in sorted(listed) if "." in name and not name.startswith("."))
    there = (name for name in known if not isinstance(evaluator.evidence.entry(f"{above}{name}{below}"), Absent))
    for name in islice(there, _MOST_NAMES):
        yield Start(visit(door._replace(host=name), "/"), PURPOSE_HOME, server)
