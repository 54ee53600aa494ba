"""From a URL to the request that S3 sees: bucket, key, endpoint, action, and what the request brings for conditions.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, WebsiteEndpoints.html, dual-stack and
access point endpoints; the keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

import re
import time
from typing import Any
from urllib.parse import parse_qs, unquote

from audit403.core.decision import Missing
from audit403.core.errors import BadUsage
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.s3.decide.profile import VISITOR, Brought, Profile, brought, not_a_profile, profile_of, usual_profile
from audit403.s3.decide.request import REST, WEBSITE, S3Request
from audit403.s3.model.bucket import AWS, Bucket, partition_of
from audit403.s3.model.caller import ANONYMOUS
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.world import World

_S3 = re.compile(r"s3://([^/?#]+)(?:/([^#]*))?\Z", re.DOTALL)
_HTTP = re.compile(r"(https?)://(?:[^@/?#]*@)?([^/?#:]+)(?::\d+)?(/[^?#]*)?(?:\?([^#]*))?", re.DOTALL | re.IGNORECASE)
#: Of a template it may be known only when that is deployed.
_REGION = r"(?:[a-z]{2}(?:-[a-z]+)+-\d|⟨[^⟩]*⟩)"
_WEBSITE_HOST = re.compile(rf"(.+)\.s3-website[.-]({_REGION})\.amazonaws\.com(?:\.cn)?\Z", re.IGNORECASE)
_REST_HOST = re.compile(
    rf"(?:(.+)\.)?s3(?:-accelerate|-fips)?(?:\.dualstack)?(?:[.-]({_REGION}))?\.amazonaws\.com(?:\.cn)?\Z",
    re.IGNORECASE,
)
_POINT_HOST = re.compile(
    rf"([a-z0-9-]+|⟨[^⟩]*⟩)-(\d{{12}}|⟨[^⟩]*⟩)\.s3-accesspoint(?:-fips)?(?:\.dualstack)?\.({_REGION})\.amazonaws\.com\Z"
)
#: The regions whose website endpoints have a dash in front of the region, and no dot: they are the oldest.
#: https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints
_WITH_DASH = frozenset(
    (
        "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-gov-west-1",
        "us-west-1", "us-west-2",
    )
)  # fmt: skip
#: Subresources of a bucket or an object, with the action that they are for GET, and for PUT.
_SUBRESOURCES = {
    "acl": ("Acl", True),
    "policy": ("BucketPolicy", False),
    "tagging": ("Tagging", True),
    "website": ("BucketWebsite", False),
    "cors": ("BucketCORS", False),
    "versioning": ("BucketVersioning", False),
    "lifecycle": ("LifecycleConfiguration", False),
    "location": ("BucketLocation", False),
    "logging": ("BucketLogging", False),
    "encryption": ("EncryptionConfiguration", False),
    "publicAccessBlock": ("BucketPublicAccessBlock", False),
    "ownershipControls": ("BucketOwnershipControls", False),
    "requestPayment": ("BucketRequestPayment", False),
    "retention": ("ObjectRetention", True),
    "legal-hold": ("ObjectLegalHold", True),
}
_HEADERS = {
    "referer": "aws:referer", "user-agent": "aws:useragent", "x-amz-content-sha256": "s3:x-amz-content-sha256",
}  # fmt: skip
#: Parts of the query that are about the signature itself.
_OF_SIGNATURE = frozenset(
    f"x-amz-{name}"
    for name in ("algorithm", "credential", "date", "expires", "signature", "signedheaders", "security-token")
)


class Address(NamedTuple):
    """What a URL names: `bucket` or the access point's ARN, the key (None: the bucket), the endpoint, the query."""

    bucket: str | None
    key: str | None
    endpoint: str
    secure: bool
    query: dict[str, list[str]]
    point: str | None = None
    region: str | None = None

    def arn(self, world: World) -> str:
        """The resource's ARN, in the partition of its Region, or else that of the bucket of a world."""
        if self.point is not None:
            return self.point if self.key is None else f"{self.point}/object/{self.key}"
        found = None if self.region is not None or self.bucket is None else world.bucket(self.bucket)
        known = partition_of(self.region) if self.region is not None else AWS
        bucket = found.arn if isinstance(found, Bucket) else f"arn:{known}:s3:::{self.bucket}"
        return bucket if self.key is None else f"{bucket}/{self.key}"


