"""The policies of the organization that bind an account: service and resource control policies, level by level.

Truth: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html and
…_rcps.html: neither binds the management account. They can be read by that account and by delegated administrators.
The S3 policy of the organization is in what S3 says of the account's Block Public Access; any account may read it too.
"""

import json
from typing import Any

from audit403.s3.live.bucket import document
from audit403.s3.live.call import NotCollected, NotThere, call, items, pages
from audit403.s3.model.public_access_block import FLAGS

SERVICE_CONTROL, RESOURCE_CONTROL = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_S3_POLICY = "S3_POLICY"
_NO_ORGANIZATION = frozenset(("AWSOrganizationsNotInUseException",))
_NO_POLICY = _NO_ORGANIZATION | {"EffectivePolicyNotFoundException"}
_ROOT = "r-"

Levels = list[list[Any]]


class Organization:
    """What the organization of an account says of it."""

    def __init__(self, client: Any, account: str) -> None:
        self._client = client
        self._account = account
        self._way: list[str] | None = None
        self._policies: dict[str, Any] = {}

    def is_bound(self) -> bool:
        """Whether policies of an organization bind the account. Raises NotCollected."""
        try:
            answer = call(self._client, "describe_organization", "organizations:DescribeOrganization", _NO_ORGANIZATION)
        except NotThere:
            return False
        master = (answer.get("Organization") or {}).get("MasterAccountId")
        if not isinstance(master, str):
            raise NotCollected("the answer to DescribeOrganization is not to be understood")
        return master != self._account

    def levels(self, kind: str) -> Levels:
        """The policies of a kind, the root's first, the account's last. Raises NotCollected."""
        if not self._is_enabled(kind):
            return []
        return [self._attached(target, kind) for target in self._targets()]

    def public_access_block(self) -> dict[str, bool]:
        """The flags that the organization switches on for the account. Raises NotThere where it says none."""
        permission = "organizations:DescribeEffectivePolicy"
        answer = call(self._client, "describe_effective_policy", permission, _NO_POLICY, PolicyType=_S3_POLICY)
        try:
            written = json.loads((answer.get("EffectivePolicy") or {}).get("PolicyContent") or "")
            said = written["s3_attributes"]["public_access_block_configuration"]
        except (KeyError, TypeError, ValueError):
            raise NotCollected("the answer to DescribeEffectivePolicy is not to be understood") from None
        said = said.get("@@assign") if isinstance(said, dict) else said
        if said != "all":
            raise NotThere
        return dict.fromkeys(FLAGS, True)

    def _is_enabled(self, kind: str) -> bool:
        """Whether policies of a kind are in use in the organization at all."""
        types = [
            one
            for page in pages(self._client, "list_roots", "organizations:ListRoots")
            for root in items(page, "Roots", "ListRoots")
            for one in root.get("PolicyTypes") or ()
        ]
        return any(one.get("Type") == kind and one.get("Status") == "ENABLED" for one in types)

    def _targets(self) -> list[str]:
        """The root, the organizational units on the way, and the account."""
        if self._way is None:
            way = [self._account]
            while not way[0].startswith(_ROOT):
                answer = call(self._client, "list_parents", "organizations:ListParents", ChildId=way[0])
                parents = [one.get("Id") for one in answer.get("Parents") or ()]
                if len(parents) != 1 or not isinstance(parents[0], str) or parents[0] in way:
                    raise NotCollected("the answer to ListParents is not to be understood")
                way.insert(0, parents[0])
            self._way = way
        return self._way

    def _attached(self, target: str, kind: str) -> list[Any]:
        asked: dict[str, Any] = {"TargetId": target, "Filter": kind}
        listed = pages(self._client, "list_policies_for_target", "organizations:ListPoliciesForTarget", **asked)
        return [
            self._policy(str(one.get("Id")))
            for page in listed
            for one in items(page, "Policies", "ListPoliciesForTarget")
        ]

    def _policy(self, identifier: str) -> Any:
        if identifier not in self._policies:
            permission = "organizations:DescribePolicy"
            answer = call(self._client, "describe_policy", permission, PolicyId=identifier)
            content = (answer.get("Policy") or {}).get("Content")
            self._policies[identifier] = document(content, "DescribePolicy")
        return self._policies[identifier]
