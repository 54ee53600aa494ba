"""DocumentRoot or an alias leads to a directory without an index, and the site lies in another one near it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME
from audit403_checks.apache.indexes import index_candidates, other_places
from audit403_checks.apache.roots import root_of
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, replace


@check(ERROR, "no-index")
def wrong_document_root(fact: Fact, site: Site) -> Iterator[Finding]:
    """For the home page and for an alias's own address: a folder further down has no root of its own."""
    found = refusal_of(fact)
    if found is None or found[0].witness.method != "GET" or index_candidates(found[1]):
        return
    refusal, subject = found
    root, places = root_of(subject), other_places(site, subject)
    if root is None or root.directive is None or not places:
        return
    directive = root.directive
    last = len(directive.args) - 1
    message = f"{root.named()} has no index; the site lies {places[0].words}, in {places[0].path}"
    slash = "/" if directive.args[last].endswith("/") else ""
    fixes = tuple(
        Fix(
            f"point {directive.written} at {place.path}",
            UNSAFE,
            (replace(directive.arg_span(last), place.path + slash),),
        )
        for place in places
    )
    severity = ERROR if subject.purpose == PURPOSE_HOME else WARNING
    finding = finding_of("apache/wrong-document-root", severity, message, refusal, fixes, anchor=root.directory)
    yield finding._replace(where=directive.span)
