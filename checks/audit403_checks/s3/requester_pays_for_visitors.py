"""The requester pays, and whoever asks cannot say that they agree."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.model.caller import ANONYMOUS, ORIGIN_IDENTITY, SERVICE, caller_of
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(ERROR, "requester-pays")
def requester_pays_for_visitors(fact: Fact, site: Site) -> Iterator[Finding]:
    """Anonymous visitors never can, nor can the website endpoint; CloudFront must send a header of its own.

    Whoever signs can agree in each request: of those it is not known that they do not.
    """
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    kind = caller_of(subject.request.principal).kind
    if kind == ANONYMOUS:
        why = "nobody can agree to it in such a request"
        remedy = "let the owner of the bucket pay again, or serve it through CloudFront with origin access control"
    elif kind in (SERVICE, ORIGIN_IDENTITY):
        why = "CloudFront does not say that it agrees"
        remedy = "let the owner of the bucket pay again, or let CloudFront agree"
    else:
        return
    message = f"{refusal.who} gets 403 from {subject.bucket.name}: the requester pays there, and {why}"
    fixes = by_hand(f"{remedy}: its origin then adds the header x-amz-request-payer: requester")
    yield finding("requester-pays-for-visitors", ERROR, message, refusal, fixes)
