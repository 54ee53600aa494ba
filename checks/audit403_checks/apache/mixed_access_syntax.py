"""`Order` or `Deny` of httpd 2.2 refuses everybody whom a `Require` of the same section or an inner one lets in."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.doors import from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import DENY_ALLOW, FROM_ALL
from audit403.apache.model.authz import Requirement
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.borders import inside
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.clients import doors_of
from audit403_checks.apache.conversion import conversion
from audit403_checks.apache.laid_over import is_beside, is_laid_over
from audit403_checks.apache.old_syntax import block_of
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, remove

_NAME = "apache/mixed-access-syntax"
_USERLESS = frozenset(("all", "ip", "host", "forward-dns", "local", "env", "expr", "method", "ssl"))


@check(ERROR, "access-compat")
def mixed_access_syntax(fact: Fact, site: Site) -> Iterator[Finding]:
    """A Require that says who may come in is written for somebody; old lines further in close what it opens."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].who != "every client":
        return
    for refusal, subject in as_each_is_asked(*found, site):
        old = _refusing(refusal, subject)
        meant = None if old is None else _meant(old, refusal, subject)
        if old is not None and meant is not None:
            yield _finding(refusal, subject, old, meant, site)
            return


def _refusing(refusal: Refusal, subject: Subject) -> Directive | None:
    """The Deny for all, or the Order without an Allow, that refuses; None where an Allow lets somebody in."""
    access, method = subject.access, refusal.witness.method
    if access is None or access.allows:
        return None
    deny = next((one for one in access.denies if one.directive.span == refusal.where), None)
    if deny is not None:
        return deny.directive if deny.kind == FROM_ALL else None
    order, directive = access.order(method)
    return directive if order != DENY_ALLOW and not access.denies else None


def _meant(old: Directive, refusal: Refusal, subject: Subject) -> Requirement | None:
    """A line that lets somebody in, of the same section or of one that is laid over it."""
    root = subject.authz.root
    lines = [] if root is None else leaves(root)
    for line in lines:
        if line.negate or line.provider not in _USERLESS or line.label().lower() == "require all denied":
            continue  # where users are asked for it is apache/password-never-asked
        if is_beside(old, line.directive):
            return line
        granted = line.provider == "all" and len(lines) == 1
        if not granted and is_laid_over(line.directive, old, refusal.decision):
            return line  # `all granted` of an inner section is apache/outer-deny-survives
    return None


def _finding(refusal: Refusal, subject: Subject, old: Directive, meant: Requirement, site: ApacheSite) -> Finding:
    shown = f"{meant.directive.written} {meant.directive.raw}"
    without = "" if old.name == "deny" else " without an Allow"
    message = f"`{old.written} {old.raw}`{without} refuses everybody whom `{shown}` is to let in: both have to"
    told = refusal
    for network in meant.parsed if meant.provider == "ip" and isinstance(meant.parsed, tuple) else ():
        request = from_client(refusal.witness, inside(network), doors_of(site, subject))
        decision = None if request is None else site.decide(request)
        if request is not None and decision is not None and decision.where == refusal.where:
            told = refusal._replace(witness=request, decision=decision, because=decision.because)
            break
    told = told._replace(because=(*told.because, Because(meant.directive.span, "lets in whom the old lines refuse")))
    return finding_of(_NAME, ERROR, message, told, (_fix(old, meant, told, subject, site),), anchor=shown)


def _fix(old: Directive, meant: Requirement, refusal: Refusal, subject: Subject, site: ApacheSite) -> Fix:
    siblings = site.siblings(old)
    block = block_of(old, siblings)
    if is_beside(old, meant.directive):
        if any(one.name == "satisfy" for one in block.rules):
            return Fix("take the old lines out: Require says it all", MANUAL)
        return Fix("take the old lines out: Require says it all", UNSAFE, tuple(map(remove, block.rules)))
    return conversion("say it with Require, which the inner section then replaces", old, refusal, subject, site)
