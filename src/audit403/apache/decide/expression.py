"""httpd's expressions (ap_expr) as the evaluator asks for them: conditions, and strings with variables in them.

What an expression comes to may be unknown; a condition is then an open question.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK as OK
from audit403.apache.model.section import Section
from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.open_question import Unknown
from audit403.core.place import Place

_VARIABLE = ("%{", "${")


def condition_holds(exchange: Exchange, section: Section) -> bool:
    """Whether an `<If>` or `<ElseIf>` holds; an expression that fails does not (AH00039)."""
    found = holds(exchange, section.text, section.directive.span)
    return found is True


def holds(exchange: Exchange, expression: str, where: Place | None) -> bool | None:
    """Whether an expression holds; None where evaluating it fails."""
    return exchange.ask(Missing(REASON_UNDOCUMENTED, f"the expression {expression}"))


def text_of(exchange: Exchange, expression: str) -> str | Unknown:
    """A string expression with its variables put in."""
    if not any(mark in expression for mark in _VARIABLE):
        return expression
    return Unknown(Missing(REASON_UNDOCUMENTED, f"the expression {expression}"))
