"""What came of each host, for a run that was cut off to go on with. One that was not audited is tried again."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from audit403.core import journal
from audit403.core.named_tuple import NamedTuple
from audit403.host.inventory.target import HostTarget


class Known(NamedTuple):
    """What a journal says of a host that was audited."""

    report: Mapping[str, Any]
    seconds: float


class Journal(journal.Journal):
    """A journal of hosts."""

    def __init__(self, path: str, asked: Mapping[str, Any]) -> None:
        self._known: dict[tuple[str, str], Known] = {}
        super().__init__(path, asked)

    def done(self, targets: Iterable[HostTarget]) -> dict[str, Known]:
        """Those of the hosts that were audited, by name; one that is now reached in another way is none of them."""
        return {target.name: known for target in targets if (known := self._known.get(_key(target))) is not None}

    def add(self, target: HostTarget, report: Mapping[str, Any] | None, fault: str | None, seconds: float) -> None:
        """Write down what came of a host; where that cannot be written it is `fault`, and the run goes on."""
        name, way = _key(target)
        self.write({"host": name, "way": way, "seconds": round(seconds, 3), "fault": fault, "report": report})

    def take(self, row: Mapping[str, Any]) -> None:
        """Remember a host."""
        if row["fault"] is None:
            self._known[row["host"], row["way"]] = Known({**row["report"]}, float(row["seconds"]))


def _key(target: HostTarget) -> tuple[str, str]:
    """A host by its name and the way to it."""
    return target.name, json.dumps([target.ssh, target.identity_file, target.proxy_jump, target.proxy_command])
