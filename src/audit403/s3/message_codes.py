"""S3's error codes that are 403 or taken for it, and the messages that say more than their code.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the messages are those of recorded answers.
"""

from audit403.core.meaning import Cause
from audit403.s3.decide import causes

_NO_REASON = Cause(
    causes.NOT_ALLOWED,
    "the message gives no reason: S3 names it only to callers of the owner's account or organization",
)
_NO_KEY = Cause(causes.MISSING_KEY, "or the key is not there, and the caller may not list the bucket (s3:ListBucket)")
_NO_SOURCE = Cause(
    causes.MISSING_KEY, "or the source is not there, and the caller may not list its bucket (s3:ListBucket)"
)
_KEY_OF_KMS = Cause(causes.KEY_REFUSES, "or the object's KMS key may not be used")
_KEY_TO_WRITE = Cause(
    causes.KEY_REFUSES, "or the KMS key that it is to be encrypted with may not be used (kms:GenerateDataKey)"
)
_ACL_BROUGHT = Cause(
    causes.PUBLIC_ACL_BLOCKED, "or the request brings a public ACL (--acl public-read), which BlockPublicAcls refuses"
)
_PERMISSION_MORE = Cause(
    causes.NOT_ALLOWED,
    "an ACL, tags or a retention in the request need permissions of their own (s3:PutObjectAcl, s3:PutObjectTagging …)",
)
_PUBLIC_POLICY = Cause(causes.PUBLIC_POLICY_BLOCKED, "or the policy is public, and BlockPublicPolicy refuses such")
_OTHERS_BUCKET = Cause(causes.NOT_ALLOWED, "or a bucket of this name belongs to another account")

_DENIED = (_NO_REASON, _NO_KEY, _KEY_OF_KMS)
WITHOUT_REASON = frozenset(("AccessDenied", "AccessDeniedException", "Forbidden"))
"""The codes of which the message has to say more."""
_READS = frozenset(("getobject", "headobject", "getobjectversion", "getobjectattributes", "selectobjectcontent"))
_WRITES = frozenset(("putobject", "createmultipartupload", "uploadpart", "completemultipartupload", "postobject"))
_COPIES = frozenset(("copyobject", "uploadpartcopy"))


def without_reason(operation: str | None) -> tuple[Cause, ...]:
    """What an answer may mean that gives no reason, the likeliest first; `operation` or action, where it is known."""
    name = (operation or "").rpartition(":")[2].lower()
    if not name or name in _READS:
        return _DENIED
    if name in _WRITES:
        return (_NO_REASON, _PERMISSION_MORE, _ACL_BROUGHT, _KEY_TO_WRITE)
    if name in _COPIES:
        return (_NO_REASON, _NO_SOURCE, _PERMISSION_MORE, _ACL_BROUGHT, _KEY_TO_WRITE)
    if name in ("putobjectacl", "putbucketacl"):
        return (_NO_REASON, _ACL_BROUGHT)
    if name in ("putbucketpolicy", "putaccesspointpolicy"):
        return (_NO_REASON, _PUBLIC_POLICY)
    return (_NO_REASON, _OTHERS_BUCKET) if name in ("headbucket", "listobjects", "listobjectsv2") else (_NO_REASON,)


def _one(name: str, text: str) -> tuple[Cause, ...]:
    return (Cause(name, text),)


_DISABLED = _one("account-or-bucket-disabled", "the account or the bucket is suspended or not signed up: ask AWS")

