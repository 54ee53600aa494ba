"""mod_proxy: which URLs go on to which other server, which servers are blocked, and whether anybody's are fetched.

Truth: modules/proxy/mod_proxy.c (add_pass, set_proxy_exclude, merge_proxy_config), mod_proxy_connect.c.
"""

from audit403.apache.fnmatch import is_pattern
from audit403.apache.model.builder import Builder, Handler, flag
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

PROXY = "proxy"
_Ports = tuple[tuple[int, int], ...]
NOCANON, INTERPOLATE, NOQUERY, ENCODED, SERVLET = "nocanon", "interpolate", "noquery", "encoded", "servlet"
NOT_HERE = "!"
DEFAULT_CONNECT_PORTS = ((443, 443), (563, 563))
_BAD_REGEX = "Regular expression could not be compiled."


class Pass(NamedTuple):
    """One ProxyPass: `fake` is the prefix of a URL (or `pattern` matches it), `real` where it leads."""

    fake: str
    real: str
    pattern: Pattern | None
    flags: frozenset[str]
    directive: Directive


class Remote(NamedTuple):
    """One ProxyRemote: for which URLs another proxy is asked."""

    what: str
    pattern: Pattern | None


class Blocked(NamedTuple):
    """One word of ProxyBlock."""

    name: str
    directive: Directive


class ProxyServer(NamedTuple):
    """A server's settings; None is unset."""

    forward: bool | None = None
    passes: tuple[Pass, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    remotes: tuple[Remote, ...] = ()
    inherit: bool | None = None
    connect_ports: _Ports | None = None
    connect_directive: Directive | None = None

    def merged(self, new: "ProxyServer") -> "ProxyServer":
        """The main server's with a virtual host's laid over it."""
        inherit = self.inherit if new.inherit is None else new.inherit
        return ProxyServer(
            self.forward if new.forward is None else new.forward,
            self.passes + new.passes,
            self.blocked + new.blocked,
            new.remotes if inherit is False else self.remotes + new.remotes,
            inherit,
            _together(self.connect_ports, new.connect_ports),
            new.connect_directive or self.connect_directive,
        )


def _together(above: _Ports | None, own: _Ports | None) -> _Ports | None:
    return None if above is None and own is None else (above or ()) + (own or ())


class ProxyConfig(NamedTuple):
    """What a section says; None is unset."""

    mapping: Pass | None = None
    interpolates: bool | None = None

    def merged(self, new: "ProxyConfig") -> "ProxyConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


def _config(builder: Builder) -> ProxyConfig:
    found: ProxyConfig = builder.slot(PROXY, ProxyConfig())
    return found


def _server(builder: Builder) -> ProxyServer:
    found: ProxyServer = builder.server_slot(PROXY, ProxyServer())
    return found


def _pass(builder: Builder, directive: Directive) -> None:
    words = list(directive.args)
    by_regex = directive.name.endswith("match")
    fake = builder.path
    if fake is None:
        if words[:1] == ["~"]:
            if by_regex:
                raise ConfigError("ProxyPassMatch invalid syntax ('~' usage).")
            by_regex = True
            words = words[1:]
        if words:
            fake = words.pop(0)
    if fake is None or not words:
        raise ConfigError("ProxyPass|ProxyPassMatch needs a path when not defined in a location")
    real = words.pop(0)
    flags = frozenset(flag for word in words if (flag := _flag(word)) is not None)
    if SERVLET in flags:
        flags |= {ENCODED}
    pattern = pattern_of(fake, _BAD_REGEX) if by_regex or (builder.path is not None and is_pattern(fake)) else None
    mapping = Pass(fake, _origin(real), pattern, flags, directive)
    if builder.path is not None:
        builder.slots[PROXY] = _config(builder)._replace(mapping=mapping)
        return
    server = _server(builder)
    builder.set_server_slot(PROXY, server._replace(passes=(*server.passes, mapping)))


def _flag(word: str) -> str | None:
    low = word.lower()
    if low in (NOCANON, INTERPOLATE, NOQUERY):
        return low
    name, equals, value = low.partition("=")
    if not equals:
        raise ConfigError("Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'.")
    if name != "mapping":
        return None
    if value not in (ENCODED, SERVLET):
        raise ConfigError("unknown mapping")
    return value


def _origin(real: str) -> str:
    """The URL behind `unix:/path|` (ap_proxy_de_socketfy). Raises ConfigError."""
    if not real.lower().startswith("unix:"):
        return real
    _, bar, origin = real.partition("|")
    if not bar:
        raise ConfigError('ProxyPass|ProxyPassMatch uses an invalid "unix:" URL')
    if ":" not in origin:
        return f"{origin}://localhost"
    return f"{origin}//localhost" if origin.endswith(":") else origin


def _interpolates(builder: Builder, directive: Directive) -> None:
    builder.slots[PROXY] = _config(builder)._replace(interpolates=flag(directive))


def _requests(builder: Builder, directive: Directive) -> None:
    builder.set_server_slot(PROXY, _server(builder)._replace(forward=flag(directive)))


def _inherit(builder: Builder, directive: Directive) -> None:
    builder.set_server_slot(PROXY, _server(builder)._replace(inherit=flag(directive)))


def _block(builder: Builder, directive: Directive) -> None:
    server = _server(builder)
    known = {one.name.lower() for one in server.blocked}
    added = tuple(Blocked(word, directive) for word in directive.args if word.lower() not in known)
    builder.set_server_slot(PROXY, server._replace(blocked=server.blocked + added))


def _remote(builder: Builder, directive: Directive) -> None:
    if not 2 <= len(directive.args) <= 3:
        raise ConfigError(f"{directive.written} takes two or three arguments")
    what = directive.args[0]
    pattern = pattern_of(what, _BAD_REGEX) if directive.name.endswith("match") else None
    server = _server(builder)
    builder.set_server_slot(PROXY, server._replace(remotes=(*server.remotes, Remote(what, pattern))))


def _connect_ports(builder: Builder, directive: Directive) -> None:
    server = _server(builder)
    ports = list(server.connect_ports or ())
    for word in directive.args:
        first, dash, last = word.partition("-")
        if not first.isascii() or not first.isdigit() or (dash and not (last.isascii() and last.isdigit())):
            raise ConfigError("AllowCONNECT: port numbers must be numeric")
        ports.append((int(first), int(last) if dash else int(first)))
    builder.set_server_slot(PROXY, server._replace(connect_ports=tuple(ports), connect_directive=directive))


DIRECTIVES: dict[str, Handler] = {
    "proxypass": _pass,
    "proxypassmatch": _pass,
    "proxypassinterpolateenv": _interpolates,
    "proxyrequests": _requests,
    "proxypassinherit": _inherit,
    "proxyblock": _block,
    "proxyremote": _remote,
    "proxyremotematch": _remote,
    "allowconnect": _connect_ports,
}
