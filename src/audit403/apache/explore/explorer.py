"""The exploration of one configuration: every refusal once per cause and place, with a witness."""

import re
from collections.abc import Iterator, Sized
from itertools import islice
from typing import TYPE_CHECKING

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.doors import Door, Doors, visit
from audit403.apache.explore.flips import Flips
from audit403.apache.explore.found import FAMILY, Found
from audit403.apache.explore.left_out import LeftOut
from audit403.apache.explore.misplaced_flags import MisplacedFlags
from audit403.apache.explore.mounts import Mount, mounts_of
from audit403.apache.explore.places import Start, starts
from audit403.apache.explore.search import Search
from audit403.apache.explore.server_errors import ServerErrors
from audit403.apache.explore.trail import Trails
from audit403.apache.explore.unexplored import Unmet
from audit403.apache.model.model import Model
from audit403.apache.model.server import Server
from audit403.apache.model.vhost_alias import VHOST_ALIAS
from audit403.core.decision import REFUSED
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import NotAudited
from audit403.core.open_question import Undecided
from audit403.core.place import ASSUMED
from audit403.core.source import Source
from audit403.explore.asked import Asked
from audit403.explore.blocking import TreeStart
from audit403.explore.left_open import LeftOpen
from audit403.explore.subject import PURPOSE_LINKED

if TYPE_CHECKING:
    from audit403.apache.explore import alike

_NAMES_HOSTS = re.compile(
    rb"^[ \t\v\f\r]*+(?:require\s+host|allow\s+from\s.*[a-z]\.[a-z])", re.IGNORECASE | re.MULTILINE
)
_SCRIPTS = (".php", ".cgi", ".pl", ".py")
_MOST_SCRIPTS = 4


