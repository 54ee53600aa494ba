"""Programs that live inside httpd – PHP, Python, Perl, Lua – and what their modules ask before they let them answer.

Truth: php_handler in sapi/apache2handler/sapi_apache2.c, wsgi_hook_handler and wsgi_hook_intercept in mod_wsgi.c,
fcgid_handler in mod_fcgid.c, content_handler in mod_fastcgi.c, modperl_response_handler in mod_perl.c, lua_handler and
lua_map_handler in modules/lua/mod_lua.c; what is not httpd's own was asked of Debian's packages.
"""

from audit403.apache.decide.alias import length_matched
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK
from audit403.apache.decide.scripts import may_run, options_place, refused
from audit403.apache.decide.substitute import substitute
from audit403.apache.model.applications import (
    CODE,
    FCGID,
    PHP,
    WSGI,
    CodeConfig,
    FcgidConfig,
    PhpConfig,
    WsgiConfig,
    WsgiServer,
)
from audit403.evidence.interface import DIRECTORY

_PHP = ("application/x-httpd-php", "application/x-httpd-php-source", "php-script")
_WSGI = ("wsgi-script", "application/x-httpd-wsgi")
_NO_PHP, _NO_FCGID, _NO_CODE = PhpConfig(), FcgidConfig(), CodeConfig()
_NO_WSGI, _NO_ALIASES = WsgiConfig(), WsgiServer()
_EXEC_OFF = "Options ExecCGI is off in this directory"


def php(exchange: Exchange) -> int:
    """mod_php: a script that is there is its own."""
    if exchange.handler not in _PHP:
        return DECLINED
    filename = exchange.filename or ""
    if _refuses_path_info(exchange):
        return refused(exchange, 404, "path-info", None, "AcceptPathInfo off disallows user's path", None, "")
    config: PhpConfig = exchange.config(PHP, _NO_PHP)
    if config.engine is False:
        where = None if config.directive is None else config.directive.span
        exchange.step("handler", "PHP is switched off here: the file is sent as it is", where)
        return DECLINED
    if exchange.found is None:
        log = f"script '{filename}' not found or unable to stat"
        return refused(exchange, 404, "not-found", log, "the script is not there", None, "")
    if exchange.found.kind == DIRECTORY:
        log = f"attempt to invoke directory '{filename}' as script"
        return _directory(exchange, log)
    if exchange.handler == "application/x-httpd-php-source":
        exchange.step("handler", f"PHP shows what {filename} consists of")
        return OK
    return _answers(exchange, f"PHP, with {filename}")


def wsgi(exchange: Exchange) -> int:
    """mod_wsgi: a script of a WSGIScriptAlias, or one that Options lets run."""
    filename = exchange.filename or ""
    config: WsgiConfig = exchange.config(WSGI, _NO_WSGI)
    if exchange.handler in _WSGI:
        if not may_run(exchange, "wsgi-script"):
            return _not_allowed(exchange, f"{_EXEC_OFF}: {filename}")
        if exchange.found is None:
            log = f"Target WSGI script not found or unable to stat: {filename}"
            return refused(exchange, 404, "not-found", log, "the script is not there", None, "")
        if exchange.found.kind == DIRECTORY:
            return _directory(exchange, f"Attempt to invoke directory as WSGI application: {filename}")
    elif exchange.handler not in config.handlers:
        return DECLINED
    if _refuses_path_info(exchange):
        return refused(exchange, 404, "path-info", None, "AcceptPathInfo off disallows user's path", None, "")
    return _answers(exchange, f"mod_wsgi, with {filename}")


def wsgi_translate(exchange: Exchange) -> int:
    """WSGIScriptAlias; behind `/` the whole URI follows the script's name."""
    server: WsgiServer = exchange.server.slots.get(WSGI, _NO_ALIASES)
    uri = exchange.uri
    if uri and not uri.startswith("/"):
        return DECLINED
    for alias in server.aliases:
        where = alias.directive.span
        label = f"{alias.directive.written} {alias.location}"
        script = alias.script
        if alias.pattern is None:
            location = alias.location
            length = length_matched(uri, location)
            exchange.step("translate", label, where, length > 0, "uri", "prefix", location)
        else:
            found = alias.pattern.find(uri)
            exchange.step("translate", label, where, found is not None, "uri", "matches", alias.location)
            if found is None:
                continue
            data = uri.encode("utf-8", "surrogateescape")[: found[1]]
            location = data.decode("utf-8", "surrogateescape")
            length, script = len(location), substitute(script, found[2])
        if length > 0:
            exchange.filename = script + (uri if location == "/" else uri[length:])
            exchange.handler = exchange.notes["alias-forced-type"] = "wsgi-script"
            return OK
    return DECLINED


