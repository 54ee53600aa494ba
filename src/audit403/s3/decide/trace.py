"""The steps of a decision: every statement that was looked at, and at which element it stopped applying."""

from collections.abc import Iterable

from audit403.core.decision import Decision, Missing, Step
from audit403.s3.decide.layers import place_of
from audit403.s3.decide.request import S3Request
from audit403.s3.decide.said import ACTION, CONDITION, FAULT, PRINCIPAL, RESOURCE, Considered

_MOST_SHOWN = 3


def with_trace(decision: Decision, request: S3Request, considered: Iterable[Considered]) -> Decision:
    """The same decision with its steps, in the order in which the statements were looked at."""
    whose = "anonymous" if request.principal == "*" else request.principal
    first = Step("request", f"{request.action} on {request.resource} as {whose}, {request.endpoint} endpoint")
    return decision._replace(trace=(first, *(_step(one, request) for one in considered), *decision.trace))


def _step(considered: Considered, request: S3Request) -> Step:
    statement = considered.statement
    name = f"statement {statement.name} ({statement.effect or 'no effect'})"
    applies = considered.applies
    met = applies if isinstance(applies, bool) else None
    if applies is True:
        text = f"{name} applies"
    elif isinstance(applies, Missing):
        text = f"{name} may apply: it hangs on {applies.name}"
    else:
        text = f"{name} does not apply: {_why(considered, request)}"
    return Step(considered.policy.kind, text, place_of(statement), met, considered.element, None, considered.detail)


def _why(considered: Considered, request: S3Request) -> str:
    statement = considered.statement
    negation = {ACTION: statement.is_not_action, RESOURCE: statement.is_not_resource}.get(considered.element or "")
    if considered.element == ACTION:
        return f"its {'Not' if negation else ''}Action is {_some(statement.actions)}"
    if considered.element == RESOURCE:
        return f"its {'Not' if negation else ''}Resource is {_some(statement.resources)}"
    if considered.element == PRINCIPAL:
        if statement.named is None:
            return "it names no principal"
        named = tuple(text for _, text in statement.named.written)
        return f"its {'Not' if statement.is_not_principal else ''}Principal is {_some(named)}"
    if considered.element == CONDITION:
        return f"the condition {considered.detail} is not met{_have(considered, request)}"
    return f"{considered.detail}" if considered.element == FAULT else "it is about something else"


def _have(considered: Considered, request: S3Request) -> str:
    key = (considered.detail or "").rpartition(" ")[2]
    found = request.context.get(key.lower())
    if found is None or isinstance(found, Missing):
        return f" (the request has no {key})"
    return f" ({key} is {_some(found)})"


def _some(texts: Iterable[str] | None) -> str:
    shown = list(texts or ())
    more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    return (", ".join(shown[:_MOST_SHOWN]) or "nothing") + more
