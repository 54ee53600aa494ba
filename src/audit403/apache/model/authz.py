"""`Require` and its containers as a tree, and how a later section's tree is merged with an earlier one.

Truth: modules/aaa/mod_authz_core.c – add_authz_provider, add_authz_section and merge_authz_core_dir_config. Around what
a section says stands a container like `<RequireAny>` that nobody wrote.
"""

from collections.abc import Callable
from functools import lru_cache

from audit403.apache.model.authn import alias_head
from audit403.apache.model.builder import Builder, Handler, choice, flag
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.methods import ALL, NONE, Methods
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.providers import check_authz
from audit403.apache.model.subnet import parse_subnet
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import values_of
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import latin
from audit403.http.address import Network

AUTHZ_CORE = "authz_core"
AND, OR = "and", "or"
UNSET, OFF = "unset", "off"
"""What AuthMerging says, beside AND and OR."""
CONTAINERS = {
    "<requireall": (AND, False),
    "<requireany": (OR, False),
    "<requirenone": (OR, True),
}


class Requirement(NamedTuple):
    """One `Require` line; `argument` is the text behind the provider's name, `parsed` what that comes to."""

    provider: str
    argument: str
    negate: bool
    methods: Methods
    directive: Directive
    parsed: object = None

    def label(self) -> str:
        """The line as mod_authz_core names it in its log."""
        return f"Require {'not ' if self.negate else ''}{self.provider} {self.argument}"


class Container(NamedTuple):
    """Several requirements; `directive` is None for the one that nobody wrote, `merged` marks AuthMerging's."""

    op: str
    negate: bool
    children: "tuple[Requirement | Container, ...]"
    methods: Methods
    directive: Directive | None
    is_merged: bool = False

    def label(self) -> str:
        """The container as mod_authz_core names it in its log."""
        if self.is_merged:
            return "AuthMerging All" if self.op == AND else "AuthMerging Any"
        if self.negate:
            return "<RequireNotAll>" if self.op == AND else "<RequireNone>"
        return "<RequireAll>" if self.op == AND else "<RequireAny>"


_UNWRITTEN = Container(OR, False, (), NONE, None)


class AuthzConfig(NamedTuple):
    """What a section says about authorization: its tree, AuthMerging and AuthzSendForbiddenOnFailure."""

    root: Container | None = None
    merging: str = UNSET
    merging_directive: Directive | None = None
    forbidden_on_failure: bool | None = None

    def merged(self, new: "AuthzConfig") -> "AuthzConfig":
        """This with a later section's laid over it."""
        forbidden = self.forbidden_on_failure if new.forbidden_on_failure is None else new.forbidden_on_failure
        if new.merging == UNSET and new.root is None and self.root is not None:
            return self._replace(forbidden_on_failure=forbidden)
        if new.merging in (OFF, UNSET) or (self.root is None and new.root is None):
            return new._replace(forbidden_on_failure=forbidden)
        root = new.root if self.root is None else self.root
        if self.root is not None and new.root is not None:
            methods = self.root.methods | new.root.methods
            root = Container(new.merging, False, (self.root, new.root), methods, new.merging_directive, True)
        return AuthzConfig(root, new.merging, new.merging_directive, forbidden)


_NOTHING = AuthzConfig()


class AliasedRequirement(NamedTuple):
    """One `<AuthzProviderAlias>`: the requirement behind a name, and what is laid over a section while it is asked."""

    requirement: Requirement
    per_dir: PerDir


class AuthzServer(NamedTuple):
    """The names that `<AuthzProviderAlias>` gives; only the main server has them."""

    aliases: tuple[tuple[str, AliasedRequirement], ...] = ()

    def merged(self, _new: "AuthzServer") -> "AuthzServer":
        """The main server's."""
        return self

    def alias(self, name: str) -> AliasedRequirement | None:
        """What a name stands for, if it is an alias."""
        return next((aliased for alias, aliased in self.aliases if alias == name), None)


_NO_ALIASES = AuthzServer()


def with_requirement(root: Container | None, found: Requirement | Container) -> Container:
    """A container with one more line or inner container. Raises ConfigError with httpd's words."""
    root = _UNWRITTEN if root is None else root
    if found.negate and root.op == OR:
        if isinstance(found, Requirement):
            raise ConfigError(f"negative Require directive has no effect in {root.label()} directive")
        raise ConfigError(f"{found.label()} directive has no effect in {root.label()} directive")
    added: tuple[Requirement | Container, ...] = (found,)
    if isinstance(found, Container) and not found.negate and found.op == root.op:
        added = found.children
    return root._replace(children=root.children + added, methods=root.methods | found.methods)


def simplified(section: Container) -> Container:
    """A container with the negated ones in it opened where De Morgan permits; httpd does so at its start."""
    children: list[Requirement | Container] = []
    for child in section.children:
        if isinstance(child, Requirement):
            children.append(child)
            continue
        inner = simplified(child)
        if inner.negate and inner.op != section.op:
            children += [one._replace(negate=not one.negate) for one in inner.children]
        else:
            children.append(inner)
    return section._replace(children=tuple(children))


def requirement(directive: Directive, methods: Methods = ALL) -> Requirement:
    """The requirement of a `Require` line. Raises ConfigError when it names no provider."""
    provider, argument, negate, parsed = _required(directive.raw)
    return Requirement(provider, argument, negate, methods, directive, parsed)