class Explorer:
    """Explores one model in one world; `facts` runs once."""

    def __init__(self, model: Model, evaluator: Evaluator, tree_known: bool) -> None:
        self.model = model
        self.evaluator = evaluator
        self.tree_known = tree_known
        self.missed: list[NotAudited] = []
        self.trails = Trails(model)
        self.doors = Doors(model)
        self.found = Found(evaluator, self.trails, self.doors)
        self.left_open = LeftOpen(FAMILY, tree_known, ASSUMED)
        self.unmet = Unmet()
        self.server_errors = ServerErrors(FAMILY, evaluator)
        self.misplaced = MisplacedFlags(FAMILY, evaluator)
        self.left_out = LeftOut(FAMILY, evaluator)
        self._shapes: alike.Shapes | None = None
        self._alike: dict[alike.Shape, Server] = {}
        if len(model.vhosts) > 1 and not tree_known:
            from audit403.apache.explore.alike import Shapes

            self._shapes = Shapes(model, self.doors)
        self._left: list[tuple[Server, Server]] = []
        self._told = (0, 0, 0, 0)
        self._idle: list[IdleDirective] = []

    def facts(self) -> Iterator[Fact]:
        """Every refusal that exploration finds."""
        yield from self.explored()
        yield from self.alike()

    def explored(self) -> Iterator[Fact]:
        """What exploration finds; of virtual hosts that are alike the first stands for all."""
        for server in self.model.servers:
            self._explore_server(server)
        if len(self.model.vhosts) > 1:
            self._explore_strays()
        yield from self._new_facts()
        yield from self.named_hosts()

    def named_hosts(self) -> Iterator[Fact]:
        """The lists of names, of the configuration and of each `.htaccess` that was read."""
        if any(_NAMES_HOSTS.search(source.data) for source in self._sources()):
            from audit403.apache.explore.named_hosts import named_hosts

            yield from named_hosts(self.model.configuration.directives)
            for path in list(self.evaluator.access_files.sources()):
                yield from named_hosts(self.evaluator.access_files.parsed(path).directives)

    def _sources(self) -> Iterator[Source]:
        files = (self.model.configuration.files, self.evaluator.access_files.sources())
        return (file.source for some in files for file in some.values())

    def alike(self) -> Iterator[Fact]:
        """After that, what is so of the others, too."""
        if self._left:
            from audit403.apache.explore.alike import translation
        for one, other in self._left:
            if not self.found.repeat(one, other, translation(one, other)):
                self._explore_by_itself(other, self.doors.of(other))
        self._left.clear()
        yield from self._new_facts()

    def _new_facts(self) -> Iterator[Fact]:
        """What was found since they were told last."""
        errors, left_open, misplaced, left_out = self._told
        self._told = len(self.server_errors), len(self.left_open), len(self.misplaced), len(self.left_out)
        yield from self.found.refusals()
        yield from islice(self.server_errors.facts(), errors, None)
        yield from islice(self.misplaced.facts(), misplaced, None)
        yield from islice(self.left_out.facts(), left_out, None)
        yield from islice(self.left_open.facts(), left_open, None)
        yield from self._idle
        self._idle = []
        self.missed = list(dict.fromkeys((*self.missed, *self.unmet.missed())))

    def _explore_server(self, server: Server) -> None:
        doors = self.doors.of(server)
        if not doors:
            return  # no name leads to it
        shape = None if self._shapes is None else self._shapes.of(server, doors)
        noted = self._noted()
        if shape is not None:
            first = self._alike.setdefault(shape, server)
            if first is not server:
                self._left.append((first, server))
                return
        self._explore_by_itself(server, doors)
        if shape is not None and self._noted() != noted:
            del self._alike[shape]  # what is beside the refusals is to be found for every virtual host

    def _explore_by_itself(self, server: Server, doors: list[Door]) -> None:
        mounts = mounts_of(self.evaluator, server)
        search = Search(self.evaluator, server, Flips(self.evaluator, server, self.doors, mounts))
        access_files: dict[str, str] = {}
        entries = self._entries(server, mounts, access_files)
        for one in entries:
            (search.flips.folders if one.target.endswith("/") else search.flips.files).append(one.target)
        if VHOST_ALIAS in server.slots:
            from audit403.apache.explore.virtual_roots import virtual_homes

            for start in virtual_homes(self.evaluator, server, doors[0]):
                self._explore(search, start, None)
        for start in starts(server, doors, mounts):
            self._explore(search, start, None)
        for one in entries:
            self._explore(search, Start(visit(doors[0], one.target), one.purpose, server), one)
        if entries:
            self._explore_linked(server, doors[0], mounts, entries)
            self._explore_writing(search, server, doors[0], mounts)
            self._explore_forms(search, server, doors[0], entries)
        if access_files:
            self._look_for_unread(server, doors[0], entries, access_files)
        self.unmet.note(server, search, mounts)

    def _look_for_unread(
        self, server: Server, door: Door, entries: list[TreeStart], access_files: dict[str, str]
    ) -> None:
        from audit403.apache.explore.unread_access_files import unread_access_files

        self._idle += unread_access_files(self.evaluator, self.trails, server, door, entries, access_files)

    def _noted(self) -> tuple[int, ...]:
        found: tuple[Sized, ...] = (self.missed, self.left_open, self.server_errors, self.misplaced, self.left_out)
        return tuple(map(len, found))

    def _entries(self, server: Server, mounts: list[Mount], access_files: dict[str, str]) -> list[TreeStart]:
        """What lies in the tree, where it is known."""
        if not self.tree_known:
            return []
        from audit403.apache.explore.tree import walk

        found: list[TreeStart] = []
        try:
            for mount in mounts:
                found += walk(self.evaluator, server, mount, self.missed, access_files)
        except Undecided as error:
            self.missed.append(NotAudited(server.label(), f"{error.missing.name} is not known here"))
        return found

    def _explore_linked(self, server: Server, door: Door, mounts: list[Mount], entries: list[TreeStart]) -> None:
        from audit403.apache.explore.linked import linked

        for link in linked(self.evaluator, server, door, mounts, entries):
            start = Start(link.request, PURPOSE_LINKED, server, page=link.page)
            self.found.record(start, [Asked(link.request, self.evaluator.decide(link.request), 0)], None)

    def _explore_writing(self, search: Search, server: Server, door: Door, mounts: list[Mount]) -> None:
        if self.model.has("dav_fs"):
            from audit403.apache.explore.written_to import written_to

            for start in written_to(server, door, mounts):
                self._explore(search, start, None)

    def _explore_forms(self, search: Search, server: Server, door: Door, entries: list[TreeStart]) -> None:
        """What forms send to some of the scripts, where only reading is let through."""
        scripts = (one for one in entries if one.path.lower().endswith(_SCRIPTS))
        for one in islice(scripts, _MOST_SCRIPTS):
            shown = visit(door, one.target)
            sent = shown._replace(method="POST")
            if self.evaluator.decide(shown).handed_to and self.evaluator.decide(sent).verdict == REFUSED:
                self._explore(search, Start(sent, one.purpose, server), None)

    def _explore_strays(self) -> None:
        from audit403.apache.explore.meant_names import meant_names

        for start, taken_by in meant_names(self.model, self.doors, self.evaluator):
            asked = [Asked(start.request, self.evaluator.decide(start.request), 0)]
            self.found.record(start, asked, None, taken_by=taken_by)

    def _explore(self, search: Search, start: Start, entries: TreeStart | None) -> None:
        search.cut_off = False
        asked = search.explore(start.request)
        if search.cut_off:
            self.missed.append(NotAudited(start.request.url(), "exploration was cut off: too many tests on one path"))
        self.found.record(start, asked, entries)
        self.left_open.note(asked)
        self.server_errors.note(start, asked)
        self.misplaced.note(start, asked)
        self.left_out.note(start, asked)
