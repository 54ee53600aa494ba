"""What runs on a host and what it sees: one script, and its output as a Machine."""

import secrets
from collections.abc import Iterable

from audit403.core.family import Family
from audit403.evidence.machine import Machine
from audit403.host.discover_script import discover_script
from audit403.host.read_machine import machine_of
from audit403.host.transport import HostError, Transport, run

_LARGEST_OUTPUT = 64 * 1024 * 1024


def discover(transport: Transport, families: Iterable[Family], *, prefix: str = "") -> Machine:
    """What runs on a host of what these families want to see. Raises HostError."""
    families = tuple(families)
    names = [name for family in families for name in family.process_names]
    texts = [text for family in families for text in family.build_texts]
    output = bytearray()
    for piece in run(transport, discover_script(secrets.token_hex(16), names, texts), prefix=prefix):
        output += piece
        if len(output) > _LARGEST_OUTPUT:
            raise HostError(f"{transport.label}: what it says of its processes has no end")
    try:
        return machine_of(bytes(output), names)
    except ValueError as error:
        raise HostError(f"{transport.label}: what it says of its processes cannot be understood: {error}") from error
