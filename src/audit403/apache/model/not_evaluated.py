"""Directives that have a say in who gets what and that the evaluator passes over: they are named, not kept silent.

Those without a say are in `without_say.txt`, by module; all others of httpd's own are evaluated. A test holds the three
lists to the tables of the installed modules. Of other programs' modules only those count that may refuse.
"""

import os
from collections.abc import Iterator

from audit403.apache.read.configuration import Configuration
from audit403.apache.read.tree import Directive
from audit403.core.source import every_directive

#: Sessions that are not in cookies of their own.
_SESSIONS = "sessionenv sessionmaxage sessionheader sessiondbdcookiename sessiondbdcookiename2"
#: What is kept from earlier answers, redirects to https, another root, other patterns, other ways to other servers.
_OTHERS = (
    "cacheenable cachedisable cachequickhandler mdrequirehttps chrootdir regexdefaultoptions proxyexpressenable "
    "proxyexpressdbmfile proxyexpressdbmtype proxydomain proxywebsocketfallbacktoproxyhttp protocolecho h2proxyrequests"
)
NOT_EVALUATED = frozenset(f"{_SESSIONS} {_OTHERS}".split())
#: The same of modules that do not come with httpd, by what their names begin with.
FOREIGN = (
    "authexternal", "authkerb", "authmysql", "authpg", "authtkt", "cas", "cosign", "groupexternal", "gss", "krb",
    "mellon", "oauth", "oidc", "qs_", "shib", "suphp", "tkt", "authzsvn", "passengerenabled", "jkmount",
)  # fmt: skip


def without_say() -> frozenset[str]:
    """The directives of httpd's own that change no refusal, in lower case."""
    with open(os.path.join(os.path.dirname(__file__), "without_say.txt"), encoding="ascii") as file:
        text = file.read()
    return frozenset(word.lower() for line in text.splitlines() if line[0] == " " for word in line.split())


def not_evaluated(configuration: Configuration) -> Iterator[Directive]:
    """Each such directive that is switched on, wherever it stands."""
    for directive in every_directive(configuration.directives):
        decides = directive.name in NOT_EVALUATED or directive.name.startswith(FOREIGN)
        if decides and [word.lower() for word in directive.args] != ["off"]:
            yield directive
