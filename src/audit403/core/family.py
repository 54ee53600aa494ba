"""What a family of servers offers to the rest of the program; nothing outside a family names one.

Families come in through the entry-point group `audit403.families`; the entry's value is an object of this shape.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from audit403.core.decision import Decision
from audit403.core.edit import Edit
from audit403.core.fact import Fact
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.request import Request
from audit403.core.source import Source
from audit403.evidence.interface import Evidence

if TYPE_CHECKING:
    from audit403.core.instance import Instance
    from audit403.evidence.machine import Machine, Process


class Options(NamedTuple):
    """How a configuration is to be read: its prefix, path map, and whether this machine's files are what it serves.

    `worker` is the process that serves it, where one is known: then files are touched as it may, and not as
    the user that the configuration names. `words` are the names that the server was started with (-D). `visitors` are
    those whom buckets are for: patterns of their names, with profiles (docs/s3.md).
    """

    prefix: str | None = None
    paths: tuple[tuple[str, str], ...] = ()
    tree: str = "here"
    worker: "Process | None" = None
    words: tuple[str, ...] = ()
    visitors: tuple[tuple[str, tuple[str, ...]], ...] = ()


class NotAudited(NamedTuple):
    """What could not be looked at, and why."""

    target: str
    reason: str


class RunsAs(NamedTuple):
    """A user that a server touches files as: `what` of it does so, and `where` that is written (None: a default).

    `runs` says that a process was seen that does.
    """

    user: str
    group: str | None
    what: str
    where: Span | None = None
    runs: bool = False


class Comment(NamedTuple):
    """A comment of a configuration, for whoever looks for `audit403: ignore[…]`; `own_line`: nothing precedes it."""

    where: Span
    text: str
    own_line: bool


def comments_in(source: Source, ranges: Iterable[tuple[int, int]]) -> Iterator[Comment]:
    """The comments of one file that stand in these byte ranges."""
    data = source.data
    for start, end in ranges:
        before = data[data.rfind(b"\n", 0, start) + 1 : start]
        yield Comment(source.span(start, end), data[start:end].decode("utf-8", "replace"), not before.strip())


class Site(Protocol):
    """One configuration that was read: it answers requests and finds its own refusals."""

    main: str
    files: tuple[str, ...]
    size: int
    """How many bytes there are to read and to go through, with every include in its places."""
    not_audited: tuple[NotAudited, ...]
    options: Options
    assumed: str | None
    """What is taken for granted around a file of which the server is not known, in words."""

    def decide(self, request: Request) -> Decision:
        """What the server answers."""
        ...

    def docroots(self) -> Iterable[str]:
        """The directories that it serves files from, as far as they are written out; absolute paths of the server."""
        ...

    def runs_as(self) -> tuple[RunsAs, ...]:
        """The users that it touches files as, the usual one first."""
        ...

    def with_tree(self, tree: str) -> "Site":
        """The same site, with this machine's files as what it serves (`here`) or without any (`none`)."""
        ...

    def facts(self) -> Iterator[Fact]:
        """Every refusal, idle directive and fault in reading; of hosts that are alike one may stand for all."""
        ...

    def alike_facts(self) -> Iterator[Fact]:
        """After `facts`, those of the hosts that another stands for; asked for where rules see a fault in any fact."""
        ...

    def not_explored(self) -> tuple[NotAudited, ...]:
        """What exploration could not reach or cut off."""
        ...

    def comments(self) -> Iterable[Comment]:
        """The comments of its files."""
        ...

    def with_changes(self, edits: Iterable[Edit]) -> "Site":
        """The same site after some edits."""
        ...

    def source(self, path: str) -> bytes | None:
        """The bytes of one of its files."""
        ...

    def makes_public(self, request: Request) -> bool:
        """Whether to let in this request, which is refused, would show everybody what is kept private as a whole."""
        ...


def first_file(site: Site) -> str | None:
    """The first of a site's files that lies somewhere: surroundings that were only assumed lie nowhere."""
    return next((file for file in (site.main, *site.files) if file.startswith("/")), None)


def place_of(site: Site) -> str:
    """What to call a site in a message."""
    return first_file(site) or site.main


class Family(Protocol):
    """One kind of server; `usual_mains` is where packages put its main configuration, the likeliest first.

    `explores` says whether it finds its refusals itself, which `check` needs; if not, it only answers requests.
    `process_names` are patterns of the shell for the processes that it wants to see of a host: its own, and those that
    it hands requests to. `build_texts` stand in its program files in front of what they were built with.
    """

    name: str
    usual_mains: tuple[str, ...]
    explores: bool
    process_names: tuple[str, ...]
    build_texts: tuple[str, ...]

    def find(self, targets: Iterable[str], evidence: Evidence, options: Options) -> Iterator[Site | NotAudited]:
        """The sites among files and folders that this family recognises, and what could not be looked at for one."""
        ...

    def read(self, main: str, evidence: Evidence, options: Options) -> Site:
        """The site of one main configuration."""
        ...

    def read_text(self, data: bytes, evidence: Evidence, options: Options) -> Site | None:
        """The site of a configuration given as text, or None when this family does not recognise it."""
        ...

    def running(self, machine: "Machine") -> "tuple[Instance, ...]":
        """The servers of this family that run on a machine."""
        ...


class Answering(Protocol):
    """What a family answers requests with that has no configuration files but a recorded state: `answering(state)`.

    Such a family also names its `url_schemes`.
    """

    def answer(self, row: dict[str, Any]) -> Decision:
        """The answer to one line of a batch. Raises BadUsage."""
        ...

    def asked(self, row: dict[str, Any]) -> tuple[Request, Decision]:
        """The answer to one URL, with its trace. Raises BadUsage."""
        ...
