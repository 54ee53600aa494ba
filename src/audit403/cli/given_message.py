"""The message that `explain --message` is asked about, read by the family that understands it."""

from pathlib import Path
from typing import cast

from audit403.core.errors import BadUsage
from audit403.core.meaning import Meaning
from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.engine.targets import STDIN, read_standard_input

_LONGEST = 1 << 20


def given_message(path: str, server: str | None) -> tuple[Meaning, ...]:
    """What each message in a file, or on standard input, means. Raises BadUsage."""
    try:
        data = read_standard_input() if path == STDIN else Path(path).read_bytes()
    except (BadUsage, OSError) as error:
        raise BadUsage(f"The message {path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    text = data[:_LONGEST].decode("utf-8-sig", "replace")
    for name, value in entry_points(FAMILIES).items():
        family = load(value)
        if server in (None, name) and hasattr(family, "meanings"):
            found = cast("tuple[Meaning, ...]", family.meanings(text))
            if found:
                return found
    raise BadUsage(f"{path} holds no message that is known here.")
