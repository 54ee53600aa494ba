"""A server: the main one or a virtual host, with its names, addresses, sections and what each module is told for it.

Truth: server_rec in include/httpd.h, ap_fixup_virtual_hosts in server/config.c, ap_core_reorder_directories in
server/core.c.
"""

from typing import Any

from audit403.apache.model.core_config import CORE, NOTHING, CoreConfig
from audit403.apache.model.core_server import NO_CORE, CoreServer
from audit403.apache.model.mime import MIME, MimeConfig
from audit403.apache.model.options import DEFAULT
from audit403.apache.model.per_dir import NOTHING as NOTHING_SAID
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import DIRECTORY, LOCATION, PROXY, Section
from audit403.apache.paths import merge
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple
from audit403.http.address import Address

DEFAULT_DOCUMENT_ROOT = "/var/www/html"
DEFAULT_ACCESS_NAMES = (".htaccess",)


class ServerAddress(NamedTuple):
    """One address of `<VirtualHost>`: `address` None is any, `port` 0 is any; `host` is how it is written."""

    host: str
    address: Address | None
    port: int


class Limits(NamedTuple):
    """How long a request line and a header may be, and how many headers; 0 headers is no limit."""

    line: int = 8190
    field_size: int = 8190
    fields: int = 100


_USUAL_LIMITS = Limits()


class Server:
    """The main server (`directive` None) or a virtual host.

    `slots` is what each module is told for the server, `lookup_defaults` what holds in every directory; after
    `inherit` both are merged with the main server's, and so are the sections.
    """

    __slots__ = (
        "addresses",
        "aliases",
        "directive",
        "inherits",
        "limits",
        "lookup_defaults",
        "name",
        "name_directive",
        "port",
        "scheme",
        "sections",
        "server_path",
        "server_root",
        "slots",
        "unresolved",
        "wild_aliases",
    )

    def __init__(self, directive: Directive | None, server_root: str) -> None:
        self.directive = directive
        self.server_root = server_root
        self.name: str | None = None
        self.name_directive: Directive | None = None
        self.port = 0
        #: What ServerName says of it: `https` in `ServerName https://example.org`.
        self.scheme: str | None = None
        self.aliases: list[str] = []
        self.wild_aliases: list[str] = []
        self.addresses: tuple[ServerAddress, ...] = ()
        #: Names in `<VirtualHost>` of which the address is not known here.
        self.unresolved: tuple[str, ...] = ()
        self.server_path: str | None = None
        self.slots: dict[str, Any] = {}
        self.sections: dict[str, list[Section]] = {DIRECTORY: [], LOCATION: [], PROXY: []}
        self.limits = _USUAL_LIMITS
        self.lookup_defaults = NOTHING_SAID
        #: The modules that were told nothing for this virtual host and have what the main server has.
        self.inherits: frozenset[str] = frozenset()

    @property
    def is_virtual(self) -> bool:
        """Whether it is a virtual host."""
        return self.directive is not None

    @property
    def core(self) -> CoreServer:
        """What the core is told for it."""
        found: CoreServer = self.slots.get(CORE, NO_CORE)
        return found

    @property
    def document_root(self) -> str:
        """Where its documents are."""
        return self.core.document_root or DEFAULT_DOCUMENT_ROOT

    @property
    def access_names(self) -> tuple[str, ...]:
        """The names of `.htaccess` files."""
        return self.core.access_names or DEFAULT_ACCESS_NAMES

    def rooted(self, path: str) -> str:
        """A path as httpd completes it: a relative one begins at ServerRoot."""
        return merge(self.server_root, path)

    def inherit(self, main: "Server") -> None:
        """Take from the main server what a virtual host takes, also its name where it has none of its own."""
        if self.name is None and any(at.address is None for at in self.addresses):
            self.name = main.name
        self.inherits = frozenset(module for module in main.slots if module not in self.slots)
        for module, slot in main.slots.items():
            own = self.slots.get(module)
            self.slots[module] = slot if own is None else slot.merged(own)
        self.lookup_defaults = main.lookup_defaults.merged(self.lookup_defaults)
        for kind, sections in main.sections.items():
            self.sections[kind] = sections + self.sections[kind]

    def sort_directories(self) -> None:
        """Plain paths before regular expressions, each by the number of their slashes, otherwise as they stand."""
        self.sections[DIRECTORY].sort(key=_depth)

    def label(self) -> str:
        """The server as people know it."""
        return self.name or ("the main server" if self.directive is None else self.directive.raw)

    def first_name(self) -> str:
        """Its ServerName, empty without one."""
        return self.name or ""

    def __repr__(self) -> str:
        return f"<Server {self.label()}>"


def with_defaults(per_dir: PerDir) -> PerDir:
    """What the main server has where nothing is said: FollowSymLinks, and what Remove lines are laid over."""
    core: CoreConfig = per_dir.get(CORE) or NOTHING
    slots = {MIME: MimeConfig(), **per_dir.slots}
    if core.options.unset:
        slots[CORE] = core._replace(options=DEFAULT.merged(core.options))
    else:
        slots[CORE] = core
    return PerDir(slots)


def _depth(section: Section) -> tuple[bool, int]:
    return section.regex is not None, section.slashes
