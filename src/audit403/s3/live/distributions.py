"""The distributions of CloudFront behind which buckets lie, as far as they decide about requests.

Truth: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html,
…GetDistributionConfig.html (the default root object), …GetOriginAccessControl.html and …GetOriginRequestPolicy.html.
"""

from collections.abc import Iterator
from typing import Any

from audit403.core.errors import BadUsage
from audit403.s3.live.call import NotCollected, call, pages
from audit403.s3.live.record import Record
from audit403.s3.model.distribution import BY_OAC, BY_OAI, NO_ACCESS
from audit403.s3.url import address_of

_HOST = "host"
#: What a policy or S3 may look at; others may be secrets, and are nobody's business.
_HEADERS = frozenset(("referer", "user-agent", "x-amz-request-payer"))
_ALL_HEADERS = frozenset(("allViewer", "allViewerAndWhitelistCloudFront"))


class Distributions:
    """Collects distributions; an origin access control or a policy that several have is read once."""

    def __init__(self, client: Any, account: str) -> None:
        self._client = client
        self._account = account
        self._signing: dict[str, str] = {}
        self._forwarding: dict[str, bool] = {}

    def of(self, buckets: frozenset[str]) -> Iterator[dict[str, Any]]:
        """Those with one of some buckets as an origin, as they are listed. Raises NotCollected."""
        for page in pages(self._client, "list_distributions", "cloudfront:ListDistributions"):
            listed = page.get("DistributionList")
            if not listed:
                raise NotCollected("the answer to ListDistributions is not to be understood")
            for one in listed.get("Items") or ():
                if isinstance(one.get("Id"), str) and any(
                    _bucket(str(origin.get("DomainName"))) in buckets for origin in _items(one.get("Origins"))
                ):
                    yield one

    def collect(self, listed: dict[str, Any]) -> Record:
        """One of them, as a state has it. Raises NotCollected where its way to the buckets is not known."""
        record = Record()
        aliases = [name for name in (listed.get("Aliases") or {}).get("Items") or () if isinstance(name, str)]
        record.state |= {
            "account": self._account,
            "domains": [str(listed.get("DomainName")), *aliases],
            "origins": [self._origin(origin) for origin in _items(listed.get("Origins"))],
            "custom_error_responses": [_error(one) for one in _items(listed.get("CustomErrorResponses"))],
            "geo_restriction": _geo(listed),
        }
        written = [*_items(listed.get("CacheBehaviors")), listed.get("DefaultCacheBehavior") or {}]
        record.state["behaviours"] = [self._behaviour(one, record) for one in written]
        record.take("default_root_object", "the default root object", lambda: self._root(str(listed["Id"])))
        return record

    def _origin(self, written: dict[str, Any]) -> dict[str, Any]:
        identity = str((written.get("S3OriginConfig") or {}).get("OriginAccessIdentity") or "").rpartition("/")[2]
        control = written.get("OriginAccessControlId")
        headers = {
            str(one.get("HeaderName")).lower(): one.get("HeaderValue")
            for one in _items(written.get("CustomHeaders"))
            if str(one.get("HeaderName")).lower() in _HEADERS
        }
        found = {"id": written.get("Id"), "domain": written.get("DomainName"), "path": written.get("OriginPath") or ""}
        found |= {"access": NO_ACCESS, "headers": headers}
        if isinstance(control, str) and control:
            found |= {"access": BY_OAC, "signing": self._signs(control)}
        elif identity:
            found |= {"access": BY_OAI, "identity": identity}
        return found

    def _signs(self, control: str) -> str:
        if control not in self._signing:
            permission = "cloudfront:GetOriginAccessControl"
            answer = call(self._client, "get_origin_access_control", permission, Id=control)
            config = (answer.get("OriginAccessControl") or {}).get("OriginAccessControlConfig") or {}
            found = config.get("SigningBehavior")
            if not isinstance(found, str):
                raise NotCollected("the answer to GetOriginAccessControl is not to be understood")
            self._signing[control] = found
        return self._signing[control]

    def _behaviour(self, written: dict[str, Any], record: Record) -> dict[str, Any]:
        signers = (written.get(name) or {} for name in ("TrustedSigners", "TrustedKeyGroups"))
        functions = (written.get(name) or {} for name in ("FunctionAssociations", "LambdaFunctionAssociations"))
        pattern = written.get("PathPattern") or "*"
        found = {
            "path": pattern,
            "origin": written.get("TargetOriginId"),
            "viewers": written.get("ViewerProtocolPolicy") or "allow-all",
            "trusted_signers": any(one.get("Enabled") is True for one in signers),
            "functions": any(one.get("Items") for one in functions),
        }
        methods = (written.get("AllowedMethods") or {}).get("Items")
        if isinstance(methods, list):
            found["methods"] = methods
        try:
            found["forwards_host"] = self._forwards_host(written)
        except NotCollected as error:
            record.gaps[f"whether the behaviour {pattern} forwards Host"] = error.reason
        return found

    def _forwards_host(self, written: dict[str, Any]) -> bool:
        policy = written.get("OriginRequestPolicyId")
        if not isinstance(policy, str) or not policy:
            values = ((written.get("ForwardedValues") or {}).get("Headers") or {}).get("Items") or ()
            return any(str(name).lower() in ("*", _HOST) for name in values)
        if policy not in self._forwarding:
            permission = "cloudfront:GetOriginRequestPolicy"
            answer = call(self._client, "get_origin_request_policy", permission, Id=policy)
            config = (answer.get("OriginRequestPolicy") or {}).get("OriginRequestPolicyConfig") or {}
            headers = config.get("HeadersConfig") or {}
            named = _HOST in [str(name).lower() for name in (headers.get("Headers") or {}).get("Items") or ()]
            behaviour = headers.get("HeaderBehavior")
            self._forwarding[policy] = behaviour in _ALL_HEADERS or (behaviour == "allExcept") is not named
        return self._forwarding[policy]

    def _root(self, identifier: str) -> str | None:
        permission = "cloudfront:GetDistributionConfig"
        answer = call(self._client, "get_distribution_config", permission, Id=identifier)
        config = answer.get("DistributionConfig")
        if not isinstance(config, dict):
            raise NotCollected("the answer to GetDistributionConfig is not to be understood")
        return config.get("DefaultRootObject") or None


def _bucket(domain: str) -> str | None:
    try:
        return address_of(f"https://{domain}/").bucket
    except BadUsage:
        return None


def _items(written: Any) -> list[dict[str, Any]]:
    found = written.get("Items") if isinstance(written, dict) else None
    return [one for one in found or () if isinstance(one, dict)]


def _error(written: dict[str, Any]) -> dict[str, Any]:
    status = str(written.get("ResponseCode") or "")
    return {
        "error_code": written.get("ErrorCode"),
        "response_code": int(status) if status.isdigit() else None,
        "page": written.get("ResponsePagePath") or None,
    }


def _geo(listed: dict[str, Any]) -> dict[str, Any]:
    rule = (listed.get("Restrictions") or {}).get("GeoRestriction") or {}
    return {"type": rule.get("RestrictionType") or "none", "locations": rule.get("Items") or []}
