"""SetEnvIf, SetEnvIfNoCase, SetEnvIfExpr and BrowserMatch.

Truth: modules/metadata/mod_setenvif.c. A server's lines and a section's are of the same kind; lines of a later section
are put behind those of an earlier one.
"""

from collections.abc import Callable

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

SETENVIF = "setenvif"
UNSET = "!"
_SPECIAL = frozenset(("remote_addr", "remote_host", "request_uri", "request_method", "request_protocol", "server_addr"))
_HEADER_MARKS = frozenset("-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_META = frozenset("^.$|()[]*+?{}")


class Name:
    """What a line looks at. httpd compares names by where they are in memory, so two of the same text may differ."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Name({self.text!r})"


_USER_AGENT = Name("User-Agent")


class Entry(NamedTuple):
    """One test and the variables that it sets: a header, a special name or names of headers, or an expression.

    `plain` is a text that is searched where `regex` has no special character in it; `pattern` otherwise.
    """

    name: Name | None
    special: str | None
    names: Pattern | None
    regex: str
    caseless: bool
    plain: str | None
    pattern: Pattern | None
    expression: str | None
    features: tuple[tuple[str, str], ...]
    directive: Directive


class SetEnvIfConfig(NamedTuple):
    """All lines of a server or a section."""

    entries: tuple[Entry, ...] = ()

    def merged(self, new: "SetEnvIfConfig") -> "SetEnvIfConfig":
        """These and then the later section's."""
        return SetEnvIfConfig(self.entries + new.entries)


def _set_env_if(builder: Builder, directive: Directive) -> None:
    words = directive.args
    if not words or not words[0]:
        raise ConfigError(f"Missing header-field name for {directive.written}")
    _add(builder, directive, Name(words[0]), words[1:])


def _browser_match(builder: Builder, directive: Directive) -> None:
    _add(builder, directive, _USER_AGENT, directive.args)


def _add(builder: Builder, directive: Directive, name: Name, words: list[str]) -> None:
    if not words or not words[0]:
        raise ConfigError(f"Missing regular expression for {directive.written}")
    regex = words[0]
    caseless = directive.name.endswith("nocase")
    entries = _entries(builder)
    low = name.text.lower()
    name = next((one.name for one in entries if one.name is not None and one.name.text.lower() == low), name)
    features = _features(directive, words[1:])
    last = entries[-1] if entries else None
    if last is not None and last.name is name and last.caseless == caseless and last.regex == regex:
        merged = _laid_over(last.features, features)
        _store(builder, (*entries[:-1], last._replace(features=merged)))
        return
    plain = plain_text(regex)
    message = f"{directive.written} regex could not be compiled."
    pattern = None if plain is not None else pattern_of(regex, message, caseless)
    special = low if low in _SPECIAL else None
    names = None
    if special is None and not _HEADER_MARKS.issuperset(name.text):
        names = pattern_of(name.text, f"{directive.written}Header name regex could not be compiled.", caseless)
    entry = Entry(name, special, names, regex, caseless, plain, pattern, None, _laid_over((), features), directive)
    _store(builder, (*entries, entry))


def _set_env_if_expr(builder: Builder, directive: Directive) -> None:
    words = directive.args
    if not words or not words[0]:
        raise ConfigError(f"Missing expression for {directive.written}")
    builder.check_condition(words[0], f'Could not parse expression "{words[0]}": ')
    features = _laid_over((), _features(directive, words[1:]))
    entry = Entry(None, None, None, "", False, None, None, words[0], features, directive)
    _store(builder, (*_entries(builder), entry))


def _features(directive: Directive, words: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for word in words:
        if not word:
            break
        name, _, value = word.partition("=")
        value = value.lstrip("=")
        if value:
            found.append((name, value))
        elif name.startswith("!"):
            found.append((name[1:], UNSET))
        else:
            found.append((name, "1"))
    if not found:
        raise ConfigError(f"Missing envariable expression for {directive.written}")
    return found


def _laid_over(before: tuple[tuple[str, str], ...], added: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """A table of variables with more of them; a name in another case is the same."""
    table = {name.lower(): (name, value) for name, value in before}
    for name, value in added:
        table[name.lower()] = (table.get(name.lower(), (name,))[0], value)
    return tuple(table.values())


def plain_text(regex: str) -> str | None:
    """What an expression without special characters searches for; None where it has some."""
    out: list[str] = []
    escaped = False
    for mark in regex:
        if mark == "\\" and not escaped:
            escaped = True
            continue
        if (mark in _META) != escaped and mark != "\\":
            return None
        escaped = False
        out.append(mark)
    return "".join(out)


def _entries(builder: Builder) -> tuple[Entry, ...]:
    if builder.path is None and not builder.htaccess:
        found: SetEnvIfConfig = builder.server_slot(SETENVIF, SetEnvIfConfig())
    else:
        found = builder.slot(SETENVIF, SetEnvIfConfig())
    return found.entries


def _store(builder: Builder, entries: tuple[Entry, ...]) -> None:
    if builder.path is None and not builder.htaccess:
        builder.set_server_slot(SETENVIF, SetEnvIfConfig(entries))
    else:
        builder.slots[SETENVIF] = SetEnvIfConfig(entries)


_LINES: dict[str, Callable[[Builder, Directive], None]] = {
    "setenvif": _set_env_if,
    "setenvifnocase": _set_env_if,
    "setenvifexpr": _set_env_if_expr,
    "browsermatch": _browser_match,
    "browsermatchnocase": _browser_match,
}
DIRECTIVES: dict[str, Handler] = dict(_LINES)
