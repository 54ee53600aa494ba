"""Modules that a configuration takes for granted by what it says, where no LoadModule tells which there are.

A directive has its module in the table of directives. Here is what else needs one: the name of a handler, the scheme of
a URL that requests go on to, `Options ExecCGI`.
"""

import re
from collections.abc import Iterator

from audit403.apache.read.tree import Directive

#: Which module takes a handler. Truth: the handler functions of the modules, and the documentation of foreign ones.
HANDLERS = {
    "cgi-script": "cgid",
    "application/x-httpd-cgi": "cgid",
    "send-as-is": "asis",
    "httpd/send-as-is": "asis",
    "server-status": "status",
    "server-info": "info",
    "imap-file": "imagemap",
    "application/x-httpd-imap": "imagemap",
    "type-map": "negotiation",
    "balancer-manager": "proxy_balancer",
    "ldap-status": "ldap",
    "lua-script": "lua",
    "application/x-httpd-php": "php",
    "application/x-httpd-php-source": "php",
    "php-script": "php",
    "wsgi-script": "wsgi",
    "application/x-httpd-wsgi": "wsgi",
    "fcgid-script": "fcgid",
    "fastcgi-script": "fastcgi",
    "perl-script": "perl",
    "modperl": "perl",
    "python-program": "python",
    "mod_python": "python",
    "application/x-httpd-suphp": "suphp",
    "x-httpd-suphp": "suphp",
    "jakarta-servlet": "jk",
}
#: Which module speaks the protocol of a scheme.
SCHEMES = {
    "http": "proxy_http",
    "https": "proxy_http",
    "ws": "proxy_http",
    "wss": "proxy_http",
    "fcgi": "proxy_fcgi",
    "ajp": "proxy_ajp",
    "scgi": "proxy_scgi",
    "uwsgi": "proxy_uwsgi",
    "h2": "proxy_http2",
    "h2c": "proxy_http2",
    "ftp": "proxy_ftp",
    "balancer": "proxy_balancer",
    "fd": "proxy_fdpass",
}
#: The directives whose arguments may need a module.
IMPLY = frozenset(
    (
        "sethandler", "addhandler", "addtype", "forcetype", "proxypass", "proxypassmatch", "balancermember",
        "rewriterule", "scriptalias", "scriptaliasmatch", "options",
    )
)  # fmt: skip
_SCHEME = re.compile(r"(?:unix:[^|]*\|)?([a-z0-9]+):", re.IGNORECASE)
_FLAG_P = re.compile(r"\[(?:.*,)?\s*(?:p|proxy)\s*(?:,.*)?\]\Z", re.IGNORECASE)


def implied_by_value(directive: Directive) -> Iterator[str]:
    """The symbols of the modules that the arguments of one directive need."""
    for name in _names(directive):
        yield f"{name}_module"


def _names(directive: Directive) -> Iterator[str]:
    name, words = directive.name, directive.args
    if name == "sethandler" and words:
        yield from _of_handler(words[0])
    elif name in ("addhandler", "addtype", "forcetype") and words:
        found = HANDLERS.get(words[0].lower())
        if found is not None:
            yield found
    elif name in ("proxypass", "proxypassmatch", "balancermember"):
        for word in words:
            yield from _of_url(word)
    elif name == "rewriterule" and len(words) > 2 and _FLAG_P.search(words[2]):
        yield "proxy"
        yield from _of_url(words[1])
    elif name in ("scriptalias", "scriptaliasmatch") or (name == "options" and _lets_scripts_run(words)):
        yield "cgid"


def _lets_scripts_run(words: list[str]) -> bool:
    return any(word.lower().lstrip("+") == "execcgi" for word in words)


def _of_handler(word: str) -> Iterator[str]:
    if word[:6].lower() == "proxy:":
        yield "proxy"
        yield from _of_url(word[6:])
    elif word.lower() in HANDLERS:
        yield HANDLERS[word.lower()]


def _of_url(text: str) -> Iterator[str]:
    found = _SCHEME.match(text)
    scheme = "" if found is None else found[1].lower()
    if scheme in SCHEMES:
        yield SCHEMES[scheme]
    if scheme in ("https", "wss"):
        yield "ssl"
    if scheme in ("ws", "wss"):
        yield "proxy_wstunnel"
