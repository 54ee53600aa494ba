"""A case put to the evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import S3Request, context_of
from audit403.s3.model.world import World

if TYPE_CHECKING:
    from audit403.core.decision import Decision
    from differential.s3.generator import Case


def decide(case: Case) -> Decision:
    """What we say."""
    asked = case.request
    request = S3Request(
        asked["action"], asked["resource"], asked["principal"], context_of(asked["context"]), asked["endpoint"]
    )
    return Evaluator(World(case.state)).decide(request)
