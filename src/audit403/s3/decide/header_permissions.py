"""Permissions that a request needs besides that of its operation, because of its headers.

Truth: "Permissions" of https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_CopyObject.html and
API_DeleteObject.html, and https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html.
"""

from collections.abc import Iterator
from urllib.parse import unquote

from audit403.core.decision import Missing
from audit403.s3.decide.request import S3Request
from audit403.s3.model.caller import caller_of

_WRITES = ("s3:putobject",)
_COPY_SOURCE = "s3:x-amz-copy-source"
_DELETES = ("s3:deleteobject", "s3:deleteobjectversion")
_NEEDED = (
    (_WRITES, "x-amz-acl", "s3:PutObjectAcl"),
    (_WRITES, "x-amz-grant-", "s3:PutObjectAcl"),
    (_WRITES, "x-amz-tagging", "s3:PutObjectTagging"),
    (_WRITES, "x-amz-object-lock-mode", "s3:PutObjectRetention"),
    (_WRITES, "x-amz-object-lock-retain-until-date", "s3:PutObjectRetention"),
    (_WRITES, "x-amz-object-lock-legal-hold", "s3:PutObjectLegalHold"),
    (_DELETES, "x-amz-bypass-governance-retention", "s3:BypassGovernanceRetention"),
)


def also_needed(request: S3Request) -> Iterator[tuple[str, S3Request]]:
    """The headers of a request that need a permission of their own, each with a request for that.

    Services of AWS need none of them: the policies that AWS asks for their logs allow s3:PutObject alone.
    """
    if not caller_of(request.principal).is_of_iam:
        return
    told: set[str] = set()
    for actions, header, action in _NEEDED:
        if request.action.lower() not in actions or action in told:
            continue
        found = next((key for key in request.context if key.startswith(f"s3:{header}")), None)
        if found is not None and not isinstance(request.context[found], Missing):
            told.add(action)
            yield found.removeprefix("s3:"), request._replace(action=action)
    source = request.context.get(_COPY_SOURCE) if request.action.lower() in _WRITES else None
    if source is not None and not isinstance(source, Missing):
        yield "x-amz-copy-source", _of_source(request, source[0])


def _of_source(request: S3Request, source: str) -> S3Request:
    """The request for what is copied: `bucket/key`, percent-encoded, perhaps with a version or a slash in front."""
    path, _, version = source.partition("?versionId=")
    arn = path if path.startswith("arn:") else f"{request.resource.partition(':s3:')[0]}:s3:::{path.lstrip('/')}"
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    return request._replace(action=action, resource=unquote(arn))
