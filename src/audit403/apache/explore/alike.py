"""Virtual hosts that are written alike but for their names and document roots: one of them is explored.

Two are alike when the text between their tags is the same once each one's own names and directory are marked, what
never decides anything is left out, they stand at the same sockets, and the sections of directories treat their
document roots alike. Where a test looks at a host's name or at where files lie, its outcome must be the same for both.
Each refusal of the one is asked of the other; it must be refused there for the same cause, or the other is explored
like any virtual host.
"""

import re

from audit403.apache import fnmatch
from audit403.apache.explore.doors import Door, Doors
from audit403.apache.model.model import Model
from audit403.apache.model.section import DIRECTORY, Section
from audit403.apache.model.server import Server
from audit403.explore.ordinary import UNKNOWN_HOST
from audit403.explore.translation import Names

_SHORTEST_NAME = 4
_NEVER_ASKED = re.compile(
    r"^[ \t]*(?:(?:Error|Custom|Transfer)Log|LogLevel|LogFormat|ServerAdmin|ServerSignature|SSLCertificate\w*)\b"
    r"[^\n]*\n"
    r"|^[ \t]*#[^\n]*\n|^[ \t]+",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that have no say in access, and indentation."""
_TELLS_HOSTS_APART = re.compile(
    r"(?:HTTP_HOST|SERVER_NAME|SERVER_ADDR|_TLS_SNI|DOCUMENT_ROOT|_FILENAME|CONTEXT_|\bHost\b|"
    r"\bVirtual(?:Document|Script))",
    re.IGNORECASE,
)
"""What stands in lines whose outcome may hang on which virtual host it is."""
_PART_OF_THOSE = ("host", "server_", "_sni", "_root", "_filename", "context_", "virtual")
_INCLUDES_ITS_OWN = re.compile(r"^(?:Include|<If(?:File|Define))[^\n]*\0", re.IGNORECASE | re.MULTILINE)
_ASKS_FOR_A_NAME = re.compile(
    r"RewriteCond[ \t]+\"?%\{(?:HTTP_HOST|SERVER_NAME)\}\"?[ \t]+(?:\"!?([^\"\n]+)\"|!?(\S+))[ \t]*(?:\[[^\n]*\])?\s*",
    re.IGNORECASE,
)
_SAYS_THE_SAME = re.compile(
    r"RewriteCond[ \t]+\"?%\{(?:DOCUMENT_ROOT|(?:REQUEST|SCRIPT)_FILENAME)\}\S*[ \t]+\"?!?-[a-zA-Z]\b[^\n]*"
    r"|RewriteRule[ \t]+\S+[ \t]+\"?https?://[^\n]*",
    re.IGNORECASE,
)
"""Whether files are there, of which nothing is known; where clients are sent to."""

Shape = tuple[object, ...]


class Shapes:
    """Tells the shape of the virtual hosts of one model; None for a server that is like no other."""

    def __init__(self, model: Model, doors: Doors) -> None:
        self._doors = doors
        outer = (one for one in model.configuration.directives if one.name != "<virtualhost")
        self._hosts_matter = any(
            _TELLS_HOSTS_APART.search(
                _NEVER_ASKED.sub("", f"{one.source.data[one.start : one.end].decode('latin-1')}\n")
            )
            for one in outer
        )
        self._directories = _Directories(model.main.sections[DIRECTORY])

    def of(self, server: Server, doors: list[Door]) -> Shape | None:
        """What two alike virtual hosts have in common."""
        directive = server.directive
        if self._hosts_matter or directive is None or any(step.name == "use" for step in directive.path):
            return None
        names = names_of(server)
        if names is None:
            return None
        text = directive.source.data[directive.start : directive.end].decode("latin-1")
        text = _NEVER_ASKED.sub("", text).replace("\\\n", " ")
        if "${" in text or "\0" in text:
            return None
        tests = _tests_of_hosts(text, names[:-1])
        if tests is None:
            return None
        for index in sorted(range(len(names)), key=lambda index: -len(names[index])):
            text = text.replace(names[index], f"\0{index}\0").replace(re.escape(names[index]), f"\0\\{index}\0")
        if _INCLUDES_ITS_OWN.search(text):
            return None
        return text, tests, self._reach(server, doors, names), server.addresses, self._directories.around(server)

    def _reach(self, server: Server, doors: list[Door], names: list[str]) -> Shape:
        """By which sockets and names it is reached; the first virtual host takes every other name, too."""
        taken_by = self._doors.taken_by
        return tuple(
            (
                door.kind,
                door.to,
                names.index(door.host) if door.host in names else door.host,
                tuple(taken_by(door, host) is server for host in (*names[:-1], UNKNOWN_HOST)),
            )
            for door in doors
        )


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


def _tests_of_hosts(text: str, hosts: list[str]) -> Shape | None:
    """How the tests of names turn out for the hosts; None where a line asks in a way that is not followed here."""
    found: list[object] = []
    low = text.lower()
    there = [part for part in _PART_OF_THOSE if part in low]  # what is plainly not there need not be looked for by line
    lines = zip(text.split("\n"), low.split("\n"), strict=True)
    for line, in_lower in lines if there else ():
        if not any([part in in_lower for part in there]) or _TELLS_HOSTS_APART.search(line) is None:  # noqa: C419
            continue
        test = _ASKS_FOR_A_NAME.fullmatch(line)
        if test is None:
            if _SAYS_THE_SAME.fullmatch(line) is None:
                return None
            continue
        pattern = test[1] or test[2]
        if pattern[0] in "<>-=":
            return None
        try:
            regex = re.compile(pattern, re.IGNORECASE)
        except re.error:
            return None
        found.append(tuple(regex.search(host) is not None for host in hosts))
    return tuple(found)


def names_of(server: Server) -> list[str] | None:
    """The names of a virtual host and its directory, where none is so short that it may stand anywhere."""
    names = [*([] if server.name is None else [server.name]), *server.aliases]
    if (
        any(len(name) < _SHORTEST_NAME or "." not in name for name in names)
        or len(server.document_root) < _SHORTEST_NAME
    ):
        return None
    names = list(dict.fromkeys((*names, server.document_root.rstrip("/"))))
    return names if len(names) > 1 else None


def translation(one: Server, other: Server) -> Names:
    """From one virtual host to another that is alike."""
    return Names(zip(names_of(one) or (), names_of(other) or (), strict=True))
