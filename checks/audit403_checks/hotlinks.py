"""Rules against hotlinking: whether a refusal is about the Referer, and which of a site's pages it hits."""

from audit403.core.decision import REFUSED
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request

ELSEWHERE = "https://elsewhere.example/"


class Page(NamedTuple):
    """A page of the site's own: its URL, and whether its server is another than the one that refuses."""

    url: str
    elsewhere: bool


def with_referer(request: Request, referer: str | None) -> Request:
    """The request with this Referer, or without any."""
    kept = tuple(pair for pair in request.headers if pair[0].lower() != "referer")
    return request._replace(headers=kept if referer is None else (*kept, ("Referer", referer)))


def is_refused(site: Site, refusal: Refusal, referer: str | None) -> bool:
    """Whether the witness is refused at the same place with this Referer."""
    decision = site.decide(with_referer(refusal.witness, referer))
    return decision.verdict == REFUSED and decision.where == refusal.where
