"""What was collected of something, and what was not."""

from collections.abc import Callable
from typing import Any

from audit403.core.family import NotAudited
from audit403.s3.live.call import BadCredentials, NoBucket, NotCollected, NotThere, Unreachable

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
        """The gaps, those with the same reason in one."""
        by_reason: dict[str, list[str]] = {}
        for what, reason in self.gaps.items():
            by_reason.setdefault(reason, []).append(what)
        return [NotAudited(target, f"{_listed(what)} not known: {reason}") for reason, what in by_reason.items()]


def _listed(what: list[str]) -> str:
    if len(what) == 1:
        return f"{what[0]} {'are' if what[0].endswith('policies') else 'is'}"
    return f"{', '.join(what[:-1])} and {what[-1]} are"
