"""`root` or `alias` leads to a directory without an index, and the site lies in another one near it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.read.tree import Directive
from audit403_checks.directories import has_pages
from audit403_checks.nearby import Place, names_at, places_with, with_bare_names
from audit403_checks.nginx.directories import index_names
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, replace


@check(ERROR, "missing-index")
def wrong_root(fact: Fact, site: Site) -> Iterator[Finding]:
    """For the home page and for a location's own address: a folder further down has no root of its own."""
    found = refusal_of(fact)
    if found is None or found[0].witness.method != "GET":
        return
    refusal, subject = found
    places = other_places(site, subject)
    directive = _leading(subject)
    if not places or directive is None:
        return
    first = places[0]
    is_home = subject.purpose == PURPOSE_HOME
    written = f"`{directive.name} {directive.args[0]}`"
    message = f"{written} leads to a directory without an index; the site lies {first.words}, in {first.path}"
    if first.as_alias:
        message = f"{written} adds the location's name: it leads to {subject.path}, and the site lies in {first.path}"
    fixes = tuple(_fix(directive, place) for place in places)
    severity = ERROR if is_home else WARNING
    finding = finding_of("nginx/wrong-root", severity, message, refusal, fixes, anchor=refusal.witness.target)
    yield finding._replace(where=directive.span)


def other_places(site: Site, subject: Subject) -> list[Place]:
    """Directories near the one that was asked for that have the index which it lacks."""
    directive = _leading(subject)
    if not isinstance(site, NginxSite) or directive is None or subject.path is None or has_pages(subject):
        return []
    evidence = site.evaluator.evidence
    wanted = set(index_names(subject))
    above = directive.args[0].rstrip("/")
    if subject.path.rstrip("/") != above:
        return [Place(above, "there", True)] if wanted & set(names_at(evidence, above)) else []
    own_names = with_bare_names([name.text for name in subject.server.names if name.text])
    return places_with(evidence, subject.path, subject.names, own_names, wanted)


def _leading(subject: Subject) -> Directive | None:
    """The root or alias that leads to the very directory; further down another root would move the whole site."""
    context = subject.context or subject.server
    if subject.path is None or subject.purpose not in (PURPOSE_HOME, PURPOSE_PAGE):
        return None
    found = context.effective("root", "alias")
    if not found or "$" in found[-1].args[0]:
        return None
    directive, path = found[-1], found[-1].args[0].rstrip("/")
    itself = subject.path.rstrip("/")
    name = subject.location.name.strip("/") if subject.location is not None else ""
    is_doubled = directive.name == "root" and bool(name) and itself == f"{path}/{name}" and path.endswith(f"/{name}")
    return directive if itself == path or is_doubled else None


def _fix(directive: Directive, place: Place) -> Fix:
    if place.as_alias:
        return Fix(f"write `alias {place.path}/`", UNSAFE, (replace(directive.span, f"alias {place.path}/;"),))
    slash = "/" if directive.args[0].endswith("/") else ""
    path = f"{place.path}{slash}"
    return Fix(f"point {directive.name} at {path}", UNSAFE, (replace(directive.arg_span(0), path),))
