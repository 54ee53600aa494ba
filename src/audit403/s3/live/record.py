"""What was collected of something, and what was not."""

from collections.abc import Callable
from typing import Any

from audit403.core.family import NotAudited
from audit403.s3.live.call import DENIED, BadCredentials, NoBucket, NotCollected, NotThere, Unreachable

_DENIED = " are denied"
_OF_ALL = (BadCredentials, NoBucket, Unreachable)


class Record:
    """Parts of one thing, as a state has them; what is in `gaps`, with its reason, is not in `state`."""

    __slots__ = ("gaps", "state")

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.gaps: dict[str, str] = {}

    def take(self, key: str, what: str, collect: Callable[[], Any]) -> None:
        """Put in what `collect` comes back with: what is known not to be there is null.

        Where the thing is not there, nobody answers or the credentials are not taken, it raises: nothing else will be
        known either.
        """
        try:
            self.state[key] = collect()
        except NotThere:
            self.state[key] = None
        except _OF_ALL:
            raise
        except NotCollected as error:
            self.gaps[what] = error.reason

    def not_audited(self, target: str) -> list[NotAudited]:
        """The gaps, those with the same reason in one, and all permissions that are missing in one."""
        by_reason: dict[str, list[str]] = {}
        denied: dict[str, list[str]] = {}
        for what, reason in self.gaps.items():
            kept, key = (denied, reason.removesuffix(DENIED)) if reason.endswith(DENIED) else (by_reason, reason)
            kept.setdefault(key, []).append(what)
        if denied:
            parts = [what for every in denied.values() for what in every]
            by_reason = {f"{_listed([*denied])}{DENIED if len(denied) == 1 else _DENIED}": parts, **by_reason}
        return [NotAudited(target, f"{_listed(what)} {_are(what)} not known: {why}") for why, what in by_reason.items()]


def _are(what: list[str]) -> str:
    return "are" if len(what) > 1 or what[0].endswith("policies") else "is"


def _listed(what: list[str]) -> str:
    return what[0] if len(what) == 1 else f"{', '.join(what[:-1])} and {what[-1]}"
