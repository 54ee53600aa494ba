"""Files that visitors ask for cannot be read by the server's worker."""

from collections.abc import Iterator

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, Blocked
from audit403_checks.files.blocked import blocked_finding, more_like
from audit403_checks.files.kinds import is_kept_back, is_public, may_be_public
from audit403_checks.files.remedies import worker_of
from audit403_checks.support import Refused, refused_by_any

_BESIDE = {"type-map-unreadable": "names its variants", "meta-file-unreadable": "has its headers"}


@check(ERROR, "file-unreadable", "type-map-unreadable", "meta-file-unreadable")
def file_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only files of the kinds that a site consists of: a private key that nobody can fetch is as it should be."""
    found = refused_by_any(fact)
    if found is None or not isinstance(found[0].where, PathPlace):
        return
    if found[0].cause in _BESIDE:
        yield _of_another(found[0], found[1], site)
        return
    files = _for_visitors(found[1].blocking)
    if not files:
        return
    first = files[0]
    name = first.path.rpartition("/")[2]
    what = f"the home page, {name}," if first.purpose == PURPOSE_HOME else first.target
    message = f"{what} cannot be read by {worker_of(site)}{more_like(files, 'file', 'files')}"
    yield blocked_finding("files/file-unreadable", ERROR, message, site, found[0], files, "read")


def _of_another(refusal: Refusal, subject: Refused, site: Site) -> Finding:
    """Apache's list of a page's variants, or of its headers, is there for visitors whatever it is called."""
    assert isinstance(refusal.where, PathPlace)
    hit = next((one for one in subject.hits if one.purpose == PURPOSE_HOME), None)
    target, purpose = (refusal.witness.target, subject.purpose) if hit is None else (hit.request.target, hit.purpose)
    path = refusal.where.path
    what = "the home page" if hit is not None else target
    message = f"{what} is refused: {worker_of(site)} cannot read {path}, which {_BESIDE[refusal.cause]}"
    return blocked_finding(
        "files/file-unreadable", ERROR, message, site, refusal, [Blocked(path, target, 1, purpose)], "read"
    )


def _for_visitors(files: tuple[Blocked, ...]) -> list[Blocked]:
    """The files that visitors come for; of what may be kept back as well, what lies beside them."""
    public = [one for one in files if is_public(one.path) and not is_kept_back(one.target)]
    folders = {one.path.rpartition("/")[0] for one in public}
    beside = [one for one in files if may_be_public(one.path) and one.path.rpartition("/")[0] in folders]
    return list(dict.fromkeys((*public, *beside)))
