"""mod_rewrite's settings: the engine, its options, rules and base of a directory, rules and maps of a server.

Truth: config_server_merge, config_perdir_merge and the commands of modules/mappers/mod_rewrite.c.
"""

from typing import TypeVar

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.rewrite_rule import Condition, Rule, condition_of, rule_of
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

REWRITE = "rewrite"

INHERIT, INHERIT_BEFORE, INHERIT_DOWN, INHERIT_DOWN_BEFORE, IGNORE_INHERIT = (
    "inherit", "inheritbefore", "inheritdown", "inheritdownbefore", "ignoreinherit",
)  # fmt: skip
ALLOW_NO_SLASH, ALLOW_ANY_URI, MERGE_BASE = "allownoslash", "allowanyuri", "mergebase"
IGNORE_CONTEXT_INFO, LEGACY_PREFIX, UNSAFE_PREFIX_STAT = "ignorecontextinfo", "legacyprefixdocroot", "unsafeprefixstat"
_OPTIONS = frozenset(
    (
        INHERIT, INHERIT_BEFORE, INHERIT_DOWN, INHERIT_DOWN_BEFORE, IGNORE_INHERIT, ALLOW_NO_SLASH, ALLOW_ANY_URI,
        MERGE_BASE, IGNORE_CONTEXT_INFO, LEGACY_PREFIX, UNSAFE_PREFIX_STAT,
    )
)  # fmt: skip

TEXT_MAP, RANDOM_MAP, INTERNAL_MAP, DBM_MAP, PROGRAM_MAP, DATABASE_MAP = "txt", "rnd", "int", "dbm", "prg", "dbd"
_INTERNAL = ("tolower", "toupper", "escape", "unescape")
_NO_OPTIONS = frozenset[str]()

Listed = TypeVar("Listed")


class RewriteMap(NamedTuple):
    """One RewriteMap: where it looks a key up, the file's path or the internal function's name."""

    kind: str
    source: str
    directive: Directive


class RewriteConfig(NamedTuple):
    """What a section says. `engine` and `options` None are unset; `conditions` wait for their rule.

    `directory` is the section's path with a slash behind it, None where no section has said anything.
    """

    engine: bool | None = None
    options: frozenset[str] | None = None
    base: str | None = None
    base_is_set: bool = False
    directory: str | None = None
    rules: tuple[Rule, ...] = ()
    conditions: tuple[Condition, ...] = ()
    engine_directive: Directive | None = None

    def merged(self, new: "RewriteConfig") -> "RewriteConfig":
        """This with a later section's laid over it; rules only as RewriteOptions lets them be inherited."""
        options = self.options if new.options is None else new.options
        base, base_is_set = new.base, False
        if options is not None and MERGE_BASE in options:
            base = new.base if new.base_is_set else self.base
            base_is_set = new.base_is_set or self.base_is_set
        return RewriteConfig(
            self.engine if new.engine is None else new.engine,
            options,
            base,
            base_is_set,
            new.directory,
            _inherited(self.rules, new.rules, self.options, options),
            (),
            new.engine_directive or self.engine_directive,
        )

    def allows(self, option: str) -> bool:
        """Whether a RewriteOptions word is in effect."""
        return self.options is not None and option in self.options


