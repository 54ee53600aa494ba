"""A page that visitors ask for is a directory without an index file."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME
from audit403_checks.directories import has_pages, is_in_a_closed_folder, others_like_it
from audit403_checks.nginx.directories import fallback_of, index_candidates, lacks_slash
from audit403_checks.nginx.methods import dav_methods
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.nginx.wrong_root import other_places
from audit403_checks.support import finding_of


@check(ERROR, "missing-index")
def missing_index(fact: Fact, site: Site) -> Iterator[Finding]:
    """The home page is an error; another directory counts only when it holds pages and nothing else explains it.

    Who comes for files with WebDAV asks for no page.
    """
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    if refusal.witness.method != "GET" or index_candidates(subject) or lacks_slash(refusal, subject):
        return
    if other_places(site, subject):
        return
    is_home = subject.purpose == PURPOSE_HOME
    if not is_home and (fallback_of(subject) is not None or not has_pages(subject) or is_in_a_closed_folder(refusal)):
        return
    what = "the home page" if is_home else refusal.witness.target
    message = f"{what} of {subject.server.first_name() or 'this server'} is a directory without an index file"
    message += others_like_it(refusal)
    fixes = (Fix("put an index file there", MANUAL),)
    severity = NOTE if any(dav_methods(subject.context or subject.server)) else ERROR if is_home else WARNING
    yield finding_of("nginx/missing-index", severity, message, refusal, fixes, anchor=refusal.witness.target)
