"""Access control lists: what canned ACLs stand for, and what a grant lets somebody do.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html: grantees, permissions, canned
ACLs.
"""

import re
from typing import Any

from audit403.core.named_tuple import NamedTuple

EVERYBODY, AUTHENTICATED, LOG_DELIVERY, OWNER, BUCKET_OWNER = (
    "AllUsers", "AuthenticatedUsers", "LogDelivery", "owner", "bucket owner",
)  # fmt: skip
PUBLIC = frozenset((EVERYBODY, AUTHENTICATED))
CANNED = {
    "private": (),
    "public-read": ((EVERYBODY, "READ"),),
    "public-read-write": ((EVERYBODY, "READ"), (EVERYBODY, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "aws-exec-read": (),
    "bucket-owner-read": ((BUCKET_OWNER, "READ"),),
    "bucket-owner-full-control": ((BUCKET_OWNER, "FULL_CONTROL"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
}
#: The same in the words of CloudFormation's AccessControl.
CANNED_BY_WORD = {"".join(part.capitalize() for part in name.split("-")): name for name in CANNED}

_OF_BUCKET = {
    "s3:listbucket": "READ",
    "s3:listbucketversions": "READ",
    "s3:listbucketmultipartuploads": "READ",
    "s3:putobject": "WRITE",
    "s3:getbucketacl": "READ_ACP",
    "s3:putbucketacl": "WRITE_ACP",
}
_OF_OBJECT = {
    "s3:getobject": "READ",
    "s3:getobjectversion": "READ",
    "s3:getobjectacl": "READ_ACP",
    "s3:getobjectversionacl": "READ_ACP",
    "s3:putobjectacl": "WRITE_ACP",
    "s3:putobjectversionacl": "WRITE_ACP",
}
_GROUP = re.compile(
    r"(?:https?://acs\.amazonaws\.com/groups/(?:global|s3)/)?(AllUsers|AuthenticatedUsers|LogDelivery)\Z"
)
_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?\Z")


class Grant(NamedTuple):
    """One grant: a group, an account's number, a canonical user, OWNER or BUCKET_OWNER; and its permission."""

    grantee: str
    permission: str


AccessList = tuple[Grant, ...]


def access_list_of(written: Any) -> AccessList | None:
    """The grants of a canned name, of a list of grants, or of S3's answer to GetBucketAcl; None for what is neither.

    No list at all is the private one. That the owner has full control is not said again.
    """
    if not written:
        return ()
    if isinstance(written, str):
        name = CANNED_BY_WORD.get(written, written)
        return tuple(Grant(*grant) for grant in CANNED[name]) if name in CANNED else None
    if isinstance(written, dict):
        written = written.get("Grants", written.get("grants"))
    if not isinstance(written, list):
        return None
    found = []
    for each in written:
        grant = _grant(each)
        if grant is None:
            return None
        found.append(grant)
    return tuple(found)


def is_public(access_list: AccessList) -> bool:
    """Whether it grants anything to everybody, or to everybody who has an account."""
    return any(grant.grantee in PUBLIC for grant in access_list)


def grantees(access_list: AccessList, action: str, *, of_object: bool) -> frozenset[str]:
    """Whom it lets do an action (in lower case)."""
    needed = (_OF_OBJECT if of_object else _OF_BUCKET).get(action)
    if needed is None:
        return frozenset()
    return frozenset(grant.grantee for grant in access_list if grant.permission in (needed, "FULL_CONTROL"))


def is_listable(action: str, *, of_object: bool) -> bool:
    """Whether an action is one that an ACL can grant."""
    return action in (_OF_OBJECT if of_object else _OF_BUCKET)


def _grant(written: Any) -> Grant | None:
    if not isinstance(written, dict):
        return None
    written = {str(key).lower(): value for key, value in written.items()}
    grantee, permission = written.get("grantee"), written.get("permission")
    if isinstance(grantee, dict):
        by_key = {str(key).lower(): value for key, value in grantee.items()}
        grantee = by_key.get("uri") or by_key.get("id") or by_key.get("emailaddress")
    if not isinstance(grantee, str) or not isinstance(permission, str):
        return None
    group, account = _GROUP.match(grantee), _ACCOUNT.match(grantee)
    named = group[1] if group else account[1] if account else grantee
    return Grant(named, permission.upper())
