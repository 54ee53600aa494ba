"""What each resource of a template says of buckets, their readers and their keys.

Truth: the resources' pages in https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/.
"""

from collections.abc import Callable
from typing import Any

from audit403.s3.model.public_access_block import FLAGS
from audit403.s3.read import lifecycle
from audit403.s3.read.cloudformation import deliveries, serverless
from audit403.s3.read.cloudformation.references import (
    BUCKET,
    DISTRIBUTION,
    KEY,
    MANAGED,
    ORIGIN_IDENTITY,
    POINT,
    ROLE,
    USER,
    arn_of,
    name_of,
    origin_identity_arn,
)
from audit403.s3.read.cloudformation.template import Template
from audit403.s3.read.described import ACCOUNT, hole
from audit403.s3.read.distribution import CLOUDFORMATION, distribution, parts_of, policy_forwards_host
from audit403.s3.read.lifecycle import archiving
from audit403.s3.read.stack import Stack
from audit403.s3.read.value import Hole, Value, text_of, truth_of

Handler = Callable[[Template, Stack, str], None]


def gather(template: Template, stack: Stack) -> None:
    """Everything that a template creates, into a stack."""
    managed = {
        arn_of(template, name): document
        for name in template.resources
        if template.type_of(name) == MANAGED and template.is_created(name)
        for document in (template.property(name, "PolicyDocument"),)
        if document is not None
    }
    for kinds in (_FIRST, _THEN):
        for name in template.resources:
            handler = kinds.get(template.type_of(name))
            if handler is not None and template.is_created(name):
                handler(template, stack, name)
    # Managed policies come last: then it is known which of them somebody has.
    for kinds_of_principals in ((ROLE, USER, serverless.FUNCTION), (MANAGED,)):
        for name in template.resources:
            if template.type_of(name) in kinds_of_principals and template.is_created(name):
                _attached(template, stack, name, managed)
    stack.faults.update(dict.fromkeys((kind, where, words) for kind, where, words in template.faults if where))


def _bucket(template: Template, stack: Stack, logical: str) -> None:
    name = name_of(template, logical)
    stack.create_bucket(name, template.where(logical))
    block = template.property(logical, "PublicAccessBlockConfiguration")
    if block is not None and not block.is_hole:
        stack.flags(name, {flag: block.get(flag) for flag in FLAGS}, block.span)
    elif block is not None:
        stack.setting(name, "public_access_block", block)
    stack.setting(name, "ownership", _ownership(template, logical))
    stack.setting(name, "acl", template.property(logical, "AccessControl"))
    website = template.property(logical, "WebsiteConfiguration")
    stack.setting(name, "website", website if website is None or website.is_hole else _website(website))
    encryption = template.property(logical, "BucketEncryption", "ServerSideEncryptionConfiguration")
    if encryption is not None:
        stack.setting(name, "encryption", _encryption(encryption), encryption.span)
    archives = archiving(template.property(logical, "LifecycleConfiguration", "Rules"), lifecycle.CLOUDFORMATION)
    stack.lifecycle(name, archives, template.where(logical))
    rules = template.property(logical, "CorsConfiguration", "CorsRules")
    if rules is not None:
        stack.setting(name, "cors", Value({"CORSRules": rules}), rules.span)


def _ownership(template: Template, logical: str) -> Value | None:
    rules = template.property(logical, "OwnershipControls", "Rules")
    each = [] if rules is None else rules.each()
    return each[0].get("ObjectOwnership") if each else None


def _encryption(rules: Value) -> Value:
    if not rules.each() or rules.is_hole:
        return rules
    default = rules.each()[0].get("ServerSideEncryptionByDefault") or Value({"SSEAlgorithm": Value("AES256")})
    if default.is_hole:
        return default
    found = {"algorithm": default.get("SSEAlgorithm"), "key": default.get("KMSMasterKeyID")}
    found["bucket_key"] = rules.each()[0].get("BucketKeyEnabled")
    found["blocked_encryption_types"] = rules.each()[0].get("BlockedEncryptionTypes", "EncryptionType")
    return Value({key: value for key, value in found.items() if value is not None})


