"""All mistakes of a site's policies, each of them told once: by what it is, not by what else comes of it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.fact import DocumentFault, Refusal
from audit403.s3.decide.layers import place_of
from audit403.s3.explore.action_mistakes import action_mistakes
from audit403.s3.explore.condition_mistakes import condition_mistakes
from audit403.s3.explore.key_mistakes import is_of_another_action, is_unknown_key, key_mistakes
from audit403.s3.explore.mistake import Asker, Mistake
from audit403.s3.explore.operator_mistakes import never_fits, operator_mistakes
from audit403.s3.explore.other_paths import other_paths
from audit403.s3.explore.polarity import DEAD, DENIES_ALL, polarity_of
from audit403.s3.explore.principal_mistakes import principal_mistakes
from audit403.s3.explore.resource_mistakes import resource_mistakes
from audit403.s3.explore.resource_spelling import resource_spelling
from audit403.s3.explore.subject import S3Subject
from audit403.s3.explore.value_mistakes import has_only_others, value_mistakes
from audit403.s3.explore.variable_mistakes import variable_mistakes
from audit403.s3.model.condition import Condition
from audit403.s3.model.policy import DENY, Statement

if TYPE_CHECKING:
    from audit403.s3.site import S3Site


def mistakes_of(site: "S3Site", refusals: Iterable[Refusal]) -> Iterator[DocumentFault]:
    """The mistakes; `refusals` are those that the same policies come to."""
    asker = Asker(site, refusals)
    for policy in site.world.policies():
        for statement in policy.statements:
            if statement.fault is None:
                yield from principal_mistakes(asker, policy, statement)
                yield from action_mistakes(asker, policy, statement)
                yield from resource_mistakes(asker, policy, statement)
                yield from resource_spelling(asker, policy, statement)
                yield from key_mistakes(asker, policy, statement)
                yield from operator_mistakes(asker, policy, statement)
                yield from value_mistakes(asker, statement)
                yield from condition_mistakes(statement)
                yield from variable_mistakes(asker, policy, statement)
                yield from other_paths(asker, policy, statement)


def never_allows(statement: Statement) -> bool:
    """Whether an Allow lets nobody in because of a mistake in one of its conditions."""
    return any(
        polarity_of(statement, condition) == DEAD and (is_unknown_key(condition.key) or _never_found(condition))
        for condition in statement.conditions
    )


def comes_of(refusal: Refusal, mistake: Mistake) -> bool:
    """Whether a request is refused because of a mistake: in the Deny that refuses it, or in an Allow for the same."""
    subject: S3Subject = refusal.subject
    if mistake.statement.effect == DENY:
        return refusal.where == place_of(mistake.statement) and _denies_all(mistake.statement, subject.request.action)
    if mistake.refused is None or subject.allow is not None:
        return False
    meant = mistake.refused.request
    request = refusal.witness
    return (meant.host, meant.principal, meant.method) == (request.host, request.principal, request.method)


def _denies_all(statement: Statement, action: str) -> bool:
    """Whether a Deny refuses every request for an action because of a mistake in its condition."""
    return any(
        polarity_of(statement, condition) == DENIES_ALL
        and (is_unknown_key(condition.key) or is_of_another_action(condition, action) or _never_found(condition))
        for condition in statement.conditions
    )


def _never_found(condition: Condition) -> bool:
    return never_fits(condition) or has_only_others(condition)
