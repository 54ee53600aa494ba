"""`Require` and its containers: who is granted, who is denied, and for whom a user's name must be known first.

Truth: apply_authz_sections and authorize_user_core in modules/aaa/mod_authz_core.c.
"""

from audit403.apache.decide.authn_core import auth_type
from audit403.apache.decide.authz_providers import DENIED, FAILED, GRANTED, NEUTRAL, NO_USER, provide
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK, SERVER_ERROR
from audit403.apache.model.authz import AND, AUTHZ_CORE, AuthzConfig, Container, Requirement
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Span

_NOTHING = AuthzConfig()


class Verdict(NamedTuple):
    """How one requirement or container ended, and which requirement decided it."""

    result: str
    by: Requirement | Container


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
            exchange.step(phase, "AuthType is set, and nothing requires anything: 500")
            log = "AH01627: AuthType configured with no corresponding authorization directives"
            exchange.decided("no-requirement", None, "", log=log)
            return SERVER_ERROR
        where = None if config.merging_directive is None else config.merging_directive.span
        exchange.step(phase, "nothing is required: granted", where)
        return OK
    verdict = _apply(exchange, root, AND)
    result = verdict.result
    if result == GRANTED:
        return OK
    if result == FAILED:
        exchange.decided("authz-error", _where(verdict.by), "this cannot be evaluated")
        return SERVER_ERROR
    where, also = _place(verdict.by, root)
    if result == NO_USER:
        if not after_authn:
            return DECLINED
        log = f"AH01629: authorization failure (no authenticated user): {exchange.uri}"
        exchange.decided("not-authorized", where, _because(verdict, exchange), log=log, also=also)
        return 401
    if not after_authn or auth_type(exchange) is None:
        log = f"AH01630: client denied by server configuration: {exchange.subject()}"
        exchange.decided("require", where, _because(verdict, exchange), log=log, also=also)
        return FORBIDDEN
    user = exchange.user if isinstance(exchange.user, str) else "?"
    log = f'AH01631: user {user}: authorization failure for "{exchange.uri}": '
    exchange.decided("not-authorized", where, _because(verdict, exchange), log=log, also=also)
    return FORBIDDEN if config.forbidden_on_failure else 401


def _apply(exchange: Exchange, section: Requirement | Container, parent: str) -> Verdict:
    if not section.methods.include(exchange.method):
        result = GRANTED if parent == AND else NEUTRAL
        text = f"authorization result of {section.label()}: {result} (directive limited to other methods)"
        exchange.step("authz", text, _where(section), False, "method", "one-of", _methods(section))
        return Verdict(result, section)
    if isinstance(section, Requirement):
        verdict = Verdict(provide(exchange, section), section)
    else:
        verdict = _children(exchange, section)
    if section.negate:
        if verdict.result == GRANTED:
            verdict = verdict._replace(result=DENIED)
        elif verdict.result in (DENIED, NO_USER):
            verdict = verdict._replace(result=NEUTRAL)
    if verdict.result != FAILED or isinstance(section, Requirement):
        # What cannot be evaluated is called neutral in the log, and ends it all.
        said = NEUTRAL if verdict.result == FAILED else verdict.result
        exchange.step("authz", f"authorization result of {section.label()}: {said}", _where(section))
    return verdict


def _children(exchange: Exchange, section: Container) -> Verdict:
    found = Verdict(NEUTRAL, section)
    decisive, other = (DENIED, GRANTED) if section.op == AND else (GRANTED, DENIED)
    for child in section.children:
        verdict = _apply(exchange, child, section.op)
        result = verdict.result
        if result == FAILED:
            return verdict
        if result == NEUTRAL:
            continue
        if result == decisive:
            return verdict
        weaker = found.result != DENIED if section.op == AND else found.result == other
        if found.result == NEUTRAL or (result == NO_USER and weaker):
            found = verdict
        elif result == found.result and section.op != AND:
            # Several have failed and any of them would do: what decides is that none did.
            found = Verdict(result, section)
    return found


def _because(verdict: Verdict, exchange: Exchange) -> str:
    by = verdict.by
    if verdict.result == NEUTRAL:
        return "nothing here grants anything, and what is not granted is denied"
    if isinstance(by, Container):
        return "none of these is met"
    if by.negate:
        return f"this shuts out whom `{by.provider} {by.argument}` describes"
    return "this is not met"


def _place(by: Requirement | Container, root: Container) -> tuple[Span | None, tuple[Because, ...]]:
    """Where the decision is written, and what else belongs to it."""
    if by.directive is not None:
        return by.directive.span, ()
    found = [leaf.directive.span for leaf in leaves(by)]
    if not found:
        return None, ()
    return found[0], tuple(Because(span, "nor is this") for span in found[1:])


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
