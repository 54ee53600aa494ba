"""CloudFront before a bucket: which of its settings come to a 403 for viewers, and which do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from audit403.core.finding import ERROR, NOTE, WARNING
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.finding import Finding

TEMPLATE = """
Resources:
  Media:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: acme-media
      BUCKET
  Oac:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig:
        {Name: m, OriginAccessControlOriginType: s3, SigningBehavior: SIGNING, SigningProtocol: sigv4}
  Oai: {Type: AWS::CloudFront::CloudFrontOriginAccessIdentity}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        ROOT
        Origins:
          - {Id: app, DomainName: app.acme.example, CustomOriginConfig: {OriginProtocolPolicy: https-only}}
          - {Id: media, ORIGIN}
        BEHAVIOURS
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Media
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          STATEMENT
"""
OWN = "CustomOriginConfig: {OriginProtocolPolicy: http-only}"
WEB = f"DomainName: !Sub '${{Media}}.s3-website-eu-west-1.amazonaws.com', {OWN}"
REST = "DomainName: !GetAtt Media.RegionalDomainName"
WITH_OAC, WITH_OAI = (
    f"{REST}, OriginAccessControlId: !Ref Oac, S3OriginConfig: {{}}",
    f"{REST}, S3OriginConfig: {{OriginAccessIdentity: !Sub 'origin-access-identity/cloudfront/${{Oai}}'}}",
)
ALL = "DefaultCacheBehavior: {TargetOriginId: media, ViewerProtocolPolicy: https-only}"
STATIC = """DefaultCacheBehavior: {TargetOriginId: app, ViewerProtocolPolicy: https-only}
        CacheBehaviors: [{PathPattern: /static/*, TargetOriginId: media, ViewerProtocolPolicy: https-only}]"""
OPEN = "PublicAccessBlockConfiguration: {BlockPublicAcls: true}"
SITE = f"WebsiteConfiguration: {{IndexDocument: index.html}}\n      {OPEN}"


def for_service(resource: str = "*", action: str = "s3:GetObject") -> str:
    return f"""- {{Sid: Cdn, Effect: Allow, Principal: {{Service: cloudfront.amazonaws.com}}, Action: [{action}],
             Resource: !Sub '${{Media.Arn}}/{resource}', Condition: {{StringEquals: {{AWS:SourceArn:
             !Sub 'arn:aws:cloudfront::${{AWS::AccountId}}:distribution/${{Cdn}}'}}}}}}"""


def for_all(condition: str = "") -> str:
    return f"""- {{Sid: All, Effect: Allow, Principal: '*', Action: 's3:GetObject',
             Resource: !Sub '${{Media.Arn}}/*' {condition}}}"""


REFERER = ", Condition: {StringEquals: {'aws:Referer': !Ref AWS::StackId}}"
OF_THIS_YEAR = REFERER.replace("!Ref AWS::StackId", "of-this-year")
ADDS = "OriginCustomHeaders: [{HeaderName: Referer, HeaderValue: HEADER}]"


class Case(NamedTuple):
    """One distribution; what is not said is sound."""

    origin: str = WITH_OAC
    statement: str = for_service()
    behaviours: str = ALL
    root: str = "DefaultRootObject: index.html"
    bucket: str = ""
    signing: str = "always"


def found(case: Case, folder: Path) -> list[Finding]:
    text = TEMPLATE
    for name, value in case._asdict().items():
        text = text.replace(name.upper(), value)
    (folder / "template.yaml").write_text(text)
    report = audit([str(folder / "template.yaml")], Asked(strict=True, no_settings=True))
    assert not report.not_audited
    return [one.finding for one in report.findings if one.finding.severity != NOTE]


POLICY = "\n  Own:\n    Type: AWS::CloudFront::OriginRequestPolicy\n    Properties: {OriginRequestPolicyConfig: HOW}"
BY_POLICY = f"{ALL[:-1]}, OriginRequestPolicyId: !Ref Own}}"
GROUP = """OriginGroups: {Quantity: 1, Items: [{Id: pair, FailoverCriteria: {StatusCodes: {Quantity: 1, Items: [CODE]}},
          Members: {Quantity: 2, Items: [{OriginId: media}, {OriginId: app}]}}]}
        DefaultRootObject: index.html"""
BY_GROUP = ALL.replace("media", "pair")


def with_headers(how: str) -> str:
    return f"{for_service()}{POLICY.replace('HOW', f'{{Name: own, HeadersConfig: {how}}}')}"


ROOT = "DefaultRootObject: index.html"
PAGE_404 = "{ErrorCode: 404, ResponseCode: 200, ResponsePagePath: /index.html}"
PAGES = f"{PAGE_404}, {PAGE_404.replace('404', '403')}"
SOUND = {
    "origin access control": Case(),
    "an identity": Case(
        WITH_OAI, for_all().replace("'*', Action", "{CanonicalUser: !GetAtt Oai.S3CanonicalUserId}, Action")
    ),
    "a website that everybody may read": Case(WEB, for_all(), bucket=SITE),
    "a website for a secret header": Case(
        f"{WEB}, {ADDS.replace('HEADER', '!Ref AWS::StackId')}", for_all(REFERER), bucket=SITE
    ),
    "a behaviour for the folder that the policy opens": Case(behaviours=STATIC, statement=for_service("static/*")),
    "another folder that viewers name": Case(statement=for_service("public/*"), root="Comment: files"),
    "an origin path that the policy opens": Case(f"{WITH_OAC}, OriginPath: /v2", for_service("v2/*")),
    "a function that writes another address": Case(
        statement=for_service("site/*"),
        behaviours=f"{ALL[:-1]}, FunctionAssociations: [{{EventType: viewer-request, FunctionARN: !Ref Rewrite}}]}}",
    ),
    "a page for 403 as well": Case(root=f"{ROOT}\n        CustomErrorResponses: [{PAGES}]"),
    "the number of the account, written": Case(statement=for_service().replace("${AWS::AccountId}", "111122223333")),
    "the account alone, by its number": Case(
        statement="""- {Effect: Allow, Principal: {Service: cloudfront.amazonaws.com}, Action: 's3:GetObject',
             Resource: !Sub '${Media.Arn}/*', Condition: {StringEquals: {'AWS:SourceAccount': '111122223333'}}}"""
    ),
    "files without a root": Case(root="Comment: files"),
    "Host left out of a policy of one's own": Case(
        statement=with_headers("{HeaderBehavior: allExcept, Headers: [Host]}"), behaviours=BY_POLICY
    ),
    "a group that asks another origin after a 403": Case(
        statement=for_service("x/*"), behaviours=BY_GROUP, root=GROUP.replace("CODE", "403")
    ),
    "Host left out": Case(behaviours=f"{ALL[:-1]}, OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac}}"),
    "all methods": Case(
        statement=for_service(action="s3:GetObject, s3:PutObject"),
        behaviours=f"{ALL[:-1]}, AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]}}",
    ),
}
NOT_ALLOWED = "s3/cloudfront-not-allowed"
WRONG = {
    "website endpoint with origin access control": (
        Case(f"{WEB}, OriginAccessControlId: !Ref Oac", bucket="WebsiteConfiguration: {IndexDocument: index.html}"),
        NOT_ALLOWED, ERROR, "neither an origin access control nor an identity counts there",
    ),
    "no access control": (Case(f"{REST}, S3OriginConfig: {{}}"), NOT_ALLOWED, ERROR, "has no origin access control"),
    "a control that never signs": (Case(signing="never"), NOT_ALLOWED, ERROR, "never signs"),
    "an origin path beside the policy": (
        Case(f"{WITH_OAC}, OriginPath: /v3", for_service("v2/*")), NOT_ALLOWED, ERROR, "(origin path /v3)",
    ),
    "a behaviour beside the policy": (
        Case(behaviours=STATIC, statement=for_service("assets/*")), NOT_ALLOWED, ERROR, "asks for /static/index.html",
    ),
    "a root object beside the policy": (
        Case(statement=for_service("public/*")), NOT_ALLOWED, ERROR, "it asks for /index.html",
    ),
    "another secret header": (
        Case(f"{WEB}, {ADDS.replace('HEADER', 'of-last-year')}", for_all(OF_THIS_YEAR), bucket=SITE),
        NOT_ALLOWED, ERROR, "the header referer that its origin adds is not the one",
    ),
    "a header that nobody adds": (
        Case(WEB, for_all(REFERER), bucket=SITE), NOT_ALLOWED, ERROR, "and its origin adds none",
    ),
    "an id that is written": (
        Case(statement=for_service().replace("${Cdn}", "E2EXAMPLE")), NOT_ALLOWED, WARNING, "is for another",
    ),
    "another distribution of the template": (
        Case(statement=for_service().replace("${Cdn}", "${Oac}")), NOT_ALLOWED, ERROR, "is for another",
    ),
    "Host forwarded": (
        Case(behaviours=f"{ALL[:-1]}, OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3}}"),
        "s3/host-forwarded-to-bucket", ERROR, "SignatureDoesNotMatch",
    ),
    "Host forwarded by a policy of one's own": (
        Case(statement=with_headers("{HeaderBehavior: whitelist, Headers: [origin, host]}"), behaviours=BY_POLICY),
        "s3/host-forwarded-to-bucket", ERROR, "SignatureDoesNotMatch",
    ),
    "the first origin of a group": (
        Case(statement=for_service("x/*"), behaviours=BY_GROUP, root=GROUP.replace("CODE", "500")),
        NOT_ALLOWED, ERROR, "it asks for /index.html",
    ),
    "a page for 404 that never comes": (
        Case(root=f"{ROOT}\n        CustomErrorResponses: [{PAGE_404}]"),
        "s3/missing-list-permission", WARNING, "the page /index.html that the distribution",
    ),
    "no root": (
        Case(root="Aliases: [www.acme.example]"), "s3/no-default-root-object", WARNING, "https://www.acme.example/",
    ),
    "no root below a path": (
        Case(f"{WITH_OAC}, OriginPath: /v2", root="Aliases: [www.acme.example]"),
        "s3/no-default-root-object", WARNING, "an object of the name v2/",
    ),
    "no method": (
        Case(statement=for_service(action="s3:GetObject, s3:DeleteObject")),
        "s3/method-not-let-through", WARNING, "every DELETE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound(name: str, tmp_path: Path) -> None:
    assert not found(SOUND[name], tmp_path)


@pytest.mark.parametrize("name", WRONG)
def test_what_viewers_are_refused_for(name: str, tmp_path: Path) -> None:
    case, rule, severity, words = WRONG[name]
    (only,) = found(case, tmp_path)
    assert (only.rule, only.severity) == (rule, severity)
    assert words in only.message
    assert only.status == 403 and only.request is not None and only.fix is not None
