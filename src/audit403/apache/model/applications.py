"""Programs inside httpd that answer requests themselves: PHP, Python, Perl, Lua; whether they are switched on here.

Truth: sapi/apache2handler of PHP 8 (real_value_hnd, should_overwrite_per_dir_entry), mod_wsgi's wsgi_add_script_alias,
mod_fcgid's fcgid_conf.c, mod_perl's modperl_config.c, modules/lua/mod_lua.c, mod_passenger's documentation.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

PHP, FCGID, WSGI, CODE = "php", "fcgid", "wsgi", "code"
_TRUE = ("on", "yes", "true")


class PhpConfig(NamedTuple):
    """Whether PHP's engine is on; None is unset. What an administrator says (`php_admin_`) stays."""

    engine: bool | None = None
    by_admin: bool = False
    directive: Directive | None = None

    def merged(self, new: "PhpConfig") -> "PhpConfig":
        """This with a later section's laid over it."""
        return self if new.engine is None or (self.by_admin and not new.by_admin) else new


class FcgidConfig(NamedTuple):
    """The programs that `FcgidWrapper … virtual` starts whether or not a file is there, by extension ("": any)."""

    wrappers: tuple[tuple[str, bool], ...] = ()

    def merged(self, new: "FcgidConfig") -> "FcgidConfig":
        """This with a later section's laid over it."""
        known = {name for name, _ in new.wrappers}
        return FcgidConfig(new.wrappers + tuple(one for one in self.wrappers if one[0] not in known))


class ScriptAlias(NamedTuple):
    """One WSGIScriptAlias."""

    location: str
    script: str
    pattern: Pattern | None
    directive: Directive


class WsgiServer(NamedTuple):
    """A server's WSGIScriptAlias lines, a virtual host's own before the main server's."""

    aliases: tuple[ScriptAlias, ...] = ()

    def merged(self, new: "WsgiServer") -> "WsgiServer":
        """The main server's with a virtual host's laid over it."""
        return WsgiServer(new.aliases + self.aliases)


class WsgiConfig(NamedTuple):
    """The handlers that WSGIHandlerScript names."""

    handlers: tuple[str, ...] = ()

    def merged(self, new: "WsgiConfig") -> "WsgiConfig":
        """This with a later section's laid over it."""
        return WsgiConfig(self.handlers + new.handlers)


class CodeConfig(NamedTuple):
    """Code of the site's own that runs inside httpd; None is unset.

    `access`, `login` and `rights` are directives whose code may refuse in the phases of those names, `answers` what
    answers as perl-script or python-program, `passenger` a PassengerEnabled. `mapped` are LuaMapHandler lines.
    """

    access: Directive | None = None
    login: Directive | None = None
    rights: Directive | None = None
    early: Directive | None = None
    answers: Directive | None = None
    passenger: Directive | None = None
    mapped: tuple[tuple[Pattern, Directive], ...] = ()

    def merged(self, new: "CodeConfig") -> "CodeConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)._replace(mapped=self.mapped + new.mapped)


def _php(builder: Builder, directive: Directive) -> None:
    if len(directive.args) != 2:
        raise ConfigError(f"{directive.written} takes two arguments")
    name, value = directive.args
    if name.lower() != "engine":
        return
    on = value.lower() in _TRUE or (value.isdigit() and int(value) != 0)
    if directive.name.endswith("flag"):
        on = value.lower() in ("on", "1")
    new = PhpConfig(on, directive.name.startswith("php_admin"), directive)
    builder.slots[PHP] = builder.slot(PHP, PhpConfig()).merged(new)


def _wrapper(builder: Builder, directive: Directive) -> None:
    words = list(directive.args[1:])
    virtual = bool(words) and words[-1].lower() == "virtual"
    if virtual:
        words.pop()
    suffix = words[0] if words else ""
    builder.slots[FCGID] = builder.slot(FCGID, FcgidConfig()).merged(FcgidConfig(((suffix, virtual),)))


def _script_alias(builder: Builder, directive: Directive) -> None:
    if len(directive.args) < 2:
        raise ConfigError(f"{directive.written} requires at least two arguments")
    location, script = directive.args[:2]
    by_regex = directive.name.endswith("match")
    pattern = pattern_of(location, "Regular expression could not be compiled.") if by_regex else None
    server: WsgiServer = builder.server_slot(WSGI, WsgiServer())
    added = ScriptAlias(location, script, pattern, directive)
    builder.set_server_slot(WSGI, WsgiServer((*server.aliases, added)))


def _handler_script(builder: Builder, directive: Directive) -> None:
    if len(directive.args) < 2:
        raise ConfigError(f"{directive.written} requires at least two arguments")
    builder.slots[WSGI] = builder.slot(WSGI, WsgiConfig()).merged(WsgiConfig((directive.args[0],)))


def _code(field: str) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        config: CodeConfig = builder.slot(CODE, CodeConfig())
        builder.slots[CODE] = config._replace(**{field: directive})  # type: ignore[arg-type]

    return handler


def _lua_map(builder: Builder, directive: Directive) -> None:
    if len(directive.args) < 2:
        raise ConfigError(f"{directive.written} takes two or three arguments")
    pattern = pattern_of(directive.args[0], "Invalid regex pattern!")
    config: CodeConfig = builder.slot(CODE, CodeConfig())
    builder.slots[CODE] = config._replace(mapped=(*config.mapped, (pattern, directive)))


_ACCESS = (
    "perlaccesshandler", "pythonaccesshandler", "luahookaccesschecker", "<luahookaccesschecker", "wsgiaccessscript",
    "fcgidaccesschecker",
)  # fmt: skip
_LOGIN = (
    "perlauthenhandler", "pythonauthenhandler", "luahookcheckuserid", "<luahookcheckuserid", "fcgidauthenticator",
)  # fmt: skip
_RIGHTS = (
    "perlauthzhandler", "pythonauthzhandler", "luahookauthchecker", "<luahookauthchecker", "fcgidauthorizer",
)  # fmt: skip
_EARLY = (
    "perltranshandler", "perlmaptostoragehandler", "perlheaderparserhandler", "perlinithandler",
    "perlpostreadrequesthandler", "perltypehandler", "perlfixuphandler", "pythontranshandler", "pythonfixuphandler",
    "pythonheaderparserhandler", "pythoninithandler", "pythonpostreadrequesthandler", "pythontypehandler",
    "luahooktranslatename", "<luahooktranslatename", "luahookpretranslatename", "<luahookpretranslatename",
    "luahookmaptostorage", "<luahookmaptostorage", "luahookfixups", "<luahookfixups", "luahooktypechecker",
    "<luahooktypechecker", "luaquickhandler", "<luaquickhandler",
)  # fmt: skip

DIRECTIVES: dict[str, Handler] = {
    **dict.fromkeys(("php_value", "php_flag", "php_admin_value", "php_admin_flag"), _php),
    "fcgidwrapper": _wrapper,
    "wsgiscriptalias": _script_alias,
    "wsgiscriptaliasmatch": _script_alias,
    "wsgihandlerscript": _handler_script,
    **dict.fromkeys(_ACCESS, _code("access")),
    **dict.fromkeys(_LOGIN, _code("login")),
    **dict.fromkeys(_RIGHTS, _code("rights")),
    **dict.fromkeys(_EARLY, _code("early")),
    **dict.fromkeys(("perlresponsehandler", "perlhandler", "pythonhandler"), _code("answers")),
    "passengerenabled": _code("passenger"),
    "luamaphandler": _lua_map,
}
