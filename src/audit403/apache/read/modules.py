"""Which modules httpd has: what decides whether `<IfModule>` holds and what a directive means.

They are linked into the program, or loaded by LoadModule; where no LoadModule is to be seen they are assumed, and the
assumption has a name. The lists are those of the packages.
"""

from collections.abc import Iterable

from audit403.apache.read.commands import file_of
from audit403.core.named_tuple import NamedTuple

#: Linked into Debian's program; RHEL's and one built with the default options have the first three.
STATIC = (
    "core_module", "so_module", "http_module",
    "watchdog_module", "log_config_module", "logio_module", "version_module", "unixd_module",
)  # fmt: skip
STATIC_EVERYWHERE = STATIC[:3]

_DEBIAN = (
    "access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate dir env "
    "filter mime mpm_event negotiation reqtimeout setenvif status"
)
_RHEL = (
    "access_compat actions alias allowmethods auth_basic auth_digest authn_anon authn_core authn_dbd authn_dbm "
    "authn_file authn_socache authz_core authz_dbd authz_dbm authz_groupfile authz_host authz_owner authz_user "
    "autoindex brotli cache cache_disk cache_socache data dbd deflate dir dumpio echo env expires ext_filter filter "
    "headers include info log_config logio log_debug macro mime mime_magic negotiation remoteip reqtimeout request "
    "rewrite setenvif slotmem_plain slotmem_shm socache_dbm socache_memcache socache_shmcb status substitute suexec "
    "unique_id unixd userdir version vhost_alias watchdog dav dav_fs dav_lock lua mpm_event proxy lbmethod_bybusyness "
    "lbmethod_byrequests lbmethod_bytraffic lbmethod_heartbeat proxy_ajp proxy_balancer proxy_connect proxy_express "
    "proxy_fcgi proxy_fdpass proxy_ftp proxy_http proxy_hcheck proxy_scgi proxy_uwsgi proxy_wstunnel systemd cgid"
)
#: What a hoster's server has on which a lone `.htaccess` may rely.
_SHARED = (
    "access_compat actions alias auth_basic auth_digest authn_core authn_file authz_core authz_groupfile authz_host "
    "authz_owner authz_user autoindex cgid deflate dir env expires ext_filter filter headers include mime mpm_event "
    "negotiation proxy proxy_fcgi remoteip reqtimeout rewrite setenvif socache_shmcb ssl status substitute suexec "
    "unique_id userdir"
)


class Assumption(NamedTuple):
    """A set of modules that is taken for granted, and how that is said."""

    name: str
    about: str
    modules: tuple[str, ...]
    static: tuple[str, ...] = STATIC


DEBIAN = Assumption("debian", "the modules that Debian enables", tuple(_DEBIAN.split()))
RHEL = Assumption("rhel", "the modules that RHEL's package loads", tuple(_RHEL.split()), STATIC_EVERYWHERE)
SHARED_HOST = Assumption("shared-host", "the modules that web hosts usually have", tuple(_SHARED.split()))
ASSUMPTIONS = {assumption.name: assumption for assumption in (DEBIAN, RHEL, SHARED_HOST)}


class Modules:
    """The modules that httpd has at one moment of its start, by symbol and by file."""

    __slots__ = ("_names", "assumed", "symbols")

    def __init__(self, symbols: Iterable[str] = STATIC, assumed: Assumption | None = None) -> None:
        self.symbols: dict[str, None] = {}
        self._names: set[str] = set()
        #: Where the modules come from when no LoadModule was to be seen.
        self.assumed = assumed
        for symbol in symbols:
            self.add(symbol)
        if assumed is not None:
            for name in assumed.modules:
                self.add(f"{name}_module")

    def add(self, symbol: str) -> bool:
        """A module is loaded; False if it was already."""
        if symbol in self.symbols:
            return False
        self.symbols[symbol] = None
        self._names.update((symbol, file_of(symbol)))
        return True

    def has(self, name: str) -> bool:
        """Whether `<IfModule name>` holds: `name` is a symbol or a file."""
        return name in self._names

    def copy(self) -> "Modules":
        """The same modules; adding to one does not add to the other."""
        same = Modules((), self.assumed)
        same.symbols = dict(self.symbols)
        same._names = set(self._names)
        return same

    def __repr__(self) -> str:
        return f"<{len(self.symbols)} modules{'' if self.assumed is None else f', {self.assumed.name}'}>"
