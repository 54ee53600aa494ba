"""What decides about requests to one bucket: a call for each part, the permission that it needs, and what it answers.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/ and, of the permissions,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html.
"""

import json
from collections.abc import Callable
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.call import NotCollected, call
from audit403.s3.live.record import Record
from audit403.s3.model.bucket import ENFORCED

Answer = dict[str, Any]


class Part(NamedTuple):
    """One part: its key in the state, what it is in words, the call with its permission, what its answer says.

    `absent` is the error code that says that it is not set.
    """

    key: str
    what: str
    operation: str
    permission: str
    absent: frozenset[str]
    read: Callable[[Answer], Any]


def document(text: Any, operation: str) -> Any:
    """A policy out of an answer. Raises NotCollected for what is none."""
    found = text
    if isinstance(text, str):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict) or "Statement" not in found:
        raise NotCollected(f"the answer to {operation} holds no policy")
    return found


def _inner(name: str, kind: type, operation: str) -> Callable[[Answer], Any]:
    """The element of an answer that says it; an answer without it says nothing."""

    def read(answer: Answer) -> Any:
        found = answer.get(name)
        if not isinstance(found, kind) or not found:
            raise NotCollected(f"the answer to {operation} is not to be understood")
        return found

    return read


def _ownership(answer: Answer) -> str:
    rules = _inner("Rules", list, "GetBucketOwnershipControls")(answer.get("OwnershipControls") or {})
    return str(_inner("ObjectOwnership", str, "GetBucketOwnershipControls")(rules[0]))


def _website(answer: Answer) -> Answer:
    names = ("IndexDocument", "ErrorDocument", "RoutingRules", "RedirectAllRequestsTo")
    found = {name: answer[name] for name in names if name in answer}
    if not found:
        raise NotCollected("the answer to GetBucketWebsite is not to be understood")
    return found


def access_list(answer: Answer) -> Answer:
    """The owner and the grants of a bucket or an object. Raises NotCollected."""
    if not isinstance(answer.get("Grants"), list) or not isinstance(answer.get("Owner"), dict):
        raise NotCollected("the answer about its ACL is not to be understood")
    return {"Owner": answer["Owner"], "Grants": answer["Grants"]}


_PARTS = (
    Part(
        "policy", "the policy", "get_bucket_policy", "s3:GetBucketPolicy", frozenset(("NoSuchBucketPolicy",)),
        lambda answer: document(answer.get("Policy"), "GetBucketPolicy"),
    ),
    Part(
        "public_access_block", "Block Public Access", "get_public_access_block", "s3:GetBucketPublicAccessBlock",
        frozenset(("NoSuchPublicAccessBlockConfiguration",)),
        _inner("PublicAccessBlockConfiguration", dict, "GetPublicAccessBlock"),
    ),
    Part(
        "ownership", "object ownership", "get_bucket_ownership_controls", "s3:GetBucketOwnershipControls",
        frozenset(("OwnershipControlsNotFoundError",)), _ownership,
    ),
    Part(
        "acl", "the ACL", "get_bucket_acl", "s3:GetBucketAcl", frozenset(), access_list,
    ),
    Part(
        "website", "the website configuration", "get_bucket_website", "s3:GetBucketWebsite",
        frozenset(("NoSuchWebsiteConfiguration",)), _website,
    ),
    Part(
        "request_payer", "who pays for requests", "get_bucket_request_payment", "s3:GetBucketRequestPayment",
        frozenset(), _inner("Payer", str, "GetBucketRequestPayment"),
    ),
    Part(
        "encryption", "the default encryption", "get_bucket_encryption", "s3:GetEncryptionConfiguration",
        frozenset(("ServerSideEncryptionConfigurationNotFoundError",)),
        _inner("ServerSideEncryptionConfiguration", dict, "GetBucketEncryption"),
    ),
    Part(
        "cors", "the CORS configuration", "get_bucket_cors", "s3:GetBucketCORS",
        frozenset(("NoSuchCORSConfiguration",)), _inner("CORSRules", list, "GetBucketCors"),
    ),
)  # fmt: skip

PERMISSIONS = tuple(part.permission for part in _PARTS)
"""Those of IAM that a bucket needs."""


def collect_bucket(client: Any, name: str, account: str | None, goes_on: Callable[[], bool]) -> Record:
    """What can be known of a bucket; `account` is its owner's, None where that is not known.

    Where the bucket is not there it raises NoBucket, where nobody answers Unreachable or BadCredentials; where the run
    is to end (`goes_on`), NotCollected.
    """
    record = Record()
    if account is not None:
        record.state["account"] = account
    for part in _PARTS:
        if not goes_on():
            raise NotCollected(INTERRUPTED)
        if part.key == "acl" and record.state.get("ownership") == ENFORCED:
            # ACLs are disabled. What S3 would answer is the owner alone.
            record.state["acl"] = None
            continue
        record.take(part.key, part.what, _asking(client, name, part))
    return record


INTERRUPTED = "the run was interrupted"


def _asking(client: Any, name: str, part: Part) -> Callable[[], Any]:
    return lambda: part.read(call(client, part.operation, part.permission, part.absent, Bucket=name))
