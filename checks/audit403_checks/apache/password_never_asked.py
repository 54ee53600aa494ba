"""A refusal that comes before the question for a password, so that no browser ever shows its prompt."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.audience import audience, named_networks
from audit403.apache.explore.doors import Doors
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import DENY_ALLOW, FROM_ALL, FROM_NETWORK
from audit403.apache.model.rewrite import REWRITE, RewriteServer
from audit403.apache.model.rewrite_rule import Condition
from audit403.apache.model.section import DIRECTORY, FILES, LOCATION
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_after, remove

_NAME = "apache/password-never-asked"
_USERLESS = frozenset(
    ("all", "ip", "host", "forward-dns", "local", "env", "method", "expr", "ssl", "ssl-verify-client")
)
"""Kinds of `Require` that ask for nobody's name."""
_ORDER = (DIRECTORY, FILES, LOCATION)


@check(WARNING, "access-compat", "rewrite-rule")
def password_never_asked(fact: Fact, site: Site) -> Iterator[Finding]:
    """Browsers send a password only when they were asked with 401; a list of addresses beside it is another matter."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    if found[0].cause == "rewrite-rule":
        yield from _by_rule(*found)
        return
    for refusal, subject in as_each_is_asked(*found, site):
        finding = _by_deny(refusal, subject, site)
        if finding is not None:
            yield finding
            return


def _by_rule(refusal: Refusal, subject: Subject) -> Iterator[Finding]:
    """The user's name in a rule of a server: it is not known before the request has been mapped to a directory."""
    rule = refusing_rule(refusal, subject)
    server: RewriteServer = subject.exchange.server.slots.get(REWRITE, RewriteServer())
    if rule is None or rule not in server.rules:
        return
    for condition in rule.conditions:
        if condition.subject.upper() == "%{REMOTE_USER}" and _is_met(refusal, condition):
            words = f"{condition.directive.written} {condition.directive.raw}"
            message = f"nobody is known yet where `{words}` is asked: it refuses those who have a password, too"
            fix = Fix("say it with `Require user` where the password is asked for", MANUAL)
            about = refusal._replace(who="everybody, whoever they are")
            yield finding_of(_NAME, ERROR, message, about, (fix,), anchor=words)
            return


def _is_met(refusal: Refusal, condition: Condition) -> bool:
    """Whether it holds for the empty name, and so for everybody."""
    return any(step.where == condition.directive.span and step.met for step in refusal.decision.trace)


def _by_deny(refusal: Refusal, subject: Subject, site: ApacheSite) -> Finding | None:
    """A Deny for everybody beside a password, which without Satisfy Any is never asked for."""
    root, access = subject.authz.root, subject.access
    if root is None or access is None or any(one.kind not in (FROM_ALL, FROM_NETWORK) for one in access.allows):
        return None
    deny = next((one for one in access.denies if one.directive.span == refusal.where and one.kind == FROM_ALL), None)
    asking = next((one for one in leaves(root) if one.provider not in _USERLESS and not one.negate), None)
    if deny is None or asking is None or len(deny.directive.args) != 2:
        return None
    together = asking.directive.parent is deny.directive.parent and asking.directive.source is deny.directive.source
    if not together and not _is_laid_over(asking.directive, deny.directive, subject):
        return None
    doors = Doors(site.model).of(subject.server)
    if audience(site, refusal.witness, doors, named_networks(subject)).let_in:
        return None
    said, asks = _text(deny.directive), _text(asking.directive)
    order, _ = access.order(refusal.witness.method)
    fix = Fix("let the password alone decide", MANUAL)
    if not together:
        edit = insert_after(asking.directive, "Allow from all")
        fix = Fix("let everybody come as far as the password here", UNSAFE, (edit,))
    elif order == DENY_ALLOW:
        fix = Fix(f"remove `{said}`: the password decides", UNSAFE, (remove(deny.directive),))
    message = f"`{said}` refuses everybody, so that nobody is asked for the password of `{asks}`"
    about = refusal._replace(because=(*refusal.because, Because(asking.directive.span, "would ask with 401")))
    return finding_of(_NAME, WARNING, message, about, (fix,), anchor=asks)


def _is_laid_over(inner: Directive, outer: Directive, subject: Subject) -> bool:
    """Whether the section of one line is laid over that of the other."""
    first, second = _rank(outer, subject), _rank(inner, subject)
    return first is not None and second is not None and first < second


def _rank(line: Directive, subject: Subject) -> tuple[int, float] | None:
    """When what a line stands in is laid down: directories by their depth, and then in the order of the sections."""
    if line.parent is None:
        path = line.source.path
        return (0, path.count("/") + 0.5) if path.endswith("/.htaccess") else None
    for number, section in enumerate(subject.sections):
        if section.directive is line.parent and section.kind in _ORDER:
            is_plain = section.kind == DIRECTORY and section.regex is None
            return (0, section.slashes) if is_plain else (1 + _ORDER.index(section.kind), number)
    return None


def _text(directive: Directive) -> str:
    return f"{directive.written} {directive.raw}".strip()
