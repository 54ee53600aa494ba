"""A case as the simulator takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from differential.s3.words import OWNER

if TYPE_CHECKING:
    from differential.s3.generator import Case, Json


def as_simulation(case: Case) -> Json:
    """The same request with the same policies.

    The simulator refuses to be told of service control policies where nobody of an account asks.
    """
    account = case.state["account"]
    anonymous = case.kind == "anonymous"
    blocks = (account["public_access_block"], case.bucket["public_access_block"])
    found: Json = {
        "request": {
            "principal": {"type": "Anonymous"} if anonymous else case.caller,
            "action": case.request["action"],
            "resource": {"resource": case.request["resource"], "accountId": OWNER},
            "contextVariables": case.request["context"],
        },
        "identityPolicies": _named(case.own.get("policies") or []),
        "serviceControlPolicies": [] if anonymous else _levels(account["service_control_policies"]),
        "resourceControlPolicies": _levels(account["resource_control_policies"]),
        "additionalSettings": {
            "s3": {"blockPublicAccess": any(block and block["RestrictPublicBuckets"] for block in blocks)}
        },
    }
    if case.bucket["policy"]:
        found["resourcePolicy"] = case.bucket["policy"]
    if case.own.get("boundary"):
        found["permissionBoundaryPolicies"] = _named(case.own["boundary"])
    if case.own.get("session"):
        found["sessionPolicy"] = case.own["session"]
    if case.state["vpc_endpoint_policies"]:
        found["vpcEndpointPolicies"] = _named(case.state["vpc_endpoint_policies"])
    return found


def _named(policies: list[Json]) -> list[Json]:
    return [{"name": f"policy {number}", "policy": policy} for number, policy in enumerate(policies)]


def _levels(levels: list[list[Json]]) -> list[dict[str, Any]]:
    return [{"orgIdentifier": f"level {number}", "policies": _named(level)} for number, level in enumerate(levels)]
