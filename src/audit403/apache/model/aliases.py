"""Alias, ScriptAlias, Redirect and their like: of a server in order, and of a directory or a location.

Truth: modules/mappers/mod_alias.c.
"""

from audit403.apache.model.builder import Builder, Handler, flag
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

ALIAS = "alias"
CGI_SCRIPT = "cgi-script"
_BAD_REGEX = "Regular expression could not be compiled."
_NAMED = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
_OWN = {"redirecttemp": 302, "redirectpermanent": 301}


class Mapping(NamedTuple):
    """One Alias or Redirect: `fake` is the prefix of a URL (or `pattern` matches it), `real` where it leads."""

    fake: str
    real: str | None
    pattern: Pattern | None
    handler: str | None
    status: int
    directive: Directive


class AliasServer(NamedTuple):
    """A server's aliases and redirects in their order."""

    aliases: tuple[Mapping, ...] = ()
    redirects: tuple[Mapping, ...] = ()

    def merged(self, new: "AliasServer") -> "AliasServer":
        """A virtual host's come before the main server's."""
        return AliasServer(new.aliases + self.aliases, new.redirects + self.redirects)


class AliasConfig(NamedTuple):
    """What a section says: redirects by path, or one Alias and one Redirect for the whole location (expressions)."""

    redirects: tuple[Mapping, ...] = ()
    alias: Mapping | None = None
    redirect: Mapping | None = None
    preserve_path: bool | None = None
    relative: bool | None = None

    def merged(self, new: "AliasConfig") -> "AliasConfig":
        """This with a later section's laid over it."""
        return AliasConfig(
            new.redirects + self.redirects,
            new.alias or self.alias,
            new.redirect or self.redirect,
            self.preserve_path if new.preserve_path is None else new.preserve_path,
            self.relative if new.relative is None else new.relative,
        )


def _config(builder: Builder) -> AliasConfig:
    found: AliasConfig = builder.slot(ALIAS, AliasConfig())
    return found


def _server(builder: Builder) -> AliasServer:
    found: AliasServer = builder.server_slot(ALIAS, AliasServer())
    return found


def _alias(builder: Builder, directive: Directive) -> None:
    words = directive.args
    handler = CGI_SCRIPT if directive.name.startswith("script") else None
    if len(words) == 1 and not directive.name.endswith("match"):
        if builder.path is None:
            raise ConfigError(f"{directive.written} must have two arguments when used globally")
        builder.check_string(words[0], f"Cannot parse alias expression '{words[0]}': ")
        mapping = Mapping(builder.path, words[0], None, handler, 0, directive)
        builder.slots[ALIAS] = _config(builder)._replace(alias=mapping)
        return
    if len(words) != 2:
        raise ConfigError(f"{directive.written} takes two arguments")
    if builder.path is not None:
        raise ConfigError(f"{directive.written} not allowed here")
    pattern = pattern_of(words[0], _BAD_REGEX) if directive.name.endswith("match") else None
    mapping = Mapping(words[0], words[1], pattern, handler, 0, directive)
    server = _server(builder)
    builder.set_server_slot(ALIAS, server._replace(aliases=(*server.aliases, mapping)))


def _redirect(builder: Builder, directive: Directive) -> None:
    words = directive.args
    if not 1 <= len(words) <= 3:
        raise ConfigError(f"{directive.written} takes one, two or three arguments")
    first, second, third = (*words, None, None)[:3]
    assert first is not None
    status = _OWN.get(directive.name, 302)
    # grokarg1 of add_redirect_internal: 1 a redirect's status, -1 another, 0 no status at all.
    understood = 1
    if first.lower() in _NAMED:
        status = _NAMED[first.lower()]
        understood = -1 if status == 410 else 1
    elif first[:1].isascii() and first[:1].isdigit():
        status = int("".join(mark for mark in first if mark.isdigit()))
        understood = 1 if 300 <= status < 400 else -1
    else:
        understood = 0
    if third is not None and not understood:
        raise ConfigError("Redirect: invalid first argument (of three)")
    if builder.path is not None:
        whole = (understood > 0 and second is not None and third is None) or (not understood and second is None)
        if whole or (understood < 0 and second is None):
            url = (second if understood else first) if whole else None
            if url is not None:
                builder.check_string(url, f"Cannot parse redirect expression '{url}': ")
            mapping = Mapping(builder.path, url, None, None, status, directive)
            builder.slots[ALIAS] = _config(builder)._replace(redirect=mapping)
            return
    fake, url = second, third
    if third is None and not understood:
        fake, url = first, second
    if fake is None:
        raise ConfigError("URL to redirect to is missing")
    pattern = pattern_of(fake, _BAD_REGEX) if directive.name == "redirectmatch" else None
    if 300 <= status < 400:
        if url is None:
            raise ConfigError("URL to redirect to is missing")
        if pattern is None and not url.startswith("/") and ":" not in url:
            raise ConfigError("Redirect to non-URL")
    elif url is not None:
        raise ConfigError("Redirect URL not valid for this status")
    mapping = Mapping(fake, url, pattern, None, status, directive)
    if builder.path is None:
        server = _server(builder)
        builder.set_server_slot(ALIAS, server._replace(redirects=(*server.redirects, mapping)))
    else:
        config = _config(builder)
        builder.slots[ALIAS] = config._replace(redirects=(*config.redirects, mapping))


def _relative(builder: Builder, directive: Directive) -> None:
    builder.slots[ALIAS] = _config(builder)._replace(relative=flag(directive))


def _preserve_path(builder: Builder, directive: Directive) -> None:
    builder.slots[ALIAS] = _config(builder)._replace(preserve_path=flag(directive))


DIRECTIVES: dict[str, Handler] = {
    **dict.fromkeys(("alias", "aliasmatch", "scriptalias", "scriptaliasmatch"), _alias),
    **dict.fromkeys(("redirect", "redirectmatch", "redirecttemp", "redirectpermanent"), _redirect),
    "redirectrelative": _relative,
    "aliaspreservepath": _preserve_path,
}