class RewriteServer(NamedTuple):
    """What a server says outside all sections; `conditions` wait for their rule."""

    engine: bool | None = None
    options: frozenset[str] | None = None
    maps: tuple[tuple[str, RewriteMap], ...] = ()
    rules: tuple[Rule, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def merged(self, new: "RewriteServer") -> "RewriteServer":
        """The main server's with a virtual host's; maps and rules only as RewriteOptions lets them be inherited."""
        options = self.options if new.options is None else new.options
        own, theirs = dict(new.maps), dict(self.maps)
        how = _how(self.options, options)
        maps = {**theirs, **own} if how == INHERIT else {**own, **theirs} if how == INHERIT_BEFORE else own
        return RewriteServer(
            self.engine if new.engine is None else new.engine,
            options,
            tuple(maps.items()),
            _inherited(self.rules, new.rules, self.options, options),
        )

    def allows(self, option: str) -> bool:
        """Whether a RewriteOptions word is in effect."""
        return self.options is not None and option in self.options


_NO_SERVER = RewriteServer()


def _how(before: frozenset[str] | None, options: frozenset[str] | None) -> str:
    """Whether what was there before comes behind (Inherit), before (InheritBefore), or not at all."""
    now, before = options or _NO_OPTIONS, before or _NO_OPTIONS
    takes = IGNORE_INHERIT not in now
    if INHERIT in now or (takes and INHERIT_DOWN in before):
        return INHERIT
    if INHERIT_BEFORE in now or (takes and INHERIT_DOWN_BEFORE in before):
        return INHERIT_BEFORE
    return ""


def _inherited(
    theirs: tuple[Listed, ...],
    own: tuple[Listed, ...],
    before: frozenset[str] | None,
    options: frozenset[str] | None,
) -> tuple[Listed, ...]:
    how = _how(before, options)
    return own + theirs if how == INHERIT else theirs + own if how == INHERIT_BEFORE else own


def config_of(builder: Builder) -> RewriteConfig:
    """What mod_rewrite was told so far in this section."""
    found = builder.slot(REWRITE, None)
    if found is None:
        path = builder.path
        directory = path if path is None or path.endswith("/") else f"{path}/"
        return RewriteConfig(directory=directory)
    config: RewriteConfig = found
    return config


def _server(builder: Builder) -> RewriteServer:
    found: RewriteServer = builder.server_slot(REWRITE, _NO_SERVER)
    return found


def _set(builder: Builder, config: RewriteConfig) -> None:
    """Any directive of mod_rewrite, wherever it stands, gives a server settings of its own."""
    builder.slots[REWRITE] = config
    if builder.server is not None and REWRITE not in builder.server.slots:
        builder.set_server_slot(REWRITE, _NO_SERVER)


def _engine(builder: Builder, directive: Directive) -> None:
    on = flag(directive)
    _set(builder, config_of(builder)._replace(engine=on, engine_directive=directive))
    if builder.path is None:
        builder.set_server_slot(REWRITE, _server(builder)._replace(engine=on))


def _options(builder: Builder, directive: Directive) -> None:
    words = {word.lower() for argument in directive.args for word in argument.split()}
    for word in words:
        if word not in _OPTIONS and not word.startswith("maxredirects="):
            raise ConfigError(f"RewriteOptions: unknown option '{word}'")
    added = frozenset(words & _OPTIONS)
    config = config_of(builder)
    _set(builder, config._replace(options=(config.options or _NO_OPTIONS) | added))
    if builder.path is None:
        server = _server(builder)
        builder.set_server_slot(REWRITE, server._replace(options=(server.options or _NO_OPTIONS) | added))


def _base(builder: Builder, directive: Directive) -> None:
    base = only_word(directive)
    if builder.path is None:
        raise ConfigError("RewriteBase: only valid in per-directory config files")
    if not base.startswith("/"):
        raise ConfigError("RewriteBase: argument is not a valid URL")
    _set(builder, config_of(builder)._replace(base=base, base_is_set=True))


def _condition(builder: Builder, directive: Directive) -> None:
    condition = condition_of(directive)
    config = config_of(builder)
    if builder.path is not None:
        _set(builder, config._replace(conditions=(*config.conditions, condition)))
        return
    _set(builder, config)
    server = _server(builder)
    builder.set_server_slot(REWRITE, server._replace(conditions=(*server.conditions, condition)))


def _rule(builder: Builder, directive: Directive) -> None:
    config = config_of(builder)
    if builder.path is not None:
        rule = rule_of(directive, config.conditions)
        _set(builder, config._replace(rules=(*config.rules, rule), conditions=()))
        return
    _set(builder, config)
    server = _server(builder)
    rule = rule_of(directive, server.conditions)
    builder.set_server_slot(REWRITE, server._replace(rules=(*server.rules, rule), conditions=()))


def _map(builder: Builder, directive: Directive) -> None:
    if not 2 <= len(directive.args) <= 3:
        raise ConfigError("RewriteMap takes two or three arguments, a mapname and a filename and options")
    name, source = directive.args[:2]
    kind, path = _map_source(source)
    if kind in (TEXT_MAP, RANDOM_MAP) and builder.server is not None:
        path = builder.server.rooted(path)
    if kind == INTERNAL_MAP and path not in _INTERNAL:
        raise ConfigError(f"RewriteMap: internal map not found:{path}")
    _set(builder, config_of(builder))
    server = _server(builder)
    maps = {**dict(server.maps), name: RewriteMap(kind, path, directive)}
    builder.set_server_slot(REWRITE, server._replace(maps=tuple(maps.items())))


def _map_source(source: str) -> tuple[str, str]:
    kind, colon, path = source.partition(":")
    low = kind.lower()
    if colon and low in (TEXT_MAP, RANDOM_MAP, INTERNAL_MAP, PROGRAM_MAP, DATABASE_MAP):
        return low, path
    if colon and low == "fastdbd":
        return DATABASE_MAP, path
    if source.lower().startswith("dbm"):
        if not colon or (low != "dbm" and not low.startswith("dbm=")):
            raise ConfigError(f"RewriteMap: bad map:{source}")
        return DBM_MAP, path
    return TEXT_MAP, source


DIRECTIVES: dict[str, Handler] = {
    "rewriteengine": _engine,
    "rewriteoptions": _options,
    "rewritebase": _base,
    "rewritecond": _condition,
    "rewriterule": _rule,
    "rewritemap": _map,
}
