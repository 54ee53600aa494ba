"""`root` or `alias` leads to a directory without an index, and the site lies in another one near it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.registry import check
from audit403.evidence.interface import Absent, Evidence, NotCollected, Unreadable
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.directories import has_pages, index_names
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, replace

_SERVED = (
    *("public", "dist", "build", "web", "public_html", "htdocs", "html", "www", "docroot", "webroot", "pub", "site"),
)
"""Folders that applications and panels are served from."""
_RELEASES = ("current", "live", "release", "latest")
_PARTS = ("assets", "build", "css", "images", "img", "js", "media", "static", "styles")
"""Folders that are a part of a site."""
_BESIDE_IT = ("readme", "license", "changelog", "docker", "makefile", "package", "composer")


class Place(NamedTuple):
    """A directory that has the index, and where it lies as seen from the one that has none."""

    path: str
    words: str
    as_alias: bool = False


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
    return [place for place in _near(evidence, subject, directive) if wanted & set(_names(evidence, place.path))]


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


def _near(evidence: Evidence, subject: Subject, directive: Directive) -> Iterator[Place]:
    assert subject.path is not None
    path = subject.path.rstrip("/")
    names = [name for name in subject.names if not name.startswith(".")]
    if path != directive.args[0].rstrip("/"):
        yield Place(directive.args[0].rstrip("/"), "there", True)
        return
    for folder in _SERVED:
        if folder in names:
            yield Place(f"{path}/{folder}", "one folder deeper")
    telling = [name for name in (*_RELEASES, *_own_names(subject)) if name in names]
    lone = [name for name in names if not name.lower().startswith(_BESIDE_IT)]
    for folder in dict.fromkeys((*telling, *(lone if len(lone) == 1 else ()))):
        yield Place(f"{path}/{folder}", "one folder deeper")
        for inner in _SERVED:
            yield Place(f"{path}/{folder}/{inner}", "two folders deeper")
    parent, _, last = path.rpartition("/")
    if last in _PARTS:
        yield Place(parent, "one folder higher")
    for name in _own_names(subject):
        if name != last and name in _names(evidence, parent):
            yield Place(f"{parent}/{name}", "beside it")
            for inner in _SERVED:
                yield Place(f"{parent}/{name}/{inner}", "beside it")


def _own_names(subject: Subject) -> list[str]:
    """The names of the server, as folders are called after them."""
    names = [name.text for name in subject.server.names if name.text]
    return list(dict.fromkeys((*names, *(name.removeprefix("www.") for name in names))))


def _names(evidence: Evidence, path: str) -> tuple[str, ...]:
    found = evidence.names(path or "/")
    return () if isinstance(found, Absent | NotCollected | Unreadable) else found


def _fix(directive: Directive, place: Place) -> Fix:
    if place.as_alias:
        return Fix(f"write `alias {place.path}/`", UNSAFE, (replace(directive.span, f"alias {place.path}/;"),))
    slash = "/" if directive.args[0].endswith("/") else ""
    path = f"{place.path}{slash}"
    return Fix(f"point {directive.name} at {path}", UNSAFE, (replace(directive.arg_span(0), path),))
