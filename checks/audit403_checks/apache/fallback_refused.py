"""What addresses without a file are sent on to, by a rule or by FallbackResource, is itself refused."""

from collections.abc import Iterator

from audit403.apache.explore.trail import refused_fallback
from audit403.apache.site import ApacheSite
from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403.evidence.interface import FILE
from audit403.explore.ordinary import PROBE
from audit403.explore.subject import (
    PURPOSE_DIRECTORY,
    PURPOSE_HOME,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
    WAY_REWRITE,
    WAY_TRY_FILES,
    Hit,
)
from audit403_checks.apache.exceptions import let_through
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.apache.written import written_at
from audit403_checks.support import finding_of

_PURPOSES = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_DIRECTORY, PURPOSE_PROBE)
_EVERYBODY = "every client"


@check(ERROR, "require", "access-compat")
def fallback_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """A front controller that nobody may ask for: every page but those with a file of their own is 403."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].who != _EVERYBODY:
        return
    refusal, subject = found
    sent: list[tuple[Hit, Decision, str]] = []
    for hit in subject.hits:
        if hit.way in (WAY_REWRITE, WAY_TRY_FILES) and hit.purpose in _PURPOSES:
            decision = site.decide(hit.request)
            uri = refused_fallback(decision)
            same = (decision.cause, decision.where) == (refusal.cause, refusal.where)
            if uri is not None and same and _is_to_be_served(site, hit, uri):
                sent.append((hit, decision, uri))
    if not sent:
        return
    hit, decision, uri = min(sent, key=lambda one: _PURPOSES.index(one[0].purpose))
    target = hit.request.target
    what = "the home page" if hit.purpose == PURPOSE_HOME else "what has no file of its own"
    by = "FallbackResource" if hit.way == WAY_TRY_FILES else "a RewriteRule"
    message = f"{by} sends {what}, such as {target}, on to {uri.partition('?')[0]}, which is refused"
    if hit.purpose == PURPOSE_HOME:
        message = f"{by} sends {what} on to {uri.partition('?')[0]}, which is refused"
    severity = ERROR if hit.purpose == PURPOSE_HOME else WARNING
    fixes = (let_through(uri.partition("?")[0], written_at(site, refusal.where), refusal.cause),)
    rule = "apache/fallback-refused"
    yield finding_of(rule, severity, message, refusal, fixes, anchor=uri, hit=(hit, decision))


def _is_to_be_served(site: ApacheSite, hit: Hit, uri: str) -> bool:
    """Whether it is a file, in a place that is not closed as a whole."""
    path = uri.partition("?")[0]
    _, own = site.evaluator.followed(hit.request._replace(target=path))
    beside = site.decide(hit.request._replace(target=f"{path.rpartition('/')[0]}/{PROBE}.css"))
    return own.found is not None and own.found.kind == FILE and (beside.verdict != REFUSED or path.count("/") == 1)
