"""A rate or connection limit answers 403, which says that the client may never come back."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of


@check(WARNING, "limit_req", "limit_conn")
def limit_answers_403(fact: Fact, site: Site) -> Iterator[Finding]:
    """Crawlers and programs come again after 429 or 503; people and logs take 403 for a matter of permissions."""
    found = own_refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    directive = (subject.context or subject.server).last(f"{refusal.cause}_status")
    if directive is None or directive.args[:1] != ["403"]:
        return
    span = directive.arg_span(0)
    fix = Fix(f"answer 429: `{refusal.cause}_status 429`", UNSAFE, (TextEdit(span.file, span.start, span.end, "429"),))
    message = f"whoever is over the limit gets 403: `{refusal.cause}_status 403` makes a limit look like a refusal"
    finding = finding_of("nginx/limit-answers-403", WARNING, message, refusal, (fix,), anchor=refusal.cause)
    yield finding._replace(because=(Because(directive.span, "is the answer over the limit"), *finding.because))
