"""A `Deny` in the manner of httpd 2.2 refuses what `Require` of an inner section grants: both have to let in."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.conversion import conversion
from audit403_checks.apache.laid_over import is_laid_over, place_of
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of


@check(ERROR, "access-compat")
def outer_deny_survives(fact: Fact, site: Site) -> Iterator[Finding]:
    """Who writes `Require all granted` in an inner section means to lift what the outer one refuses."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].who != "every client":
        return
    for refusal, subject in as_each_is_asked(*found, site):
        deny, grant = _deny(refusal, subject), _grant(subject)
        if deny is None or grant is None or not is_laid_over(grant, deny, refusal.decision):
            continue
        summary = "say it with Require, which the inner section then replaces"
        fixes = (conversion(summary, deny, refusal, subject, site),)
        granted = f"`{grant.written} {grant.raw}` of {place_of(grant)}"
        message = f"{granted} cannot lift `{deny.written} {deny.raw}`: both have to let in"
        because = (*refusal.because, Because(grant.span, "grants access, and the Deny still holds"))
        yield finding_of("apache/outer-deny-survives", ERROR, message, refusal._replace(because=because), fixes)
        return


def _deny(refusal: Refusal, subject: Subject) -> Directive | None:
    rules = () if subject.access is None else subject.access.denies
    return next((one.directive for one in rules if one.directive.span == refusal.where), None)


def _grant(subject: Subject) -> Directive | None:
    """The line that grants everybody access where the request was refused."""
    root = subject.authz.root
    found = [] if root is None else leaves(root)
    if len(found) == 1 and found[0].provider == "all" and found[0].argument.lower() == "granted":
        return found[0].directive
    return None
