"""`Require` and its containers: who is granted, who is denied, and for whom a user's name must be known first.

Truth: apply_authz_sections and authorize_user_core in modules/aaa/mod_authz_core.c.
"""

from audit403.apache.decide.authn_core import auth_type, login_place
from audit403.apache.decide.authz_providers import DENIED, FAILED, GRANTED, NEUTRAL, NO_USER, provide
from audit403.apache.decide.authz_reasons import NEEDS_USER, Reason, because
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK, SERVER_ERROR
from audit403.apache.model.authz import AND, AUTHZ_CORE, AuthzConfig, Container, Requirement
from audit403.apache.model.methods import ALL
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Place, Span

_MANY = 16
_NOTHING = AuthzConfig()


class Verdict(NamedTuple):
    """How one requirement or container ended, and which requirements decided it."""

    result: str
    by: tuple[Reason, ...] = ()


def authorize_userless(exchange: Exchange) -> int:
    """What can be decided before anybody has logged in; DECLINED where a user's name is needed."""
    return _authorize(exchange, after_authn=False)


def authorize_user(exchange: Exchange) -> int:
    """The same with the name of who has logged in."""
    return _authorize(exchange, after_authn=True)


def _authorize(exchange: Exchange, *, after_authn: bool) -> int:
    config: AuthzConfig = exchange.config(AUTHZ_CORE, _NOTHING)
    root = config.root
    phase = "authz"
    if root is None:
        if auth_type(exchange) is not None:
            exchange.step(phase, "AuthType is set, and nothing requires anything: 500", login_place(exchange))
            log = "AH01627: AuthType configured with no corresponding authorization directives"
            message = "this asks who comes, and no Require says who may"
            exchange.decided("no-requirement", login_place(exchange), message, log=log)
            return SERVER_ERROR
        where = None if config.merging_directive is None else config.merging_directive.span
        exchange.step(phase, "nothing is required: granted", where)
        return OK
    verdict = _apply(exchange, root, AND)
    result = verdict.result
    if result == GRANTED:
        return OK
    if result == FAILED:
        exchange.decided("authz-error", _place(verdict.by), "this cannot be evaluated")
        return SERVER_ERROR
    if result == NO_USER and not after_authn:
        exchange.notes[NEEDS_USER] = _place(verdict.by)
        return DECLINED
    reasons = because(exchange, verdict.by) or _nothing_grants(root)
    also = reasons[1:]
    place = reasons[0].where if reasons else None
    message = reasons[0].message if reasons else ""
    if result == NO_USER:
        log = f"AH01629: authorization failure (no authenticated user): {exchange.uri}"
        exchange.decided("not-authorized", place, message, log=log, also=also)
        return 401
    if not after_authn or auth_type(exchange) is None:
        log = f"AH01630: client denied by server configuration: {exchange.subject()}"
        exchange.decided("require", place, message, log=log, also=also)
        return FORBIDDEN
    user = exchange.user if isinstance(exchange.user, str) else "?"
    log = f'AH01631: user {user}: authorization failure for "{exchange.uri}": '
    exchange.decided("not-authorized", place, message, log=log, also=also)
    return FORBIDDEN if config.forbidden_on_failure else 401


def _apply(exchange: Exchange, section: Requirement | Container, parent: str) -> Verdict:
    if not section.methods.include(exchange.method):
        result = GRANTED if parent == AND else NEUTRAL
        text = f"authorization result of {section.label()}: {result} (directive limited to other methods)"
        exchange.step("authz", text, _where(section), False, "method", "one-of", _methods(section))
        return Verdict(result)
    if isinstance(section, Requirement):
        if section.methods != ALL:
            text = f"{section.label()} is about {exchange.method}"
            exchange.step("authz", text, _where(section), True, "method", "one-of", _methods(section))
        verdict = Verdict(provide(exchange, section), (Reason(section),))
    else:
        verdict = _children(exchange, section)
    if section.negate:
        if verdict.result == GRANTED:
            verdict = Verdict(DENIED, tuple(reason._replace(inverted=not reason.inverted) for reason in verdict.by))
        elif verdict.result in (DENIED, NO_USER):
            verdict = verdict._replace(result=NEUTRAL)
    if verdict.result != FAILED or isinstance(section, Requirement):
        # What cannot be evaluated is called neutral in the log, and ends it all.
        said = NEUTRAL if verdict.result == FAILED else verdict.result
        exchange.step("authz", f"authorization result of {section.label()}: {said}", _where(section))
    return verdict


def _children(exchange: Exchange, section: Container) -> Verdict:
    found = Verdict(NEUTRAL)
    decisive, other = (DENIED, GRANTED) if section.op == AND else (GRANTED, DENIED)
    if len(section.children) > _MANY:
        _note_alike(section, exchange.evaluator.alike)
    for child in section.children:
        verdict = _apply(exchange, child, section.op)
        result = verdict.result
        if result in (FAILED, decisive):
            return verdict
        if result == NEUTRAL:
            continue
        if result == found.result:
            # Several were needed, or any would have done and none did: all of them decide.
            found = Verdict(result, found.by + verdict.by)
        elif found.result == NEUTRAL or (result == NO_USER and found.result == other):
            found = verdict
    return found


def _note_alike(section: Container, alike: dict[Place, object]) -> None:
    """Lines of one kind in one section: lists of addresses have thousands."""
    requirements = [child for child in section.children if isinstance(child, Requirement)]
    if requirements and requirements[0].directive.span not in alike:
        for one in requirements:
            alike[one.directive.span] = (id(section), one.provider, one.negate)


def _nothing_grants(root: Container) -> tuple[Because, ...]:
    """Where nothing that is required has come to anything."""
    message = "nothing here grants anything, and what is not granted is denied"
    return tuple(Because(leaf.directive.span, message) for leaf in leaves(root)[:1])


def _place(reasons: tuple[Reason, ...]) -> Span | None:
    return reasons[0].requirement.directive.span if reasons else None


def leaves(section: Requirement | Container) -> list[Requirement]:
    """All requirements in it."""
    if isinstance(section, Requirement):
        return [section]
    return [leaf for child in section.children for leaf in leaves(child)]


def _where(section: Requirement | Container) -> Span | None:
    return None if section.directive is None else section.directive.span


def _methods(section: Requirement | Container) -> str:
    methods = section.methods
    return f"{'not ' if methods.inverted else ''}{' '.join(sorted(methods.names))}"
