"""Files that are there for everybody, and what is told of those that are refused."""

from audit403.core.decision import REFUSED
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.explore.ordinary import CHALLENGE
from audit403.explore.subject import Hit
from audit403_checks.files.kinds import is_for_nobody

_SHOWN = 3


def is_visited(hit: Hit) -> bool:
    """Whether the page that loads it is one for visitors: not one among the tests or examples of a library."""
    page = hit.request.header("referer") or ""
    folders = page.partition("://")[2].split("/")[1:-1]
    return hit.page is not None and not any(map(is_for_nobody, folders))


def is_refused_there(site: Site, refusal: Refusal, target: str) -> bool:
    """Whether another address is refused at the same place."""
    decision = site.decide(refusal.witness._replace(method="GET", target=target))
    return decision.verdict == REFUSED and decision.where == refusal.where


def refuses_everything(site: Site, refusal: Refusal) -> bool:
    """Whether the whole site is closed, or /.well-known/ as such: then one file is not what is wrong."""
    return any(is_refused_there(site, refusal, target) for target in ("/", CHALLENGE))


def listed(targets: list[str]) -> str:
    """Some addresses in words."""
    names = list(dict.fromkeys(targets))
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
