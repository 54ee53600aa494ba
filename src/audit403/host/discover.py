"""What runs on a host and what it sees: one script, and its output as a Machine."""

import secrets
from collections.abc import Iterable, Sequence

from audit403.core.family import Family
from audit403.evidence.machine import Machine
from audit403.host.discover_script import discover_script
from audit403.host.read_machine import machine_of
from audit403.host.transport import HostError, Transport, output_of

LARGEST_OUTPUT = 64 * 1024 * 1024


def discover(transport: Transport, families: Iterable[Family], *, prefix: str = "") -> Machine:
    """What runs on a host of what these families want to see. Raises HostError."""
    families = tuple(families)
    output = output_of(transport, script_for(families), prefix=prefix, most=LARGEST_OUTPUT)
    return machine_in(output, families, transport.label)


def script_for(families: Sequence[Family]) -> str:
    """The script that looks for what these families want to see; its mark is new each time."""
    names = [name for family in families for name in family.process_names]
    texts = [text for family in families for text in family.build_texts]
    return discover_script(secrets.token_hex(16), names, texts)


def machine_in(output: bytes, families: Iterable[Family], label: str) -> Machine:
    """What it has printed on the host of that label, as a Machine. Raises HostError."""
    try:
        return machine_of(output, [name for family in families for name in family.process_names])
    except ValueError as error:
        raise HostError(f"{label}: what it says of its processes cannot be understood: {error}") from error
