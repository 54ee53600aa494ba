"""A decision as the `explain` contract has it (DESIGN.md, fixed contracts; explain.schema.json here)."""

from typing import Any

from audit403.core.decision import Decision
from audit403.report.places import because_json, place_json


def decision_json(identifier: object, decision: Decision) -> dict[str, Any]:
    """One line of the answer."""
    return {
        "id": identifier,
        "verdict": decision.verdict,
        "status": decision.status,
        "handed_to": decision.handed_to,
        "cause": decision.cause,
        "where": place_json(decision.where),
        "because": because_json(decision.because),
        "missing": [{"reason": missing.reason, "name": missing.name} for missing in decision.missing],
    }