#: Each code with its status and what it means where the message says no more.
CODES: dict[str, tuple[int, tuple[Cause, ...]]] = {
    "AccessDenied": (403, _DENIED),
    "AccessDeniedException": (403, _DENIED),
    "Forbidden": (403, _DENIED),
    "AccessForbidden": (403, _one(causes.CORS_REFUSES, "no CORS rule lets this preflight through, or there is none")),
    "AccountProblem": (403, _DISABLED),
    "AllAccessDisabled": (403, _DISABLED),
    "NotSignedUp": (403, _DISABLED),
    "InvalidPayer": (403, _DISABLED),
    "InvalidSecurity": (403, _one("bad-credentials", "the security credentials are not valid")),
    "InvalidRegion": (403, _one("region-is-not-opted-in", "the account has not opted in to the Region")),
    "InvalidAccessKeyId": (
        403,
        _one(
            "unknown-access-key",
            "the access key was deleted, or is of another partition, or its Region is not opted in",
        ),
    ),
    "SignatureDoesNotMatch": (
        403,
        _one(
            "signature-does-not-match",
            "the secret is wrong, or method, path, Host or a signed header was changed on the way",
        ),
    ),
    "RequestTimeTooSkewed": (403, _one("clock-is-wrong", "the client's clock is off by more than 15 minutes")),
    "MissingAuthenticationToken": (403, _one("not-signed", "this API takes signed requests only")),
    "InvalidObjectState": (403, _one(causes.ARCHIVED, "the object is archived: it must be restored first")),
    "ObjectAlreadyInActiveTierError": (403, _one("object-is-not-archived", "there is nothing to restore")),
    "ObjectNotInActiveTierError": (403, _one(causes.ARCHIVED, "the source of the copy is archived")),
    "CrossLocationLoggingProhibited": (403, _one("logging-across-regions", "the target bucket is in another Region")),
    "CrossLocationLoggingProhibitted": (403, _one("logging-across-regions", "the target bucket is in another Region")),
    "UnauthorizedAccessError": (403, _one("no-icp-recordal", "Regions of China want an ICP recordal")),
    "UnexpectedIPError": (403, _one("no-icp-recordal", "Regions of China do not take this address")),
    "LambdaPermissionError": (403, _one("lambda-may-not-be-called", "the caller lacks lambda:InvokeFunction")),
    "StsNotAuthorizedError": (
        403,
        _one("access-grants-role", "the role does not trust access-grants.s3.amazonaws.com"),
    ),
    "ExpiredToken": (
        400,
        _one(causes.CREDENTIALS_EXPIRED, "the session's credentials have expired: this is 400, not 403"),
    ),
    "InvalidToken": (400, _one("bad-credentials", "the session token is not valid: this is 400, not 403")),
    "AccessControlListNotSupported": (
        400,
        _one(causes.ACLS_DISABLED, "BucketOwnerEnforced takes no ACLs: this is 400, not 403"),
    ),
    "AuthorizationHeaderMalformed": (
        400,
        _one("bad-signing", "the Authorization header cannot be read: this is 400, not 403"),
    ),
    "AuthorizationQueryParametersError": (
        400,
        _one(causes.BAD_SIGNING, "the URL is signed wrongly: this is 400, not 403"),
    ),
    "KMS.DisabledException": (400, _one("key-is-disabled", "the KMS key is disabled: this is 400, not 403")),
    "KMS.NotFoundException": (400, _one("key-is-gone", "the KMS key is not there: this is 400, not 403")),
}

#: Part of a message, its code, the cause and a sentence about it.
MESSAGES = (
    (
        "Request has expired",
        "AccessDenied",
        causes.EXPIRED,
        "the presigned URL was good until a moment that has passed",
    ),
    (
        "Request is not valid yet",
        "AccessDenied",
        causes.NOT_YET_VALID,
        "the presigned URL is dated in the future: a clock is wrong",
    ),
    ("which were not signed", "AccessDenied", causes.NOT_SIGNED, "each x-amz-* header must be among the signed ones"),
    (
        "Query-string authentication requires",
        "AccessDenied",
        causes.INCOMPLETE,
        "the URL lacks a part of its signature",
    ),
    ("CORS is not enabled", "AccessForbidden", causes.CORS_REFUSES, "the bucket has no CORS configuration"),
    (
        "This CORS request is not allowed",
        "AccessForbidden",
        causes.CORS_REFUSES,
        "no CORS rule has this origin, method and headers",
    ),
    (
        "object protected by object lock",
        "AccessDenied",
        "object-is-locked",
        "retention or a legal hold protects this version",
    ),
    (
        "Invalid according to Policy: Policy expired",
        "AccessDenied",
        "post-policy-has-expired",
        "the form's POST policy was good until a moment that has passed",
    ),
    (
        "Invalid according to Policy: Policy Condition failed",
        "AccessDenied",
        "post-policy-refuses",
        "a field of the form is not what its POST policy says",
    ),
    (
        "Invalid according to Policy: Extra input fields",
        "AccessDenied",
        "post-policy-refuses",
        "the form has a field that no condition of its POST policy names",
    ),
    (
        "must provide the correct secret key",
        "AccessDenied",
        "customer-key-is-wrong",
        "the object was encrypted with another key of the client's (SSE-C)",
    ),
    (
        "requires a valid Date or x-amz-date header",
        "AccessDenied",
        "clock-is-wrong",
        "the request is signed and has no date that S3 can read",
    ),
    (
        "Anonymous users cannot",
        "AccessDenied",
        "not-signed",
        "this is for signed requests only, whatever the bucket policy allows",
    ),
    (
        "Please use AWS4-HMAC-SHA256",
        "InvalidRequest",
        causes.BAD_SIGNING,
        "the Region takes signatures of version 4 alone: this is 400, not 403",
    ),
    (
        "Requester Pays",
        "AccessDenied",
        causes.REQUESTER_PAYS,
        "the requester pays, and must say so (x-amz-request-payer)",
    ),
    (
        "kms:",
        "AccessDenied",
        causes.KEY_REFUSES,
        "the object's KMS key may not be used: its policy, or a policy of the caller",
    ),
)
