"""Virtual hosts that are written alike but for their names and document roots: one of them is explored.

Two are alike when the text between their tags is the same once each one's own names and directory are marked, what
never decides anything is left out, they stand at the same sockets, and the sections of directories treat their
document roots alike. Where a test looks at a host's name or at where files lie, its outcome must be the same for both.
Each refusal of the one is asked of the other; it must be refused there for the same cause, or the other is explored
like any virtual host.
"""

from audit403.apache import fnmatch
from audit403.apache.explore.alike_text import Texts
from audit403.apache.explore.doors import Door, Doors
from audit403.apache.model.model import Model
from audit403.apache.model.section import DIRECTORY, Section
from audit403.apache.model.server import Server
from audit403.explore.ordinary import UNKNOWN_HOST
from audit403.explore.translation import Names

_SHORTEST_NAME = 4
Shape = tuple[object, ...]


class Shapes:
    """Tells the shape of the virtual hosts of one model; None for a server that is like no other."""

    def __init__(self, model: Model, doors: Doors) -> None:
        self._doors = doors
        self._texts = Texts(model.configuration)
        outer = (one for one in model.configuration.directives if one.name != "<virtualhost")
        self._hosts_matter = self._texts.tell_hosts_apart(outer)
        self._directories = _Directories(model.main.sections[DIRECTORY])

    def of(self, server: Server, doors: list[Door]) -> Shape | None:
        """What two alike virtual hosts have in common."""
        directive = server.directive
        if self._hosts_matter or directive is None or any(step.name == "use" for step in directive.path):
            return None
        names = names_of(server)
        if names is None:
            return None
        said = self._texts.of(directive, names)
        if said is None:
            return None
        return said, self._reach(server, doors, names), server.addresses, self._directories.around(server)

    def _reach(self, server: Server, doors: list[Door], names: list[str]) -> Shape:
        """By which sockets and names it is reached; the first virtual host takes every other name, too."""
        taken_by = self._doors.taken_by
        found = []
        for door in doors:
            host = names.index(door.host) if door.host in names else door.host
            taken = [taken_by(door, host) is server for host in (*names[:-1], UNKNOWN_HOST)]
            found.append((door.kind, door.to, host, *taken))
        return tuple(found)


class _Directories:
    """The sections of directories outside of virtual hosts, and how they treat document roots."""

    def __init__(self, sections: list[Section]) -> None:
        self._all = frozenset(sections)
        self._patterns = [one for one in sections if one.regex is not None or one.is_pattern]
        self._plain: dict[str, list[Section]] = {}
        self._below: dict[str, list[Section]] = {}
        for section in sections:
            if section.regex is None and not section.is_pattern:
                self._plain.setdefault(section.text, []).append(section)
                for folder in _folders(section.text)[:-1]:
                    self._below.setdefault(folder, []).append(section)

    def around(self, server: Server) -> Shape:
        """What is said of a server's document root: of itself, of what it lies in, of what lies in it."""
        root = f"{server.document_root.rstrip('/')}/"
        folders = _folders(root)
        own = [one for one in server.sections[DIRECTORY] if one not in self._all]
        patterns = [*self._patterns, *(one for one in own if one.regex is not None or one.is_pattern)]
        return (
            len(folders),
            tuple((at, id(one)) for at, folder in enumerate(folders) for one in self._plain.get(folder, ())),
            tuple((id(one), one.text[len(root) :]) for one in self._below.get(root, ())),
            tuple(_treats(one, folders) for one in patterns),
            tuple(root.startswith(one.text) for one in own),
        )


def _folders(path: str) -> list[str]:
    """A folder, with a slash at its end, and all that it lies in, the topmost first."""
    return [path[: at + 1] for at, mark in enumerate(path) if mark == "/"]


def _treats(section: Section, folders: list[str]) -> Shape:
    """Which of the folders a pattern takes, and which of their names it names."""
    regex = section.regex
    if regex is not None:
        met = [regex.matches(folder) or regex.matches(folder.rstrip("/")) for folder in folders]
    else:
        met = [fnmatch.matches(section.text, folder, pathname=True) for folder in folders]
    text = section.text.replace("\\", "")
    named = [len(name) >= _SHORTEST_NAME and name in text for name in folders[-1].split("/")]
    return tuple(met), tuple(named)


def names_of(server: Server) -> list[str] | None:
    """The names of a virtual host and its directory, where none is so short that it may stand anywhere."""
    names = [*([] if server.name is None else [server.name]), *server.aliases]
    root = server.document_root
    if len(root) < _SHORTEST_NAME or any([len(name) < _SHORTEST_NAME or "." not in name for name in names]):  # noqa: C419
        return None
    names = list(dict.fromkeys((*names, root.rstrip("/"))))
    return names if len(names) > 1 else None


def translation(one: Server, other: Server) -> Names:
    """From one virtual host to another that is alike."""
    return Names(zip(names_of(one) or (), names_of(other) or (), strict=True))
