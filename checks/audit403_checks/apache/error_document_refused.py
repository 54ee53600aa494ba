"""The page that `ErrorDocument 403` names is itself refused, so that nobody sees it."""

from collections.abc import Iterator

from audit403.apache.decide.error_document import PAGE_FAILED
from audit403.apache.explore.doors import Doors, from_client
from audit403.apache.site import ApacheSite
from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, WARNING, Finding
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.evidence.interface import FILE
from audit403.explore.ordinary import CLIENTS
from audit403_checks.apache.exceptions import let_through
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.apache.written import written_at
from audit403_checks.support import finding_of

_EVERYBODY = "every client"


@check(WARNING, "require", "access-compat", "rewrite-rule", "redirect-status")
def error_document_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Httpd asks itself for the page; where not the very same sections hold for it, the rules count anew."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal = found[0]
    sent = _sent_to(refusal.decision)
    if sent is None:
        return
    where, uri = sent
    direct = refusal.witness._replace(target=uri, method="GET", body_length=None)
    decision, exchange = site.evaluator.followed(direct)
    if decision.verdict != REFUSED or exchange.found is None or exchange.found.kind != FILE:
        return
    is_same = (decision.cause, decision.where) == (refusal.cause, refusal.where)
    home = site.decide(direct._replace(target="/"))
    if not is_same and (
        (home.cause, home.where) == (decision.cause, decision.where) or not _is_for_nobody(site, direct)
    ):
        return  # what refuses the page refuses the site: that is told of the site
    what = "what answers 403 refuses the page for 403, too" if is_same else "another rule refuses the page for 403"
    message = f"nobody sees {uri}: {what}, and httpd sends its own"
    severity = NOTE if is_same and not refusal.who.startswith(_EVERYBODY) else WARNING
    about = refusal._replace(witness=direct, decision=decision, where=where)
    fixes = (let_through(uri, written_at(site, decision.where), decision.cause),)
    finding = finding_of("apache/error-document-refused", severity, message, about, fixes, anchor=uri)
    because = (Because(where, f"names {uri}"), *decision.because[:1])
    yield finding._replace(because=because, fact=refusal)


def _sent_to(decision: Decision) -> tuple[Span, str] | None:
    """The ErrorDocument whose page is refused, and the page's address."""
    steps = decision.trace
    if all(step.operator != PAGE_FAILED for step in steps):
        return None
    sent = next((step for step in steps if step.text.startswith("ErrorDocument 403 ")), None)
    if sent is None or not isinstance(sent.where, Span):
        return None
    after = steps[steps.index(sent) :]
    uri = next((step.value for step in after if step.phase == "redirect" and step.value), None)
    return None if uri is None or not uri.startswith("/") else (sent.where, uri)


def _is_for_nobody(site: ApacheSite, request: Request) -> bool:
    """Whether whoever asks is refused, so that the page is for nobody at all."""
    doors = Doors(site.model).of(site.evaluator.followed(request)[1].server)
    asked = (from_client(request, client, doors) for client in CLIENTS)
    return all(site.decide(one).verdict == REFUSED for one in asked if one is not None)
