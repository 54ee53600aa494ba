"""What must hold for a request to be let through, one by one, and what comes of all."""

from collections.abc import Iterable

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place
from audit403.s3.model.truth import Truth


class Requirement(NamedTuple):
    """One of them: `cause`, `where` and `message` are what is to be said where it does not hold."""

    holds: Truth
    cause: str
    where: Place | None
    message: str


class Outcome(NamedTuple):
    """`failed` is the first that does not hold; without one, `missing` is what must be known besides."""

    failed: Requirement | None
    missing: tuple[Missing, ...]
    perhaps: Requirement | None = None

    @property
    def allowed(self) -> Truth:
        """Whether all hold."""
        if self.failed is not None:
            return False
        return self.missing[0] if self.missing else True


def outcome_of(requirements: Iterable[Requirement]) -> Outcome:
    """What comes of requirements: one that does not hold settles it, the first is the reason."""
    missing: dict[Missing, None] = {}
    perhaps: Requirement | None = None
    for requirement in requirements:
        holds = requirement.holds
        if holds is False:
            return Outcome(requirement, ())
        if holds is not True:
            missing.setdefault(holds)
            perhaps = perhaps or requirement
    return Outcome(None, tuple(missing), perhaps)
