"""The website endpoint: anonymous, plain HTTP, GET and HEAD; index and error documents, routing rules.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html, IndexDocumentSupport.html,
CustomErrorDocSupport.html, how-to-page-redirect.html.
"""

from typing import TYPE_CHECKING

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN, Decision, Missing, Step
from audit403.core.place import Because, StatementPlace
from audit403.s3.decide import causes
from audit403.s3.decide.request import REST, S3Request
from audit403.s3.decide.said import Considered
from audit403.s3.model.caller import NOBODY_KNOWN
from audit403.s3.model.resource import resource_of
from audit403.s3.model.website import Website

if TYPE_CHECKING:
    from audit403.s3.decide.evaluator import Evaluator

_GET = "s3:getobject"


def at_website(evaluator: "Evaluator", request: S3Request, considered: list[Considered] | None) -> Decision:
    """The answer of the website endpoint; who signs the request is nobody there, too."""
    resource = resource_of(request.resource)
    if resource.bucket is None:
        return Decision(NOT_REFUSED, 404, causes.NO_BUCKET)
    bucket = evaluator.world.bucket(resource.bucket, resource.partition)
    if isinstance(bucket, Missing):
        return Decision(UNKNOWN, None, causes.NOT_ALLOWED, missing=(bucket,))
    if bucket is None:
        return Decision(NOT_REFUSED, 404, causes.NO_BUCKET)
    if request.action.lower() not in (_GET, "s3:listbucket"):
        return Decision(NOT_REFUSED, 405, causes.NOT_ALLOWED_METHOD)
    website = bucket.website
    if isinstance(website, Missing):
        return Decision(UNKNOWN, None, causes.NO_WEBSITE, missing=(website,))
    if website is None:
        return Decision(NOT_REFUSED, 404, causes.NO_WEBSITE)
    if website.redirects_all:
        return Decision(NOT_REFUSED, 301, causes.REDIRECTED)
    key = resource.key or ""
    for rule in website.rules:
        if rule.error is None and key.startswith(rule.prefix or ""):
            return Decision(NOT_REFUSED, rule.status, causes.REDIRECTED)
    return _page(evaluator, request, bucket.arn, key, website, considered)


def _page(
    evaluator: "Evaluator",
    request: S3Request,
    bucket: str,
    key: str,
    website: Website,
    considered: list[Considered] | None,
) -> Decision:
    suffix = website.suffix or ""
    is_folder = not key or key.endswith("/")
    asked = request._replace(
        action="s3:GetObject", principal=NOBODY_KNOWN.name, endpoint=REST, payer=False, resource=f"{bucket}/{key}"
    )
    if is_folder:
        asked = asked._replace(resource=f"{bucket}/{key}{suffix}")
    found = evaluator.decide(asked, considered)
    if not is_folder and suffix and (found.verdict == UNKNOWN or found.status in (403, 404)):
        inside = evaluator.decide(asked._replace(resource=f"{bucket}/{key}/{suffix}"))
        if inside.verdict == NOT_REFUSED and inside.status == 200 and _is_absent(evaluator, f"{bucket}/{key}"):
            return Decision(NOT_REFUSED, 302, causes.REDIRECTED)
    if found.verdict == REFUSED or found.status == 404:
        for rule in website.rules:
            if rule.error == found.status and key.startswith(rule.prefix or ""):
                return Decision(NOT_REFUSED, rule.status, causes.REDIRECTED)
        return _with_error_page(evaluator, asked, bucket, website.error, found)
    return found


def _with_error_page(
    evaluator: "Evaluator", asked: S3Request, bucket: str, page: str | None, found: Decision
) -> Decision:
    """The same status; where the error page cannot be read either, S3's own page names both refusals."""
    if page is None:
        return found
    shown = evaluator.decide(asked._replace(resource=f"{bucket}/{page}"))
    where = StatementPlace(resource_of(bucket).bucket or "", page, "website configuration")
    if shown.verdict == UNKNOWN:
        return found
    if shown.status == 200:
        step = Step("website", f"the error document {page} is shown, with status {found.status}", where)
        return found._replace(trace=(*found.trace, step), says=None)
    text = f"the error document {page} cannot be had either ({shown.status}, {shown.cause})"
    because = (*found.because, Because(where, text))
    return found._replace(trace=(*found.trace, Step("website", text, where)), because=because)


def _is_absent(evaluator: "Evaluator", arn: str) -> bool:
    target = evaluator.target(arn)
    return not isinstance(target, Missing) and target.stored is None