def host_of(bucket: str, region: str | None, *, website: bool) -> str:
    """The host of a bucket. A website has none without its region: then it is that of us-east-1."""
    end = ".amazonaws.com.cn" if (region or "").startswith("cn-") else ".amazonaws.com"
    if not website:
        return f"{bucket}.s3.{region}{end}" if region else f"{bucket}.s3{end}"
    region = region or "us-east-1"
    return f"{bucket}.s3-website{'-' if region in _WITH_DASH else '.'}{region}{end}"


def host_of_point(arn: str) -> str:
    """The host of an access point."""
    region, account, name = arn.split(":", 5)[3:]
    return f"{name.removeprefix('accesspoint/')}-{account}.s3-accesspoint.{region}.amazonaws.com"


def is_s3_url(url: str) -> bool:
    """Whether a URL is one of S3's own."""
    try:
        address_of(url)
    except BadUsage:
        return False
    return True


class UrlParts(NamedTuple):
    """A URL of HTTP, taken apart."""

    host: str
    path: str
    secure: bool
    query: dict[str, list[str]]


def parts_of_url(url: str) -> UrlParts | None:
    """A URL of HTTP, or None for what is none."""
    found = _HTTP.match(url)
    if found is None:
        return None
    scheme, host, path, query = found.groups()
    return UrlParts(host.lower(), path or "/", scheme.lower() == "https", parse_qs(query or "", keep_blank_values=True))


def address_of(url: str) -> Address:
    """What a URL names. Raises BadUsage for one that is not S3's."""
    found = _S3.match(url)
    if found is not None:
        return Address(found[1], found[2] or None, REST, True, {})
    parts = _HTTP.match(url)
    if parts is None:
        raise BadUsage(f'"{url}" is no URL that begins with s3://, https:// or http://.')
    scheme, host, path, query = parts.groups()
    secure = scheme.lower() == "https"
    key = unquote((path or "/")[1:], errors="surrogateescape")
    asked = parse_qs(query or "", keep_blank_values=True)
    website, point, rest = _WEBSITE_HOST.match(host), _POINT_HOST.match(host), _REST_HOST.match(host)
    if website is not None:
        return Address(website[1], key, WEBSITE, False, asked, region=_known(website[2]))
    if point is not None:
        arn = f"arn:{partition_of(point[3])}:s3:{point[3]}:{point[2]}:accesspoint/{point[1]}"
        return Address(None, key or None, REST, secure, asked, arn, point[3])
    if rest is None:
        raise BadUsage(f"{host} is no endpoint of S3: nothing here says which bucket it shows.")
    if rest[1] is not None:
        return Address(rest[1], key or None, REST, secure, asked, region=_known(rest[2]))
    bucket, _, key = key.partition("/")
    if not bucket:
        return Address(None, None, REST, secure, asked, region=_known(rest[2]))
    return Address(bucket, key or None, REST, secure, asked, region=_known(rest[2]))


def _known(region: str | None) -> str | None:
    return None if region is None or region.startswith(HOLE_START) else region


def request_of_url(row: dict[str, Any], world: World, now: float | None = None) -> tuple[Request, S3Request]:
    """The request as a client sends it, and as S3 authorizes it. `row` has url, method, principal, client, headers,
    and perhaps the name of a profile, and a context.
    """
    url, method = str(row["url"]), str(row.get("method") or "GET").upper()
    address = address_of(url)
    headers = {str(name).lower(): value for name, value in (row.get("headers") or {}).items()}
    client = str(row.get("client") or VISITOR)
    principal = row.get("principal")
    not_a_profile(str(principal or ""))
    if _S3.match(url) is not None and address.bucket is not None:
        known = world.bucket(address.bucket)
        address = address._replace(region=known.region if isinstance(known, Bucket) else None)
    if row.get("profile"):
        profile = profile_of(str(row["profile"]), principal)
        address = address._replace(
            endpoint=WEBSITE if profile.endpoint == WEBSITE else address.endpoint,
            secure=address.secure if profile.secure is None else profile.secure,
        )
    else:
        profile = usual_profile(str(principal or ANONYMOUS), address.endpoint, address.secure)
    request = by_profile(profile, world, address, method, headers, client, time.time() if now is None else now)
    context = request.context
    assert isinstance(context, Brought)
    given = row.get("context") or {}
    request = request._replace(context=context.having({str(name).lower(): _given(one) for name, one in given.items()}))
    return shown(url, method, client, headers), request


