"""Messages of S3: what they name, and which causes they may have. Those that audit403 itself writes are read, too."""

from __future__ import annotations

import json
import time

import pytest

from audit403.s3.decide import causes
from audit403.s3.decide.wording import TYPES, Refused, said_in_answer
from audit403.s3.message import meaning_of, meanings_in
from audit403.s3.message_codes import CODES
from audit403.s3.model.caller import caller_of

OWNER = "111122223333"
ANNA = f"arn:aws:iam::{OWNER}:user/anna"
WHAT = f'User: {ANNA} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k"'


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("with an explicit deny in a resource-based policy", "policy-denies"),
        ("with an explicit deny in an identity-based policy", "identity-policy-denies"),
        ("with an explicit deny in a service control policy", "service-control-policy-denies"),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/p",
            "service-control-policy-denies",
        ),
        ("with an explicit deny in a resource control policy.", "resource-control-policy-denies"),
        ("with an explicit deny in a permissions boundary", "boundary-denies"),
        ("with an explicit deny in a session policy", "session-policy-denies"),
        ("with an explicit deny in a VPC endpoint policy", "endpoint-policy-denies"),
        ("because no identity-based policy allows the s3:GetObject action", "nothing-allows"),
        ("because no resource-based policy allows the s3:GetObject action", "bucket-policy-does-not-allow"),
        ("because no permissions boundary allows the s3:GetObject action", "boundary-does-not-allow"),
        ("because no session policy allows the s3:GetObject action", "session-policy-does-not-allow"),
        ("because no service control policy allows the s3:GetObject action", "service-control-policy-does-not-allow"),
        ("because no VPC endpoint policy allows the s3:GetObject action", "endpoint-policy-does-not-allow"),
        (
            "because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access",
            "public-acl-is-blocked",
        ),
        ("because public policies are prevented by the BlockPublicPolicy setting", "public-policy-is-blocked"),
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code><Message>{}</Message><RequestId>1</RequestId></Error>",
        "An error occurred (AccessDenied) when calling the GetObject operation: {}",
        "fatal error: An error occurred (AccessDenied) when calling the ListObjectsV2 operation: {}\n",
        '{{"errorCode": "AccessDenied", "errorMessage": {json}}}',
        '{{"Error": {{"Code": "AccessDenied", "Message": {json}}}}}',
    ],
)
def test_each_reason_in_each_form(form: str, reason: str, cause: str) -> None:
    message = f"{WHAT} {reason}"
    (found,) = meanings_in(
        form.format(message.replace('"', "&quot;") if "<" in form else message, json=json.dumps(message))
    )
    assert (found.code, found.status, found.causes[0].name) == ("AccessDenied", 403, cause)
    assert (found.principal, found.action, found.resource) == (ANNA, "s3:GetObject", "arn:aws:s3:::b/k")


@pytest.mark.parametrize(
    ("text", "code", "cause"),
    [
        (
            "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            "AccessDenied",
            causes.EXPIRED,
        ),
        (
            "<Error><Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled</Message></Error>",
            "AccessForbidden",
            causes.CORS_REFUSES,
        ),
        ("<Error><Code>InvalidObjectState</Code><Message>x</Message></Error>", "InvalidObjectState", causes.ARCHIVED),
        ("An error occurred (403) when calling the HeadObject operation: Forbidden", "Forbidden", "no-body"),
        (
            "botocore.exceptions.ClientError: SignatureDoesNotMatch: The request signature",
            "SignatureDoesNotMatch",
            "signature-does-not-match",
        ),
        (
            "<Error><Code>InvalidAccessKeyId</Code><Message>x</Message></Error>",
            "InvalidAccessKeyId",
            "unknown-access-key",
        ),
        ("S3 error: RequestTimeTooSkewed: The difference is too large", "RequestTimeTooSkewed", "clock-is-wrong"),
        (
            "AccessDenied: Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            "AccessDenied",
            causes.INCOMPLETE,
        ),
        (
            "AccessDenied: Invalid according to Policy: Policy Condition failed: [eq, $acl, private]",
            "AccessDenied",
            "post-policy-refuses",
        ),
        (
            "AllAccessDisabled: All access to this object has been disabled",
            "AllAccessDisabled",
            "account-or-bucket-disabled",
        ),
        ("Invalid according to Policy: Policy expired.", "AccessDenied", "post-policy-has-expired"),
        (
            "AccessDenied: Requests with Customer provided keys must provide the correct secret key.",
            "AccessDenied",
            "customer-key-is-wrong",
        ),
        ("InvalidRequest: not supported. Please use AWS4-HMAC-SHA256.", "InvalidRequest", causes.BAD_SIGNING),
        ("AccessDenied: Anonymous users cannot initiate multipart uploads.", "AccessDenied", "not-signed"),
        ("UnauthorizedAccessError: China", "UnauthorizedAccessError", "no-icp-recordal"),
        (
            "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>",
            "ExpiredToken",
            causes.CREDENTIALS_EXPIRED,
        ),
    ],
)
def test_codes_and_messages_that_say_more(text: str, code: str, cause: str) -> None:
    (found,) = meanings_in(text)
    assert (found.code, found.causes[0].name) == (code, cause)


