"""The answer of a server to one request, with every step and every test that led to it.

The trace is what `explain` prints and what exploration flips, so an evaluator records each test it makes on the
request or on the file system at the moment it makes it.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Place, Span

REFUSED = "refused"
NOT_REFUSED = "not-refused"
UNKNOWN = "unknown"

NOT_LISTENING = "not-listening"
"""The cause of what is no answer: on that port this server is not to be had."""

ANYBODY = ("all", "0.0.0.0/0", "::/0")
"""What a test of the client's address may compare it with and still not look at who it is."""


LOOKED_UP, LED_NOWHERE = "looked-up", "led-nowhere"
"""The operators of the steps at both ends of a request inside the request of which nothing came; `value` names it."""


class Step(NamedTuple):
    """One step of a decision.

    `met` tells the outcome of a test (None: not a test). `field` names what was tested (`method`, `client`, `host`,
    `uri`, `header:referer`, `argument:x`, `cookie:x`, `tls.client_certificate`, `file:/srv/x`…), `operator` how
    (`equals`, `in-network`, `prefix`, `matches`, `exists`, `readable`…) and `value` against what.
    """

    phase: str
    text: str
    where: Place | None = None
    met: bool | None = None
    field: str | None = None
    operator: str | None = None
    value: str | None = None


class Missing(NamedTuple):
    """What the evidence does not show: `reason` is one of the `REASON_` names, `name` says what was needed."""

    reason: str
    name: str


REASON_FILE = "file-not-collected"
REASON_HOST = "host-not-resolved"
REASON_PROGRAM = "another-program"
REASON_STATE = "server-state"
REASON_UNDOCUMENTED = "undocumented"
REASON_NOT_COLLECTED = "not-collected"
"""A setting of a bucket or an account, or what is attached to a principal."""
REASONS = (REASON_FILE, REASON_HOST, REASON_PROGRAM, REASON_STATE, REASON_UNDOCUMENTED, REASON_NOT_COLLECTED)


class Decision(NamedTuple):
    """What the server answers: `status` is None when another program answers (`handed_to`) or it is unknown.

    `cause` is the family's name for the mechanism that decided; `log` the server's error-log message for a refusal,
    None when it logs nothing. `says` is the message in the answer itself, of a server that gives its reason there.
    """

    verdict: str
    status: int | None
    cause: str
    where: Place | None = None
    because: tuple[Because, ...] = ()
    handed_to: str | None = None
    missing: tuple[Missing, ...] = ()
    trace: tuple[Step, ...] = ()
    log: str | None = None
    says: str | None = None


def span_of(place: Place | None) -> Span | None:
    """The place as a span of a file, or None when it is something else."""
    return place if isinstance(place, Span) else None
