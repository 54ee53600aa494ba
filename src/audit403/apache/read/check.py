"""What httpd says about directives at its start: unknown, not allowed here, too few or too many arguments.

The order of the tests is that of invoke_cmd in server/config.c; where a directive may stand besides that is what the
modules ask ap_check_cmd_context for. What the arguments mean is the evaluator's.
"""

from audit403.apache.read import commands as table
from audit403.apache.read.commands import ALL, AUTHCFG, DIRECTORY, LIMIT, PROXY, SERVER, Command
from audit403.apache.read.parse import odd_space_in
from audit403.apache.read.process import MPM, Process
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Problem, latin

MOST_PROBLEMS = 200

_AUTHN = frozenset({"<authnprovideralias", "<authzprovideralias"})
_PATHS = frozenset({"<directory", "<directorymatch", "<location", "<locationmatch"})
_PROXIES = frozenset({"<proxy", "<proxymatch"})
_FILES = frozenset({"<files", "<filesmatch", "<if", "<elseif", "<else"})
_LIMITS = frozenset({"<limit", "<limitexcept"})
_REQUIRES = frozenset({"<requireall", "<requireany", "<requirenone"})
_TRANSPARENT = frozenset({"<virtualhost", *_LIMITS})

#: GLOBAL_ONLY: not within <VirtualHost>; in sections of paths they are not allowed anyway.
_GLOBAL_NAMES = (
    "<authnprovideralias <authzprovideralias <virtualhost acceptfilter asyncrequestworkerfactor authncacheenable "
    "authncachesocache authnzfcgidefineprovider chrootdir coredumpdirectory dtraceprivileges group heartbeataddress "
    "heartbeatlisten heartbeatmaxservers heartbeatstorage ldapcacheentries ldapcachettl ldapconnectiontimeout "
    "ldaplibrarydebug ldapopcacheentries ldapopcachettl ldapretries ldapretrydelay ldapsharedcachefile "
    "ldapsharedcachesize ldaptimeout ldaptrustedglobalcert ldapverifyservercert listen listenbacklog "
    "listencoresbucketsratio listentcpdeferaccept maxclients maxconnectionsperchild maxmemfree maxrequestsperchild "
    "maxrequestworkers maxspareservers maxsparethreads minspareservers minsparethreads mutex pidfile proxyhctpsize "
    "receivebuffersize regexdefaultoptions registerhttpmethod scoreboardfile scriptsock sendbuffersize serverlimit "
    "servertokens sessioncryptodriver startservers suexec threadlimit threadsperchild threadstacksize user "
    "xml2encalias gracefulshutdowntimeout"
)
_GLOBAL = frozenset(_GLOBAL_NAMES.split())
#: Sections that a directive cannot stand in although its place in the table would allow it.
_NOT_IN = {
    **dict.fromkeys(("alias", "scriptalias", "proxypassreverse"), _FILES | {"<directory", "<directorymatch"}),
    **dict.fromkeys(("<files", "<filesmatch"), frozenset({"<location", "<locationmatch"})),
    **dict.fromkeys(("cacheenable", "cachedisable"), _FILES | {"<directory", "<directorymatch"}),
    "multiviewsmatch": frozenset({"<location", "<locationmatch"}),
}
_NOT_IN_LIMIT = frozenset({"<files", "<filesmatch", "<if", "<elseif", "<else"})


class Place(NamedTuple):
    """Where directives stand: what is allowed there, and the sections around."""

    override: int
    sections: frozenset[str] = frozenset()


#: The top of a configuration file, and of an `.htaccess` file where everything is allowed.
TOP = Place((SERVER | ALL) & ~(AUTHCFG | LIMIT))
HTACCESS = Place(ALL)


def check_directives(directives: list[Directive], process: Process, place: Place = TOP) -> list[Problem]:
    """The problems of a tree, in httpd's order; httpd itself stops at the first."""
    problems: dict[tuple[str, int, str], Problem] = {}
    strangers = any(not table.is_httpds(symbol) for symbol in process.modules.symbols)
    here = _Here(place)
    pending = [(iter(directives), here)]
    while pending:
        steps, here = pending[-1]
        for directive in steps:
            if not here.is_fine(directive):
                said = _problem(directive, here.place, process, strangers)
                if said is None:
                    here.note_fine(directive)
                else:
                    problem = Problem(directive.span, *said)
                    # A module that is not there is told of once for each directive of its, not for each of its lines.
                    where = ("", 0) if problem.kind == "module" else (problem.span.file, problem.span.start)
                    problems.setdefault((*where, problem.message), problem)
                    if len(problems) >= MOST_PROBLEMS:
                        return list(problems.values())
            if directive.block:
                inside = here.inside(directive)
                if inside is not None:
                    pending.append((iter(directive.block), inside))
                    break
        else:
            pending.pop()
    return list(problems.values())


class _Here:
    """A place, and which uses of directives are known to be right there: the same ones come again and again."""

    def __init__(self, place: Place) -> None:
        self.place = place
        #: Names with the number of their words; where one of few words is wanted, with the words.
        self._fine: set[tuple[str | int, ...]] = set()
        self._inside: dict[str, _Here | None] = {}

    def is_fine(self, directive: Directive) -> bool:
        name, words = directive.name, directive.args
        if "" in words:  # an empty word counts as none for some directives: each such line is looked at
            return False
        return (name, len(words) if directive.block is None else -1) in self._fine or (name, *words) in self._fine

    def note_fine(self, directive: Directive) -> None:
        name, words = directive.name, directive.args
        if _is_flag(name):
            self._fine.add((name, *words))
        elif "" not in words:
            self._fine.add((name, len(words) if directive.block is None else -1))

    def inside(self, section: Directive) -> "_Here | None":
        """What is allowed in a section; None where nobody here knows."""
        if section.name not in self._inside:
            place = _inside(section, self.place)
            self._inside[section.name] = None if place is None else _Here(place)
        return self._inside[section.name]