def test_access_denied_alone_has_more_than_one_cause() -> None:
    (found,) = meanings_in("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
    assert {cause.name for cause in found.causes} == {causes.NOT_ALLOWED, causes.MISSING_KEY, causes.KEY_REFUSES}


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "[]", "[1, null]", '{"Code": 7}', "[" * 100_000, "<Error></Error>"]
)
def test_what_is_no_message_means_nothing(text: str) -> None:
    assert meanings_in(text) == ()


def test_a_long_text_takes_little_time() -> None:
    started = time.perf_counter()
    assert len(meanings_in("<Error>" * 100_000 + "An error occurred (X) when calling the Y operation " * 10_000)) == 0
    assert len(meanings_in("AccessDenied\n" * 10_000)) == 100
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("cause", sorted(TYPES))
def test_what_is_said_here_is_understood_again(cause: str) -> None:
    message = said_in_answer(cause, Refused(caller_of(ANNA), "s3:GetObject", "arn:aws:s3:::b/k", OWNER))
    found = meaning_of("AccessDenied", message)
    assert cause in {one.name for one in found.causes}
    assert found.principal == ANNA


@pytest.mark.parametrize("who", ["anonymous", "arn:aws:iam::444455556666:user/x", "cloudfront.amazonaws.com"])
def test_others_are_not_told_why(who: str) -> None:
    refused = Refused(caller_of(who), "s3:GetObject", "arn:aws:s3:::b/k", OWNER)
    assert said_in_answer(causes.DENIED, refused) == "Access Denied"


def test_what_is_not_403_is_not_called_so() -> None:
    assert {code for code, (status, _) in CODES.items() if status != 403} >= {
        "ExpiredToken",
        "AccessControlListNotSupported",
    }


@pytest.mark.parametrize(
    ("operation", "named", "not_named"),
    [
        ("GetObject", {"nothing-allows", "missing-key-without-list", "key-policy-refuses"}, {"public-acl-is-blocked"}),
        ("PutObject", {"nothing-allows", "public-acl-is-blocked", "key-policy-refuses"}, {"missing-key-without-list"}),
        ("CopyObject", {"nothing-allows", "missing-key-without-list", "public-acl-is-blocked"}, set()),
        ("PutBucketPolicy", {"nothing-allows", "public-policy-is-blocked"}, {"key-policy-refuses"}),
        ("DeleteObject", {"nothing-allows"}, {"missing-key-without-list", "key-policy-refuses"}),
    ],
)
def test_without_a_reason_the_operation_tells_what_it_may_be(
    operation: str, named: set[str], not_named: set[str]
) -> None:
    text = f"An error occurred (AccessDenied) when calling the {operation} operation: Access Denied"
    (found,) = meanings_in(text)
    causes_named = {cause.name for cause in found.causes}
    assert named <= causes_named and not not_named & causes_named


PAGE = """<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1><ul><li>Code: AccessDenied</li>
<li>Message: Access Denied</li><li>Key: gone.html</li><li>RequestId: 1</li></ul>{}<hr/></body></html>"""
NO_DOCUMENT = (
    "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3><ul><li>Code: AccessDenied</li>"
    "<li>Message: Access Denied</li></ul>"
)


@pytest.mark.parametrize("more", ["", NO_DOCUMENT])
def test_a_page_of_the_website_endpoint(more: str) -> None:
    (found,) = meanings_in(PAGE.format(more))
    assert (found.code, found.message, found.resource) == ("AccessDenied", "Access Denied", "gone.html")
    names = {cause.name for cause in found.causes}
    assert "missing-key-without-list" in names and ("error-document-refused" in names) is bool(more)
