"""The records of a listing, put into the store of directories.

Files are not looked at one by one: those between two directories mostly have the same attributes, and are then taken
with two calls for all of them. What is not as the script writes it ends in one HostError.
"""

import sys
from collections.abc import Callable

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.directories import Directories, Lone
from audit403.evidence.interface import ABSENT, DIRECTORY, NotCollected
from audit403.evidence.links import parent_of
from audit403.host.acl_text import acls_of
from audit403.host.complaints import DENIED, GONE, read_complaints
from audit403.host.listing_fields import NEEDS_ROOT, ROOT_TOO, Fields
from audit403.host.listing_script import MOST_COMPLAINTS
from audit403.host.transport import HostError

BROKEN = "the listing of its files breaks off"
GARBLED = "the listing of its files cannot be read"
_NOT_KNOWN = "what it is is not known there"
_LONGEST_RECORD = 16 * 1024 * 1024
_LONGEST_START = 4096
_NO_NAMES = frozenset((b"", b".", b".."))


class Root(NamedTuple):
    """A tree that was listed: the number of the root that was asked for, and its canonical path.

    The path is None where the login has no way to it.
    """

    number: int
    path: str | None


class Gap(NamedTuple):
    """Directories that were not listed for one reason: how many, and the first of them."""

    reason: str
    directories: int
    first: str


class Listed(NamedTuple):
    """What came of a listing; `complaints` are lines of find's that nobody here understands.

    `acls`: whether ACLs were asked for, where they may let somebody in. `with_acls` are the trees in which there was
    one: who has to know of files in them that are kept from somebody although others may read them asks for them all.
    """

    entries: int
    roots: tuple[Root, ...]
    gaps: tuple[Gap, ...]
    cut_off: bool
    complaints: tuple[str, ...]
    acls: bool
    with_acls: tuple[str, ...]


class _Open:
    """A directory whose entries are coming."""

    __slots__ = ("names", "path", "prefix", "targets")

    def __init__(self, path: str) -> None:
        self.path = path
        self.prefix = "/" if path == "/" else path + "/"
        self.names: dict[int, list[bytes]] = {}
        self.targets: list[bytes] = []

    def add(self, number: int, names: bytes) -> None:
        """One name, or several with NULs between, of entries with these attributes."""
        if number in self.names:
            self.names[number].append(names)
        else:
            self.names[number] = [names]