def _website(website: Value) -> Value:
    """The same in the words of the API, with its place."""
    found: dict[str, Value] = {}
    for field, inner in (("IndexDocument", "Suffix"), ("ErrorDocument", "Key")):
        written = website.get(field)
        if written is not None:
            found[field] = Value({inner: written})
    everything, rules = website.get("RedirectAllRequestsTo"), website.get("RoutingRules")
    if everything is not None:
        found["RedirectAllRequestsTo"] = everything
    if rules is not None and not rules.is_hole:
        found["RoutingRules"] = Value([_routing_rule(rule) for rule in rules.each()])
    return Value(found, website.source, website.start, website.end)


def _routing_rule(rule: Value) -> Value:
    names = (("RoutingRuleCondition", "Condition"), ("RedirectRule", "Redirect"))
    found = {to: rule.get(name) for name, to in names}
    return Value({key: value for key, value in found.items() if value is not None})


def _bucket_policy(template: Template, stack: Stack, logical: str) -> None:
    name = text_of(template.property(logical, "Bucket"))
    if name:
        stack.bucket_policy(name.removeprefix("arn:aws:s3:::"), template.property(logical, "PolicyDocument"))


def _access_point(template: Template, stack: Stack, logical: str) -> None:
    arn = arn_of(template, logical)
    point: dict[str, Any] = {
        "bucket": text_of(template.property(logical, "Bucket")),
        "account": ACCOUNT,
        "policy": None,
        "vpc": text_of(template.property(logical, "VpcConfiguration", "VpcId")),
    }
    stack.state.setdefault("access_points", {})[arn] = point
    stack.places["access_points", arn] = template.where(logical)
    block = template.property(logical, "PublicAccessBlockConfiguration")
    flags = {flag: None if block is None else truth_of(block.get(flag)) for flag in FLAGS}
    # Of an access point that is told nothing all four are on.
    point["public_access_block"] = {flag: block is None or bool(flags[flag]) for flag in FLAGS}
    stack.policy(point, ("access_points", arn, "policy"), template.property(logical, "Policy"))


def _key(template: Template, stack: Stack, logical: str) -> None:
    key: dict[str, Any] = {"account": ACCOUNT}
    arn = arn_of(template, logical)
    keys = stack.state.setdefault("kms_keys", {})
    keys[arn] = keys[hole(logical)] = key
    stack.places["kms_keys", arn] = template.where(logical)
    document = template.property(logical, "KeyPolicy")
    if document is None:
        # The default: the account's own policies decide.
        key["policy"] = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
    stack.policy(key, ("kms_keys", arn, "policy"), document)


def _alias(template: Template, stack: Stack, logical: str) -> None:
    target = text_of(template.property(logical, "TargetKeyId"))
    keys = stack.state.get("kms_keys", {})
    name = name_of(template, logical)
    if target in keys:
        keys[name] = keys[target]


def _distribution(template: Template, stack: Stack, logical: str) -> None:
    config = template.property(logical, "DistributionConfig")
    if config is None or config.is_hole:
        return
    found = distribution(
        config, CLOUDFORMATION, lambda one: _signing(template, one), lambda one: _forwards(template, one)
    )
    id_ = hole(logical)
    stack.distribution(id_, arn_of(template, logical), None, found, template.where(logical))
    for name, number, one in parts_of(config, CLOUDFORMATION):
        stack.place(("distributions", id_, name, number), one.span)


def _signing(template: Template, control: Value) -> str | None:
    """How CloudFront signs by an origin access control; None of one that is created elsewhere."""
    reference = control.value.reference if isinstance(control.value, Hole) else ""
    logical = reference.partition(".")[0]
    if template.type_of(logical) != "AWS::CloudFront::OriginAccessControl":
        return None
    return text_of(template.property(logical, "OriginAccessControlConfig", "SigningBehavior"))


def _forwards(template: Template, policy: Value) -> bool | None:
    """Whether an origin request policy forwards Host; None of one that is created elsewhere."""
    logical = (policy.value.reference if isinstance(policy.value, Hole) else "").partition(".")[0]
    if template.type_of(logical) != "AWS::CloudFront::OriginRequestPolicy":
        return None
    headers = template.property(logical, "OriginRequestPolicyConfig", "HeadersConfig")
    return None if headers is None else policy_forwards_host(headers.get("HeaderBehavior"), headers.get("Headers"))


def _origin_identity(template: Template, stack: Stack, logical: str) -> None:
    identities = stack.state.setdefault("origin_access_identities", {})
    canonical = hole(f"{logical}.S3CanonicalUserId")
    identities[hole(logical)] = {"arn": origin_identity_arn(hole(logical)), "canonical": canonical}


