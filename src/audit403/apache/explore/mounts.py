"""Which directories lie behind which part of a server's URLs: DocumentRoot, Alias and ScriptAlias, homes of users."""

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.model.aliases import ALIAS, AliasConfig, AliasServer
from audit403.apache.model.section import LOCATION
from audit403.apache.model.server import Server
from audit403.apache.model.userdir import USERDIR, UserDirServer
from audit403.apache.paths import merge
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Absent, NotCollected, Unreadable

_HOMES = "/home"
_MOST_HOMES = 20


class Mount(NamedTuple):
    """A part of the URL space and the directory behind it; `handler` is that of ScriptAlias."""

    url: str
    directory: str
    handler: str | None = None

    def file_uri(self, below: str) -> str | None:
        """The URI of a file below the directory."""
        return f"{self.url.rstrip('/')}/{below}"

    def uri_of(self, path: str) -> str | None:
        """The URI of a path, None where it does not lie below the directory."""
        own = self.directory.rstrip("/")
        if path == own or path.startswith(f"{own}/"):
            return f"{self.url.rstrip('/')}{path[len(own) :]}" or "/"
        return None


def mounts_of(evaluator: Evaluator, server: Server) -> list[Mount]:
    """The mounts of a server, that of DocumentRoot the last: an alias takes its URLs away from it."""
    found: dict[str, Mount] = {}
    aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
    for mapping in aliases.aliases:
        if mapping.pattern is None and mapping.real is not None:
            found.setdefault(mapping.fake, Mount(mapping.fake, server.rooted(mapping.real), mapping.handler))
    for section in server.sections[LOCATION]:
        config: AliasConfig | None = section.per_dir.get(ALIAS)
        alias = None if config is None else config.alias
        if alias is not None and section.regex is None and alias.real is not None and "%" not in alias.real:
            found.setdefault(section.text, Mount(section.text, server.rooted(alias.real), alias.handler))
    for mount in _homes(evaluator, server):
        found.setdefault(mount.url, mount)
    root = Mount("/", server.document_root)
    if "/" not in found:
        found["/"] = root
    return sorted(found.values(), key=lambda mount: -len(mount.url))


def url_of(mounts: list[Mount], path: str) -> str | None:
    """The URI that leads to a path: of several the one whose directory is the nearest above it."""
    found = [(len(mount.directory), uri) for mount in mounts if (uri := mount.uri_of(path)) is not None]
    return max(found)[1] if found else None


def _homes(evaluator: Evaluator, server: Server) -> list[Mount]:
    config: UserDirServer = server.slots.get(USERDIR, UserDirServer())
    if not config.places or config.directive is None:
        return []
    place = config.places[0]
    if ":" in place:
        return []
    pattern = place if place.startswith("/") else f"{_HOMES}/*/{place}"
    pattern = pattern if "*" in pattern else f"{pattern.rstrip('/')}/*"
    listed = evaluator.evidence.names(pattern.partition("*")[0].rpartition("/")[0] or "/")
    known = () if isinstance(listed, Absent | NotCollected | Unreadable) else tuple(sorted(listed))
    found: list[Mount] = []
    for name in dict.fromkeys((*sorted(config.enabled_users), *known)):
        folder = merge("/", pattern.replace("*", name))
        if name not in config.enabled_users and isinstance(evaluator.evidence.entry(folder), Absent):
            continue  # who has made no such folder has no page
        found.append(Mount(f"/~{name}", folder))
        if len(found) >= _MOST_HOMES:
            break
    return found
