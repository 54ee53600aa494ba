"""`.htaccess` files that AllowOverride keeps httpd from reading, where an answer would be another one if it did.

The same requests are asked of the same httpd as if it read them; nothing is said of a file that changes no answer, as
where the configuration says the same itself.
"""

from collections.abc import Iterable, Iterator

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.decide.exchange import Exchange
from audit403.apache.explore.doors import Door, visit
from audit403.apache.explore.found import NO_INDEX
from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import Trails, access_files
from audit403.apache.model.server import Server
from audit403.core.decision import NOT_REFUSED, REFUSED, Decision
from audit403.core.fact import IdleDirective
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.core.place import Because, PathPlace, Place, Span
from audit403.core.request import Request
from audit403.core.source import every_directive
from audit403.explore.blocking import TreeStart
from audit403.explore.ordinary import PROBE, quoted
from audit403.explore.subject import PURPOSE_PAGE, PURPOSE_PROBE, Hit, rank_of

GRANT, REFUSAL, LOGIN, PAGES = "unread-grant", "unread-refusal", "unread-login", "unread-pages"
"""What the file would do if it were read: let in, refuse, ask for a password, answer addresses without a file."""
_MOST_ASKED = 500
_TELLING = {
    GRANT: ("require", "satisfy", "allow", "order", "options", "directoryindex", "fallbackresource", "rewriterule"),
    REFUSAL: ("require", "deny", "order", "rewriterule", "options"),
    LOGIN: ("require", "authtype", "authuserfile"),
    PAGES: ("rewriterule", "fallbackresource", "rewriteengine", "errordocument"),
}
"""What in a file may have done it, the likeliest first."""


class _Difference(NamedTuple):
    """A request that is answered otherwise: why it was asked, which file does it, and what was or would be decided."""

    kind: str
    request: Request
    purpose: str
    file: str
    place: PathPlace
    now: Decision
    exchange: Exchange
    then: Decision


def unread_access_files(
    evaluator: Evaluator, trails: Trails, server: Server, door: Door, entries: list[TreeStart], files: dict[str, str]
) -> Iterator[IdleDirective]:
    """A fact for each kind of difference and each AllowOverride; `files` has each `.htaccess` with its URL."""
    unread = [path for path, url in files.items() if not _is_read(evaluator, visit(door, quoted(url)), path)]
    if not unread:
        return
    directories = frozenset(f"{path.rpartition('/')[0]}/" for path in unread)
    reading = Evaluator(
        evaluator.model, evaluator.evidence, now=evaluator.now(), read_anyway=directories, worker=evaluator.worker
    )
    found: dict[tuple[str, Span], list[_Difference]] = {}
    for request, purpose in _requests(door, entries, {path: files[path] for path in unread}):
        difference = _difference(evaluator, reading, request, purpose, frozenset(unread))
        override = None if difference is None else difference.exchange.core.override
        if difference is not None and override is not None and override.directive is not None:
            found.setdefault((difference.kind, override.directive.span), []).append(difference)
    for (kind, where), differences in found.items():
        fact = _fact(evaluator, trails, server, kind, where, differences)
        if fact is not None:
            yield fact


def _is_read(evaluator: Evaluator, request: Request, path: str) -> bool:
    return path in _looked_for(evaluator.decide(request))


def _looked_for(decision: Decision) -> set[str]:
    """The `.htaccess` files that httpd looked for, be they there or not."""
    steps = (step for step in decision.trace if step.phase == "htaccess" and step.field is not None)
    return {step.field.removeprefix("file:") for step in steps if step.field is not None}


def _requests(door: Door, entries: list[TreeStart], files: dict[str, str]) -> Iterable[tuple[Request, str]]:
    """What lies beside and below the files, and something that is not there."""
    asked: dict[str, str] = {}
    for path, url in files.items():
        if len(asked) > _MOST_ASKED:
            break
        directory = path.rpartition("/")[0]
        asked.setdefault(quoted(url), PURPOSE_PAGE)
        asked.setdefault(quoted(f"{url}{PROBE}"), PURPOSE_PROBE)
        for one in entries:
            if one.path == directory or one.path.startswith(f"{directory}/"):
                known = asked.get(one.target)
                asked[one.target] = one.purpose if known is None else min(known, one.purpose, key=rank_of)
            if len(asked) > _MOST_ASKED:
                break
    return [(visit(door, target), purpose) for target, purpose in asked.items()]


def _difference(
    evaluator: Evaluator, reading: Evaluator, request: Request, purpose: str, unread: frozenset[str]
) -> _Difference | None:
    try:
        now, exchange = evaluator.followed(request)
        then = reading.decide(request)
    except Undecided:
        return None
    read = [place for place in access_files(then) if place.path in unread]
    kind = _kind(now, then)
    if not read or kind is None:
        return None
    where = then.where
    place = next((one for one in read if isinstance(where, Span) and where.file == one.path), None)
    if kind == REFUSAL and place is None:
        return None  # the server itself refuses, for what the file says of an index or a link
    if place is None:
        place = next((one for one in reversed(read) if _telling_line(evaluator, kind, one.path)), read[-1])
    return _Difference(kind, request, purpose, place.path, place, now, exchange, then)


def _kind(now: Decision, then: Decision) -> str | None:
    if now.verdict == REFUSED:
        return GRANT if _is_served(then) else None
    if now.status == 404:
        return PAGES if _is_served(then) else None
    if _is_served(now):
        if then.verdict == REFUSED:
            return REFUSAL
        return LOGIN if then.status == 401 else None
    return None


def _is_served(decision: Decision) -> bool:
    return decision.verdict == NOT_REFUSED and (decision.status == 200 or decision.handed_to is not None)


def _fact(
    evaluator: Evaluator, trails: Trails, server: Server, kind: str, override: Span, found: list[_Difference]
) -> IdleDirective | None:
    first = min(found, key=_rank)
    where = _line(evaluator, first)
    if where is None:
        return None
    subject = Subject(
        server,
        first.exchange,
        first.purpose,
        trails.sections(first.exchange, first.now),
        tuple(dict.fromkeys(one.place for one in found)),
        first.file,
        hits=tuple(Hit(one.request, one.purpose, None, one.file) for one in dict.fromkeys((first, *found))),
    )
    because = (
        *(link for link in first.now.because if kind == GRANT),
        Because(override, f"no {first.file.rpartition('/')[2]} is read below this"),
    )
    return IdleDirective("apache", kind, where, first.then.log or "", because, subject)


def _rank(found: _Difference) -> tuple[bool, int, int]:
    """How much it says, the most first: a file that is open says more than a listing."""
    return found.then.cause == NO_INDEX, rank_of(found.purpose), found.request.target.count("/")


def _line(evaluator: Evaluator, found: _Difference) -> Span | None:
    """The line of the file that would do it."""
    where: Place | None = found.then.where
    if isinstance(where, Span) and where.file == found.file:
        return where
    return _telling_line(evaluator, found.kind, found.file)


def _telling_line(evaluator: Evaluator, kind: str, path: str) -> Span | None:
    """The first line of the likeliest name."""
    directives = every_directive(evaluator.access_files.parsed(path).directives)
    found = (one.span for name in _TELLING[kind] for one in directives if one.name == name)
    return next(found, None)
