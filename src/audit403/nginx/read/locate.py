"""Where the files of an include lie in the evidence: as nginx finds them, or in the repository that stands for it.

The rules of nginx are those of ngx_conf_include; the rest is how configuration is kept in repositories: a folder that
will be /etc/nginx on the target, with links in sites-enabled that exist only there.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Absent, Evidence, NotCollected
from audit403.evidence.stand_ins import PathMap, StandIns
from audit403.nginx.read.glob import glob, is_pattern

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
        self.stand_ins = StandIns(evidence, conf_directory, path_map, CONF_DIRECTORIES)
        self.in_repository = self.stand_ins.in_repository

    def locate(self, argument: str) -> Located:
        """The files that `include argument;` reads."""
        path = argument if argument.startswith("/") else self.conf_directory.rstrip("/") + "/" + argument
        places = self.stand_ins.places(path)
        if is_pattern(path):
            for place in places:
                found = glob(self.evidence, place)
                if found:
                    return Located([self.stand_ins.behind_link(match) for match in found])
            return self._unlisted(path)
        for place in places:
            if not isinstance(self.evidence.read(place), Absent):
                return Located([place])
            behind = self.stand_ins.behind_link(place)
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
