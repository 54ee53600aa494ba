"""A CloudFront distribution as the state has it, out of Terraform's words and CloudFormation's.

Truth: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-cloudfront-distribution-distributionconfig.html,
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudfront_distribution; the managed origin
request policies: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html.
"""

from collections.abc import Callable, Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.distribution import ALWAYS, BY_OAC, BY_OAI, NO_ACCESS
from audit403.s3.read.value import Value, hole_in, is_settled, text_of, truth_of

_FORBIDDEN = 403
_IDENTITY = "origin-access-identity/cloudfront/"
_MANAGED = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": True,  # AllViewer
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": True,  # AllViewerAndCloudFrontHeaders-2022-06
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": False,  # AllViewerExceptHostHeader
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": False,  # CORS-S3Origin
    "59781a5b-3903-41f3-afcb-af62929ccde1": False,  # CORS-CustomOrigin
    "acba4595-bd28-49b8-b9fe-13317c0390fa": False,  # UserAgentRefererHeaders
}
"""Whether a managed origin request policy forwards the viewer's Host."""
MANAGED_NAMES = {
    "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    "Managed-AllViewerAndCloudFrontHeaders-2022-06": "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    "Managed-CORS-S3Origin": "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
    "Managed-CORS-CustomOrigin": "59781a5b-3903-41f3-afcb-af62929ccde1",
    "Managed-UserAgentRefererHeaders": "acba4595-bd28-49b8-b9fe-13317c0390fa",
}
"""By what names Terraform looks for them."""
_ALL_HEADERS = ("allviewer", "allviewerandwhitelistcloudfront")
Told = Callable[[Value], Any]
"""What a document says of something that a distribution names by its id; None of what is created elsewhere."""


class Words(NamedTuple):
    """What a language calls the parts of a distribution."""

    origins: str
    origin_id: str
    domain: str
    path: str
    control: str
    s3: tuple[str, str]
    headers: str
    header: tuple[str, str]
    default: str
    others: str
    pattern: str
    target: str
    methods: str
    viewers: str
    signers: tuple[str, str]
    forwarded: tuple[str, str]
    functions: tuple[str, str]
    request_policy: str
    root: str
    aliases: str
    errors: str
    error: tuple[str, str, str]
    geo: tuple[str, str]
    geo_rule: tuple[str, str]
    groups: tuple[str, ...]
    group_id: str
    members: tuple[tuple[str, ...], str]
    failover: tuple[tuple[str, ...], tuple[str, ...]]


TERRAFORM = Words(
    "origin", "origin_id", "domain_name", "origin_path", "origin_access_control_id",
    ("s3_origin_config", "origin_access_identity"), "custom_header", ("name", "value"),
    "default_cache_behavior", "ordered_cache_behavior", "path_pattern", "target_origin_id", "allowed_methods",
    "viewer_protocol_policy", ("trusted_signers", "trusted_key_groups"), ("forwarded_values", "headers"),
    ("function_association", "lambda_function_association"),
    "origin_request_policy_id", "default_root_object", "aliases", "custom_error_response",
    ("error_code", "response_code", "response_page_path"), ("restrictions", "geo_restriction"),
    ("restriction_type", "locations"), ("origin_group",), "origin_id", (("member",), "origin_id"),
    (("failover_criteria", "status_codes"), ()),
)  # fmt: skip
CLOUDFORMATION = Words(
    "Origins", "Id", "DomainName", "OriginPath", "OriginAccessControlId",
    ("S3OriginConfig", "OriginAccessIdentity"), "OriginCustomHeaders", ("HeaderName", "HeaderValue"),
    "DefaultCacheBehavior", "CacheBehaviors", "PathPattern", "TargetOriginId", "AllowedMethods",
    "ViewerProtocolPolicy", ("TrustedSigners", "TrustedKeyGroups"), ("ForwardedValues", "Headers"),
    ("FunctionAssociations", "LambdaFunctionAssociations"),
    "OriginRequestPolicyId", "DefaultRootObject", "Aliases", "CustomErrorResponses",
    ("ErrorCode", "ResponseCode", "ResponsePagePath"), ("Restrictions", "GeoRestriction"),
    ("RestrictionType", "Locations"), ("OriginGroups", "Items"), "Id", (("Members", "Items"), "OriginId"),
    (("FailoverCriteria", "StatusCodes"), ("Items",)),
)  # fmt: skip


def distribution(config: Value, words: Words, signing_of: Told, forwards_of: Told) -> dict[str, Any]:
    """What a state says of a distribution, but for who it is; `signing_of` an origin access control tells how it signs,
    `forwards_of` an origin request policy whether it forwards Host.

    What is not known is left out.
    """
    found: dict[str, Any] = {
        "domains": _texts(config.get(words.aliases)),
        "origins": [_origin(one, words, signing_of) for one in origins_of(config, words)],
        "behaviours": [_behaviour(one, words, forwards_of) for one in behaviours_of(config, words)],
    }
    primary = dict(_groups(config, words))
    for behaviour in found["behaviours"]:
        behaviour["origin"] = primary.get(behaviour["origin"], behaviour["origin"])
    root = config.get(words.root)
    if root is None or is_settled(root):
        found["default_root_object"] = text_of(root) or None
    errors = _objects(config.get(words.errors))
    if errors is not None:
        found["custom_error_responses"] = [_error(one, words) for one in errors]
    rule = config.get(*words.geo)
    kind = None if rule is None else rule.get(words.geo_rule[0])
    if rule is None or (kind is not None and is_settled(kind)):
        locations = None if rule is None else rule.get(words.geo_rule[1])
        found["geo_restriction"] = {"type": text_of(kind) or "none", "locations": _texts(locations)}
    return found