def _principal(template: Template, stack: Stack, logical: str) -> None:
    arn = arn_of(template, logical)
    stack.principal(arn, template.where(logical))
    inline = template.property(logical, "Policies")
    if inline is not None:
        for policy in inline.each():
            stack.attach(arn, None if policy.is_hole else policy.get("PolicyDocument"))


def _attached(template: Template, stack: Stack, logical: str, managed: dict[str, Value]) -> None:
    kind = template.type_of(logical)
    if kind == MANAGED:
        document = template.property(logical, "PolicyDocument")
        whom = _whom(template, logical)
        for arn in whom:
            stack.attach(arn, document)
        if not whom and arn_of(template, logical) not in stack.attached:
            stack.unattached(logical, document)
        return
    if kind == serverless.FUNCTION:
        serverless.attach(template, stack, logical, managed)
        return
    boundary = template.property(logical, "PermissionsBoundary")
    if boundary is not None:
        stack.bound_by(arn_of(template, logical), text_of(boundary) or "", managed)
    arns = template.property(logical, "ManagedPolicyArns")
    for one in [] if arns is None else arns.each():
        stack.attach_managed(arn_of(template, logical), text_of(one) or "", managed, one.span)
    if kind == USER and template.property(logical, "Groups") is not None:
        stack.attach(arn_of(template, logical), None)


def _inline(template: Template, stack: Stack, logical: str) -> None:
    document = template.property(logical, "PolicyDocument")
    whom = _whom(template, logical)
    for arn in whom:
        stack.attach(arn, document)
    if not whom:
        stack.unattached(logical, document)


def _alone(field: str) -> Handler:
    """A policy of those who are named elsewhere: of a set of permissions, of an account."""
    return lambda template, stack, logical: stack.unattached(logical, template.property(logical, field))


def _group(template: Template, stack: Stack, logical: str) -> None:
    inline = template.property(logical, "Policies")
    for policy in [] if inline is None else inline.each():
        stack.unattached(logical, None if policy.is_hole else policy.get("PolicyDocument"))


def _whom(template: Template, logical: str) -> list[str]:
    """The principals of the same template that a policy is attached to."""
    found: list[str] = []
    for field, kind in (("Roles", ROLE), ("Users", USER)):
        names = template.property(logical, field)
        wanted = {text_of(one) for one in ([] if names is None else names.each())}
        found += [
            arn_of(template, other)
            for other in template.resources
            if template.type_of(other) == kind and name_of(template, other) in wanted
        ]
    return found


def _endpoint(template: Template, stack: Stack, logical: str) -> None:
    service = text_of(template.property(logical, "ServiceName")) or ""
    if not service.endswith((".s3", ".s3-global.accesspoint")):
        return
    endpoint: dict[str, Any] = {"policy": None}
    name = hole(logical)
    stack.state.setdefault("vpc_endpoints", {})[name] = endpoint
    stack.policy(endpoint, ("vpc_endpoints", name, "policy"), template.property(logical, "PolicyDocument"))


_FIRST: dict[str, Handler] = {
    BUCKET: _bucket,
    KEY: _key,
    ORIGIN_IDENTITY: _origin_identity,
    ROLE: _principal,
    USER: _principal,
    serverless.FUNCTION: serverless.role,
}
_THEN: dict[str, Handler] = {
    "AWS::S3::BucketPolicy": _bucket_policy,
    POINT: _access_point,
    "AWS::KMS::Alias": _alias,
    DISTRIBUTION: _distribution,
    BUCKET: deliveries.of_bucket,
    "AWS::CloudTrail::Trail": deliveries.trail,
    "AWS::Config::DeliveryChannel": deliveries.recorder,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": deliveries.balancer,
    "AWS::ElasticLoadBalancing::LoadBalancer": deliveries.classic_balancer,
    "AWS::IAM::Policy": _inline,
    "AWS::IAM::RolePolicy": _inline,
    "AWS::IAM::UserPolicy": _inline,
    "AWS::IAM::GroupPolicy": _alone("PolicyDocument"),
    "AWS::IAM::Group": _group,
    "AWS::SSO::PermissionSet": _alone("InlinePolicy"),
    "AWS::Organizations::Policy": _alone("Content"),
    "AWS::EC2::VPCEndpoint": _endpoint,
}
