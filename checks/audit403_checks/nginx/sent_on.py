"""Requests that one location lets through and that nginx sends on to another which refuses them."""

from collections.abc import Iterator
from contextlib import suppress

from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, UNSAFE, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.explore.subject import Hit
from audit403.http.regex import MatchFailed
from audit403.nginx.explore.subject import Subject
from audit403.nginx.explore.trail import SentOn, sent_by
from audit403.nginx.model.context import Context, is_handler
from audit403.nginx.model.location import Location, every_location
from audit403_checks.nginx.subjects import deciding_level, refusal_of
from audit403_checks.support import insert_after, insert_before, statement

_PROGRAMS = (".php", ".cgi", ".pl", ".py", ".jsp", ".asp", ".aspx")
_REFUSING = ("deny", "return", "internal", "access_log", "log_not_found")
_SERVING = frozenset(("root", "alias", "allow", "try_files", "autoindex", "expires", "add_header", "auth_basic"))
EVERYBODY = "every client"


class Detour(NamedTuple):
    """One kind of request that is refused where nginx has sent it."""

    refusal: Refusal
    subject: Subject
    hit: Hit
    decision: Decision
    sent: SentOn

    def chain(self, words: str) -> tuple[Because, ...]:
        """What led to the refusal, with the directive that sent the request on in its place."""
        where = self.sent.step.where
        return self.decision.because if where is None else (*self.decision.because, Because(where, words))


def detours(fact: Fact, site: Site, *ways: str) -> Iterator[Detour]:
    """The kinds of requests that came to a refusal in one of some ways."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    for hit in subject.hits:
        if hit.way not in ways:
            continue
        decision = refusal.decision if hit.request == refusal.witness else site.decide(hit.request)
        sent = sent_by(decision)
        if decision.verdict == REFUSED and sent is not None:
            yield Detour(refusal, subject, hit, decision, sent)


def origin_of(detour: Detour) -> Context:
    """The location that let the request through before it was sent on, or the server block."""
    server, where = detour.subject.server, detour.sent.origin
    return next((location for location in every_location(server.tree) if location.span() == where), server)


def is_to_serve(location: Location) -> bool:
    """Whether a location says that it serves, and nothing in it refuses."""
    if any(name in location.own for name in ("deny", "internal")):
        return False
    if "return" in location.own:
        return all(not one.args[0].startswith(("4", "5")) for one in location.own["return"] if one.args)
    return bool(_SERVING & location.own.keys()) or any(map(is_handler, location.sequence))


def is_for_another(subject: Subject, uri: str) -> bool:
    """Whether a location behind the one that refuses was written for the URI: that is another fault."""
    refusing = subject.location
    after = False
    for location in every_location(subject.server.tree):
        if location is refusing:
            after = True
        elif after and location.regex is not None and is_to_serve(location):
            with suppress(MatchFailed):
                if location.regex.matches(uri):
                    return True
    return False


def is_made_to_refuse(detour: Detour) -> bool:
    """Whether what refuses is there for nothing else: a named location, or one for just this URI and no file."""
    location, uri = detour.subject.location, detour.sent.to.partition("?")[0]
    if location is None or location.named:
        return location is not None
    if location.regex is not None or location.name.rstrip("/") != uri.rstrip("/") or "." in uri:
        return False
    return all(directive.name in _REFUSING for directive in location.sequence)


def own_location(detour: Detour, extra: str = "") -> Fix:
    """A location of its own for the page that the request is sent to, with what `extra` says."""
    uri, refusing = detour.sent.to.partition("?")[0], detour.subject.location
    if uri.endswith(_PROGRAMS):
        return Fix(f"let {uri} be run: a location of its own that hands it to its interpreter", MANUAL)
    anchor = refusing.directive if refusing is not None else detour.subject.server.sequence[-1]
    root = _own_root(origin_of(detour))
    by_server = refusing is None and detour.decision.cause == "return"
    if anchor is None or root is None or not is_plain(uri) or _is_nested(refusing) or by_server:
        return Fix(f"let {uri} through where it is refused", MANUAL)
    level = deciding_level(detour.subject.context or detour.subject.server)
    words = f"{root} " if root else ""
    words += extra
    if level is not refusing and detour.decision.cause == "access-rule":
        words += "allow all; "
    text = f"location = {uri} {{ {words}}}"
    edit = insert_before(anchor, text) if refusing is not None else insert_after(anchor, text)
    return Fix(f"let {uri} through by a location of its own", UNSAFE, (edit,))


def _own_root(origin: Context) -> str | None:
    """The `root` that a location beside `origin` must repeat to find the same file; None where an alias is in force."""
    level: Context | None = origin
    while isinstance(level, Location):
        if "alias" in level.own:
            return None
        if "root" in level.own:
            return statement(level.own["root"][0])
        level = level.parent
    return ""


def is_plain(uri: str) -> bool:
    """Whether it can stand in a configuration as it is."""
    return uri.startswith("/") and not set(uri) & set(" ;{}'\"\\#$")


def _is_nested(location: Location | None) -> bool:
    return location is not None and isinstance(location.parent, Location)
