"""A function by its name; one that nobody can work out before it is applied, or that is not here, comes to a hole.

Truth: https://developer.hashicorp.com/terraform/language/functions.
"""

from collections.abc import Callable
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue, combined, not_too_long
from audit403.s3.read.terraform.functions import addresses, encodings, lists, maps, numbers, patterns, texts
from audit403.s3.read.value import Hole, Value

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **addresses.FUNCTIONS,
    **encodings.FUNCTIONS,
    **lists.FUNCTIONS,
    **maps.FUNCTIONS,
    **numbers.FUNCTIONS,
    **patterns.FUNCTIONS,
    **texts.FUNCTIONS,
}
#: Given something that is not known, these still know what they give.
_TAKE_HOLES = frozenset(("concat", "compact", "coalesce", "flatten", "merge", "jsonencode", "join", "format", "lookup"))
_TAKE_HOLES |= frozenset(("tolist", "toset", "tostring", "sensitive", "nonsensitive", "zipmap", "distinct", "length"))
_TAKE_HOLES |= frozenset(("alltrue", "anytrue"))


def called(name: str, arguments: list[Value]) -> Any:
    """What a function gives. Raises NoValue."""
    name = name.removeprefix("core::")
    function = _FUNCTIONS.get(name)
    if function is None:
        return combined(name, *arguments)
    if name not in _TAKE_HOLES and any(isinstance(one.value, Hole) for one in arguments):
        return combined(name, *arguments)
    try:
        found = function(*arguments)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        raise NoValue(name) from None
    if isinstance(found, str):
        not_too_long(len(found))
    return combined(name, *arguments) if found is NotImplemented else found
