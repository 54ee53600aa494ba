"""What becomes of a statement when one of its conditions is decided by a mistake: none of its requests meets it.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: of a key
that is not there a negation is met, and so is what ends in IfExists or begins with ForAllValues.
"""

from audit403.s3.explore.satisfy import operator_name
from audit403.s3.model.condition import FOR_ALL, Condition
from audit403.s3.model.operators import operator_of
from audit403.s3.model.policy import ALLOW, DENY, Statement

DEAD, DENIES_ALL = "allows nothing", "denies everything"
_IF_EXISTS = "ifexists"


def polarity_of(statement: Statement, condition: Condition) -> str | None:
    """What comes of a condition whose key is never there: an Allow is DEAD, a Deny DENIES_ALL; else None."""
    written = condition.operator.lower()
    operator = operator_of(operator_name(condition))
    if written == "null":
        is_met = any(value.lower() == "true" for value in condition.values)
    elif operator is None:
        return None
    else:
        is_met = written.endswith(_IF_EXISTS) or written.startswith(FOR_ALL) or operator.negated
    if statement.effect == ALLOW and not is_met:
        return DEAD
    return DENIES_ALL if statement.effect == DENY and is_met and _decides(statement, condition) else None


def _decides(statement: Statement, condition: Condition) -> bool:
    """Whether a Deny hangs on one condition alone: others may keep it from applying."""
    return len(statement.conditions) == 1


def comes_to(statement: Statement, condition: Condition) -> str:
    """What a statement does of which a condition never finds one of its values."""
    if statement.effect == ALLOW:
        return "excludes nobody" if is_negated(condition) else "allows nothing"
    if is_negated(condition):
        return "denies every request" if len(statement.conditions) == 1 else "makes no exception"
    return "denies nothing"


def keeps_nobody_out(statement: Statement, condition: Condition) -> bool:
    """Whether nobody is kept out: an Allow without its exception, a Deny that never applies."""
    return (statement.effect == ALLOW) is is_negated(condition)


def is_negated(condition: Condition) -> bool:
    """Whether a condition is met by what is not equal."""
    operator = operator_of(operator_name(condition))
    return operator is not None and operator.negated
