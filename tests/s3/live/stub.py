"""AWS as far as the collectors ask it, within the process: what it answers can be changed for each call.

It is put where botocore would send a request, below retries, signing, regions and parsing, which are all real.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.handlers
from botocore.awsrequest import AWSResponse

from audit403.s3.live.client import Clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
OWNER = "a" * 64
DENIED = (403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
NO_BUCKET = (404, "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>")
SLOW_DOWN = (503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
OF_QUERY = {
    "policy": "policy", "publicAccessBlock": "public_access_block", "ownershipControls": "ownership", "acl": "acl",
    "website": "website", "requestPayment": "request_payer", "encryption": "encryption", "cors": "cors",
}  # fmt: skip
#: What S3 answers for a part that is not set.
ABSENT = {
    "policy": "NoSuchBucketPolicy",
    "public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "ownership": "OwnershipControlsNotFoundError",
    "website": "NoSuchWebsiteConfiguration",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "cors": "NoSuchCORSConfiguration",
}
PERMISSIONS = {
    "policy": "s3:GetBucketPolicy",
    "public_access_block": "s3:GetBucketPublicAccessBlock",
    "ownership": "s3:GetBucketOwnershipControls",
    "acl": "s3:GetBucketAcl",
    "website": "s3:GetBucketWebsite",
    "request_payer": "s3:GetBucketRequestPayment",
    "encryption": "s3:GetEncryptionConfiguration",
    "cors": "s3:GetBucketCORS",
}
PLAIN = {
    "acl": f"""<AccessControlPolicy><Owner><ID>{OWNER}</ID></Owner><AccessControlList><Grant>
<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>{OWNER}</ID></Grantee>
<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>""",
    "request_payer": "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
}
BLOCKED = (
    "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
    "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"
    "</PublicAccessBlockConfiguration>"
)
#: What other services answer where there is nothing.
NOTHING_THERE: dict[str, dict[str, tuple[int, str]]] = {
    "s3control": {
        "configuration": (404, "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>"),
        "accesspoint": (200, "<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>"),
    },
    "organizations": {"DescribeOrganization": (400, '{"__type": "AWSOrganizationsNotInUseException"}')},
    "cloudfront": {"GET distribution": (200, "<DistributionList><Quantity>0</Quantity></DistributionList>")},
}
Answer = tuple[int, str] | tuple[int, str, dict[str, str]] | Exception


def public_policy(bucket: str) -> str:
    statement = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{bucket}/*"}]})


def failed(code: str, status: int = 404) -> Answer:
    return status, f"<Error><Code>{code}</Code><Message>of {code}</Message></Error>"


class Raw:
    """The body of an answer, as urllib3 hands it out."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body


class Stub:
    """One account with buckets by name and region; `answers` has what differs from a plain, empty bucket.

    `every` is asked first: it gets service, what is asked for (`acl`, `list_buckets`, an action) and about what.
    """

    def __init__(self, buckets: dict[str, str]) -> None:
        self.buckets = buckets
        self.answers: dict[tuple[str, str], Answer] = {}
        self.every: Callable[[str, str, str], Answer | None] = lambda service, asked, about: None
        self.page = 1000
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.hosts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        service, asked, about = self._asked(request, host, unquote(parts.path), query, str(body))
        with self._lock:
            self.calls[service, asked, about] += 1
            self.hosts[host] += 1
        answer = self.every(service, asked, about)
        if answer is None:
            answer = self.answers.get((about, asked))
        if answer is None:
            answer = self._plain(service, asked, about, query)
        if isinstance(answer, Exception):
            raise answer
        status, text, *headers = answer
        return AWSResponse(request.url, status, headers[0] if headers else {}, Raw(text.encode()))

    def _asked(self, request: Any, host: str, path: str, query: dict[str, str], body: str) -> tuple[str, str, str]:
        first = host.partition(".")[0]
        if ".s3-control." in host:
            return "s3control", path.split("/")[2], path
        if host.startswith("sts.") or parse_qs(body).get("Action") == ["GetCallerIdentity"]:
            return "sts", parse_qs(body)["Action"][0], ""
        if ".s3." in host or host.startswith("s3."):
            if ".s3." in host:
                bucket, key = first, path[1:]
            else:
                bucket, _, key = path[1:].partition("/")
            if not bucket:
                return "s3", "list_buckets", ""
            part = next((part for name, part in OF_QUERY.items() if name in query), None)
            if key:
                return "s3", "object_acl" if "acl" in query else "object", f"{bucket}/{key}"
            if part is None:
                return "s3", "head" if request.method == "HEAD" else "list_objects", bucket
            return "s3", part, bucket
        target = request.headers.get("X-Amz-Target")
        if target is not None:
            target = target.decode() if isinstance(target, bytes) else target
            return first, target.rpartition(".")[2], body
        if "Action" in parse_qs(body):
            return first, parse_qs(body)["Action"][0], body
        return first, f"{request.method} {path.split('/')[2]}", path

    def _plain(self, service: str, asked: str, about: str, query: dict[str, str]) -> Answer:
        if service == "sts":
            return 200, (
                "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                f"<Arn>arn:aws:iam::{ACCOUNT}:user/auditor</Arn><Account>{ACCOUNT}</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"
            )
        if service in NOTHING_THERE and asked in NOTHING_THERE[service]:
            return NOTHING_THERE[service][asked]
        if service != "s3":
            return DENIED
        if asked == "list_buckets":
            return self._list(query)
        if about not in self.buckets:
            return NO_BUCKET
        if asked == "head":
            return 200, "", {"x-amz-bucket-region": self.buckets[about]}
        return (200, PLAIN[asked]) if asked in PLAIN else failed(ABSENT[asked])

    def _list(self, query: dict[str, str]) -> Answer:
        names = sorted(name for name in self.buckets if name.startswith(query.get("prefix", "")))
        first = int(query.get("continuation-token", 0))
        last = first + min(self.page, int(query.get("max-buckets", self.page)))
        rows = "".join(
            f"<Bucket><Name>{name}</Name><BucketRegion>{self.buckets[name]}</BucketRegion></Bucket>"
            for name in names[first:last]
        )
        token = f"<ContinuationToken>{last}</ContinuationToken>" if last < len(names) else ""
        owner = f"<Owner><ID>{OWNER}</ID></Owner>"
        return 200, f"<ListAllMyBucketsResult><Buckets>{rows}</Buckets>{owner}{token}</ListAllMyBucketsResult>"


_answering: list[Stub] = []
_clients: dict[tuple[object, ...], Any] = {}


def _answer(request: Any, **_: Any) -> AWSResponse | None:
    return _answering[-1](request) if _answering else None


botocore.handlers.BUILTIN_HANDLERS.append(("before-send", _answer))


@contextmanager
def answering(stub: Stub) -> Iterator[Stub]:
    """Every client asks the stub. They are kept from one test to the next: to make one takes a tenth of a second."""
    made = Clients._made

    def kept(self: Clients, service: str, region: str) -> Any:
        key = (os.environ.get("AWS_ACCESS_KEY_ID"), self._login, self._attempts, service, region)
        if key not in _clients:
            _clients[key] = made(self, service, region)
        return _clients[key]

    _answering.append(stub)
    try:
        with patch.object(Clients, "_made", kept):
            yield stub
    finally:
        _answering.pop()
