"""A page that visitors ask for is a directory without an index file."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.nginx.explore.subject import PURPOSE_HOME, Subject
from audit403.nginx.family import NginxSite
from audit403_checks.nginx.directories import (
    fallback_of,
    has_pages,
    index_candidates,
    index_names,
    lacks_slash,
)
from audit403_checks.support import finding_of, refusal_of, replace

_SERVED_FOLDERS = (
    "public",
    "dist",
    "build",
    "web",
    "public_html",
    "htdocs",
    "html",
    "www",
    "docroot",
    "webroot",
    "pub",
)


@check(ERROR, "missing-index")
def missing_index(fact: Fact, site: Site) -> Iterator[Finding]:
    """The home page is an error; another directory counts only when it holds pages and nothing else explains it."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    if refusal.witness.method != "GET" or index_candidates(subject) or lacks_slash(refusal, subject):
        return
    is_home = subject.purpose == PURPOSE_HOME
    if not is_home and (fallback_of(subject) is not None or not has_pages(subject)):
        return
    what = "the home page" if is_home else refusal.witness.target
    message = f"{what} of {subject.server.first_name() or 'this server'} is a directory without an index file"
    fixes = (*_deeper_roots(site, subject), Fix("put an index file there", MANUAL))
    severity = ERROR if is_home else WARNING
    yield finding_of("nginx/missing-index", severity, message, refusal, fixes, anchor=refusal.witness.target)


def _deeper_roots(site: Site, subject: Subject) -> Iterator[Fix]:
    """`root` one level deeper, where a folder that applications are served from has the index file."""
    if not isinstance(site, NginxSite) or subject.path is None:
        return
    roots = (subject.context or subject.server).effective("root")
    if not roots or "$" in roots[0].args[0] or roots[0].args[0].rstrip("/") != subject.path.rstrip("/"):
        return  # a folder further down: another root would move the whole site
    for folder in _SERVED_FOLDERS:
        names = site.evaluator.evidence.names(f"{subject.path.rstrip('/')}/{folder}") if folder in subject.names else ()
        if isinstance(names, tuple) and set(index_names(subject)) & set(map(str, names)):
            path = roots[0].args[0].rstrip("/") + "/" + folder
            yield Fix(f"point root at {path}", UNSAFE, (replace(roots[0].arg_span(0), path),))
