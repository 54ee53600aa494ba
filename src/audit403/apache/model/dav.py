"""WebDAV: which provider holds where, and where the lock database is.

Truth: modules/dav/main/mod_dav.c and modules/dav/fs/mod_dav_fs.c. `Dav Off` says the same as nothing: what is around it
goes on to hold.
"""

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

DAV = "dav"
DAV_FS = "dav_fs"
FILESYSTEM = "filesystem"
#: The providers that other modules bring.
_OTHERS = {"svn": "dav_svn_module"}


class DavConfig(NamedTuple):
    """What holds in a directory or location; None is unset."""

    provider: str | None = None
    directive: Directive | None = None
    depth_infinity: bool | None = None
    depth_directive: Directive | None = None

    def merged(self, new: "DavConfig") -> "DavConfig":
        """This with a later section laid over it."""
        return overlaid(self, new)


class DavFsServer(NamedTuple):
    """Where a server's lock database is."""

    lock_database: str | None = None
    directive: Directive | None = None

    def merged(self, new: "DavFsServer") -> "DavFsServer":
        """The virtual host's, otherwise the main server's."""
        return overlaid(self, new)


def _config(builder: Builder) -> DavConfig:
    found: DavConfig = builder.slot(DAV, DavConfig())
    return found


def _dav(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    name = {"on": FILESYSTEM, "off": None}.get(word.lower(), word)
    if name is not None and not _has_provider(builder, name):
        raise ConfigError(f"Unknown DAV provider: {name}")
    where = None if name is None else directive
    builder.slots[DAV] = _config(builder)._replace(provider=name, directive=where)


def _has_provider(builder: Builder, name: str) -> bool:
    if builder.process is None or builder.process.lenient:
        return True
    module = "dav_fs_module" if name == FILESYSTEM else _OTHERS.get(name)
    return module in builder.process.modules.symbols


def _depth_infinity(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    builder.slots[DAV] = config._replace(depth_infinity=flag(directive), depth_directive=directive)


def _lock_discovery(builder: Builder, directive: Directive) -> None:
    flag(directive)


def _min_timeout(builder: Builder, directive: Directive) -> None:
    if only_word(directive).strip().startswith("-") and only_word(directive).strip("- 0")[:1].isdigit():
        raise ConfigError("DAVMinTimeout requires a non-negative integer.")


def _lock_database(builder: Builder, directive: Directive) -> None:
    path = only_word(directive)
    if builder.server is not None:
        path = builder.server.rooted(path)
    builder.set_server_slot(DAV_FS, DavFsServer(path, directive))


DIRECTIVES: dict[str, Handler] = {
    "dav": _dav,
    "davdepthinfinity": _depth_infinity,
    "davlockdiscovery": _lock_discovery,
    "davmintimeout": _min_timeout,
    "davlockdb": _lock_database,
}
