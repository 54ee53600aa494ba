"""What S3 says in its answer to a request that it refuses: the reason only to callers of the owner's own account.

Truth: "Access denied message examples" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
Callers of the same organization are told as well; whether two accounts share one is not known here.
"""

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.decide import causes
from audit403.s3.model.caller import Caller

GENERIC = "Access Denied"
IDENTITY, RESOURCE, BOUNDARY = "identity-based", "resource-based", "permissions boundary"
SESSION, SCP, RCP, ENDPOINT = "session", "service control", "resource control", "VPC endpoint"

#: The kind of policy that a message names, and whether it denies or is only silent.
TYPES = {
    causes.DENIED: (RESOURCE, True),
    causes.ACCESS_POINT_DENIED: (RESOURCE, True),
    causes.RESTRICTED: (RESOURCE, True),
    causes.IDENTITY_DENIED: (IDENTITY, True),
    causes.BOUNDARY_DENIED: (BOUNDARY, True),
    causes.SESSION_DENIED: (SESSION, True),
    causes.SCP_DENIED: (SCP, True),
    causes.RCP_DENIED: (RCP, True),
    causes.ENDPOINT_DENIED: (ENDPOINT, True),
    causes.NOT_ALLOWED: (IDENTITY, False),
    causes.IDENTITY_SILENT: (IDENTITY, False),
    causes.BUCKET_SILENT: (RESOURCE, False),
    causes.ACCESS_POINT_SILENT: (RESOURCE, False),
    causes.PUBLIC_ACL_IGNORED: (RESOURCE, False),
    causes.BOUNDARY_SILENT: (BOUNDARY, False),
    causes.SESSION_SILENT: (SESSION, False),
    causes.SCP_SILENT: (SCP, False),
    causes.ENDPOINT_SILENT: (ENDPOINT, False),
}
_BLOCKED = {
    causes.PUBLIC_ACL_BLOCKED: ("public ACLs", "BlockPublicAcls"),
    causes.PUBLIC_POLICY_BLOCKED: ("public policies", "BlockPublicPolicy"),
}
_OTHERS = {causes.ARCHIVED: "The operation is not valid for the object's storage class"}


class Refused(NamedTuple):
    """What is refused to whom; `action` is spelled as the request has it."""

    caller: Caller
    action: str
    resource: str
    account: str | Missing | None


def said_in_answer(cause: str, refused: Refused) -> str:
    """The message in the answer's body."""
    if cause in _OTHERS:
        return _OTHERS[cause]
    caller = refused.caller
    if not caller.is_of_iam or caller.account != refused.account:
        return GENERIC
    what = (
        f"User: {caller.name} is not authorized to perform: {refused.action} on resource: "
        f'"{refused.resource}"'
    )  # fmt: skip
    if cause in _BLOCKED:
        kind, flag = _BLOCKED[cause]
        return f"{what} because {kind} are prevented by the {flag} setting in S3 Block Public Access"
    if cause not in TYPES:
        return GENERIC
    kind, denies = TYPES[cause]
    if denies:
        return f"{what} with an explicit deny in a {kind} policy".replace("boundary policy", "boundary")
    return f"{what} because no {kind} policy allows the {refused.action} action".replace("boundary policy", "boundary")
