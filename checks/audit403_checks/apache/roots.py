"""What leads a request to its directory: DocumentRoot, Alias, ScriptAlias, or a user's home."""

from audit403.apache.explore.mounts import Mount, mounts_of
from audit403.apache.explore.subject import Subject
from audit403.apache.model.aliases import ALIAS, AliasServer
from audit403.apache.model.userdir import USERDIR, UserDirServer
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple


class Root(NamedTuple):
    """The directory behind a part of a server's URLs, and the line that says so (None: nothing does)."""

    url: str
    directory: str
    directive: Directive | None

    def named(self) -> str:
        """The directory with what it is for."""
        if self.directive is None or self.directive.name == "documentroot":
            return f"the document root {self.directory}"
        if self.directive.name == "userdir":
            return f"{self.directory}, which {self.directive.written} leads {self.url} to"
        return f"{self.directory}, where {self.directive.written} {self.url} leads"

    def pattern(self) -> str:
        """What a `<Directory>` for it has to name: those of all users, where it is one user's."""
        user = f"/{self.url.removeprefix('/~')}/"
        is_home = self.directive is not None and self.directive.name == "userdir"
        return f"{self.directory}/".replace(user, "/*/", 1)[:-1] if is_home else self.directory


def root_of(subject: Subject) -> Root | None:
    """The root above the file that the witness was mapped to; None where it came there in some other way."""
    server, name = subject.server, subject.exchange.uri
    found = next((mount for mount in mounts_of(subject.exchange.evaluator, server) if _holds(mount, name)), None)
    if found is None:
        return None
    directory = found.directory.rstrip("/") or "/"
    if not _lies_in(subject, directory):
        return None
    aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
    for mapping in aliases.aliases:
        if mapping.fake == found.url and mapping.pattern is None and mapping.real is not None:
            return Root(found.url, directory, mapping.directive)
    homes: UserDirServer = server.slots.get(USERDIR, UserDirServer())
    if found.url.startswith("/~") and homes.directive is not None:
        return Root(found.url, directory, homes.directive)
    if found.url != "/":
        return None
    return Root("/", directory, server.core.document_root_directive)


def _lies_in(subject: Subject, directory: str) -> bool:
    """Whether the witness was mapped below a directory; an AliasMatch or a rewritten path leads elsewhere."""
    exchange = subject.exchange
    path = f"{exchange.filename or directory}{exchange.path_info or ''}"
    return f"{path}/".startswith(f"{directory.rstrip('/')}/")


def _holds(mount: Mount, uri: str) -> bool:
    stem = mount.url.rstrip("/")
    return uri == mount.url or uri == stem or uri.startswith(f"{stem}/")
