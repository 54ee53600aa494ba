"""A collected state as a file: `check` and `explain` read it as the run that wrote it saw it."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime

from audit403 import __version__
from audit403.core.errors import BadUsage
from audit403.s3.live.collect import Collected


def save(collected: Collected, path: str) -> None:
    """Write it for its owner's eyes alone, in the place of what was there. Raises BadUsage."""
    missed = [{"target": one.target, "reason": one.reason} for one in collected.not_audited]
    recorded = {"by": f"audit403 {__version__}", "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    state = {"recorded": recorded, **collected.state, "not_audited": missed}
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(state, file, indent=1, default=str)
            file.write("\n")
        os.replace(beside, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(beside)
        raise BadUsage(f"The state {path} cannot be written: {error.strerror or error}.") from error
