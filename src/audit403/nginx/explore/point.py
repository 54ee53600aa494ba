"""A request on its way to a test: what was decided before it, which a change of the request may turn too."""

from collections.abc import Mapping

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place
from audit403.core.request import Request
from audit403.explore.wish import Wish, anything_but, exactly, matching
from audit403.nginx.model.rewrite_code import Condition, Instruction

_NOTHING: Mapping[Place, bool] = {}


class Point(NamedTuple):
    """A request before a test: the rewrite code that runs up to there, the outcomes of its conditions by their place.

    `way` are the variables that led to the one that is to be changed.
    """

    request: Request
    code: tuple[Instruction, ...] = ()
    outcomes: Mapping[Place, bool] = _NOTHING
    way: tuple[str, ...] = ()

    def of(self, request: Request) -> "Point":
        """The same point with another request."""
        return self._replace(request=request)


def wish_of(condition: Condition, holds: bool) -> Wish | None:
    """What the variable of an `if` should be for it to hold, or not to; None where it is compared with a variable."""
    if condition.regex is not None:
        return matching(condition.regex, holds != condition.operator.startswith("!"))
    if condition.value is not None:
        literal = condition.value.literal
        if literal is None:
            return None
        if holds != (condition.operator == "!="):
            return exactly(literal)
        return anything_but(literal)
    if holds:
        return Wish(lambda value: value not in ("", "0"), ("1", "something"))
    return Wish(lambda value: value in ("", "0"), ("", "0"))
