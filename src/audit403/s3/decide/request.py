"""One request to S3, as its authorization sees it.

Truth: DESIGN.md, "Fixed contracts", `explain --server s3`.
"""

from collections.abc import Mapping
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.pattern import Context

REST, WEBSITE = "rest", "website"


class S3Request(NamedTuple):
    """`context` has lower-case keys and is complete: a key that is not in it is absent, nothing is derived.

    `payer` says that the requester agrees to pay; `head` that nothing of an object's content is asked for.
    """

    action: str
    resource: str
    principal: str
    context: Context
    endpoint: str = REST
    payer: bool = False
    head: bool = False


def context_of(written: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """A context as it is given: values and lists of values, keys in any case."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in written.items():
        if value is None:
            continue
        values = value if isinstance(value, list | tuple) else [value]
        found[key.lower()] = tuple(_text(one) for one in values)
    return found


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