def _problem(directive: Directive, place: Place, process: Process, strangers: bool) -> tuple[str, str] | None:
    name = directive.name
    known = table.commands(name)
    if not process.lenient and known:
        loaded = [command for command in known if command.module in process.modules.symbols]
        if not loaded and known[0].module.startswith(MPM) and process.has_linked_mpm():
            return None
        if not loaded:
            files = " or ".join(table.file_of(command.module) for command in known)
            return f"Invalid command '{directive.written}': {files}, which has it, is not loaded", "module"
        known = tuple(loaded)
    if not known:
        return _unknown(directive, process, strangers)
    for command in known:
        said = _misplaced(directive, command, place) or _miscounted(directive, command, place)
        if said is not None:
            return said
    return None


def _unknown(directive: Directive, process: Process, strangers: bool) -> tuple[str, str] | None:
    others = table.modules_with(directive.name)
    written = directive.written
    if any(process.lenient or module in process.modules.symbols for module in others):
        return None
    odd = "" if written.isascii() else odd_space_in(latin(written))
    if odd:
        return odd, "bytes"
    if others and not process.lenient:
        return f"Invalid command '{written}': {table.file_of(others[0])}, which has it, is not loaded", "module"
    if strangers or process.lenient:
        is_slip = table.resembles_one(written) or not written.strip("</>").replace("_", "").isalnum()
        message = f"Invalid command '{written}' unless a module that is not known here has it"
        return message, "directive" if is_slip else "stranger"
    return f"Invalid command '{written}', perhaps misspelled: no module that is loaded has it", "directive"


def _misplaced(directive: Directive, command: Command, place: Place) -> tuple[str, str] | None:
    name = directive.name
    title = f"{command.name}>" if command.name.startswith("<") else command.name
    if not command.override & place.override:
        if directive.parent is not None:
            return f"{command.name} not allowed in {directive.parent.written}> context", "context"
        return f"{command.name} not allowed here", "context"
    if name in _GLOBAL and "<virtualhost" in place.sections:
        return f"{title} cannot occur within <VirtualHost> section", "context"
    found = _NOT_IN.get(name, frozenset()).intersection(place.sections)
    if found:
        section = table.commands(sorted(found)[0])[0].name
        return f"{title} cannot occur within {section}> section", "context"
    if name in _NOT_IN_LIMIT and not _LIMITS.isdisjoint(place.sections):
        return f"{title} cannot occur within <Limit> or <LimitExcept> section", "context"
    if name == "serveralias" and "<virtualhost" not in place.sections:
        return "ServerAlias only used in <VirtualHost>", "context"
    return None


def _miscounted(directive: Directive, command: Command, place: Place) -> tuple[str, str] | None:
    how = command.how
    if directive.name in ("alias", "scriptalias") and len(directive.args) == 1 and not place.override & DIRECTORY:
        return f"{command.name} must have two arguments when used globally", "arguments"
    if how == "TAKE_ARGV" and directive.name == "listen" and not 1 <= len(directive.args) <= 2:
        return "Listen requires 1 or 2 arguments", "arguments"
    if how in ("RAW_ARGS", "TAKE_ARGV"):
        return None
    words = directive.args if directive.block is None else [*directive.args, ">"]
    first = [word != "" for word in [*words, "", "", ""][:3]]
    if how == "NO_ARGS":
        fault = "takes no arguments" if directive.raw else ""
    elif how == "FLAG":
        fault = "" if words and words[0].lower() in ("on", "off") else "must be On or Off"
    elif how == "ITERATE":
        fault = "" if first[0] else "requires at least one argument"
    elif how == "ITERATE2":
        fault = "" if first[0] and len(words) > 1 else "requires at least two arguments"
    else:
        least, most, only, said = _COUNTS[how]
        wrong = len(words) > most or not all(first[:least]) or (only and first[1] and len(words) < 3)
        fault = f"takes {said}" if wrong else ""
    return (f"{command.name} {fault}", "arguments") if fault else None


#: The least and the most words, whether two are wrong, and how httpd says it.
_COUNTS = {
    "TAKE1": (1, 1, False, "one argument"),
    "TAKE2": (2, 2, False, "two arguments"),
    "TAKE3": (3, 3, False, "three arguments"),
    "TAKE12": (1, 2, False, "1-2 arguments"),
    "TAKE23": (2, 3, False, "two or three arguments"),
    "TAKE123": (1, 3, False, "one, two or three arguments"),
    "TAKE13": (1, 3, True, "one or three arguments"),
}


def _inside(section: Directive, place: Place) -> Place | None:
    name = section.name
    sections = place.sections if name in place.sections else place.sections | {name}
    if name in _TRANSPARENT:
        return Place(place.override, sections)
    if name in _REQUIRES:
        return Place(AUTHCFG, sections)
    if name in _PATHS:
        return Place(ALL | DIRECTORY, sections)
    if name in _PROXIES:
        return Place(ALL | DIRECTORY | PROXY, sections)
    if name in _FILES:
        return Place(place.override if place.override & ~ALL == 0 else ALL | DIRECTORY, sections)
    return Place(AUTHCFG | DIRECTORY, sections) if name in _AUTHN else None


def _is_flag(name: str) -> bool:
    return any(command.how == "FLAG" for command in table.commands(name))
