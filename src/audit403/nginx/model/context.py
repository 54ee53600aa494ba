"""The levels of a configuration – http, server, location, if, limit_except – and how settings come down through them.

Truth: the merge functions of nginx's http modules; almost all of them take the nearest level that has the directive,
as a whole.
"""

from collections.abc import Iterable

from audit403.core.place import Span
from audit403.nginx.model.address import Network, parse_network
from audit403.nginx.read.tree import Directive

HTTP, SERVER, LOCATION, IF, LIMIT_EXCEPT = "http", "server", "location", "if", "limit_except"

CONTENT_PASS = frozenset(("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"))
"""Directives that hand the request to another program; `if` and `limit_except` inside take them over."""

_HANDLERS = frozenset(
    (
        "stub_status",
        "mp4",
        "flv",
        "empty_gif",
        "perl",
        "js_content",
        "content_by_lua",
        "content_by_lua_block",
        "content_by_lua_file",
        "hls",
        "api",
        "status",
        "vod",
        "rtmp_stat",
        "rtmp_control",
        "check_status",
        "vhost_traffic_status_display",
        "report_uploads",
        "ngx_fastdfs_module",
        "push_stream_publisher",
        "push_stream_subscriber",
        "push_stream_websocket",
        "push_stream_channels_statistics",
    )
)
_ECHOES = frozenset(
    (
        "echo",
        "echo_duplicate",
        "echo_flush",
        "echo_sleep",
        "echo_blocking_sleep",
        "echo_reset_timer",
        "echo_location",
        "echo_location_async",
        "echo_subrequest",
        "echo_subrequest_async",
        "echo_foreach_split",
        "echo_request_body",
        "echo_read_request_body",
        "echo_exec",
    )
)
_NCHAN = ("nchan_pub", "nchan_sub", "nchan_stub_status", "nchan_group_location", "nchan_benchmark")


def is_handler(directive: Directive) -> bool:
    """Whether it makes one handler answer everything in a location, before index and static files.

    What ends in `_pass` hands on, in whatever module.
    """
    name = directive.name
    if name in CONTENT_PASS or name in _HANDLERS or name in _ECHOES or name.endswith("_pass"):
        return True
    if name.startswith("nchan_"):
        return name.startswith(_NCHAN) and not name.endswith(("_timeout", "_id"))
    return name.endswith("_cache_purge") and not purges_here(directive)


def is_echo(directive: Directive) -> bool:
    """Whether it is a command of the echo module that makes an answer."""
    return directive.name in _ECHOES


def purges_here(directive: Directive) -> bool:
    """Whether a *_cache_purge names a method beside a *_pass, and not a zone and a key in a location of its own."""
    return len(directive.args) != 2 and bool(directive.args)


class AccessRule:
    """One `allow` or `deny` of an effective list."""

    __slots__ = ("all", "directive", "network", "permits")

    def __init__(self, directive: Directive) -> None:
        text = directive.args[0] if directive.args else ""
        self.directive = directive
        self.permits = directive.name == "allow"
        self.all = text == "all"
        self.network: Network | None = None if self.all else parse_network(text)


class Context:
    """One level of the configuration.

    `own` holds the directives that stand in this level itself, includes expanded; `effective` what nginx uses here.
    `_written` are the names that any level has: most questions are about a directive that stands nowhere.
    """

    __slots__ = (
        "_effective",
        "_last",
        "_rules",
        "_written",
        "directive",
        "kind",
        "own",
        "parent",
        "sequence",
        "server",
    )

    def __init__(self, kind: str, directive: Directive | None, parent: "Context | None") -> None:
        self.kind = kind
        self.directive = directive
        self.parent = parent
        self.own: dict[str, list[Directive]] = {}
        self.sequence: list[Directive] = []
        self.server: Context | None = None
        self._effective: dict[tuple[str, ...], list[Directive]] = {}
        self._last: dict[str, Directive | None] = {}
        self._rules: list[AccessRule] | None = None
        self._written: set[str] = set() if parent is None else parent._written

    def add(self, directives: Iterable[Directive]) -> None:
        """Put directives into this level."""
        own, written = self.own, self._written
        for directive in directives:
            self.sequence.append(directive)
            own.setdefault(directive.name, []).append(directive)
            written.add(directive.name)

    def writes(self, *names: str) -> bool:
        """Whether a directive with one of the names stands anywhere, at this level or any other."""
        return not self._written.isdisjoint(names)

    def effective(self, *names: str) -> list[Directive]:
        """The directives with one of `names` at the nearest level that has any, in the order of the file."""
        found = self._effective.get(names)
        if found is None:
            if self._written.isdisjoint(names):
                return []
            found = self._find(names)
            self._effective[names] = found
        return found

    def last(self, name: str) -> Directive | None:
        """The effective directive `name`, or None where no level has it."""
        if name not in self._written:
            return None
        known = self._last
        if name in known:
            return known[name]
        found = self.effective(name)
        last = known[name] = found[-1] if found else None
        return last

    def argument(self, name: str, default: str) -> str:
        """The first argument of the effective directive `name`."""
        directive = self.last(name)
        return directive.args[0] if directive is not None and directive.args else default

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether the effective directive `name` is `on`."""
        directive = self.last(name)
        return default if directive is None or not directive.args else directive.args[0].lower() == "on"

    def access_rules(self) -> list[AccessRule]:
        """The effective allow/deny list: one rule at a level replaces all of the levels above."""
        if self._rules is None:
            if self.parent is not None and "allow" not in self.own and "deny" not in self.own:
                self._rules = self.parent.access_rules()  # one list for all that inherit it
            else:
                self._rules = [AccessRule(directive) for directive in self.effective("allow", "deny")]
        return self._rules

    def span(self) -> Span | None:
        """Where this level begins."""
        return None if self.directive is None else self.directive.span

    def _find(self, names: tuple[str, ...]) -> list[Directive]:
        level: Context | None = self
        while level is not None:
            own = level.own
            if len(names) == 1:
                found = own.get(names[0])
                if found:
                    return found
            elif any(name in own for name in names):
                return [directive for directive in level.sequence if directive.name in names]
            level = level.parent
        return []
