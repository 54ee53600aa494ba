"""Distributions of CloudFront in templates and configurations: which buckets they ask, and as whom."""

from __future__ import annotations

from typing import Any

import pytest

from audit403.s3.explore.distributions import origins_of
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.world import World
from s3.read.in_words import cloudformation, terraform

TEMPLATE = """
Resources:
  Site: {Type: AWS::S3::Bucket}
  Control:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig: {Name: c, SigningBehavior: SIGNING, SigningProtocol: sigv4}
  Identity: {Type: AWS::CloudFront::CloudFrontOriginAccessIdentity}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [www.shop.example]
        DefaultRootObject: index.html
        Origins:
          - {Id: api, DomainName: api.shop.example, CustomOriginConfig: {OriginProtocolPolicy: https-only}}
          - Id: site
            OriginPath: /www
            ORIGIN
        CacheBehaviors:
          - PathPattern: /api/*
            TargetOriginId: api
            ViewerProtocolPolicy: https-only
            AllowedMethods: [GET, HEAD, POST]
        DefaultCacheBehavior:
          TargetOriginId: site
          ViewerProtocolPolicy: redirect-to-https
          OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3
          TrustedKeyGroups: [!Ref Keys]
        CustomErrorResponses:
          - {ErrorCode: 403, ResponseCode: 200, ResponsePagePath: /index.html}
        Restrictions: {GeoRestriction: {RestrictionType: whitelist, Locations: [DE, FR]}}
"""
CONFIGURATION = """
resource "aws_s3_bucket" "site" { bucket = "shop-site" }
resource "aws_cloudfront_origin_access_identity" "i" {}
resource "aws_cloudfront_origin_access_control" "c" {
  name = "c"
  origin_access_control_origin_type = "s3"
  signing_behavior = "SIGNING"
  signing_protocol = "sigv4"
}
resource "aws_cloudfront_distribution" "cdn" {
  enabled = true
  aliases = ["www.shop.example"]
  default_root_object = "index.html"
  origin {
    origin_id = "api"
    domain_name = "api.shop.example"
  }
  origin {
    origin_id = "site"
    origin_path = "/www"
    ORIGIN
  }
  ordered_cache_behavior {
    path_pattern = "/api/*"
    target_origin_id = "api"
    viewer_protocol_policy = "https-only"
    allowed_methods = ["GET", "HEAD", "POST"]
  }
  default_cache_behavior {
    target_origin_id = "site"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods = ["GET", "HEAD"]
    origin_request_policy_id = "216adef6-5c7f-47e4-b989-5492eafa07d3"
    trusted_key_groups = [aws_cloudfront_key_group.keys.id]
  }
  custom_error_response {
    error_code = 403
    response_code = 200
    response_page_path = "/index.html"
  }
  restrictions {
    geo_restriction {
      restriction_type = "whitelist"
      locations = ["DE", "FR"]
    }
  }
}
"""
OF_TEMPLATE = {
    "oac": """DomainName: !GetAtt Site.RegionalDomainName
            OriginAccessControlId: !GetAtt Control.Id""",
    "oai": """DomainName: !GetAtt Site.DomainName
            S3OriginConfig: {OriginAccessIdentity: !Sub 'origin-access-identity/cloudfront/${Identity}'}""",
    "none": """DomainName: !Sub '${Site}.s3.amazonaws.com'
            S3OriginConfig: {OriginAccessIdentity: ''}""",
    "website": """DomainName: !Select [2, !Split ['/', !GetAtt Site.WebsiteURL]]
            CustomOriginConfig: {OriginProtocolPolicy: http-only}""",
}
OF_CONFIGURATION = {
    "oac": """domain_name = aws_s3_bucket.site.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.c.id""",
    "oai": """domain_name = aws_s3_bucket.site.bucket_domain_name
    s3_origin_config {
      origin_access_identity = aws_cloudfront_origin_access_identity.i.cloudfront_access_identity_path
    }""",
    "none": 'domain_name = "${aws_s3_bucket.site.id}.s3.amazonaws.com"',
    "website": 'domain_name = "${aws_s3_bucket.site.bucket}.s3-website-eu-west-1.amazonaws.com"',
}
FORMS = ("template", "configuration")


def state_of(form: str, access: str, signing: str = "always") -> dict[str, Any]:
    if form == "template":
        (described,) = cloudformation(TEMPLATE.replace("ORIGIN", OF_TEMPLATE[access]).replace("SIGNING", signing))
        return described.state
    text = CONFIGURATION.replace("ORIGIN", OF_CONFIGURATION[access]).replace("SIGNING", signing)
    found = terraform({"main.tf": text})
    assert found is not None
    return found.state


def asked_by(state: dict[str, Any]) -> list[tuple[str, bool]]:
    """As whom each distribution asks the bucket, and whether at the website endpoint."""
    world = World(state)
    (name,) = world.bucket_names()
    bucket = world.bucket(name)
    assert isinstance(bucket, Bucket)
    return [(profile.principal, profile.website) for _, profile in origins_of(world, bucket)]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_is_described(form: str) -> None:
    ((id_, found),) = state_of(form, "oac")["distributions"].items()
    assert found["domains"] == ["www.shop.example", f"{id_}.cloudfront.net"]
    assert [(one["id"], one["path"], one["access"]) for one in found["origins"]] == [
        ("api", "", "none"),
        ("site", "/www", "oac"),
    ]
    api, default = found["behaviours"]
    assert (api["path"], api["origin"], api["methods"]) == ("/api/*", "api", ["GET", "HEAD", "POST"])
    assert (api["viewers"], api["trusted_signers"], api["forwards_host"]) == ("https-only", False, False)
    assert (default["path"], default["origin"], default["methods"]) == ("*", "site", ["GET", "HEAD"])
    assert default["forwards_host"] is True
    assert found["default_root_object"] == "index.html"
    assert found["custom_error_responses"] == [{"error_code": 403, "response_code": 200, "page": "/index.html"}]
    assert found["geo_restriction"] == {"type": "whitelist", "locations": ["DE", "FR"]}


@pytest.mark.parametrize("form", FORMS)
def test_who_asks(form: str) -> None:
    assert asked_by(state_of(form, "oac")) == [("cloudfront.amazonaws.com", False)]
    ((identity, website),) = asked_by(state_of(form, "oai"))
    assert identity.startswith("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ⟨") and not website
    assert asked_by(state_of(form, "none")) == [("anonymous", False)]
    assert asked_by(state_of(form, "website")) == [("anonymous", True)]
    assert asked_by(state_of(form, "oac", "never")) == [("anonymous", False)]


@pytest.mark.parametrize(
    "origins", ["!Ref Any", "[!Ref Any]", "[]", "[7, null]", "[{Id: !Ref Any, DomainName: !Ref Any}]", "{}"]
)
def test_what_is_known_later_is_no_origin(origins: str) -> None:
    text = f"""
Parameters: {{Any: {{Type: String}}}}
Resources:
  Site: {{Type: AWS::S3::Bucket}}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins: {origins}
        DefaultCacheBehavior: {{TargetOriginId: site}}
"""
    for described in cloudformation(text):
        assert asked_by(described.state) == []
