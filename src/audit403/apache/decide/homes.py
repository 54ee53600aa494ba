"""Where a user's home directory is, as getpwnam(3) reads it out of /etc/passwd."""

from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided
from audit403.evidence.interface import Evidence, NotCollected

_PASSWD = "/etc/passwd"


def home_of(evidence: Evidence, name: str) -> str | None:
    """The home directory of a user, None where there is no such user. Raises Undecided where it cannot be known."""
    data = evidence.read(_PASSWD)
    if isinstance(data, NotCollected):
        raise Undecided(Missing(REASON_FILE, _PASSWD))
    if not isinstance(data, bytes):
        return None
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        fields = line.split(":")
        if len(fields) > 5 and fields[0] == name:
            return fields[5]
    return None
