"""Asks a host for what its record lacks: one script for each question, with what will be asked next taken along."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from audit403.core.family import Family
from audit403.evidence.collected import NO_GETFACL, Collected, CollectedEvidence
from audit403.evidence.interface import FILE, Absent, Entry, NotCollected, Unreadable
from audit403.evidence.kernel import KernelAnswer
from audit403.evidence.links import join, parent_of, real_path
from audit403.evidence.machine import Process, is_of_this_machine, mount_at, table_of
from audit403.host.acl_text import acls_of
from audit403.host.discover import LARGEST_OUTPUT, machine_in, script_for
from audit403.host.kernel_script import answer_from, kernel_script
from audit403.host.listing import parse
from audit403.host.listing_fields import ANOTHER
from audit403.host.listing_script import listing_script
from audit403.host.pull_script import (
    LARGEST_FILE,
    accounts_script,
    acl_script,
    basics_script,
    contents_script,
    directories_script,
    entries_script,
    folder_script,
    labels_script,
    ways_script,
)
from audit403.host.pulled import Pulled
from audit403.host.transport import HostError, Transport, output_of, outputs_of, run

_PAGES = (".html", ".htm", ".xhtml", ".css")
_INCLUDED = (".conf", ".load")
_MOST_PAGES = 16
_LARGEST_PAGE = 64 * 1024
MOST_ENTRIES = 2_000_000
FEW_ENTRIES = 20_000
_NEED_ROOT = ": run with --sudo, or log in as root"


class HostCollector:
    """Fills the record of one host over its transport; `prefix` goes before the shell, as `sudo -n` does.

    `seen` is told how many entries have come. With a `root`, such as `/proc/7/root`, it is the record of what a process
    sees that has another root. Every method raises HostError where the host is gone or answers with garbage.
    """

    def __init__(self, transport: Transport, collected: Collected, prefix: str = "", root: str = "") -> None:
        self.transport = transport
        self.collected = collected
        self.prefix = prefix
        self.root = root
        self.questions = 0
        self.failed: HostError | None = None
        self.seen: Callable[[int], None] | None = None
        self.most_entries = MOST_ENTRIES
        self.excludes: tuple[str, ...] = ()
        self._pulled = Pulled(collected, "" if prefix else _NEED_ROOT, root)

    def evidence(self) -> CollectedEvidence:
        """The host's world; what is missing is asked for."""
        return CollectedEvidence(self.collected, self)

    def first_look(self, families: Sequence[Family]) -> None:
        """The basics, and what runs there of what these families want to see, in one exchange."""
        self._ending(lambda: self._look_first(families))

    def _look_first(self, families: Sequence[Family]) -> None:
        scripts = (self._basics_script(), script_for(families))
        basics, running = outputs_of(self.transport, scripts, prefix=self.prefix, most=LARGEST_OUTPUT)
        self._pulled.take(basics)
        self.collected.machine = machine_in(running, families, self.transport.label)

    def basics(self) -> None:
        """Its name, its users and groups, how it treats links, and where all paths begin."""
        self._ask(self._basics_script())

    def _basics_script(self) -> str:
        return basics_script(self.root) + entries_script([self._there("/")])

    def view(self, root: str) -> "HostCollector":
        """The same for what is seen from another root; its record is kept with this one's."""
        known = self.collected.views.get(root)
        collected = Collected() if known is None else known
        made = HostCollector(self.transport, collected, self.prefix, root)
        if known is None:
            self.collected.views[root] = collected
            made.basics()
        return made

    def look_at(self, path: str) -> None:
        """The entry at a canonical path, and its directory where that is not too large."""
        self._ask(
            entries_script([self._there(path)]) + directories_script([self._there(parent_of(path))], small_only=True)
        )
        self.collected.entries.setdefault(path, self._pulled.hidden)

    def list_directory(self, path: str) -> None:
        """A directory's names and entries."""
        self._ask(directories_script([self._there(path)]))
        if path not in self.collected.listed:
            self.collected.unlisted.setdefault(path, self._pulled.hidden)

    def read(self, path: str) -> None:
        """The content of the regular file at a canonical path; with a page come those beside it, asked for next."""
        self._ask(contents_script([self._there(one) for one in (path, *self._beside(path))]))
        self.collected.contents.setdefault(path, self._pulled.hidden)

    def _beside(self, path: str) -> Iterable[str]:
        """Small pages and stylesheets of the same directory that have not been read."""
        known, folder = self.collected, parent_of(path)
        if not path.lower().endswith(_PAGES):
            return ()
        listed: object = known.listed.get(folder) or known.trees.names(folder)
        names = listed if isinstance(listed, tuple) and not isinstance(listed, NotCollected | Unreadable) else ()
        paths = (join(folder, name) for name in names if name.lower().endswith(_PAGES))
        return islice((one for one in paths if one != path and self._is_small(one)), _MOST_PAGES)

    def _is_small(self, path: str) -> bool:
        entry = self.collected.entry(path)
        is_file = isinstance(entry, Entry) and entry.kind == FILE and (entry.size or 0) <= _LARGEST_PAGE
        return is_file and path not in self.collected.contents

    def look_up(self, user: str | int | None, group: str | int | None) -> None:
        """A user or a group that is not in the lists."""
        if self.root:
            return  # its own files of accounts are all that it has
        users = [] if user is None else [str(user)]
        groups = [] if group is None else [str(group)]
        self._ask(accounts_script(users, groups))
        unknown = Absent()
        if user is not None:
            self.collected.users.setdefault(user, unknown)
            if isinstance(user, str):
                self.collected.memberships.setdefault(user, NotCollected("the host does not know this user"))
        if group is not None:
            self.collected.groups.setdefault(group, unknown)

    def take_folders(self, folders: Iterable[str], largest: int = 256 * 1024) -> None:
        """Folders of configuration at once: their directories, and the contents of files up to so many bytes."""
        wanted = [folder for folder in folders if folder not in self.collected.listed]
        if wanted:
            places = [self._there(folder) for folder in wanted]
            self._ask(ways_script(places, self.root) + folder_script(places, min(largest, LARGEST_FILE)))
            outside = [self._there(path) for path in self._linked_from(wanted)]
            if outside:
                ways = {parent_of(path): path for path in outside}
                self._ask(ways_script(ways.values(), self.root) + contents_script(outside))

    def _linked_from(self, folders: list[str]) -> Iterator[str]:
        """The configuration files outside of some folders to which links in them lead, as Debian's modules are."""
        within = tuple(f"{folder}/" for folder in folders)
        for path, entry in [*self.collected.entries.items()]:
            if isinstance(entry, Entry) and entry.target is not None and path.startswith(within):
                place = posixpath.normpath(posixpath.join(parent_of(path), entry.target))
                if place.endswith(_INCLUDED) and not place.startswith(within) and place not in self.collected.contents:
                    yield place

    def take_trees(self, roots: Iterable[str]) -> None:
        """Whole trees in one stream, with the ways to them; of those inside of another only the outer one."""
        wanted = outermost(roots)
        self.take_ways(wanted)
        places = [root for root in wanted if root not in self.collected.tree_roots]
        if not places:
            return
        self.collected.tree_roots.update(places)
        if self.root:  # there only the record can tell where links lead
            found = (real_path(self.evidence(), place) for place in places)
            places = outermost(place for place in found if isinstance(place, str))
        while places:
            self._take_listed(places)
            self.collected.tree_roots.update(places)
            places = self._mounted_below()

    def _take_listed(self, places: list[str]) -> None:
        self._ending(lambda: self._list(places))
        machine = self.collected.machine
        if not self.root and machine is not None and machine.selinux == "enforcing":
            self._ask(labels_script(places))

    def _mounted_below(self) -> list[str]:
        """Where a listing has come upon other file systems of the machine's own, which are trees of their own.

        What lies on another machine, or is made by a program, may be slow, endless or hang: it is left out, and said.
        """
        machine, trees = self.collected.machine, self.collected.trees
        table = None if machine is None else table_of(machine, machine.login.mounts)
        found = []
        for point in dict.fromkeys(mount.point for mount in table or ()):
            attributes = trees.attributes_of(point)
            if attributes is None or attributes.unlisted != ANOTHER or point in trees.hidden:
                continue
            mount = mount_at(table or (), point)
            if mount is None or not is_of_this_machine(mount):
                kind = "" if mount is None else f" ({mount.kind})"
                trees.hide(point, NotCollected(f"{ANOTHER}{kind}, of a kind that is not listed"))
            else:
                found.append(point)
        return [point for point in found if point not in self.collected.tree_roots]

    def _list(self, places: list[str]) -> None:
        collected, told = self.collected, 0
        limit = max(0, self.most_entries - len(collected.trees))

        def saw(count: int) -> None:
            nonlocal told
            if self.seen is not None and count > told:
                self.seen(count - told)
                told = count

        stream = run(self.transport, listing_script(places, self.excludes, within=self.root), prefix=self.prefix)
        listed = parse(stream, collected.trees, limit=limit, within=self.root, progress=saw)
        if listed.cut_off:
            collected.gaps["trees"] = f"they have more than {self.most_entries:,} entries: the rest was not looked at"
        elif not listed.acls:
            collected.gaps["ACLs"] = NO_GETFACL
        for line in listed.complaints:
            collected.gaps["find"] = f"it says {line!r}"
        # To ask for the ACL of every file takes longer than to list them all: that is for small trees, and for those
        # in which the listing has seen some.
        asked = [root.path for root in listed.roots if root.path is not None]
        if listed.entries > FEW_ENTRIES:
            asked = [*listed.with_acls]
        if asked:
            script = acl_script(self.root + path for path in asked)
            for place, acl in acls_of(output_of(self.transport, script, prefix=self.prefix)):
                if acl.named or acl.has_mask:
                    path = place.removeprefix(self.root).replace("//", "/")
                    collected.trees.put_acl(path, acl.named, acl.group_bits)

    def ask_kernel(self, worker: Process, roots: Iterable[str]) -> KernelAnswer | None:
        """What the kernel lets a worker do in trees, by their real paths as it sees them; None: it cannot be asked.

        It takes about as long as to list them again, and so large trees are left to the modes. What is mounted below
        them is asked about as well.
        """
        if len(self.collected.trees) > FEW_ENTRIES:
            reason = f"its trees have more than {FEW_ENTRIES:,} entries"
            return KernelAnswer(worker.pid, worker.groups, lacking=reason)
        asked = outermost(roots)
        machine = self.collected.machine
        table = None if machine is None else table_of(machine, worker.mounts)
        asked += [one for one in dict.fromkeys(mount.point for mount in table or ()) if _is_below(one, asked)]
        answers: list[KernelAnswer | None] = []
        if asked:
            script = kernel_script(worker, asked, self.excludes)
            self._ending(
                lambda: answers.append(
                    answer_from(output_of(self.transport, script, prefix=self.prefix), worker, asked)
                )
            )
        return answers[0] if answers else None

    def take_ways(self, paths: Iterable[str]) -> None:
        """The directories on the way to some paths at once."""
        wanted = [path for path in paths if not isinstance(self.collected.entry(path), Entry)]
        if wanted:
            self._ask(ways_script([self._there(path) for path in wanted], self.root))

    def _there(self, path: str) -> str:
        return path if not self.root else self.root + (path if path != "/" else "/.")

    def _ask(self, script: str) -> None:
        before = len(self.collected.entries)
        self._ending(lambda: self._pulled.take(output_of(self.transport, script, prefix=self.prefix)))
        if self.seen is not None and len(self.collected.entries) > before:
            self.seen(len(self.collected.entries) - before)

    def _ending(self, ask: Callable[[], None]) -> None:
        """Ask a host; after its first failure there is nothing more to be had."""
        if self.failed is not None:  # who asked may have taken the first failure for one of a file
            raise self.failed
        self.questions += 1
        try:
            ask()
        except HostError as error:
            label = self.transport.label
            self.failed = error if str(error).startswith(label) else HostError(f"{label}: {error}")
            raise self.failed from error
        except ValueError as error:
            self.failed = HostError(f"{self.transport.label}: its answer cannot be read: {error}")
            raise self.failed from error


def _is_below(path: str, roots: Iterable[str]) -> bool:
    return any(path.startswith(f"{root.rstrip('/')}/") and path != root for root in roots)


def outermost(paths: Iterable[str]) -> list[str]:
    """The paths that lie in no other of them, in their order."""
    every = list(dict.fromkeys(path.rstrip("/") or "/" for path in paths))
    inside = {path: f"{path}/" for path in every}
    return [
        path
        for path in every
        if not any(path != one and inside[path].startswith(f"{one.rstrip('/')}/") for one in every)
    ]