def by_profile(
    profile: Profile, world: World, address: Address, method: str, headers: dict[str, Any], client: str, now: float
) -> S3Request:
    """What S3 authorizes of a request for an address that comes in one of the ways."""
    resource = "*" if address.bucket is None and address.point is None else address.arn(world)
    context = brought(profile, world, resource, now, secure=address.secure, client=client, region=address.region)
    return S3Request(
        action_of(address, method),
        resource,
        profile.principal,
        context.having(_context(address, headers)),
        address.endpoint,
        "x-amz-request-payer" in headers,
        # With the checksum of an encrypted object the key is needed: API_HeadObject.html.
        method == "HEAD" and "x-amz-checksum-mode" not in headers,
    )


def _given(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(value) if isinstance(value, list) else (str(value),)


def action_of(address: Address, method: str) -> str:
    """The action that a method is. Raises BadUsage for one that S3 has not."""
    if address.bucket is None and address.point is None:
        return "s3:ListAllMyBuckets"
    of_object = address.key is not None and (address.endpoint == WEBSITE or address.key != "")
    if address.endpoint == WEBSITE:
        return "s3:GetObject" if method in ("GET", "HEAD") else "s3:PutObject"
    for name, (noun, both) in _SUBRESOURCES.items():
        if name in address.query:
            verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method)
            if verb is None:
                raise BadUsage(f"S3 has no {method} of ?{name}.")
            return f"s3:{verb}{_of(noun, both, of_object)}"
    version = "versionId" in address.query
    if of_object:
        names = {
            "GET": "GetObject",
            "HEAD": "GetObject",
            "PUT": "PutObject",
            "POST": "PutObject",
            "DELETE": "DeleteObject",
        }
    else:
        names = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
        version = "versions" in address.query
    if method not in names:
        raise BadUsage(f"S3 has no {method} of {'an object' if of_object else 'a bucket'} that is decided here.")
    name = names[method]
    if version and name in ("GetObject", "DeleteObject"):
        name += "Version"
    return "s3:ListBucketVersions" if version and name == "ListBucket" else f"s3:{name}"


def _of(noun: str, both: bool, of_object: bool) -> str:
    return noun if not both else f"{'Object' if of_object else 'Bucket'}{noun.removeprefix('Object')}"


def _context(address: Address, headers: dict[str, Any]) -> dict[str, tuple[str, ...] | Missing]:
    """What the headers and the query of a request bring."""
    found: dict[str, tuple[str, ...] | Missing] = {}
    for name, value in (*headers.items(), *((name, values[0]) for name, values in address.query.items())):
        name = name.lower()
        if name in _HEADERS and name in headers:
            found[_HEADERS[name]] = (str(value),)
        elif name.startswith("x-amz-") and name not in _OF_SIGNATURE:
            found[f"s3:{name}"] = (str(value),)
    for name in ("prefix", "delimiter", "max-keys"):
        if name in address.query:
            found[f"s3:{name}"] = (address.query[name][0],)
    if "versionId" in address.query:
        found["s3:versionid"] = (address.query["versionId"][0],)
    return found


def shown(url: str, method: str, client: str, headers: dict[str, Any]) -> Request:
    """The request as a client sends it."""
    scheme, _, rest = url.partition("://")
    host, slash, target = rest.partition("/")
    listed = tuple((name, str(value)) for name, value in headers.items())
    return Request(method, scheme, host, 443 if scheme == "https" else 80, f"{slash}{target}", client, listed)
