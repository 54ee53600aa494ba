"""403s of S3 that people have reported, before and after what helped them."""

from __future__ import annotations

import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED, Decision
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import S3Request, context_of
from audit403.s3.model.world import World
from servers.shared_buckets import SharedBucket, shared_buckets

# The thread says that the website endpoint answers 404. AWS's pages contradict each other; without the permission to
# list it is 403, with the error page.
_DISPUTED = {"s02-ember-20"}


def decided(case: SharedBucket) -> Decision:
    asked = case.request
    request = S3Request(
        asked["action"], asked["resource"], asked["principal"], context_of(asked["context"]), asked["endpoint"]
    )
    return Evaluator(World(case.state)).decide(request)


@pytest.mark.parametrize("case", shared_buckets("broken"), ids=lambda case: case.id)
def test_what_was_refused_is(case: SharedBucket) -> None:
    assert case.expected == "403"
    assert decided(case).verdict == REFUSED


@pytest.mark.parametrize("case", shared_buckets("fixed"), ids=lambda case: case.id)
def test_what_helped_helps(case: SharedBucket) -> None:
    decision = decided(case)
    if case.id in _DISPUTED:
        assert decision.verdict == REFUSED
    else:
        assert decision.verdict == NOT_REFUSED
        assert decision.status in (None, int(case.expected))
