"""httpd's expressions (ap_expr) as the evaluator asks for them: conditions, and strings with variables in them.

What an expression comes to may be unknown; a condition is then an open question.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK as OK
from audit403.apache.expr.parse import parse_condition, parse_string
from audit403.apache.expr.tree import Expression, Text
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.section import Section
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Unknown
from audit403.core.place import Place
from audit403.http.regex import Captured


class Held(NamedTuple):
    """Whether a condition holds (None: evaluating it fails), and what its last pattern with groups has captured.

    `has_searched` says that there was such a pattern; without a match `captured` is None, and so is the text that was
    searched, `source`.
    """

    met: bool | None
    captured: Captured | None = None
    has_searched: bool = False
    source: str | None = None


def condition_holds(exchange: Exchange, section: Section) -> bool:
    """Whether an `<If>` or `<ElseIf>` holds; an expression that fails does not (AH00039)."""
    found = holds(exchange, section.text, section.directive.span)
    return found is True


def holds(exchange: Exchange, expression: str, where: Place | None, phase: str = "if") -> bool | None:
    """Whether an expression holds; None where evaluating it fails."""
    return evaluated(exchange, expression, where, phase).met


def evaluated(
    exchange: Exchange,
    expression: str,
    where: Place | None,
    phase: str = "if",
    *,
    of_ssl: bool = False,
    captured: Captured | None = None,
) -> Held:
    """Whether an expression holds, with its captures. One that httpd would not have taken fails."""
    try:
        parsed = parse_condition(expression, of_ssl=of_ssl)
    except ConfigError:
        return Held(None)
    from audit403.apache.decide.expr.evaluate import Evaluation, EvaluationFailed
    from audit403.apache.decide.expr.functions import FunctionFailed

    evaluation = Evaluation(exchange, where, phase, of_ssl=of_ssl, captured=captured)
    try:
        met = evaluation.holds(parsed.root)  # type: ignore[arg-type]
    except (EvaluationFailed, FunctionFailed) as error:
        exchange.step(phase, f"Evaluation of expression failed: {error}", where)
        return Held(None)
    return Held(met, evaluation.captured, evaluation.has_searched, evaluation.source)


def text_of(exchange: Exchange, expression: str) -> str | Unknown:
    """A string expression with its variables put in; one that cannot be evaluated is empty."""
    found = text_or_failure(exchange, expression)
    return "" if found is None else found


def text_or_failure(exchange: Exchange, expression: str) -> str | Unknown | None:
    """The same, and None where evaluating it fails."""
    try:
        parsed: Expression = parse_string(expression)
    except ConfigError:
        return expression
    if isinstance(parsed.root, Text):
        return parsed.root.value
    from audit403.apache.decide.expr.evaluate import Evaluation, EvaluationFailed
    from audit403.apache.decide.expr.functions import FunctionFailed

    try:
        return Evaluation(exchange, None, "if").word(parsed.root)  # type: ignore[arg-type]
    except (EvaluationFailed, FunctionFailed):
        return None


def wants_user(expression: str) -> bool:
    """Whether a condition looks at who has logged in, so that `Require expr` waits for a name."""
    try:
        return parse_condition(expression).wants_user
    except ConfigError:
        return False
