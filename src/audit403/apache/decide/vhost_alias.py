"""mod_vhost_alias: a document root out of the name or the address that is asked for.

Truth: mva_translate and vhost_alias_interpolate in modules/mappers/mod_vhost_alias.c.
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.scripts import CGI_SCRIPT
from audit403.apache.decide.server_name import server_name, server_port
from audit403.apache.model.vhost_alias import PART, VHOST_ALIAS, VhostAliasServer
from audit403.core.decision import REASON_HOST, Missing
from audit403.core.open_question import Undecided, Unknown

_NO_SERVER = VhostAliasServer()
_CGI_BIN = re.compile("/*cgi-bin/")
_MOST_PARTS = 19


def translate(exchange: Exchange) -> int:
    """Map a URI below the root that the name stands for."""
    server: VhostAliasServer = exchange.server.slots.get(VHOST_ALIAS, _NO_SERVER)
    root, rest = server.documents, exchange.uri
    scripts = server.scripts
    is_script = False
    if scripts is not None and scripts.format is not None:
        cgi_bin = _CGI_BIN.match(exchange.uri)
        if cgi_bin is not None:
            is_script, root, rest = True, scripts, exchange.uri[cgi_bin.end() - 1 :]
    if root is None or root.format is None or not (is_script or exchange.uri.startswith("/")):
        return DECLINED
    name = _address(exchange) if root.by_address else server_name(exchange)
    if isinstance(name, Unknown):
        raise Undecided(name.missing)
    text = root.format
    folder = PART.sub(lambda found: _part(exchange, name, found), text)
    folder = folder.removesuffix("/")
    exchange.filename = folder + rest
    exchange.step("translate", f"{exchange.filename}, as {root.directive.written} {text} makes of {name}",
                  root.directive.span)  # fmt: skip
    exchange.notes["document-root"] = exchange.context_document_root = folder
    if is_script:
        exchange.handler = exchange.notes["alias-forced-type"] = CGI_SCRIPT
        exchange.context_prefix = "/cgi-bin"
    return OK


def _address(exchange: Exchange) -> str | Unknown:
    local = exchange.connection.local
    if local is None:
        return Unknown(Missing(REASON_HOST, "the address that the client is connected to"))
    return local.text()


def _part(exchange: Exchange, name: str, found: re.Match[str]) -> str:
    """What one `%` stands for."""
    percent, port, back, number, plus, letters_back, letter, letters_plus = found.groups()
    if percent:
        return "%"
    if port:
        return str(server_port(exchange))
    text = _words(name, back == "-", int(number), plus == "+")
    if letter is not None and letter != "0":
        text = _letters(text, letters_back == "-", int(letter), letters_plus == "+")
    return text.lower()


def _words(name: str, back: bool, number: int, plus: bool) -> str:
    if not number:
        return name
    words = name.split(".", _MOST_PARTS - 1)
    if number > len(words):
        return "_"
    if back:
        index = len(words) - number
        return ".".join(words[: index + 1]) if plus else words[index]
    return ".".join(words[number - 1 :]) if plus else words[number - 1]


def _letters(text: str, back: bool, number: int, plus: bool) -> str:
    if number > len(text):
        return "_"
    if back:
        end = len(text) - number + 1
        return text[:end] if plus else text[end - 1 : end]
    return text[number - 1 :] if plus else text[number - 1]
