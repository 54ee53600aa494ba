"""Which paths of this machine stand for the paths of the machine that a configuration is for.

Configuration is kept in repositories: a folder that will be /etc/nginx or /etc/apache2 on the target, with links in
sites-enabled that exist only there. And a path map may say which folder is which.
"""

from collections.abc import Iterable, Mapping

from audit403.evidence.interface import Absent, Entry, Evidence, NotCollected
from audit403.evidence.links import parent_of

#: Absolute paths of the target, and the absolute paths that stand for them.
PathMap = Mapping[str, str]
NO_PATHS: PathMap = {}


class StandIns:
    """Where to look for the files of one main configuration, which lies in `conf_directory`.

    `conf_directories` is where the packages put such a configuration; `linked` the folders of links that are made on
    the target, out of a folder of what is available.
    """

    def __init__(
        self,
        evidence: Evidence,
        conf_directory: str,
        path_map: PathMap,
        conf_directories: tuple[str, ...],
        linked: Iterable[str] = ("sites",),
    ) -> None:
        self.evidence = evidence
        self.conf_directory = conf_directory
        self.conf_directories = conf_directories
        self.linked = tuple(linked)
        self.mapped = sorted(
            ((target.rstrip("/"), place.rstrip("/")) for target, place in path_map.items()),
            key=lambda pair: -len(pair[0]),
        )
        #: Whether the configuration lies in a repository, so that what is missing may well be there on the target.
        self.in_repository = bool(self.mapped) or (
            conf_directory not in conf_directories and self._is_checkout(conf_directory)
        )

    def places(self, path: str) -> list[str]:
        """Where to look for an absolute path of the target, the likeliest first."""
        for target, place in self.mapped:
            if path == target or path.startswith(target + "/"):
                return self._with_available(place + path[len(target) :])
        stand_ins = [place for place in self._stand_ins(path) if place != path]
        if self.in_repository:
            return [place for found in [*stand_ins, path] for place in self._with_available(found)]
        return [path, *stand_ins]

    def behind_link(self, path: str) -> str:
        """Where a link leads that was made for the target's paths; otherwise the path itself."""
        if not self.in_repository:
            return path
        entry = self.evidence.entry(path)
        if not isinstance(entry, Entry) or not entry.target or not isinstance(self.evidence.read(path), Absent):
            return path
        target = entry.target if entry.target.startswith("/") else parent_of(path) + "/" + entry.target
        for place in self.places(target):
            if not isinstance(self.evidence.read(place), Absent | NotCollected):
                return place
        return path

    def _stand_ins(self, path: str) -> list[str]:
        """The paths in which the main configuration's own folder stands for the target's."""
        own = self.conf_directory
        found = []
        for target in self.conf_directories:
            if own == target:
                return []
            if own.endswith(target):
                found.append(own[: -len(target)] + path)
            if path.startswith(target + "/"):
                found.append(own.rstrip("/") + path[len(target) :])
        return found

    def _with_available(self, path: str) -> list[str]:
        """The links of sites-enabled are made on the target: without them what is available is meant."""
        for kind in self.linked:
            if f"/{kind}-enabled/" in path:
                return [path, path.replace(f"/{kind}-enabled/", f"/{kind}-available/")]
        return [path]

    def _is_checkout(self, directory: str) -> bool:
        while True:
            if isinstance(self.evidence.entry(directory.rstrip("/") + "/.git"), Entry):
                return True
            if directory in ("/", ""):
                return False
            directory = parent_of(directory)
