"""Where the files of an include lie in the evidence: as nginx finds them, or in the repository that stands for it.

The rules of nginx are those of ngx_conf_include; the rest is how configuration is kept in repositories: a folder that
will be /etc/nginx on the target, with links in sites-enabled that exist only there.
"""

from collections.abc import Mapping

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Absent, Entry, Evidence, NotCollected
from audit403.evidence.links import parent_of
from audit403.nginx.read.glob import glob, is_pattern

#: Absolute paths of the target, and the absolute paths that stand for them.
PathMap = Mapping[str, str]

#: Where the packages put the configuration: nginx.org and the distributions, FreeBSD, a build from source, OpenResty.
CONF_DIRECTORIES = (
    "/etc/nginx",
    "/usr/local/etc/nginx",
    "/usr/local/openresty/nginx/conf",
    "/usr/local/nginx/conf",
    "/opt/homebrew/etc/nginx",
    "/etc/openresty",
)

#: What the packages put beside nginx.conf and repositories leave to them: types, character sets, parameters for the
#: program behind, a certificate. None of it refuses anybody; a missing script behind fastcgi-php.conf is a 404.
PACKAGED = frozenset(
    (
        "mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "proxy_params",
        "koi-utf", "koi-win", "win-utf", "snippets/fastcgi-php.conf", "snippets/snakeoil.conf",
    )
)  # fmt: skip


class Located(NamedTuple):
    """The files of one include, in nginx's order, and what is wrong with it (empty: nothing) as a kind of problem."""

    paths: list[str]
    problem: str = ""
    kind: str = "include"


class Locator:
    """Finds included files for one main configuration."""

    def __init__(self, evidence: Evidence, conf_directory: str, path_map: PathMap) -> None:
        self.evidence = evidence
        self.conf_directory = conf_directory
        self.mapped = sorted(
            ((target.rstrip("/"), place.rstrip("/")) for target, place in path_map.items()),
            key=lambda pair: -len(pair[0]),
        )
        self.in_repository = bool(self.mapped) or (
            conf_directory not in CONF_DIRECTORIES and self._is_checkout(conf_directory)
        )

    def locate(self, argument: str) -> Located:
        """The files that `include argument;` reads."""
        path = argument if argument.startswith("/") else self.conf_directory.rstrip("/") + "/" + argument
        places = self._places(path)
        if is_pattern(path):
            for place in places:
                found = glob(self.evidence, place)
                if found:
                    return Located([self._behind_link(match) for match in found])
            return self._unlisted(path)
        for place in places:
            if not isinstance(self.evidence.read(place), Absent):
                return Located([place])
            behind = self._behind_link(place)
            if behind != place:
                return Located([behind])
        if self._is_packaged(path):
            return Located([])
        if self.in_repository and argument.startswith("/"):
            return Located([], f'the included file "{path}" is not in this repository', "not-collected")
        if self.in_repository:
            return Located([], f'the included file "{path}" is not in this repository', "include-in-repository")
        return Located([], f'the included file "{path}" does not exist: nginx does not start without it')

    def _is_packaged(self, path: str) -> bool:
        """Whether the target's package brings a file that is missing from the folder that stands for the target's."""
        own = self.conf_directory.rstrip("/")
        if own in CONF_DIRECTORIES:
            return False
        return any(path.removeprefix(f"{directory}/") in PACKAGED for directory in (own, *CONF_DIRECTORIES))

    def _unlisted(self, pattern: str) -> Located:
        """No match: right for nginx, unless the evidence does not show what is in the directory."""
        directory = pattern.rpartition("/")[0] or "/"
        names = self.evidence.names(directory) if not is_pattern(directory) else ()
        if isinstance(names, NotCollected):
            return Located([], f'the directory of "{pattern}" cannot be listed: {names.reason}', "not-collected")
        return Located([])

    def _places(self, path: str) -> list[str]:
        """Where to look for an absolute path of the target, the likeliest first."""
        for target, place in self.mapped:
            if path == target or path.startswith(target + "/"):
                return self._with_available(place + path[len(target) :])
        stand_ins = [place for place in self._stand_ins(path) if place != path]
        if self.in_repository:
            return [place for found in [*stand_ins, path] for place in self._with_available(found)]
        return [path, *stand_ins]

    def _stand_ins(self, path: str) -> list[str]:
        """The paths in which the main configuration's own folder stands for the target's."""
        own = self.conf_directory
        found = []
        for target in CONF_DIRECTORIES:
            if own == target:
                return []
            if own.endswith(target):
                found.append(own[: -len(target)] + path)
            if path.startswith(target + "/"):
                found.append(own.rstrip("/") + path[len(target) :])
        return found

    def _with_available(self, path: str) -> list[str]:
        """The links of sites-enabled are made on the target: without them what is available is meant."""
        if "/sites-enabled/" not in path:
            return [path]
        return [path, path.replace("/sites-enabled/", "/sites-available/")]

    def _behind_link(self, path: str) -> str:
        """Where a link leads that was made for the target's paths; otherwise the path itself."""
        if not self.in_repository:
            return path
        entry = self.evidence.entry(path)
        if not isinstance(entry, Entry) or not entry.target or not isinstance(self.evidence.read(path), Absent):
            return path
        target = entry.target if entry.target.startswith("/") else parent_of(path) + "/" + entry.target
        for place in self._places(target):
            if not isinstance(self.evidence.read(place), Absent | NotCollected):
                return place
        return path

    def _is_checkout(self, directory: str) -> bool:
        while True:
            if isinstance(self.evidence.entry(directory.rstrip("/") + "/.git"), Entry):
                return True
            if directory in ("/", ""):
                return False
            directory = parent_of(directory)
