"""A mistake in a statement: what is written, what was meant, and a request that is refused because of it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import DocumentFault, Refusal
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import StatementPlace
from audit403.core.request import Request
from audit403.s3.decide.layers import place_of
from audit403.s3.explore.asking import ACTIONS, fixed_keys, of_caller, profiles_of, values_of, with_context, witness_of
from audit403.s3.explore.polarity import is_negated
from audit403.s3.explore.samples import ORDINARY_KEY, sample_resource
from audit403.s3.explore.satisfy import contexts
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.condition import Condition
from audit403.s3.model.policy import ALLOW, DENY, Policy, Statement
from audit403.s3.model.resource import resource_of
from audit403.s3.read.policy_file import STATE

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY = "s3"
#: How many requests are asked about the mistakes of one site at least, and how many statements they may meet in all.
_LEAST_ASKED, _MOST_WORK = 40, 10_000
BUCKET_POLICY = "bucket policy"
_METHODS = {action.lower(): method for action, method in ACTIONS}


class Refused(NamedTuple):
    """A request that is refused because of a mistake, and whom that hits."""

    request: Request
    decision: Decision
    who: str


class Needed(NamedTuple):
    """The resource that a statement names, and the one that it needs beside it or in its place."""

    named: str
    needed: str
    in_place: bool


class Mistake(NamedTuple):
    """The subject of a fault: `written` is what stands there, `instead` what was meant, where that is known.

    `harmless` says that nobody is kept out by it, `is_guess` that something else may be meant.
    """

    statement: Statement
    written: tuple[str, ...]
    instead: tuple[str, ...] = ()
    resource: Needed | None = None
    refused: Refused | None = None
    harmless: bool = False
    is_guess: bool = False


class Asker:
    """Asks one site what comes of a mistake. `refusals` are those that were found already."""

    def __init__(self, site: "S3Site", refusals: Iterable[Refusal]) -> None:
        self.site = site
        self.refusals = tuple(refusals)
        statements = sum(len(policy.statements) for policy in site.world.policies())
        self._left = max(_LEAST_ASKED, _MOST_WORK // (statements + 1))

    def _is_refused(self, request: Request) -> Decision | None:
        """The refusal of a request; None where it is not refused, or enough was asked: the work is bounded."""
        if self._left <= 0:
            return None
        self._left -= 1
        decision = self.site.decide(request)
        return decision if decision.verdict == REFUSED else None

    def bucket_of(self, policy: Policy) -> Bucket | None:
        """The bucket whose policy it is."""
        found = self.site.world.bucket(policy.name) if policy.kind == BUCKET_POLICY else None
        return found if isinstance(found, Bucket) else None

    def consequence(self, policy: Policy) -> str:
        """What becomes of a bucket's policy that S3 does not take; a recorded one it did take."""
        is_recorded = self.site.described.kind == STATE
        return "; S3 does not take such a policy" if policy.kind == BUCKET_POLICY and not is_recorded else ""

    def meant_by(
        self,
        statement: Statement,
        actions: Iterable[str],
        conditions: Sequence[Condition] | None = None,
        resource: str | None = None,
    ) -> Refused | None:
        """A refused request for one of some actions, by those whom an Allow names: who was to be let in.

        `conditions` and `resource` are those that were meant.
        """
        bucket = self.bucket_of(statement.policy)
        if bucket is None or statement.effect != ALLOW or statement.named is None or statement.is_not_principal:
            return None
        for action in actions:
            method = _METHODS.get(action.lower())
            if method is None:
                continue
            asked = resource or sample_for(bucket, statement, action)
            for profile in profiles_of(bucket, statement, action):
                meant = statement.conditions if conditions is None else conditions
                request = witness_of(self.site, profile, method, asked, meant)
                decision = None if request is None else self._is_refused(request)
                if request is not None and decision is not None:
                    return Refused(request, decision, profile.words)
        return None

    def refused_by_condition(
        self, statement: Statement, condition: Condition, meant: Sequence[Condition]
    ) -> Refused | None:
        """A request that is refused because a condition never finds its values; `meant` is what all were to be."""
        if is_negated(condition):
            return self.denied_by(statement, meant)
        return self.meant_by(statement, asked_actions(statement), meant)

    def denied_by(self, statement: Statement, meant: Sequence[Condition]) -> Refused | None:
        """A request that an Allow lets in, and that a Deny refuses although it does not meet what was `meant` there."""
        where = place_of(statement)
        for refusal in self.refusals:
            if refusal.where != where or statement.effect != DENY:
                continue
            profile = refusal.subject.profile
            base = values_of(refusal.subject.request)
            for context in () if self._left <= 0 else contexts(meant, base, fixed_keys(profile) | of_caller(meant)):
                if any(condition.test(context) is False for condition in meant):
                    request = with_context(refusal.witness, context)
                    decision = self._is_refused(request)
                    if decision is not None and decision.where == where:
                        return Refused(request, decision, profile.words)
        return None

    def refused_by(self, statement: Statement, actions: Iterable[str]) -> Refused | None:
        """A request for one of some actions that an Allow lets in and a Deny refuses."""
        where, names = place_of(statement), {action.lower() for action in actions}
        for refusal in self.refusals:
            if refusal.where == where and refusal.subject.request.action.lower() in names:
                return Refused(refusal.witness, refusal.decision, refusal.subject.profile.words)
        return None


def asked_actions(statement: Statement) -> list[str]:
    """The actions of a statement that can be asked for here."""
    return [name for name, _ in ACTIONS if statement.is_about(name.lower())]


def sample_for(bucket: Bucket, statement: Statement, action: str) -> str:
    """The resource of a bucket that somebody asks for with an action, near what a statement names."""
    if "Object" not in action:
        return bucket.arn
    for pattern in () if statement.is_not_resource else statement.resources or ():
        sample = sample_resource(pattern)
        found = resource_of(sample)
        if found.bucket == bucket.name and found.key:
            return sample
    return f"{bucket.arn}/{ORDINARY_KEY}"


def the(statement: Statement) -> str:
    """A statement in a sentence."""
    return f"statement {statement.name}"


def fault(kind: str, message: str, mistake: Mistake) -> DocumentFault:
    """The fact of a mistake."""
    statement = mistake.statement
    where = place_of(statement) or StatementPlace(statement.policy.name, statement.name)
    return DocumentFault(FAMILY, kind, where, message, mistake)


def listed(names: Iterable[str]) -> str:
    """Names in a sentence."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
