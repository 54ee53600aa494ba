"""What policies say of one request: whether a statement denies it, and how directly one allows it.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.caller import ANONYMOUS, ORIGIN_IDENTITY, Caller
from audit403.s3.model.holes import is_open, is_whole_hole, not_known
from audit403.s3.model.pattern import Context
from audit403.s3.model.policy import DENY, Policy, Statement
from audit403.s3.model.principal import AS_EVERYBODY, DIRECT, NONE
from audit403.s3.model.truth import Truth, negated

ACTION, RESOURCE, PRINCIPAL, CONDITION, FAULT = "action", "resource", "principal", "condition", "fault"


class Asked(NamedTuple):
    """One question to policies: `action` is in lower case. `bounded` says that the caller has a boundary,
    `head` that nothing of an object's content is asked for.
    """

    action: str
    resource: str
    caller: Caller
    context: Context
    bounded: Truth = False
    head: bool = False


class Considered(NamedTuple):
    """One statement and whether it applies; where not, the element that did not match, and the condition."""

    policy: Policy
    statement: Statement
    applies: Truth
    element: str | None
    detail: str | None = None


class Said:
    """What some policies say: who denies, and how directly somebody allows."""

    __slots__ = ("allowed_by", "denied", "denied_by", "perhaps", "perhaps_by", "strength")

    def __init__(self) -> None:
        self.denied: Truth = False
        self.denied_by: Statement | None = None
        self.strength = NONE
        self.allowed_by: Statement | None = None
        self.perhaps = NONE
        self.perhaps_by: Missing | None = None

    def allows(self, strength: int = AS_EVERYBODY) -> Truth:
        """Whether a statement allows it that names the caller so directly, or more."""
        if self.strength >= strength:
            return True
        if self.perhaps >= strength:
            assert self.perhaps_by is not None
            return self.perhaps_by
        return False


NOTHING = Said()


def unknown(missing: Missing) -> Said:
    """What policies say that were not collected."""
    said = Said()
    said.denied = said.perhaps_by = missing
    said.perhaps = DIRECT
    return said


def said_by(
    policies: Iterable[Policy] | Missing,
    asked: Asked,
    considered: list[Considered] | None = None,
    *,
    of_resource: bool = False,
) -> Said:
    """What policies say of a request. `of_resource`: they name principals; of the others each is about the caller."""
    if isinstance(policies, Missing):
        return unknown(policies)
    said = Said()
    for policy in policies:
        for statement in policy.about(asked.action) if considered is None else policy.statements:
            strength = DIRECT
            if of_resource:
                strength = _strength(statement, asked)
            perhaps = _perhaps_named(statement, asked, strength) if of_resource else None
            applies, element, detail = _applies(statement, asked, DIRECT if perhaps is not None else strength)
            if perhaps is not None:
                strength = DIRECT
                applies, element = (applies, element) if applies is not True else (perhaps, PRINCIPAL)
            if considered is not None:
                considered.append(Considered(policy, statement, applies, element, detail))
            if applies is False:
                continue
            if statement.effect == DENY:
                if said.denied is not True:
                    said.denied = applies
                    said.denied_by = statement
            elif applies is True:
                if strength > said.strength:
                    said.strength, said.allowed_by = strength, statement
            elif strength > said.perhaps:
                said.perhaps, said.perhaps_by = strength, applies
    return said


def _strength(statement: Statement, asked: Asked) -> int:
    if statement.named is None:
        return NONE
    found = statement.named.names_caller(asked.caller)
    if not statement.is_not_principal:
        return found
    if statement.effect == DENY and asked.bounded is True:
        return AS_EVERYBODY
    return NONE if found else AS_EVERYBODY


def _perhaps_named(statement: Statement, asked: Asked, strength: int) -> Missing | None:
    """What is missing to know whether a statement names the caller; None where that is known."""
    if strength != NONE or statement.named is None or statement.is_not_principal:
        return None
    if asked.caller.kind == ORIGIN_IDENTITY and statement.named.canonical:
        others = ", ".join(sorted(statement.named.canonical))
        return Missing(REASON_NOT_COLLECTED, f"whether {asked.caller.words()} is the canonical user {others}")
    if not statement.names_openly:
        return None
    anonymous = asked.caller.kind == ANONYMOUS
    for _, text in statement.named.written:
        if is_open(text) and (is_whole_hole(text) or not anonymous):
            return not_known(text)
    return None


def _applies(statement: Statement, asked: Asked, strength: int) -> tuple[Truth, str | None, str | None]:
    if statement.fault is not None:
        return False, FAULT, statement.fault
    if not statement.is_about(asked.action):
        return False, ACTION, None
    truth: Truth = True
    if strength == NONE:
        not_bounded = negated(asked.bounded)
        if not (statement.is_not_principal and statement.effect == DENY) or not_bounded is True:
            return False, PRINCIPAL, None
        truth = not_bounded
    element: str | None = None if truth is True else PRINCIPAL
    fits = statement.is_of(asked.resource, asked.context)
    if fits is False:
        return False, RESOURCE, None
    if fits is not True:
        truth, element = fits, RESOURCE
    detail = None
    for condition in statement.conditions:
        holds = condition.test(asked.context)
        if holds is False:
            return False, CONDITION, f"{condition.operator} {condition.key}"
        if holds is not True:
            truth, element, detail = holds, CONDITION, f"{condition.operator} {condition.key}"
    return truth, element, detail
