"""Directives that have a say in who gets what and that the evaluator passes over: they are named, not kept silent.

Those without a say are in `without_say.txt`, by module; all others of httpd's own are evaluated. A test holds the three
lists to the tables of the installed modules. Of other programs' modules only those count that may refuse by themselves:
what hangs on a login or a Require of theirs is told where a request comes to it.
"""

import os
from collections.abc import Iterator

from audit403.apache.read.configuration import Configuration
from audit403.apache.read.tree import Directive
from audit403.core.source import every_directive

_CACHED = "what it has kept of earlier answers is sent before anybody is asked who may come"
_SENT_ON = "which requests it passes on to another server is not evaluated"
_REFUSES = "what it refuses is not evaluated"
NOT_EVALUATED = {
    "cacheenable": _CACHED,
    "chrootdir": "files are looked for without it",
    "mdrequirehttps": "requests without TLS may be sent to https before anything here is asked",
    "proxyexpressenable": _SENT_ON,
    "regexdefaultoptions": "patterns are read with the options that httpd has without it",
}
"""Httpd's own, in lower case, and what is to be known about each."""
FOREIGN = {
    **dict.fromkeys(("jkmount", "jkmountcopy", "jkmountfile", "jkautoalias"), _SENT_ON),
    **dict.fromkeys(("authzsvnaccessfile", "authzsvnreposrelativeaccessfile"), _REFUSES),
    **dict.fromkeys(("melloncond", "mellonrequire", "shibaccesscontrol", "cosignprotected"), _REFUSES),
    **dict.fromkeys(("qs_denyrequestline", "qs_denypath", "qs_denyquery", "qs_denyquerybody"), _REFUSES),
    **dict.fromkeys(("qs_denybody", "qs_permituri", "qs_requestheaderfilter"), _REFUSES),
}
"""The same of modules that do not come with httpd."""
_WORDS = NOT_EVALUATED | FOREIGN


def without_say() -> frozenset[str]:
    """The directives of httpd's own that change no refusal, in lower case."""
    with open(os.path.join(os.path.dirname(__file__), "without_say.txt"), encoding="ascii") as file:
        text = file.read()
    return frozenset(word.lower() for line in text.splitlines() if line[0] == " " for word in line.split())


def not_evaluated(configuration: Configuration) -> Iterator[tuple[Directive, str]]:
    """The first of each such directive that is switched on, wherever it stands, and what is to be known about it."""
    directives = every_directive(configuration.directives)
    found: dict[str, Directive] = {}
    for directive in directives:
        if directive.name in _WORDS and [word.lower() for word in directive.args] != ["off"]:
            found.setdefault(directive.name, directive)
    if "cacheenable" in found and any(map(_asks_first, directives)):
        del found["cacheenable"]
    for name, directive in found.items():
        yield directive, _WORDS[name]


def _asks_first(directive: Directive) -> bool:
    """Whether the cache is asked only after everybody else."""
    return directive.name == "cachequickhandler" and [word.lower() for word in directive.args] == ["off"]
