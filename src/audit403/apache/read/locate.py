"""Where the files of an Apache configuration lie in the evidence: as httpd finds them, or in a repository.

The rules of httpd are those of `include`; the rest is how configuration is kept: a folder that will be /etc/apache2 on
the target, with links in mods-enabled that lead to what the packages bring there.
"""

from collections.abc import Mapping

from audit403.apache.read.include import Found, files_of
from audit403.apache.read.parse import ParsedFile, parse, refused_file
from audit403.evidence.interface import LINK, Absent, Entry, Evidence, NotCollected, reason_of
from audit403.evidence.links import real_path
from audit403.evidence.stand_ins import PathMap, StandIns

#: ServerRoot as the packages set it: Debian, RHEL, FreeBSD, a build from source and the container image, Homebrew,
#: Bitnami.
SERVER_ROOTS = (
    "/etc/apache2",
    "/etc/httpd",
    "/usr/local/etc/apache24",
    "/usr/local/apache2",
    "/opt/homebrew/etc/httpd",
    "/opt/bitnami/apache2",
    "/opt/bitnami/apache",
)
_PACKAGED_FOLDERS = ("/mods-enabled/", "/conf-enabled/", "/mods-available/", "/conf-available/")


class Locator:
    """Finds and reads the files of one main configuration; `server_root` is the folder that stands for ServerRoot."""

    def __init__(
        self,
        evidence: Evidence,
        server_root: str,
        path_map: PathMap,
        read_before: Mapping[str, ParsedFile] | None = None,
        more_roots: tuple[str, ...] = (),
    ) -> None:
        self.evidence = evidence
        #: The files that are parsed already: before, or for an earlier Include.
        self.parsed = dict(read_before or {})
        roots = (*SERVER_ROOTS, *(root for root in more_roots if root not in SERVER_ROOTS))
        self.stand_ins = StandIns(evidence, server_root, path_map, roots, linked=("sites", "conf"))
        self.in_repository = self.stand_ins.in_repository

    def find(self, path: str, optional: bool) -> list[Found]:
        """What an Include of an absolute path reads."""
        first: list[Found] | None = None
        for place in self.stand_ins.places(path):
            found = list(files_of(self.evidence, place, optional, trust_links=self.in_repository))
            if any(one.path and self._is_there(one.path) for one in found):
                return found
            if first is None:
                first = found
        found = first or []
        if not found or not self.in_repository or all(one.problem and one.kind != "include" for one in found):
            return found
        return [Found(problem=f'"{path}" is not in this repository', kind="not-collected")]

    def read(self, path: str) -> ParsedFile | Found:
        """One of the files that were found."""
        data = self.evidence.read(path)
        if isinstance(data, Absent):
            behind = self.stand_ins.behind_link(path)
            data = self.evidence.read(behind) if behind != path else data
        if isinstance(data, Absent) and self.in_repository:
            packaged = self._packaged(path)
            data = data if packaged is None else packaged
        if isinstance(data, bytes):
            known = self.parsed.get(path)
            if known is None or known.source.data != data:
                known = self.parsed[path] = parse(path, data)
            return known
        kind = "not-collected" if isinstance(data, NotCollected) else "include"
        return Found(problem=reason_of(data), kind=kind)

    def exists(self, path: str) -> bool | None:
        """Whether something is at an absolute path of the target; None where that cannot be seen."""
        answers = [self._exists(place) for place in self.stand_ins.places(path)]
        if any(answers):
            return True
        return None if None in answers or self.in_repository else False

    def _exists(self, path: str) -> bool | None:
        found = real_path(self.evidence, path)
        return None if isinstance(found, NotCollected) else isinstance(found, str)

    def _is_there(self, path: str) -> bool:
        return isinstance(self.evidence.entry(path), Entry) or not isinstance(self.evidence.read(path), Absent)

    def _packaged(self, path: str) -> bytes | None:
        """The content of a link into what a package brings: which module it loads is in its name."""
        entry = self.evidence.entry(path)
        if not isinstance(entry, Entry) or entry.kind != LINK or not any(part in path for part in _PACKAGED_FOLDERS):
            return None
        name = path.rpartition("/")[2]
        if name.endswith(".load"):
            module = _module_of(name.removesuffix(".load"))
            return f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n".encode()
        return b""


def _module_of(name: str) -> str:
    """The module that Debian's `NAME.load` loads."""
    if name.startswith("php"):
        return "php" if name[3:4] in ("", "8") else name[:4]
    return {"evasive": "evasive20"}.get(name, name)


def read_main(path: str, evidence: Evidence, read_before: Mapping[str, ParsedFile] | None = None) -> ParsedFile:
    """The main file; one that cannot be read has that as its problem."""
    data = evidence.read(path)
    if isinstance(data, bytes):
        known = (read_before or {}).get(path)
        return known if known is not None and known.source.data == data else parse(path, data)
    kind = "limit" if isinstance(data, NotCollected) else "include"
    return refused_file(path, f"the configuration file cannot be read: {reason_of(data)}", kind)
