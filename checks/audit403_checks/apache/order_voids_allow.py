"""`Order allow,deny` lets a Deny win over every Allow: an Allow that a Deny covers lets nobody in."""

from collections.abc import Iterator

from audit403.apache.explore.doors import Doors, from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import DENY_ALLOW, FROM_ALL, FROM_NETWORK, From
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.decision import Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403_checks.apache.old_syntax import block_of, converted
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.networks import lies_in
from audit403_checks.support import finding_of, remove, replace


class _Lines(NamedTuple):
    """What counts for the method of the witness."""

    order: Directive
    allows: tuple[From, ...]
    denies: tuple[From, ...]


@check(ERROR, "access-compat")
def order_voids_allow(fact: Fact, site: Site) -> Iterator[Finding]:
    """An Allow is written to let somebody in, and a list of whom to keep out to let in the others."""
    found = refusal_of(fact)
    lines = None if found is None else _lines(*found)
    if found is None or lines is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    deny = next((one for one in lines.denies if one.directive.span == refusal.where), None)
    if deny is not None:
        yield from _covered(refusal, subject, lines, deny, site)
    elif not lines.allows and lines.denies and not any(one.kind == FROM_ALL for one in lines.denies):
        yield _without_allow(refusal, lines, site)


def _lines(refusal: Refusal, subject: Subject) -> _Lines | None:
    """The lines in effect where whoever matches a Deny, or no Allow, is refused."""
    access, method = subject.access, refusal.witness.method
    order, directive = (DENY_ALLOW, None) if access is None else access.order(method)
    if access is None or directive is None or order == DENY_ALLOW:
        return None
    allows, denies = access.allows, access.denies
    if not all(one.methods.include(method) for one in allows):
        return None  # what is said of methods is another matter
    return _Lines(directive, allows, tuple(one for one in denies if one.methods.include(method)))


def _covered(refusal: Refusal, subject: Subject, lines: _Lines, deny: From, site: ApacheSite) -> Iterator[Finding]:
    for allow in lines.allows:
        if not _covers(deny, allow):
            continue
        witness = _from(allow, refusal, subject, site)
        decision = site.decide(witness)
        if (decision.cause, decision.where) != (refusal.cause, refusal.where):
            continue
        told = refusal._replace(
            witness=witness,
            decision=decision,
            because=_with(allow, decision),
            who=refusal.who if allow.network is None else f"clients from {allow.directive.args[allow.word]}",
        )
        named, refusing = _label(allow), _label(deny)
        message = f"`{named}` lets nobody in: with `{_order(lines)}` a Deny wins, and `{refusing}` is for them, too"
        yield finding_of("apache/order-voids-allow", ERROR, message, told, _fixes(lines, deny, site), anchor=named)
        return


def _without_allow(refusal: Refusal, lines: _Lines, site: ApacheSite) -> Finding:
    message = f"nobody is let in: with `{_order(lines)}` only whom an Allow names is, and there is no Allow"
    first = lines.denies[0]
    told = refusal._replace(
        because=(*refusal.because, Because(first.directive.span, "keeps out some, where nobody gets in"))
    )
    return finding_of("apache/order-voids-allow", ERROR, message, told, _fixes(lines, None, site), anchor=_label(first))


def _covers(deny: From, allow: From) -> bool:
    if deny.kind == FROM_ALL:
        return True
    if deny.kind == FROM_NETWORK and deny.network is not None and allow.network is not None:
        return lies_in(allow.network, (deny.network,))
    return (deny.kind, deny.value.lower()) == (allow.kind, allow.value.lower())


def _with(allow: From, decision: Decision) -> tuple[Because, ...]:
    """The chain with the Allow, which it has already where the witness matches it."""
    span = allow.directive.span
    told = any(one.where == span for one in decision.because)
    return decision.because if told else (Because(span, "lets nobody in"), *decision.because)


def _from(allow: From, refusal: Refusal, subject: Subject, site: ApacheSite) -> Request:
    """The witness from an address that the Allow names."""
    if allow.network is None:
        return refusal.witness
    doors = Doors(site.model).of(subject.server)
    return from_client(refusal.witness, inside(allow.network), doors) or refusal.witness


def _fixes(lines: _Lines, deny: From | None, site: ApacheSite) -> tuple[Fix, ...]:
    """The other order where it says what must have been meant; where Require refuses as well, the same in its terms."""
    if deny is not None and (deny.kind != FROM_ALL or any(one.kind == FROM_ALL for one in lines.allows)):
        return (_narrower(lines, deny),)
    other = (replace(lines.order.arg_span(0), "Deny,Allow" if lines.order.args[0][0].isupper() else "deny,allow"),)
    fixes = (Fix("let Allow win over Deny: `Order deny,allow`", UNSAFE, other),)
    siblings = site.siblings(lines.order)
    block = block_of(lines.order, siblings)
    rest = tuple(one for one in block.rules if one.name != "order")
    edits = converted(block._replace(rules=rest), siblings)
    if edits is None:
        return fixes
    orders = tuple(remove(one) for one in block.rules if one.name == "order")
    return (*fixes, Fix("say with Require what must have been meant", UNSAFE, (*orders, *edits)))


def _narrower(lines: _Lines, deny: From) -> Fix:
    """A Deny of some beside an Allow for a part of them: who no Allow names is refused without it."""
    others = [one for one in lines.allows if not _covers(deny, one)]
    if deny.kind == FROM_NETWORK and not others and len(deny.directive.args) == 2:
        return Fix(f"remove `{_label(deny)}`: whom no Allow names is refused anyway", UNSAFE, (remove(deny.directive),))
    return Fix("take one of the two lines out, whichever is not meant", MANUAL)


def _label(place: From) -> str:
    return f"{place.directive.written} from {place.directive.args[place.word]}"


def _order(lines: _Lines) -> str:
    return f"{lines.order.written} {lines.order.raw}"
