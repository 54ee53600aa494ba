"""What leads a request to its directory: DocumentRoot, Alias, ScriptAlias, a user's home, a pattern, a rule."""

import re
from itertools import takewhile

from audit403.apache.explore.mounts import Mount, mounts_of
from audit403.apache.explore.subject import Subject
from audit403.apache.model.aliases import ALIAS, AliasServer
from audit403.apache.model.userdir import USERDIR, UserDirServer
from audit403.apache.model.vhost_alias import PART
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.decision import Decision
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.assumed import AssumedTree
from audit403_checks.apache.written import written_at

_HAS_PARTS = re.compile(r"[$%][^/]*")


class Root(NamedTuple):
    """The directory behind a part of a server's URLs, and the line that says so (None: nothing does).

    `shape` is what a `<Directory>` has to name where one line leads to many directories.
    """

    url: str
    directory: str
    directive: Directive | None
    shape: str | None = None

    def named(self) -> str:
        """The directory with what it is for."""
        if self.directive is None or self.directive.name == "documentroot":
            return f"the document root {self.directory}"
        if self.directive.name == "userdir":
            return f"{self.directory}, which {self.directive.written} leads {self.url} to"
        if self.directive.name.startswith("virtual"):
            return f"{self.directory}, which {self.directive.written} makes of the name that is asked for"
        return f"{self.directory}, where {self.directive.written} {self.url} leads"

    def pattern(self) -> str:
        """What a `<Directory>` for it has to name: those of all users, where it is one user's."""
        if self.shape is not None:
            return self.shape
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


def led_to(subject: Subject, decision: Decision, site: ApacheSite) -> Root | None:
    """The folder of the file system that a pattern, a rule or the name of the host led the witness to."""
    own = list(takewhile(lambda step: step.phase != "error_document", decision.trace))
    steps = (step for step in reversed(own) if step.phase == "translate" and step.where and step.met is not False)
    directive = written_at(site, next((step.where for step in steps), None))
    path = subject.exchange.filename
    if directive is None or path is None or not directive.args or directive.name == "documentroot":
        return None
    if directive.name == "rewriterule" and isinstance(subject.exchange.evaluator.served, AssumedTree):
        return None  # whether it is a path of the file system hangs on what lies there
    if directive.name.startswith("virtual"):
        folder = subject.exchange.context_document_root
        parts = (PART.sub("*", part) for part in directive.args[0].rstrip("/").split("/"))
        return None if folder is None else Root("/", folder, directive, "/".join(parts))
    target = directive.args[1] if len(directive.args) > 1 else directive.args[0]
    parted = _HAS_PARTS.search(target)
    known = target if parted is None else target[: parted.start()].rpartition("/")[0]
    if not known.startswith("/") or not f"{path}/".startswith(f"{known.rstrip('/')}/"):
        return None
    return Root(directive.args[0], known.rstrip("/"), directive)