@lru_cache(maxsize=4096)
def _required(line: str) -> tuple[str, str, bool, object]:
    """Provider, argument, whether it is negated, and what the argument comes to: most lines are the same few."""
    words = values_of(latin(line))
    negate = bool(words) and words[0].lower() == "not"
    rest = words[1:] if negate else words
    if not rest:
        raise ConfigError("Unknown Authz provider: ")
    text = line.strip()
    for word in words[: 1 + negate]:
        text = _behind(text, word)
    parse = ARGUMENTS.get(rest[0])
    return rest[0], text, negate, None if parse is None else parse(text)


def _all(text: str) -> object:
    if text.lower() not in ("granted", "denied"):
        raise ConfigError("Argument for 'Require all' must be 'granted' or 'denied'")
    return None


def _networks(text: str) -> tuple[Network, ...]:
    words = values_of(latin(text))
    found: list[Network] = []
    for word in words:
        base, slash, mask = word.partition("/")
        network = parse_subnet(base, mask if slash else None)
        if network is None:
            raise ConfigError(f"ip address '{word}' appears to be invalid")
        found.append(network)
    if not found:
        raise ConfigError("'require ip' requires an argument")
    return tuple(found)


def _methods(text: str) -> frozenset[str]:
    return frozenset("GET" if word == "HEAD" else word for word in values_of(latin(text)))


def _nothing(text: str) -> object:
    if text:
        raise ConfigError("'Require ssl' does not take arguments")
    return None


def _expression(text: str) -> str:
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text


#: What the argument of each provider comes to; each raises ConfigError. Modules add theirs.
ARGUMENTS: dict[str, Callable[[str], object]] = {
    "all": _all,
    "ip": _networks,
    "method": _methods,
    "ssl": _nothing,
    "ssl-verify-client": _nothing,
    "expr": _expression,
}


def _behind(text: str, word: str) -> str:
    """The text behind its first word, which may stand in quotes."""
    length = len(word) + (2 if text[:1] in ("'", '"') else 0)
    return text[length:].lstrip()


#: The providers whose argument is a text with variables.
_WITH_VARIABLES = frozenset(
    (
        "user",
        "group",
        "host",
        "forward-dns",
        "dbm-group",
        "dbd-group",
        "ldap-user",
        "ldap-group",
        "ldap-dn",
        "ldap-attribute",
        "ldap-filter",
        "ldap-search",
    )
)


def _require(builder: Builder, directive: Directive) -> None:
    found = requirement(directive, builder.methods)
    _check_methods(builder, found)
    aliases: AuthzServer = builder.main_slot(AUTHZ_CORE, _NO_ALIASES)
    if aliases.alias(found.provider) is None:
        check_authz(builder, found.provider)
    words = "Cannot parse expression in require line: "
    if isinstance(found.parsed, str):
        builder.check_condition(found.parsed, words)
    elif found.provider in _WITH_VARIABLES:
        builder.check_string(found.argument, words)
    _add(builder, found)


def _alias(builder: Builder, directive: Directive) -> None:
    provider, name = alias_head(directive)
    text = directive.args[2] if len(directive.args) > 2 else ""
    inner = builder.inner(builder.path)
    inner.add_all(directive.block or ())
    check_authz(builder, provider)
    parse = ARGUMENTS.get(provider)
    found = Requirement(provider, text, False, ALL, directive, None if parse is None else parse(text))
    _check_methods(builder, found)
    known: AuthzServer = builder.server_slot(AUTHZ_CORE, AuthzServer())
    builder.set_server_slot(AUTHZ_CORE, AuthzServer((*known.aliases, (name, AliasedRequirement(found, inner.built())))))


def _check_methods(builder: Builder, found: Requirement) -> None:
    """Raise ConfigError where `Require method` names one that httpd does not know."""
    for word in values_of(latin(found.argument)) if found.provider == "method" else ():
        if not builder.knows_method(word):
            raise ConfigError(f"Invalid Method '{word}'")


def _container(builder: Builder, directive: Directive) -> None:
    op, negate = CONTAINERS[directive.name]
    outer = builder.open.get(AUTHZ_CORE)
    builder.open[AUTHZ_CORE] = Container(op, negate, (), NONE, directive)
    builder.add_all(directive.block or ())
    found, builder.open[AUTHZ_CORE] = builder.open[AUTHZ_CORE], outer
    if not found.children:
        raise ConfigError(f"{found.label()} directive contains no authorization directives")
    _add(builder, found)


def _add(builder: Builder, found: Requirement | Container) -> None:
    outer = builder.open.get(AUTHZ_CORE)
    if outer is not None:
        builder.open[AUTHZ_CORE] = with_requirement(outer, found)
        return
    if isinstance(found, Container) and not builder.htaccess:
        found = simplified(found)
    config: AuthzConfig = builder.slot(AUTHZ_CORE, _NOTHING)
    builder.slots[AUTHZ_CORE] = config._replace(root=with_requirement(config.root, found))


def _auth_merging(builder: Builder, directive: Directive) -> None:
    config: AuthzConfig = builder.slot(AUTHZ_CORE, _NOTHING)
    word = choice(directive, OFF, AND, OR)
    builder.slots[AUTHZ_CORE] = config._replace(merging=word, merging_directive=directive)


def _forbidden_on_failure(builder: Builder, directive: Directive) -> None:
    config: AuthzConfig = builder.slot(AUTHZ_CORE, _NOTHING)
    builder.slots[AUTHZ_CORE] = config._replace(forbidden_on_failure=flag(directive))


DIRECTIVES: dict[str, Handler] = {
    "require": _require,
    "<authzprovideralias": _alias,
    **dict.fromkeys(CONTAINERS, _container),
    "authmerging": _auth_merging,
    "authzsendforbiddenonfailure": _forbidden_on_failure,
}