class Reader:
    """Takes the stream in pieces cut anywhere, and puts it into the store of directories."""

    def __init__(self, into: Directories, limit: int | None, labels: bool, within: str) -> None:
        self.into = into
        self.entries = 0
        self.cut_off = False
        self._limit = sys.maxsize if limit is None else limit
        self._labelled = labels
        self._within = within
        self._rest = b""
        self._begun = False
        self._ended = False
        self._fields = Fields(into, labels)
        self._stack: list[_Open] = []
        """The directories on the way to the last record; the entries of the one at index n have depth n + 1."""
        self._root = ""
        self._seen = True
        self._unseen: list[str] = []
        self._roots: list[Root] = []
        self._gaps: dict[str, Gap] = {}
        self._complaints: tuple[str, ...] = ()
        self._acls = True
        self._with_acls: dict[str, None] = {}

    # Cutting the stream into records.

    def take(self, text: bytes) -> None:
        """The next piece, cut anywhere."""
        data = self._rest + text if self._rest else text
        if not self._begun:
            uid, nul, _ = data.partition(b"\0")
            if len(uid) > _LONGEST_START or (nul and not uid.isdigit()):
                raise HostError(GARBLED)
            if not nul:
                self._rest = data
                return
            self._fields.denied = ROOT_TOO if int(uid) == 0 else NEEDS_ROOT
            self._begun = True
            data = data[len(uid) :]
        # From here on it begins with the NUL that ends the record before. A record waits until it shows what follows
        # it, because that may say that find was stopped in the middle of it.
        at = _start_of(data, data.rfind(b"\0", 0, len(data) - 1))
        if data[at + 1 : at + 2] == b"=":
            at = _start_of(data, data.rfind(b"\0", 0, max(at, 0)))
        if at > 0:
            self._records(data[:at])
            data = data[at:]
        elif len(data) > _LONGEST_RECORD:
            raise HostError(GARBLED)
        self._rest = data

    def end(self) -> Listed:
        """What has come, as a whole."""
        if not self.cut_off:
            self._records(self._rest.removesuffix(b"\0"))
        if self.cut_off:
            self._acls = False  # they come behind many entries at once
            why = f"the limit of {self._limit:,} entries was reached"
            self._break_off(why)
            for root in self._roots:
                if root.path is not None:  # what find complained of was not read any more
                    self.into.doubt(root.path, NotCollected(why))
        elif not self._ended:
            raise HostError(BROKEN)
        return Listed(
            self.entries, (*self._roots,), (*self._gaps.values(),), self.cut_off, self._complaints, self._acls,
            (*self._with_acls,),
        )  # fmt: skip

    def _records(self, data: bytes) -> None:
        """Whole records, from the NUL that ends the one before."""
        first, *segments = data.split(b"\0\0")
        try:
            if first:
                self._segment(first[1:], self._run)
            event = self._cut_event if b"\0=" in data else self._event
            for segment in segments:
                if self.entries > self._limit:
                    self.cut_off = True
                    return
                event(segment)
        except (ValueError, LookupError) as error:
            raise HostError(GARBLED) from error

    def _segment(self, segment: bytes, read: Callable[[bytes], None]) -> None:
        """An empty record stands before how a find has ended, but not where that was in the middle of a record."""
        at = segment.find(b"\0=")
        if at < 0:
            read(segment)
            return
        whole = segment[: max(segment.rfind(b"\0", 0, at), 0)]
        if whole:
            read(whole)
        self._ended_find(int(segment[at + 2 :]), in_record=True)

    def _cut_event(self, segment: bytes) -> None:
        self._segment(segment, self._event)

    # What is no plain file.

    def _event(self, segment: bytes) -> None:
        head, nul, run = segment.partition(b"\0")
        letter = head[:1]
        if letter in (b"d", b"u", b"x"):
            self._directory(head)
        elif letter == b"l":
            self._link(head)
        elif letter == b"@":
            self._begin(head[1:])
        elif letter == b"=":
            self._ended_find(int(head[1:]), in_record=False)
        elif letter == b"!":
            self._take_complaints(head[1:])
        elif letter == b"A":
            self._take_acls(head[1:])
        elif head == b"a0":
            self._acls = False
        elif letter == b"?":
            self._roots.append(Root(int(head[1:]), None))
        elif head == b".":
            self._ended = True
        else:
            raise ValueError
        if nul:
            self._run(run)

    def _begin(self, text: bytes) -> None:
        number, slash, path = text.partition(b"/")
        self._root = (slash + path).decode("utf-8", "surrogateescape")
        if not slash or self._stack or not self._seen:
            raise ValueError
        self._roots.append(Root(int(number), self._root))
        self._fields.begin(self._root)
        self._seen = False

    def _ended_find(self, status: int, *, in_record: bool) -> None:
        if status > 1 or in_record:
            self._break_off(f"find ended there with status {status}")
        while self._stack:
            self._close()
        if not self._seen:
            self._unseen.append(self._root)
        self._seen = True

    def _directory(self, head: bytes) -> None:
        fields, _, name = head.removesuffix(b"/").rpartition(b"/")  # the name of / is /
        depth, number = self._fields.known.get(fields) or self._fields.learnt(fields)
        stack = self._stack
        if not depth or len(stack) != depth:
            self._up_to(depth)
        self.entries += 1
        if depth:
            above = stack[-1]
            if name in _NO_NAMES:
                raise ValueError
            above.add(number, name)
            path = f"{above.prefix}{name.decode('utf-8', 'surrogateescape')}"
        else:
            path = self._single(Lone(number))
        if number in self._fields.unlistable:
            self._gap(self.into.attributes[number].unlisted or "", path)
        stack.append(_Open(path))

    def _link(self, head: bytes) -> None:
        *fields, name, target = head.split(b"/", 6 if self._labelled else 5)
        joined = b"/".join(fields)
        depth, number = self._fields.known.get(joined) or self._fields.learnt(joined)
        self._up_to(depth)
        self.entries += 1
        if depth:
            above = self._stack[-1]
            above.add(number, name)
            above.targets.append(name + b"/" + target)
        else:
            self._single(Lone(number, target.decode("utf-8", "surrogateescape")))

    # Everything else: files, sockets and the like.

    def _run(self, run: bytes) -> None:
        """Records between two events. They are of the last directory, or of ones above it, which end therewith."""
        at = run.find(b"\0")
        fields = run[: run.rfind(b"/", 0, at if at >= 0 else len(run))]
        depth, number = self._fields.known.get(fields) or self._fields.learnt(fields)
        more = run.count(b"\0")
        # Nothing but the beginning of a record can be a NUL and all of the fields: these records then have the same.
        if depth and number not in self._fields.unknown_kinds and run.count(b"\0" + fields + b"/") == more:
            if len(self._stack) != depth:
                self._up_to(depth)
            names = run[len(fields) + 1 :]
            self._stack[-1].add(number, names.replace(b"\0" + fields + b"/", b"\0") if more else names)
        else:
            self._mixed(run)
        self.entries += more + 1

    def _mixed(self, run: bytes) -> None:
        """Records of which not all have the same fields."""
        last: bytes | None = None
        append: Callable[[bytes], None] = _nowhere
        for record in run.split(b"\0"):
            fields, _, name = record.rpartition(b"/")
            if fields != last:
                last = fields
                depth, number = self._fields.known.get(fields) or self._fields.learnt(fields)
                if not depth or len(self._stack) != depth:
                    self._up_to(depth)
                if not depth:
                    self._single(Lone(number))
                    continue
                above = self._stack[-1]
                append = above.names.setdefault(number, []).append
                if number in self._fields.unknown_kinds:
                    shown = name.decode("utf-8", "surrogateescape")
                    self.into.miss(above.prefix + shown, NotCollected(_NOT_KNOWN))
                    last = None
            append(name)

    # The stack.

    def _up_to(self, depth: int) -> None:
        """End the directories in which an entry of this depth cannot be."""
        while len(self._stack) > depth:
            self._close()
        if len(self._stack) != depth or self._seen == (not depth):
            raise ValueError

    def _single(self, single: Lone) -> str:
        """The root itself."""
        self._seen = True
        self.into.put_single(self._root, single)
        return self._root

    def _close(self) -> None:
        """A directory has ended: all of it is known."""
        done = self._stack.pop()
        names = {}
        for number, parts in done.names.items():
            joined = b"\0%b\0" % b"\0".join(parts)
            if b"/" in joined or b"\0\0" in joined:
                raise ValueError
            if b"\0." in joined and (b"\0.\0" in joined or b"\0..\0" in joined):
                raise ValueError
            names[number] = joined
        if names or done.path in self.into.nodes:
            self.into.put(done.path, names, done.targets)

    def _break_off(self, why: str) -> None:
        """The directories that are being read have no end."""
        if self._stack:
            self._gap(why, self._stack[-1].path)
        while self._stack:
            path = self._stack[-1].path
            self._close()
            self.into.hide(path, NotCollected(why))

    def _gap(self, reason: str, path: str) -> None:
        known = self._gaps.get(reason)
        self._gaps[reason] = (
            Gap(reason, 1, path) if known is None else known._replace(directories=known.directories + 1)
        )

    # What getfacl says, and what find complained of.

    def _take_acls(self, text: bytes) -> None:
        for place, acl in acls_of(text):
            path = self._path(place)
            self._with_acls[self._root] = None
            if acl.named or acl.has_mask:
                self.into.put_acl(path, acl.named, acl.group_bits)

    def _path(self, place: str) -> str:
        """The path in the store of what programs there have named."""
        return place.removeprefix(self._within)

    def _take_complaints(self, text: bytes) -> None:
        into = self.into
        said = read_complaints(text)
        of = {self._path(place): error for place, error in said.of.items()}
        for path, error in of.items():
            if error in GONE:
                continue
            why = self._fields.denied if error in DENIED else f"find says: {error}"
            attributes, directory = into.attributes_of(path), path
            if attributes is None:  # it is there, and neither it nor what else is beside it is known
                into.miss(path, NotCollected(why))
                directory = parent_of(path)
                attributes = into.attributes_of(directory)
            is_listed = attributes is not None and attributes.kind == DIRECTORY and attributes.unlisted is None
            if is_listed and directory not in into.hidden:
                into.hide(directory, NotCollected(why))
                self._gap(why, directory)
        for path in self._unseen:
            error = of.get(path, "nothing")
            why = self._fields.denied if error in DENIED else f"find says: {error}"
            into.put_single(path, ABSENT if error in GONE else NotCollected(why))
        self._complaints = said.unknown
        if said.unknown or len(text) >= MOST_COMPLAINTS - 1:
            doubt = NotCollected("find complained of something there, and what it was is not known")
            for root in self._roots:
                if root.path is not None:
                    into.doubt(root.path, doubt)


def _start_of(data: bytes, at: int) -> int:
    """The NUL that ends a record, where at a place there may be the one behind it that begins an event."""
    return at - 1 if at > 0 and data[at - 1] == 0 else at


def _nowhere(_: bytes) -> None:
    raise ValueError