def _groups(config: Value, words: Words) -> Iterator[tuple[str, str]]:
    """Origin groups, each with the member that is asked first; not those that ask the other one after a 403."""
    for group in _objects(config.get(*words.groups)) or []:
        path, name = words.members
        members = [text_of(one.get(name)) for one in _objects(group.get(*path)) or []]
        codes = group.get(*words.failover[0], *words.failover[1])
        if members and members[0] and str(_FORBIDDEN) not in _texts(codes):
            yield text_of(group.get(words.group_id)) or "", members[0]


def parts_of(config: Value, words: Words) -> Iterator[tuple[str, int, Value]]:
    """The parts that have places of their own, each with its name in a state and its number there."""
    for name, parts in (("origins", origins_of(config, words)), ("behaviours", behaviours_of(config, words))):
        for number, part in enumerate(parts):
            yield name, number, part


def origins_of(config: Value, words: Words) -> list[Value]:
    """The origins, as they are written."""
    return _objects(config.get(words.origins)) or []


def _origin(origin: Value, words: Words, signing_of: Told) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": text_of(origin.get(words.origin_id)) or "",
        "domain": text_of(origin.get(words.domain)) or "",
        "path": text_of(origin.get(words.path)) or "",
        "access": NO_ACCESS,
        "headers": {
            text_of(one.get(words.header[0])) or "": text_of(one.get(words.header[1])) or ""
            for one in _objects(origin.get(words.headers)) or []
        },
    }
    control, identity = origin.get(words.control), text_of(origin.get(*words.s3))
    if control is not None and text_of(control):
        found |= {"access": BY_OAC, "signing": signing_of(control) or ALWAYS}
    elif identity:
        found |= {"access": BY_OAI, "identity": identity.removeprefix(_IDENTITY)}
    return found


def behaviours_of(config: Value, words: Words) -> Iterator[Value]:
    """The cache behaviours, as they are written; the default one is the last."""
    yield from _objects(config.get(words.others)) or []
    default = config.get(words.default)
    yield from [] if default is None else (_objects(default) or [])[:1]


def _behaviour(behaviour: Value, words: Words, forwards_of: Told) -> dict[str, Any]:
    found: dict[str, Any] = {
        "path": text_of(behaviour.get(words.pattern)) or "*",
        "origin": text_of(behaviour.get(words.target)) or "",
        "viewers": text_of(behaviour.get(words.viewers)) or "allow-all",
    }
    methods = behaviour.get(words.methods)
    if methods is None:
        found["methods"] = ["GET", "HEAD"]
    elif is_settled(methods):
        found["methods"] = _texts(methods)
    signers = [behaviour.get(name) for name in words.signers]
    if all(one is None or is_settled(one) for one in signers):
        found["trusted_signers"] = any(one is not None and _is_there(one) for one in signers)
    found["functions"] = any(one is not None and bool(one.each()) for one in map(behaviour.get, words.functions))
    forwards = _forwards_host(behaviour, words, forwards_of)
    if forwards is not None:
        found["forwards_host"] = forwards
    return found


def _is_there(value: Value) -> bool:
    return bool(_texts(value)) and truth_of(value) is not False


def _forwards_host(behaviour: Value, words: Words, forwards_of: Told) -> bool | None:
    """Whether the viewer's Host is passed on, None where the documents do not show it."""
    policy, headers = behaviour.get(words.request_policy), behaviour.get(*words.forwarded)
    if policy is not None and text_of(policy):
        managed = _MANAGED.get(text_of(policy) or "")
        found: bool | None = forwards_of(policy) if managed is None else managed
        return found
    if headers is None:
        return False
    return any(one.lower() in ("*", "host") for one in _texts(headers)) if is_settled(headers) else None


def policy_forwards_host(behaviour: Value | None, headers: Value | None) -> bool | None:
    """Whether an origin request policy of one's own forwards Host; None where that is not known."""
    how = (text_of(behaviour) or "").lower()
    if how in _ALL_HEADERS or how == "none":
        return how != "none"
    if how not in ("whitelist", "allexcept") or headers is None or not is_settled(headers):
        return None
    return ("host" in [one.lower() for one in _texts(headers)]) is (how == "whitelist")


def _error(response: Value, words: Words) -> dict[str, Any]:
    code, status, page = (text_of(response.get(name)) for name in words.error)
    return {"error_code": _number(code), "response_code": _number(status), "page": page or None}


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _objects(value: Value | None) -> list[Value] | None:
    """The objects of a list, or the one that stands for one; None where it is not known which there are."""
    if value is None:
        return []
    if value.is_hole or any(one.is_hole for one in value.each()):
        return None
    return [one for one in value.each() if isinstance(one.value, dict)]


def _texts(value: Value | None) -> list[str]:
    return [] if value is None or hole_in(value) is value.value else [text_of(one) or "" for one in value.each()]
