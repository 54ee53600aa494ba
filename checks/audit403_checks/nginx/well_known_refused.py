"""A rule against hidden files refuses `/.well-known/` too, so certificates cannot be renewed."""

from collections.abc import Iterator

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.nginx.explore.subject import PURPOSE_CERTIFICATE
from audit403.nginx.model.location import Location
from audit403_checks.support import finding_of, insert_before, refusal_of

_REDIRECTS = (301, 302, 303, 307, 308)


@check(ERROR, "access-rule", "return", "try-files-status")
def well_known_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where a location with a pattern takes the challenge: a server that refuses everything is another matter."""
    found = refusal_of(fact)
    if found is None or found[1].purpose != PURPOSE_CERTIFICATE or found[1].way is not None:
        return  # the file is there when an authority asks for it, so nothing sends that request on
    refusal, subject = found
    location = subject.location
    if location is None or location.regex is None or refusal.who != "every client" or not _is_asked(site, refusal):
        return
    message = f"`{location.label()}` refuses /.well-known/ too: certificates cannot be renewed over HTTP"
    yield finding_of("nginx/well-known-refused", ERROR, message, refusal, (_fix(location),), anchor=location.label())


def _is_asked(site: Site, refusal: Refusal) -> bool:
    """Whether an authority comes here: it begins at port 80 and goes on to TLS only when it is redirected."""
    witness = refusal.witness
    if witness.scheme == "http":
        return True
    plain = witness._replace(scheme="http", port=80, tls=None, to=None)
    return site.decide(plain).status in _REDIRECTS


def _fix(location: Location) -> Fix:
    assert location.directive is not None
    edit = insert_before(location.directive, "location ^~ /.well-known/ { }")
    return Fix("let /.well-known/ through before the pattern is looked at", UNSAFE, (edit,))
