"""`Order`, `Allow`, `Deny` and `Satisfy` of mod_access_compat, each for the methods of the `<Limit>` around it.

Truth: modules/aaa/mod_access_compat.c. The module has no merger: a section with any of the four replaces all that was
in effect before.
"""

from collections.abc import Callable

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.methods import Methods
from audit403.apache.model.subnet import parse_subnet
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple
from audit403.http.address import Network

ACCESS_COMPAT = "access_compat"
ALLOW_DENY, DENY_ALLOW, MUTUAL_FAILURE = "allow,deny", "deny,allow", "mutual-failure"
ANY, ALL = "any", "all"
FROM_ALL, FROM_NETWORK, FROM_ENV, FROM_NO_ENV, FROM_HOST = "all", "network", "env", "no-env", "host"


class From(NamedTuple):
    """One place that `Allow from` or `Deny from` names; `value` is a variable or a host name."""

    kind: str
    value: str
    network: Network | None
    methods: Methods
    directive: Directive
    word: int


class ForMethods(NamedTuple):
    """What one `Order` or `Satisfy` says, and for which methods."""

    value: str
    methods: Methods
    directive: Directive


class AccessCompatConfig(NamedTuple):
    """What a section says in the manner of httpd 2.2."""

    orders: tuple[ForMethods, ...] = ()
    satisfies: tuple[ForMethods, ...] = ()
    allows: tuple[From, ...] = ()
    denies: tuple[From, ...] = ()

    def merged(self, new: "AccessCompatConfig") -> "AccessCompatConfig":
        """The later section's alone."""
        return new

    def order(self, method: str) -> tuple[str, Directive | None]:
        """The order for a method, and what says so."""
        return _last(self.orders, method, DENY_ALLOW)

    def satisfy(self, method: str) -> tuple[str, Directive | None]:
        """ALL or ANY for a method, and what says so."""
        return _last(self.satisfies, method, ALL)


def with_order(config: AccessCompatConfig, directive: Directive, methods: Methods) -> AccessCompatConfig:
    """With one `Order` more. Raises ConfigError with httpd's words."""
    if len(directive.args) != 1:
        raise ConfigError("order takes one argument, 'allow,deny', 'deny,allow', or 'mutual-failure'")
    value = directive.args[0].lower()
    if value not in (ALLOW_DENY, DENY_ALLOW, MUTUAL_FAILURE):
        raise ConfigError("unknown order")
    return config._replace(orders=(*config.orders, ForMethods(value, methods, directive)))


def with_satisfy(config: AccessCompatConfig, directive: Directive, methods: Methods) -> AccessCompatConfig:
    """With one `Satisfy` more. Raises ConfigError with httpd's words."""
    if len(directive.args) != 1:
        raise ConfigError("order takes one argument, 'allow,deny', 'deny,allow', or 'mutual-failure'")
    value = directive.args[0].lower()
    if value not in (ANY, ALL):
        raise ConfigError("Satisfy either 'any' or 'all'.")
    return config._replace(satisfies=(*config.satisfies, ForMethods(value, methods, directive)))


def with_from(config: AccessCompatConfig, directive: Directive, methods: Methods) -> AccessCompatConfig:
    """With one `Allow` or `Deny` more. Raises ConfigError with httpd's words."""
    words = directive.args
    if len(words) < 2 or words[0].lower() != "from":
        raise ConfigError("allow and deny must be followed by 'from'")
    found = tuple(_from(words[index], index, methods, directive) for index in range(1, len(words)))
    if directive.name == "allow":
        return config._replace(allows=config.allows + found)
    return config._replace(denies=config.denies + found)


def _from(text: str, word: int, methods: Methods, directive: Directive) -> From:
    kind, value, network = meaning(text)
    return From(kind, value, network, methods, directive, word)


def meaning(text: str) -> tuple[str, str, Network | None]:
    """Kind, value and network of a word behind `from`. Raises ConfigError with httpd's words."""
    low = text.lower()
    if low.startswith("env=!"):
        return FROM_NO_ENV, text[5:], None
    if low.startswith("env="):
        return FROM_ENV, text[4:], None
    if low == "all":
        return FROM_ALL, "", None
    base, slash, mask = text.partition("/")
    network = parse_subnet(base, mask if slash else None)
    if network is not None:
        return FROM_NETWORK, "", network
    if slash:
        raise ConfigError("An IP address was expected")
    if "#" in text:
        raise ConfigError("No comments are allowed here")
    return FROM_HOST, text, None


def _last(said: tuple[ForMethods, ...], method: str, default: str) -> tuple[str, Directive | None]:
    for one in reversed(said):
        if one.methods.include(method):
            return one.value, one.directive
    return default, None


def _handler(change: Callable[[AccessCompatConfig, Directive, Methods], AccessCompatConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        before = builder.slot(ACCESS_COMPAT, AccessCompatConfig())
        builder.slots[ACCESS_COMPAT] = change(before, directive, builder.methods)

    return handler


DIRECTIVES: dict[str, Handler] = {
    "order": _handler(with_order),
    "allow": _handler(with_from),
    "deny": _handler(with_from),
    "satisfy": _handler(with_satisfy),
}
