"""Lists of patterns and names that requests are held against.

Truth: ngx_http_gzip_disable in src/http/ngx_http_core_module.c, src/http/modules/ngx_http_referer_module.c.
"""

from audit403.http.regex import InvalidRegex, compile_regex
from audit403.nginx.model.hostnames import HostnameTable, is_invalid
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.hashes import check_hash
from audit403.nginx.start.level import Level

_WORDS = ("none", "blocked", "server_names")


def gzip_disable(start: Start, level: Level, directive: Directive) -> None:
    """Patterns of User-Agents."""
    for word, text in enumerate(directive.args):
        if text not in ("msie6", "degradation") and not _compiles(start, directive, word, text):
            return


def valid_referers(start: Start, level: Level, directive: Directive) -> None:
    """Names and patterns; what conflicts is refused here, and not only passed over."""
    if not level.noted.get("valid_referers"):
        start.at_end.append(lambda: _check_referers(start, level))
    level.note("valid_referers", directive)
    for word, text in enumerate(directive.args):
        if not text:
            start.refuse(directive, f'invalid referer "{text}"', word)
            return
        if text == "~":
            start.refuse(directive, f'empty regex in "{text}"', word)
            return
        if text.startswith("~"):
            if not _compiles(start, directive, word, text[1:]):
                return
        elif text not in _WORDS and is_invalid(text.partition("/")[0]):
            start.refuse(directive, f'invalid hostname or wildcard "{text.partition("/")[0]}"', word)
            return


def _check_referers(start: Start, level: Level) -> None:
    names: HostnameTable[Directive] = HostnameTable()
    plain: list[tuple[str, Directive, int]] = []
    known = 0
    words: set[str] = set()
    for directive in level.noted["valid_referers"]:
        for word, text in enumerate(directive.args):
            name = text.partition("/")[0]
            if text in _WORDS:
                words.add(text)
            elif not text.startswith("~") and text:
                known += 1
                if not names.add(name, directive):
                    start.refuse(directive, f'conflicting parameter "{name}"', word)
                    return
                if "*" not in name and not name.startswith("."):
                    plain.append((name, directive, word))
    check_hash(start, level, "referer_hash", plain)
    if "server_names" in words:
        known += _add_server_names(start, level, names)
    if not known and words & {"none", "blocked"}:
        message = (
            'the "none" or "blocked" referers are specified in the "valid_referers" directive without any valid referer'
        )
        start.refuse(level.noted["valid_referers"][0], message, 0)


def _add_server_names(start: Start, level: Level, names: HostnameTable[Directive]) -> int:
    """The server's own names go in too; how many."""
    server: Level | None = level
    while server is not None and server.kind != "server":
        server = server.parent
    if server is None:
        return 1
    directives = server.noted.get("server_name", [])
    count = 0 if directives else 1  # the empty name
    for directive in directives:
        for name in directive.args:
            if name.startswith("~"):
                continue
            count += 1
            if name.lower() == "$hostname":
                continue
            fault = "invalid hostname or wildcard" if is_invalid(name) else ""
            if fault or not names.add(name, directive):
                said = f'{fault or "conflicting parameter"} "{name.lower()}"'
                start.refuse(level.noted["valid_referers"][0], said)
                return 1
    return count


def _compiles(start: Start, directive: Directive, word: int, pattern: str) -> bool:
    try:
        compile_regex(pattern, True)
    except InvalidRegex as error:
        start.refuse(directive, str(error), word)
        return False
    return True
