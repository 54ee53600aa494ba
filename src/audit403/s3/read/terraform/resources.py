"""What Terraform's resources say of buckets, their readers and their keys: out of its language, plans and states alike.

Truth: https://registry.terraform.io/providers/hashicorp/aws/latest/docs; blocks are lists of objects, as in plans.
"""

from collections.abc import Callable, Iterable
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.s3.model.delivery import OF_CONFIG
from audit403.s3.model.public_access_block import FLAGS
from audit403.s3.read import lifecycle
from audit403.s3.read.described import hole
from audit403.s3.read.distribution import TERRAFORM, distribution, parts_of, policy_forwards_host
from audit403.s3.read.lifecycle import archiving
from audit403.s3.read.stack import Stack, principal_arn
from audit403.s3.read.terraform import deliveries, objects
from audit403.s3.read.terraform.functions.encodings import json_value
from audit403.s3.read.value import Hole, Value, text_of, truth_of

_SNAKE = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
_FLAGS = dict(zip(FLAGS, _SNAKE, strict=True))


class Resource(NamedTuple):
    """One resource: `presence` says on what it hangs that it is there, None where it is for certain."""

    type: str
    address: str
    values: Value
    where: Span | None
    presence: str | None = None

    def text(self, name: str) -> str | None:
        """One attribute as a text; None where there is none, or an empty one."""
        return text_of(self.values.get(name)) or None


class Gathering(NamedTuple):
    """A stack, and what else the resources have to know of one another."""

    stack: Stack
    presence: dict[str, str | None]
    managed: dict[str, Value]
    controls: dict[str, str]
    forwarding: dict[str, bool]
    roles_of_config: list[str]


def gather(resources: Iterable[Resource], stack: Stack) -> None:
    """Everything that is created, into a stack."""
    listed = sorted(resources, key=lambda one: _order(one.type))
    gathering = Gathering(stack, {}, {}, {}, {}, [])
    for resource in listed:
        handler = HANDLERS.get(resource.type)
        if handler is not None:
            handler(resource, gathering)
    for arn, document in gathering.managed.items():
        if arn not in stack.attached:
            stack.unattached(arn, document)


def _order(kind: str) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST) + (kind in objects.TYPES)


def _bucket_of(resource: Resource, gathering: Gathering) -> str | None:
    """The bucket that a setting is for; none where it hangs on something whether there is a setting."""
    name = resource.text("bucket")
    if name is None:
        return None
    name = name.removeprefix("arn:aws:s3:::")
    if resource.presence is not None and gathering.presence.get(name) != resource.presence:
        return None
    return name


def _object(resource: Resource, gathering: Gathering) -> None:
    if resource.presence is None:
        objects.upload(resource.values, resource.where, gathering.stack)


def _uncertain(resource: Resource, gathering: Gathering, field: str) -> None:
    """A setting of which nobody knows whether it is there: so the bucket's is not known."""
    name = (resource.text("bucket") or "").removeprefix("arn:aws:s3:::")
    bucket = gathering.stack.state["buckets"].get(name)
    if bucket is not None and resource.presence is not None:
        bucket.pop(field, None)
        gathering.stack.by_default.discard(("buckets", name, field))
        gathering.stack.unresolved(resource.where, f"whether {resource.address} is created", Value(_why(resource)))


def _why(resource: Resource) -> Hole:
    return Hole((resource.presence or "").partition(" ")[2])


def _create(resource: Resource, gathering: Gathering) -> None:
    stack = gathering.stack
    name = resource.text("bucket") or hole(resource.address)
    stack.create_bucket(name, resource.where)
    gathering.presence[name] = resource.presence
    values = resource.values
    # Arguments of the bucket's own, of providers before version 4.
    stack.setting(name, "acl", _not_empty(values.get("acl")))
    policy = _not_empty(values.get("policy"))
    if policy is not None:
        stack.bucket_policy(name, policy)
    website = values.get("website")
    if website is not None and website.each():
        stack.setting(name, "website", _old_website(website))
    encryption = values.get("server_side_encryption_configuration", "rule", "apply_server_side_encryption_by_default")
    if encryption is not None and encryption.each():
        stack.setting(name, "encryption", _encryption(encryption))
    stack.setting(name, "request_payer", _not_empty(values.get("request_payer")))
    rules = values.get("cors_rule")
    if rules is not None and rules.each():
        stack.setting(name, "cors", _cors(rules))
    stack.lifecycle(name, archiving(values.get("lifecycle_rule"), lifecycle.OLD_TERRAFORM), resource.where)
    logging = values.get("logging")
    if logging is not None and logging.each():
        deliveries.access_logs(stack, name, logging, logging.each()[0].span or resource.where)


