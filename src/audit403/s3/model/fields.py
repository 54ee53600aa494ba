"""What a state's fields hold, and where in a state something stands: one that is missing was not collected."""

from collections.abc import Mapping
from typing import Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.place import Place

_NOTHING: dict[str, Any] = {}
ABSENT = object()
"""No value, where null is one."""

At = tuple[str | int, ...]
"""Where in a state something stands, as in `("buckets", "site", "policy", 0)` for the first statement."""
NO_PLACES: Mapping[At, Place] = {}


def object_of(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def field_of(written: dict[str, Any], name: str, parse: Any, what: str) -> Any:
    """What `parse` makes of a field; Missing where it was not collected or is not to be understood."""
    if name not in written:
        return Missing(REASON_NOT_COLLECTED, what)
    found = parse(written[name])
    if found is None and written[name] not in (None, [], {}, "", False):
        return Missing(REASON_NOT_COLLECTED, f"{what}: what the state says is not to be understood")
    return found


def text_or_none(value: Any) -> str | None:
    """A text, or None."""
    return value if isinstance(value, str) else None
