"""Users and roles of the account: the policies that are attached to them, written into them, those of their groups,
and their permissions boundary.

Truth: https://docs.aws.amazon.com/IAM/latest/APIReference/. Deny may stand in any of them: one that cannot be read
leaves all of them unknown.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from audit403.s3.live.bucket import document
from audit403.s3.live.call import NotCollected, NotThere, call, items, pages
from audit403.s3.live.record import Record
from audit403.s3.model.caller import ROLE, SESSION, USER, Caller, caller_of
from audit403.s3.model.principal import named_in

_GONE = frozenset(("NoSuchEntity",))
_KINDS = {USER: "user", ROLE: "role", SESSION: "role"}


class Principals:
    """Collects principals; a policy or a group that several have is read once."""

    def __init__(self, client: Any, account: str) -> None:
        self._client = client
        self._account = account
        self._managed: dict[str, Any] = {}
        self._groups: dict[str, list[Any]] = {}

    def collect(self, text: str) -> tuple[str, Record]:
        """What is attached to a principal, and the ARN under which a state has it: of a session, that of its role.

        Raises NotCollected where it is not one of the account's users and roles.
        """
        caller = caller_of(text)
        kind = _KINDS.get(caller.kind)
        if kind is None:
            raise NotCollected("it is neither a user nor a role")
        if caller.account != self._account:
            raise NotCollected(f"it is of another account than {self._account}, which cannot be asked for its policies")
        name = _name(caller)
        found = self._itself(kind, name)
        arn = found.get("Arn")
        if not isinstance(arn, str) or (caller.kind != SESSION and arn != text):
            raise NotCollected(f"there is no such {kind}: the {kind} {name} is {arn}")
        record = Record()
        record.take("policies", "the policies", lambda: self._policies(kind, name))
        record.take("boundary", "the permissions boundary", lambda: self._boundary(found))
        return arn, record

    def _itself(self, kind: str, name: str) -> dict[str, Any]:
        word = kind.capitalize()
        try:
            answer = call(self._client, f"get_{kind}", f"iam:Get{word}", _GONE, **_who(word, name))
        except NotThere:
            raise NotCollected(f"there is no such {kind}") from None
        found = answer.get(word)
        if not isinstance(found, dict):
            raise NotCollected(f"the answer to Get{word} is not to be understood")
        return found

    def _policies(self, kind: str, name: str) -> list[Any]:
        found = self._of(kind, name)
        if kind == "user":
            for group in self._listed("list_groups_for_user", "iam:ListGroupsForUser", "Groups", UserName=name):
                found += self._of_group(str(group.get("GroupName")))
        return found

    def _of_group(self, name: str) -> list[Any]:
        if name not in self._groups:
            self._groups[name] = self._of("group", name)
        return self._groups[name]

    def _of(self, kind: str, name: str) -> list[Any]:
        """Those that are attached to a user, a role or a group, and those that are written into it."""
        word = kind.capitalize()
        who = _who(word, name)
        attached = self._listed(
            f"list_attached_{kind}_policies", f"iam:ListAttached{word}Policies", "AttachedPolicies", **who
        )
        found = [self._of_arn(str(policy.get("PolicyArn"))) for policy in attached]
        for inline in self._listed(f"list_{kind}_policies", f"iam:List{word}Policies", "PolicyNames", **who):
            operation, permission = f"get_{kind}_policy", f"iam:Get{word}Policy"
            answer = call(self._client, operation, permission, PolicyName=inline, **who)
            found.append(document(answer.get("PolicyDocument"), f"Get{word}Policy"))
        return found

    def _boundary(self, found: dict[str, Any]) -> list[Any]:
        arn = (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return [self._of_arn(arn)] if isinstance(arn, str) else []

    def _of_arn(self, arn: str) -> Any:
        """The version of a managed policy that is in effect."""
        if arn not in self._managed:
            policy = call(self._client, "get_policy", "iam:GetPolicy", PolicyArn=arn).get("Policy") or {}
            version: dict[str, Any] = {"PolicyArn": arn, "VersionId": str(policy.get("DefaultVersionId"))}
            answer = call(self._client, "get_policy_version", "iam:GetPolicyVersion", **version)
            self._managed[arn] = document((answer.get("PolicyVersion") or {}).get("Document"), "GetPolicyVersion")
        return self._managed[arn]

    def _listed(self, operation: str, permission: str, key: str, **who: Any) -> list[Any]:
        return [
            one
            for page in pages(self._client, operation, permission, **who)
            for one in items(page, key, permission.partition(":")[2])
        ]


def named_principals(policies: Iterable[Any], account: str) -> list[str]:
    """The users, roles and sessions of an account that some policies name, each once."""
    found = {text for policy in policies for text in _named(policy)}
    callers = [caller_of(text) for text in sorted(found)]
    return [caller.name for caller in callers if caller.kind in _KINDS and caller.account == account]


def _named(policy: Any) -> Iterator[str]:
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict):
            yield from (text for kind, text in named_in(statement.get("Principal")).written if kind == "AWS")


def _who(word: str, name: str) -> dict[str, Any]:
    return {f"{word}Name": name}


def _name(caller: Caller) -> str:
    """The name by which IAM is asked: without the path."""
    return caller.role or caller.name.rpartition("/")[2]