def _not_empty(value: Value | None) -> Value | None:
    return None if value is None or value.value == "" else value


def _old_website(website: Value) -> Value:
    found: dict[str, Value] = {}
    for name, field, inner in (
        ("index_document", "IndexDocument", "Suffix"),
        ("error_document", "ErrorDocument", "Key"),
    ):
        value = _not_empty(website.get(name))
        if value is not None:
            found[field] = Value({inner: value})
    everything = _not_empty(website.get("redirect_all_requests_to"))
    if everything is not None:
        found["RedirectAllRequestsTo"] = everything
    first = website.each()[0]
    return Value(found, first.source, first.start, first.end)


def _cors(rules: Value) -> Value:
    names = (
        ("allowed_headers", "AllowedHeaders"),
        ("allowed_methods", "AllowedMethods"),
        ("allowed_origins", "AllowedOrigins"),
        ("expose_headers", "ExposeHeaders"),
    )
    found = []
    for rule in rules.each():
        written = {to: rule.get(name) for name, to in names}
        found.append(Value({key: value for key, value in written.items() if value is not None}))
    first = rules.each()[0]
    return Value({"CORSRules": Value(found)}, first.source, first.start, first.end)


def _encryption(default: Value, bucket_key: Value | None = None, blocked: Value | None = None) -> Value:
    written = {"algorithm": default.get("sse_algorithm"), "key": _not_empty(default.get("kms_master_key_id"))}
    written |= {"bucket_key": bucket_key, "blocked_encryption_types": blocked}
    first = default.each()[0]
    found = {key: value for key, value in written.items() if value is not None}
    return Value(found, first.source, first.start, first.end)


def _policy(resource: Resource, gathering: Gathering) -> None:
    name = _bucket_of(resource, gathering)
    if name is None:
        _uncertain(resource, gathering, "policy")
    else:
        gathering.stack.bucket_policy(name, resource.values.get("policy"))


def _block(resource: Resource, gathering: Gathering) -> None:
    name = _bucket_of(resource, gathering)
    if name is None:
        _uncertain(resource, gathering, "public_access_block")
    else:
        gathering.stack.flags(name, _flags(resource), resource.where)


def _account_block(resource: Resource, gathering: Gathering) -> None:
    if resource.presence is None:
        gathering.stack.flags(None, _flags(resource), resource.where)


def _flags(resource: Resource) -> dict[str, Value | None]:
    return {flag: resource.values.get(name) for flag, name in _FLAGS.items()}


def _setting(field: str, *path: str) -> "Handler":
    """A resource that says one thing of a bucket."""

    def handler(resource: Resource, gathering: Gathering) -> None:
        name = _bucket_of(resource, gathering)
        if name is None:
            _uncertain(resource, gathering, field)
        else:
            value = resource.values.get(*path)
            if value is None:
                value = resource.values.get("access_control_policy", "grant") if field == "acl" else None
                value = _grants(value) if value is not None else None
            gathering.stack.setting(name, field, value, None if value is None or value.span else resource.where)

    return handler


def _grants(grants: Value) -> Value:
    found = []
    for grant in grants.each():
        who = grant.get("grantee", "uri") or grant.get("grantee", "id") or Value(Hole("grantee"))
        permission = grant.get("permission") or Value("")
        found.append(Value({"grantee": who, "permission": permission}))
    first = grants.each()[0] if grants.each() else grants
    return Value(found, first.source, first.start, first.end)


def _made(field: str, make: Callable[[Value], Value | None]) -> "Handler":
    """A resource whose blocks say one thing of a bucket."""

    def handler(resource: Resource, gathering: Gathering) -> None:
        name = _bucket_of(resource, gathering)
        if name is None:
            _uncertain(resource, gathering, field)
        else:
            gathering.stack.setting(name, field, make(resource.values), resource.where)

    return handler


