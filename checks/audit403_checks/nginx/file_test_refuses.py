"""An `if` that looks for a file refuses the home page, the application's addresses, or what is only missing."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, SAFE, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, Hit
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.rewrite_code import If, Return
from audit403_checks.nginx.directories import index_names
from audit403_checks.nginx.subjects import refusal_of, refusing_if
from audit403_checks.support import finding_of, remove

_NAME = "nginx/file-test-refuses"
_MISSING = ("!-f", "!-e", "!-d")
_OF_ADDRESS = frozenset(("request_filename", "uri", "document_uri", "request_uri", "fastcgi_script_name"))
_SERVED = 200
_MOST_ASKED = 8


@check(WARNING, "return")
def file_test_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where what is refused would be served without the test, a warning for a whole site, else a note."""
    found = refusal_of(fact)
    place = None if found is None else refusing_if(*found)
    if found is None or place is None or not isinstance(site, NginxSite):
        return
    (refusal, subject), test = found, place[1]
    if test.condition.operator not in (*_MISSING, "-d") or not _is_about_address(test):
        return
    shown = "if " + " ".join(test.directive.args)
    hit = _home(site, refusal, subject)
    if hit is not None and test.condition.operator in ("!-f", "-d"):
        message = f"the home page is refused: / is a directory, and `{shown}` refuses those"
        yield _finding(site, refusal, ERROR, message, hit, _without_directories(test), shown)
        return
    if test.condition.operator == "-d":
        return
    hit = _served_without(site, refusal, subject, test)
    if hit is not None:
        message = f"`{shown}` refuses {hit.request.target}, which is no file and would be answered without the test"
        fix = Fix("take the test out", UNSAFE, (remove(test.directive),))
        yield _finding(site, refusal, ERROR, message, hit, fix, shown)
        return
    severity = WARNING if subject.location is None or subject.location.name == "/" else NOTE
    message = "what is missing is answered with 403 and not with 404"
    yield finding_of(_NAME, severity, message, refusal, (_as_404(test),), anchor=shown)


def _is_about_address(test: If) -> bool:
    """Whether it looks for what the request names, and not for a file that closes or opens the site."""
    looked_for = test.condition.value
    names = {test.condition.variable} if looked_for is None else set(looked_for.variables())
    return not _OF_ADDRESS.isdisjoint(names)


def _finding(site: Site, refusal: Refusal, severity: str, message: str, hit: Hit, fix: Fix, anchor: str) -> Finding:
    return finding_of(_NAME, severity, message, refusal, (fix,), anchor=anchor, hit=(hit, site.decide(hit.request)))


def _home(site: Site, refusal: Refusal, subject: Subject) -> Hit | None:
    """The home page, where its index is served by its own name."""
    for hit in subject.hits:
        if hit.purpose == PURPOSE_HOME and hit.way is None:
            names = [name for name in index_names(subject) if not name.startswith("/")]
            answers = (site.decide(hit.request._replace(target=f"/{name}")) for name in names)
            if any(one.status == _SERVED or one.handed_to is not None for one in answers):
                return hit
    return None


def _served_without(site: NginxSite, refusal: Refusal, subject: Subject, test: If) -> Hit | None:
    """An address that somebody answers for as soon as the test is gone."""
    world = site.with_changes([remove(test.directive)])
    for hit in subject.hits[:_MOST_ASKED]:
        decision = world.decide(hit.request)
        if decision.verdict != REFUSED and (decision.status == _SERVED or decision.handed_to is not None):
            return hit
    return None


def _without_directories(test: If) -> Fix:
    """The test as one that looks whether anything is there."""
    directive = test.directive
    span = directive.arg_span(0)
    written = directive.source.data[span.start : span.end].decode("utf-8", "surrogateescape")
    if "!-f" not in written:
        return Fix("let directories with an index through: leave the listing off, which is refused anyway", MANUAL)
    edit = TextEdit(span.file, span.start, span.end, written.replace("!-f", "!-e", 1))
    return Fix("look whether anything is there: `!-e`", UNSAFE, (edit,))


def _as_404(test: If) -> Fix:
    returns = next((one for one in test.body if isinstance(one, Return)), None)
    if returns is None or not returns.directive.args:
        return Fix("answer 404", MANUAL)
    span = returns.directive.arg_span(0)
    return Fix("answer 404", SAFE, (TextEdit(span.file, span.start, span.end, "404"),))
