"""Files that visitors ask for cannot be read by the server's worker."""

from collections.abc import Iterator

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, Blocked
from audit403_checks.files.blocked import blocked_finding
from audit403_checks.files.judged import Judged, judged
from audit403_checks.files.remedies import worker_of
from audit403_checks.support import Refused, refused_by_any

_NAME = "files/file-unreadable"
_BESIDE = {"type-map-unreadable": "names its variants", "meta-file-unreadable": "has its headers"}


@check(ERROR, "file-unreadable", "type-map-unreadable", "meta-file-unreadable")
def file_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only files of the kinds that a site consists of: a private key that nobody can fetch is as it should be."""
    for one in judged(fact, site):
        yield blocked_finding(_NAME, site, one)
    found = refused_by_any(fact)
    if found is not None and found[0].cause in _BESIDE and isinstance(found[0].where, PathPlace):
        yield _of_another(found[0], found[0].where.path, found[1], site)


def _of_another(refusal: Refusal, path: str, subject: Refused, site: Site) -> Finding:
    """Apache's list of a page's variants, or of its headers, is there for visitors whatever it is called."""
    hit = next((one for one in subject.hits if one.purpose == PURPOSE_HOME), None)
    target, purpose = (refusal.witness.target, subject.purpose) if hit is None else (hit.request.target, hit.purpose)
    what = "the home page" if hit is not None else target
    message = f"{what} is refused: {worker_of(site)} cannot read {path}, which {_BESIDE[refusal.cause]}"
    return blocked_finding(_NAME, site, Judged(refusal, ERROR, [Blocked(path, target, 1, purpose)], "read", message))