def _website(values: Value) -> Value:
    found: dict[str, Value] = {}
    for name, field, inner, to in (
        ("index_document", "IndexDocument", "suffix", "Suffix"),
        ("error_document", "ErrorDocument", "key", "Key"),
    ):
        value = _not_empty(values.get(name, inner))
        if value is not None:
            found[field] = Value({to: value})
    everything = values.get("redirect_all_requests_to")
    if everything is not None and everything.each():
        found["RedirectAllRequestsTo"] = everything.each()[0]
    blocks, text = values.get("routing_rule"), _not_empty(values.get("routing_rules"))
    if blocks is not None and blocks.each():
        found["RoutingRules"] = Value([_routing_rule(one) for one in blocks.each() if not one.is_hole])
    elif text is not None and (rules := json_value(text)) is not None:
        found["RoutingRules"] = rules
    return Value(found)


def _routing_rule(rule: Value) -> Value:
    inner = {to: rule.get(name) for name, to in (("condition", "Condition"), ("redirect", "Redirect"))}
    return Value({to: value.each()[0] for to, value in inner.items() if value is not None and value.each()})


def _default_encryption(values: Value) -> Value | None:
    default = values.get("rule", "apply_server_side_encryption_by_default")
    blocked = _not_empty(values.get("rule", "blocked_encryption_types"))
    if default is None or not default.each():
        return None if blocked is None else Value({"blocked_encryption_types": blocked})
    return _encryption(default, values.get("rule", "bucket_key_enabled"), blocked)


def _cors_rules(values: Value) -> Value | None:
    rules = values.get("cors_rule")
    return None if rules is None or not rules.each() else _cors(rules)


def _access_point(resource: Resource, gathering: Gathering) -> None:
    arn = resource.text("arn") or hole(resource.address)
    block = resource.values.get("public_access_block_configuration")
    written = block.each()[0] if block is not None and block.each() else None
    flags = {
        flag: written is None or truth_of(written.get(name)) is not False for flag, name in _FLAGS.items()
    }  # all four are on where nothing is said
    point = {
        "bucket": resource.text("bucket"),
        "account": resource.text("account_id") or gathering.stack.account,
        "policy": None,
        "public_access_block": flags,
        "vpc": text_of(resource.values.get("vpc_configuration", "vpc_id")),
    }
    gathering.stack.state.setdefault("access_points", {})[arn] = point
    if resource.where is not None:
        gathering.stack.places["access_points", arn] = resource.where
    policy = _not_empty(resource.values.get("policy"))
    gathering.stack.policy(point, ("access_points", arn, "policy"), policy)


def _access_point_policy(resource: Resource, gathering: Gathering) -> None:
    arn = resource.text("access_point_arn") or ""
    point = gathering.stack.state.get("access_points", {}).get(arn)
    if point is not None:
        gathering.stack.policy(point, ("access_points", arn, "policy"), resource.values.get("policy"))


def _key(resource: Resource, gathering: Gathering) -> None:
    stack = gathering.stack
    arn = resource.text("arn") or hole(resource.address)
    root = {"AWS": f"arn:aws:iam::{stack.account}:root"}
    default = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    key: dict[str, Any] = {"account": stack.account, "policy": {"Version": "2012-10-17", "Statement": [default]}}
    keys = stack.state.setdefault("kms_keys", {})
    keys[arn] = keys[arn.rpartition("/")[2]] = key
    if resource.where is not None:
        stack.places["kms_keys", arn] = resource.where
    stack.policy(key, ("kms_keys", arn, "policy"), _not_empty(resource.values.get("policy")))


def _key_policy(resource: Resource, gathering: Gathering) -> None:
    name = resource.text("key_id") or ""
    key = gathering.stack.state.get("kms_keys", {}).get(name)
    if key is not None:
        gathering.stack.policy(key, ("kms_keys", name, "policy"), resource.values.get("policy"))


def _alias(resource: Resource, gathering: Gathering) -> None:
    keys = gathering.stack.state.get("kms_keys", {})
    target, name = resource.text("target_key_id"), resource.text("name")
    if target in keys and name is not None:
        keys[name] = keys[target]


def _principal_of(resource: Resource, kind: str, account: str) -> str:
    name = resource.text("name") or hole(resource.address)
    return resource.text("arn") or principal_arn(account, kind, name, resource.text("path") or "/")


