"""A bucket as a state, the same bucket on the real server, and requests to both.

The server's users are the root users of two accounts: alice of the owner's, bob of another one.
"""

from __future__ import annotations

import copy
import itertools
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import S3Request, context_of
from audit403.s3.model.world import World

if TYPE_CHECKING:
    from audit403.core.decision import Decision
    from servers.radosgw import Gateway, Said

Json = dict[str, Any]

OWNER, OTHER = "111122223333", "444455556666"
ALICE, BOB = f"arn:aws:iam::{OWNER}:root", f"arn:aws:iam::{OTHER}:root"
_THEIRS = {ALICE: "arn:aws:iam:::user/alice", BOB: "arn:aws:iam:::user/bob"}
_USERS = {"anonymous": None, ALICE: "alice", BOB: "bob"}
_AGENT = "audit403-tests"
_ABSENT = ("", "x", "new", "missing", "missing.html", "missing/", "missing/index.html", "docs", "docs/")
_numbers = itertools.count(1)


class Ask(NamedTuple):
    """One request; `key` None is one for the bucket."""

    action: str
    key: str | None = None
    who: str = "anonymous"
    prefix: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    endpoint: str = "rest"


class Bucket:
    """A bucket; what is given is what its state says."""

    def __init__(
        self,
        policy: Json | None = None,
        acl: str = "private",
        objects: dict[str, str] | None = None,
        block: Json | None = None,
        website: Json | None = None,
        payer: str = "BucketOwner",
    ) -> None:
        self.name = f"bucket-{next(_numbers)}"
        self.objects = {"k": "private"} if objects is None else objects
        self.policy = None if policy is None else json.loads(json.dumps(policy).replace("@", self.name))
        self.acl, self.block, self.website, self.payer = acl, block, website, payer

    def with_policy(self, policy: Json | None) -> Bucket:
        """The same with another policy."""
        changed = copy.copy(self)
        changed.policy = policy
        return changed

    def with_block(self, block: Json | None) -> Bucket:
        """The same with other flags of Block Public Access."""
        changed = copy.copy(self)
        changed.block = block
        return changed

    def state(self) -> Json:
        """As `explain --server s3` takes it."""
        account: Json = {
            "id": OWNER,
            "public_access_block": None,
            "service_control_policies": [],
            "resource_control_policies": [],
        }
        bucket = {
            "account": OWNER,
            "policy": self.policy,
            "public_access_block": self.block,
            "ownership": "ObjectWriter",
            "acl": self.acl,
            "website": self.website,
            "request_payer": self.payer,
            "encryption": None,
            "objects": dict.fromkeys(_ABSENT)
            | {
                key: {"owner": OWNER, "acl": acl, "storage_class": "STANDARD", "encryption": None}
                for key, acl in self.objects.items()
            },
        }
        principals: Json = {who: {"policies": [], "boundary": [], "session": None} for who in (ALICE, BOB)}
        return {
            "version": 1, "account": account, "buckets": {self.name: bucket}, "principals": principals,
            "vpc_endpoint_policies": [],
        }  # fmt: skip

    def put(self, gateway: Gateway) -> None:
        """Make it on the server."""
        _fine(gateway.ask("PUT", f"/{self.name}", {"x-amz-acl": self.acl}, who="alice"))
        for key, acl in self.objects.items():
            _fine(gateway.ask("PUT", f"/{self.name}/{quote(key)}", {"x-amz-acl": acl}, key.encode(), who="alice"))
        if self.website is not None:
            _fine(gateway.ask("PUT", f"/{self.name}?website", {}, _website(self.website), who="alice"))
        if self.payer == "Requester":
            body = b"<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"
            _fine(gateway.ask("PUT", f"/{self.name}?requestPayment", {}, body, who="alice"))
        if self.block is not None:
            _fine(gateway.ask("PUT", f"/{self.name}?publicAccessBlock", {}, _block(self.block), who="alice"))
        # Last: it may lock its own owner out.
        if self.policy is not None:
            _fine(put_policy(gateway, self.name, self.policy))

    def sent(self, gateway: Gateway, ask: Ask) -> Said:
        """The server's answer."""
        if ask.endpoint == "website":
            return gateway.visit(self.name, f"/{quote(ask.key or '')}")
        method, question = _METHODS[ask.action]
        if ask.prefix is not None:
            question = f"?list-type=2&prefix={quote(ask.prefix, safe='')}"
        path = f"/{self.name}" + ("" if ask.key is None else f"/{quote(ask.key)}") + question
        headers = {"User-Agent": _AGENT, **dict(ask.headers)}
        return gateway.ask(method, path, headers, b"new" if ask.action == "s3:PutObject" else b"", who=_USERS[ask.who])

    def decided(self, ask: Ask) -> Decision:
        """What we say."""
        return Evaluator(World(self.state())).decide(self.request(ask))

    def request(self, ask: Ask) -> S3Request:
        """The request as we are asked."""
        context: dict[str, str] = {"aws:SourceIp": "127.0.0.1", "aws:UserAgent": _AGENT, "aws:SecureTransport": "false"}
        for name, value in ask.headers:
            context[_KEYS[name]] = value
        if ask.prefix is not None:
            context["s3:prefix"] = ask.prefix
        resource = f"arn:aws:s3:::{self.name}" + ("" if ask.key is None else f"/{ask.key}")
        payer = ("x-amz-request-payer", "requester") in ask.headers
        return S3Request(ask.action, resource, ask.who, context_of(context), ask.endpoint, payer)


_METHODS = {
    "s3:GetObject": ("GET", ""),
    "s3:PutObject": ("PUT", ""),
    "s3:DeleteObject": ("DELETE", ""),
    "s3:GetObjectAcl": ("GET", "?acl"),
    "s3:PutObjectAcl": ("PUT", "?acl"),
    "s3:PutBucketAcl": ("PUT", "?acl"),
    "s3:ListBucket": ("GET", "?list-type=2"),
    "s3:GetBucketAcl": ("GET", "?acl"),
}
_KEYS = {
    "Referer": "aws:Referer",
    "User-Agent": "aws:UserAgent",
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-request-payer": "audit403:payer",
}


def put_policy(gateway: Gateway, bucket: str, policy: Json) -> Said:
    """Put a policy, in the server's names of principals."""
    text = json.dumps(policy)
    for ours, theirs in _THEIRS.items():
        text = text.replace(ours, theirs)
    return gateway.ask("PUT", f"/{bucket}?policy", {}, text.encode(), who="alice")


def _fine(said: Said) -> None:
    assert said.status in (200, 204), said


def _block(flags: Json) -> bytes:
    inner = "".join(f"<{name}>{str(value).lower()}</{name}>" for name, value in flags.items())
    return f"<PublicAccessBlockConfiguration>{inner}</PublicAccessBlockConfiguration>".encode()


def _website(written: Json) -> bytes:
    error = written.get("ErrorDocument")
    inner = f"<IndexDocument><Suffix>{written['IndexDocument']['Suffix']}</Suffix></IndexDocument>"
    inner += f"<ErrorDocument><Key>{error['Key']}</Key></ErrorDocument>" if error else ""
    return (
        f'<WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</WebsiteConfiguration>'.encode()
    )
