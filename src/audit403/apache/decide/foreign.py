"""A handler that no module known here takes: whose it is, where there may be modules that are not known.

Otherwise the core sends the file, as httpd does with any handler that nobody takes (default_handler in server/core.c).
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.read.commands import is_httpds
from audit403.apache.read.implied import HANDLERS
from audit403.evidence.interface import DIRECTORY

_PROGRAM_TYPE = re.compile(r"(?:application/)?x-(?:httpd|mapp|lsphp|lsapi|php|ruby|python|perl)[a-z0-9._-]*\Z|"
                           r"(?:php|fcgi|cgi|ruby|python|perl|lsapi)[a-z0-9._-]*\Z")  # fmt: skip
"""What handlers of web hosts are called: application/x-httpd-ea-php82, x-mapp-php5, php74-cgi."""
#: Names of httpd's own that stand for sending the file, whatever modules there are.
_SENT = ("default-handler", "none", "server-parsed", "httpd/unix-directory", "text/html")
#: Foreign modules for logins, which take no handler.
_FOR_LOGINS = frozenset(
    f"{name}_module"
    for name in (
        "auth_openidc", "auth_cas", "auth_gssapi", "auth_kerb", "authnz_external", "authnz_pam", "auth_ntlm_winbind",
    )
)  # fmt: skip
#: Others that take no handler, or those of the table alone.
_KNOWN = frozenset(
    f"{name}_module"
    for name in (
        *HANDLERS.values(), "security2", "security3", "evasive20", "qos", "unique_id", "xsendfile", "mpm_itk",
        "ruid2", "rpaf", "cloudflare", "geoip", "maxminddb", "php7", "php5", "apparmor", "systemd", "wstunnel",
        "bw", "limitipconn", "log_sql", "log_rotate", "dnssd", "dosdetector",
    )
)  # fmt: skip


def handle(exchange: Exchange) -> int:
    """Hand the request on to whoever takes the handler."""
    name = exchange.handler or ""
    found = exchange.found
    if found is None or found.kind == DIRECTORY or name in _SENT:
        return DECLINED
    process = exchange.evaluator.model.process
    is_type = exchange.type_trusted and (exchange.content_type or "").partition(";")[0].rstrip(" ") == name
    if process.lenient:
        theirs = _PROGRAM_TYPE.match(name) is not None or (not is_type and "/" not in name and "-" in name)
    else:
        strangers = _strangers(exchange) - _FOR_LOGINS
        theirs = not is_type and "/" not in name and name not in HANDLERS and bool(strangers)
    if not theirs:
        return DECLINED
    exchange.handed_to = f"whatever takes the handler {name}"
    exchange.step("handler", f"{exchange.handed_to} answers")
    exchange.status_known = False
    return OK


def may_log_in(exchange: Exchange) -> bool:
    """Whether a module that is not known here may answer for an AuthType that is none of httpd's own."""
    return exchange.evaluator.model.process.lenient or bool(_strangers(exchange))


def _strangers(exchange: Exchange) -> set[str]:
    """The modules of others that may do what nobody here knows."""
    symbols = exchange.evaluator.model.process.modules.symbols
    return {one for one in symbols if not is_httpds(one) and one not in _KNOWN}