def fcgid(exchange: Exchange) -> int:
    """mod_fcgid; it refuses without a word."""
    if exchange.handler != "fcgid-script":
        return DECLINED
    filename = exchange.filename or ""
    if not may_run(exchange):
        return _not_allowed(exchange, None)
    if _refuses_path_info(exchange):
        return refused(exchange, 404, "path-info", None, "AcceptPathInfo off disallows user's path", None, "")
    config: FcgidConfig = exchange.config(FCGID, _NO_FCGID)
    wrappers = dict(config.wrappers)
    _, dot, extension = filename.rpartition(".")
    virtual = wrappers.get(f".{extension}" if dot else "", wrappers.get("", False))
    if not virtual:
        if exchange.found is None:
            return refused(exchange, 404, "not-found", None, "the script is not there", None, "")
        if exchange.found.kind == DIRECTORY:
            return _directory(exchange, None)
    return _answers(exchange, f"the FastCGI program for {filename}")


def fastcgi(exchange: Exchange) -> int:
    """mod_fastcgi."""
    if exchange.handler != "fastcgi-script":
        return DECLINED
    if not may_run(exchange) and exchange.notes.get("alias-forced-type") != "fastcgi-script":
        return _not_allowed(exchange, f'FastCGI: "ExecCGI Option" is off in this directory: {exchange.uri}')
    return _answers(exchange, f"the FastCGI program for {exchange.filename}")


def perl(exchange: Exchange) -> int:
    """mod_perl: the site's own code, where some is named."""
    return _code_answers(exchange, ("perl-script", "modperl"), "Perl code")


def python(exchange: Exchange) -> int:
    """mod_python."""
    return _code_answers(exchange, ("python-program", "mod_python"), "Python code")


def suphp(exchange: Exchange) -> int:
    """mod_suphp."""
    if exchange.handler not in ("application/x-httpd-suphp", "x-httpd-suphp") or exchange.found is None:
        return DECLINED
    return _answers(exchange, f"PHP, with {exchange.filename}")


def jk(exchange: Exchange) -> int:
    """mod_jk."""
    return _answers(exchange, "the servlets") if exchange.handler == "jakarta-servlet" else DECLINED


def lua(exchange: Exchange) -> int:
    """mod_lua: a script that is there."""
    found = exchange.found
    if exchange.handler != "lua-script" or found is None or found.kind == DIRECTORY:
        return DECLINED
    return OK if exchange.is_head else _answers(exchange, f"the Lua script {exchange.filename}")


def lua_mapped(exchange: Exchange) -> int:
    """LuaMapHandler, which asks for no file."""
    config: CodeConfig = exchange.config(CODE, _NO_CODE)
    for pattern, directive in config.mapped:
        met = pattern.search(exchange.uri) is not None
        label = f"{directive.written} {directive.args[0]}"
        exchange.step("handler", label, directive.span, met, "uri", "matches", directive.args[0])
        if met:
            return _answers(exchange, f"the Lua code of {directive.args[1]}")
    return DECLINED


def _code_answers(exchange: Exchange, names: tuple[str, ...], what: str) -> int:
    config: CodeConfig = exchange.config(CODE, _NO_CODE)
    if exchange.handler not in names or config.answers is None:
        return DECLINED
    return _answers(exchange, f"{what}, {' '.join(config.answers.args)}")


def _refuses_path_info(exchange: Exchange) -> bool:
    return exchange.used_path_info == "off" and bool(exchange.path_info)


def _answers(exchange: Exchange, whom: str) -> int:
    exchange.step("handler", f"{whom} answers")
    exchange.handed_to = whom
    exchange.status_known = False
    return OK


def _not_allowed(exchange: Exchange, log: str | None) -> int:
    message = "programs are run only where Options has ExecCGI, or below an alias for scripts"
    return refused(exchange, FORBIDDEN, "exec-cgi-off", log, _EXEC_OFF, options_place(exchange), message)


def _directory(exchange: Exchange, log: str | None) -> int:
    files = exchange.evaluator.files()
    place = files.place(files.stat(exchange.filename or ""))
    words = "attempt to invoke directory as script"
    return refused(exchange, FORBIDDEN, "directory-as-script", log, words, place, "this is a directory")