def _principal(kind: str) -> "Handler":
    def handler(resource: Resource, gathering: Gathering) -> None:
        stack = gathering.stack
        arn = _principal_of(resource, kind, stack.account)
        stack.principal(arn, resource.where)
        boundary = resource.values.get("permissions_boundary")
        if boundary is not None and boundary.value not in (None, ""):
            stack.bound_by(arn, text_of(boundary) or "", gathering.managed)
        inline = resource.values.get("inline_policy")
        for policy in [] if inline is None else inline.each():
            stack.attach(arn, policy.get("policy"))
        arns = resource.values.get("managed_policy_arns")
        for one in [] if arns is None else arns.each():
            stack.attach_managed(arn, text_of(one) or "", gathering.managed, one.span)

    return handler


def _managed(resource: Resource, gathering: Gathering) -> None:
    document = resource.values.get("policy")
    if document is not None:
        gathering.managed[_principal_of(resource, "policy", gathering.stack.account)] = document


def _attached(field: str, kind: str, *, managed: bool) -> "Handler":
    """A policy that is attached to a role or a user by its name."""

    def handler(resource: Resource, gathering: Gathering) -> None:
        stack, name = gathering.stack, resource.text(field)
        wanted = [one for one in stack.state.get("principals", {}) if _is_named(one, kind, name)]
        if not wanted and not managed:
            stack.unattached(resource.address, resource.values.get("policy"))
        for arn in wanted:
            if resource.presence is not None:
                stack.attach(arn, None)
            elif managed:
                stack.attach_managed(arn, resource.text("policy_arn") or "", gathering.managed, resource.where)
            else:
                stack.attach(arn, resource.values.get("policy"))

    return handler


def _alone(field: str) -> "Handler":
    """A policy of those who are named elsewhere: of a group, of whoever takes a set of permissions, of an account."""
    return lambda resource, gathering: gathering.stack.unattached(resource.address, resource.values.get(field))


def _is_named(arn: str, kind: str, name: str | None) -> bool:
    return name is not None and f":{kind}/" in arn and arn.endswith(f"/{name}")


def _group_membership(resource: Resource, gathering: Gathering) -> None:
    for arn in gathering.stack.state.get("principals", {}):
        if _is_named(arn, "user", resource.text("user")):
            gathering.stack.attach(arn, None)


def _distribution(resource: Resource, gathering: Gathering) -> None:
    stack, config = gathering.stack, resource.values
    id_ = resource.text("id") or hole(resource.address)
    found = distribution(
        config,
        TERRAFORM,
        lambda control: gathering.controls.get(text_of(control) or ""),
        lambda policy: gathering.forwarding.get(text_of(policy) or ""),
    )
    stack.distribution(id_, resource.text("arn"), resource.text("domain_name"), found, resource.where)
    for name, number, one in parts_of(config, TERRAFORM):
        stack.place(("distributions", id_, name, number), one.span)


def _control(resource: Resource, gathering: Gathering) -> None:
    signing = resource.text("signing_behavior")
    if signing is not None:
        gathering.controls[resource.text("id") or hole(resource.address)] = signing


def _lifecycle(resource: Resource, gathering: Gathering) -> None:
    name = _bucket_of(resource, gathering)
    if name is not None:
        rules = archiving(resource.values.get("rule"), lifecycle.TERRAFORM)
        gathering.stack.lifecycle(name, rules, resource.where)


def _request_policy(resource: Resource, gathering: Gathering) -> None:
    headers = resource.values.get("headers_config")
    one = headers.each()[0] if headers is not None and headers.each() else None
    found = None if one is None else policy_forwards_host(one.get("header_behavior"), one.get("headers", "items"))
    if found is not None:
        gathering.forwarding[resource.text("id") or hole(resource.address)] = found


def _origin_identity(resource: Resource, gathering: Gathering) -> None:
    id_ = resource.text("id") or hole(resource.address)
    arn = resource.text("iam_arn") or f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {id_}"
    canonical = resource.text("s3_canonical_user_id") or hole(f"{resource.address}.s3_canonical_user_id")
    gathering.stack.state.setdefault("origin_access_identities", {})[id_] = {"arn": arn, "canonical": canonical}


def _endpoint(resource: Resource, gathering: Gathering) -> None:
    if not (resource.text("service_name") or "").endswith(".s3"):
        return
    name = resource.text("id") or hole(resource.address)
    endpoint: dict[str, Any] = {"policy": None}
    gathering.stack.state.setdefault("vpc_endpoints", {})[name] = endpoint
    policy = _not_empty(resource.values.get("policy"))
    gathering.stack.policy(endpoint, ("vpc_endpoints", name, "policy"), policy)


