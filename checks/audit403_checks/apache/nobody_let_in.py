"""A `<RequireAll>` that no client can meet: two lists with no address in common, `all denied`, or only who may not."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.doors import Doors, from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import ANY
from audit403.apache.model.authz import AND, Container, Requirement
from audit403.apache.model.methods import ALL
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.ordinary import CLIENT_IPV4
from audit403.http.address import Address, Network
from audit403_checks.apache.edits import insert_inside
from audit403_checks.apache.requirements import GRANT, have_none_in_common, is_all
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, remove, replace

Judged = tuple[Requirement, Requirement | None, str, Fix]
"""The line that refuses, one that says who was to come in, why nobody does, and what helps."""


@check(ERROR, "require")
def nobody_let_in(fact: Fact, site: Site) -> Iterator[Finding]:
    """`Require all denied` alone closes a place; what stands beside it, or two lists, show that somebody is meant."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    root = subject.authz.root
    if not isinstance(site, ApacheSite) or root is None or _may_do_without(subject, refusal):
        return
    for container in _all_of(root):
        only_negative = _only_negative(container, root, refusal.witness.method)
        others = None if _is_served(refusal, site) else _contradiction(container)
        judged = others or only_negative
        if judged is None or judged[0].directive.span != refusal.where:
            continue
        _, meant, why, fix = judged
        message = f"<RequireAll> lets nobody in: {why}"
        own = {leaf.directive.span for leaf in leaves(container)}
        for witness in _clients(refusal, subject, meant, site):
            decision = site.decide(witness)
            if decision.cause == refusal.cause and decision.where in own:
                told = refusal._replace(
                    witness=witness, decision=decision, because=decision.because, who="every client"
                )
                yield finding_of("apache/nobody-let-in", ERROR, message, told, (fix,))
                break
        return


def _may_do_without(subject: Subject, refusal: Refusal) -> bool:
    """Whether `Satisfy Any` lets in whom lines of httpd 2.2 let in, whatever Require says."""
    return subject.access is not None and subject.access.satisfy(refusal.witness.method)[0] == ANY


def _is_served(refusal: Refusal, site: ApacheSite) -> bool:
    """Whether a request beside the witness gets something; who is only sent elsewhere, as `www.` often is, does not."""
    status = None if refusal.served is None else site.decide(refusal.served).status
    return refusal.served is not None and (status is None or not 300 <= status < 400)


def _clients(refusal: Refusal, subject: Subject, meant: Requirement | None, site: ApacheSite) -> Iterator[Request]:
    """The witness from an address that a line names, or from one that no line is about."""
    doors = Doors(site.model).of(subject.server)
    if meant is None:
        ordinary = from_client(refusal.witness, CLIENT_IPV4, doors)
        yield from () if ordinary is None else (ordinary,)
    elif meant.provider == "ip" and isinstance(meant.parsed, tuple):
        requests = (from_client(refusal.witness, inside(network), doors) for network in meant.parsed)
        yield from (one for one in requests if one is not None)
    yield refusal.witness


def _all_of(section: Container) -> Iterator[Container]:
    """The `<RequireAll>` containers that somebody wrote."""
    if section.negate:
        return
    if section.op == AND and section.directive is not None and not section.is_merged:
        yield section
    for child in section.children:
        if isinstance(child, Container):
            yield from _all_of(child)


def _lines(container: Container) -> list[Requirement]:
    """The lines right in a container that each client has to meet, whatever its method."""
    lines = [child for child in container.children if isinstance(child, Requirement)]
    return [line for line in lines if not line.negate and line.methods == ALL]


def _contradiction(container: Container) -> Judged | None:
    return _denied_beside_others(container) or _two_lists(container) or _taken_away(container)


def _denied_beside_others(container: Container) -> Judged | None:
    lines = _lines(container)
    closed = next((one for one in lines if is_all(one, "denied")), None)
    others = [one for one in lines if one.provider != "all"]
    if closed is None or not others:
        return None
    why = f"`{_label(closed)}` stands beside `{_label(others[0])}`, and both have to hold"
    return closed, others[0], why, Fix(f"remove `{_label(closed)}`", UNSAFE, (remove(closed.directive),))


def _two_lists(container: Container) -> Judged | None:
    lists = [(one, one.parsed) for one in _lines(container) if one.provider == "ip" and isinstance(one.parsed, tuple)]
    for index, (first, networks) in enumerate(lists):
        for second, others in lists[index + 1 :]:
            if have_none_in_common(networks, others):
                why = f"no address is in both `{_label(first)}` and `{_label(second)}`"
                one_line = replace(first.directive.span, f"Require ip {first.argument} {second.argument}")
                return (
                    first,
                    second,
                    why,
                    Fix("put both lists into one line", UNSAFE, (one_line, remove(second.directive))),
                )
    return None


def _taken_away(container: Container) -> Judged | None:
    """A `Require not` that covers a whole list beside it."""
    lines = [one for one in container.children if isinstance(one, Requirement) and one.methods == ALL]
    for taken in (one for one in lines if one.negate and one.provider == "ip"):
        for one in (one for one in lines if not one.negate and one.provider == "ip"):
            wide, narrow = taken.parsed, one.parsed
            if isinstance(wide, tuple) and isinstance(narrow, tuple) and all(_is_in(net, wide) for net in narrow):
                why = f"`{_label(taken)}` takes away all that `{_label(one)}` lets in"
                return taken, one, why, Fix(f"remove `{_label(taken)}`", UNSAFE, (remove(taken.directive),))
    return None


def _is_in(network: Network, others: tuple[Network, ...]) -> bool:
    address = Address(network.family, network.number)
    return any(other.prefix <= network.prefix and other.contains(address) for other in others)


def _only_negative(container: Container, root: Container, method: str) -> Judged | None:
    """What a line with `not` leaves alone is not granted by it; httpd says so at its start, but not of `.htaccess`."""
    if _may_grant(root, method, AND) or container.directive is None:
        return None
    first = leaves(root)[0]
    why = "it only says who may not come in, and nothing grants the others access"
    return first, None, why, Fix(f"add `{GRANT}`", UNSAFE, (insert_inside(container.directive, GRANT),))


def _may_grant(one: Requirement | Container, method: str, around: str) -> bool:
    """Whether it grants some request with a method; what is for other methods grants where all have to."""
    if not one.methods.include(method):
        return around == AND
    if one.negate or isinstance(one, Requirement):
        return not one.negate
    return any(_may_grant(child, method, one.op) for child in one.children)


def _label(line: Requirement) -> str:
    return line.label().strip()
