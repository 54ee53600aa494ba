"""`valid_referers` of one context, compiled.

Truth: ngx_http_valid_referers and ngx_http_referer_merge_conf.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import InvalidRegex, Regex, compile_regex
from audit403.nginx.model.context import Context
from audit403.nginx.model.hostnames import HostnameTable
from audit403.nginx.model.server import Server


class Referers(NamedTuple):
    """Names with the path they must begin with (empty: any), regexes on the whole rest, regexes of server names."""

    none: bool
    blocked: bool
    table: HostnameTable[str]
    regexes: tuple[Regex, ...]
    name_regexes: tuple[Regex, ...]


def referers_of(context: Context) -> Referers | None:
    """The effective list, or None where none is set and every Referer is valid.

    Names come from the nearest level that has the directive; regexes from the nearest that has any.
    """
    level: Context | None = context
    while level is not None and "valid_referers" not in level.own:
        level = level.parent
    if level is None:
        return None
    words = [word for directive in level.own["valid_referers"] for word in directive.args]
    table: HostnameTable[str] = HostnameTable()
    regexes: list[Regex] = []
    for word in words:
        if word.startswith("~"):
            _add_regex(regexes, word[1:])
        elif word and word not in ("none", "blocked", "server_names"):
            name, slash, path = word.partition("/")
            table.add(name, slash + path)
    name_regexes: list[Regex] = []
    if "server_names" in words and isinstance(context.server, Server):
        for server_name in context.server.names:
            if server_name.regex is not None:
                name_regexes.append(server_name.regex)
            elif server_name.text is not None:
                table.add(server_name.text, "")
    parent = None if level.parent is None else referers_of(level.parent)
    if parent is not None:
        regexes = regexes or list(parent.regexes)
        name_regexes = name_regexes or list(parent.name_regexes)
    return Referers("none" in words, "blocked" in words, table, tuple(regexes), tuple(name_regexes))


def _add_regex(regexes: list[Regex], pattern: str) -> None:
    try:
        regexes.append(compile_regex(pattern, True))
    except InvalidRegex:
        return