def _recorder(resource: Resource, gathering: Gathering) -> None:
    gathering.roles_of_config.append(resource.text("role_arn") or "")


def _is_of_config(role: str) -> bool:
    """Whether it is the service-linked role of AWS Config: by any other role that role's own policies count."""
    return OF_CONFIG in role or "aws_iam_service_linked_role" in role


def _delivery(target: str | None) -> "Handler":
    """A resource that tells a service to write into a bucket; where that hangs on something, nothing is known of it."""

    def handler(resource: Resource, gathering: Gathering) -> None:
        stack, values, where = gathering.stack, resource.values, resource.where
        if resource.presence is not None and gathering.presence.get(resource.text(target or "") or "") is None:
            return
        if resource.type == "aws_cloudtrail":
            deliveries.trail(stack, values, where)
        elif resource.type == "aws_config_delivery_channel":
            if gathering.roles_of_config and all(map(_is_of_config, gathering.roles_of_config)):
                deliveries.recorder(stack, values, where)
        elif resource.type == "aws_s3_bucket_logging":
            deliveries.access_logs(stack, resource.text("bucket") or "", values, where)
        elif resource.type == "aws_s3_bucket_inventory":
            deliveries.inventory(stack, resource.text("bucket") or "", values, where)
        else:
            deliveries.balancer(stack, values, where, is_classic=resource.type == "aws_elb")

    return handler


Handler = Callable[[Resource, Gathering], None]
_FIRST = (
    "aws_s3_bucket", "aws_kms_key", "aws_iam_policy", "aws_iam_role", "aws_iam_user", "aws_s3_access_point",
    "aws_cloudfront_origin_access_control", "aws_cloudfront_origin_request_policy",
    "aws_config_configuration_recorder",
)  # fmt: skip
HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(objects.TYPES, _object),
    "aws_s3_bucket": _create,
    "aws_s3_bucket_policy": _policy,
    "aws_s3_bucket_public_access_block": _block,
    "aws_s3_account_public_access_block": _account_block,
    "aws_s3_bucket_ownership_controls": _setting("ownership", "rule", "object_ownership"),
    "aws_s3_bucket_acl": _setting("acl", "acl"),
    "aws_s3_bucket_website_configuration": _made("website", _website),
    "aws_s3_bucket_cors_configuration": _made("cors", _cors_rules),
    "aws_s3_bucket_request_payment_configuration": _setting("request_payer", "payer"),
    "aws_s3_bucket_server_side_encryption_configuration": _made("encryption", _default_encryption),
    "aws_s3_access_point": _access_point,
    "aws_s3control_access_point_policy": _access_point_policy,
    "aws_kms_key": _key,
    "aws_kms_key_policy": _key_policy,
    "aws_kms_alias": _alias,
    "aws_iam_role": _principal("role"),
    "aws_iam_user": _principal("user"),
    "aws_iam_policy": _managed,
    "aws_iam_role_policy": _attached("role", "role", managed=False),
    "aws_iam_user_policy": _attached("user", "user", managed=False),
    "aws_iam_role_policy_attachment": _attached("role", "role", managed=True),
    "aws_iam_user_policy_attachment": _attached("user", "user", managed=True),
    "aws_iam_user_group_membership": _group_membership,
    "aws_iam_group_policy": _alone("policy"),
    "aws_ssoadmin_permission_set_inline_policy": _alone("inline_policy"),
    "aws_organizations_policy": _alone("content"),
    "aws_cloudfront_distribution": _distribution,
    "aws_cloudfront_origin_access_control": _control,
    "aws_cloudfront_origin_access_identity": _origin_identity,
    "aws_cloudfront_origin_request_policy": _request_policy,
    "aws_vpc_endpoint": _endpoint,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_logging": _delivery("target_bucket"),
    "aws_s3_bucket_inventory": _delivery("bucket"),
    "aws_cloudtrail": _delivery("s3_bucket_name"),
    "aws_config_configuration_recorder": _recorder,
    "aws_config_delivery_channel": _delivery("s3_bucket_name"),
    "aws_lb": _delivery(None),
    "aws_alb": _delivery(None),
    "aws_elb": _delivery(None),
}
