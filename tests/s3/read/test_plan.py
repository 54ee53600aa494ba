"""Terraform's plans and states in JSON, and that every form of the same bucket leads to the same answers."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.source import Source
from audit403.s3.read.terraform.plan import read_plan
from audit403.s3.read.terraform.recognise import recognises, recognises_plan
from s3.read.in_words import answer, cloudformation, terraform, written

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from audit403.s3.read.described import Described

Json = dict[str, Any]
FLAGS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


def planned(resources: list[Json], **more: Any) -> Json:
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": resources}},
        **more,
    }


def resource(address: str, **values: Any) -> Json:
    kind, name = address.split("[")[0].rsplit(".", 2)[-2:]
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": values}


def plan(document: Json) -> Described:
    found = read_plan(Source("/repo/plan.json", json.dumps(document, indent=1).encode()))
    assert found is not None
    return found


def policy(bucket: str, action: str = "s3:GetObject") -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_plan_whose_names_are_known() -> None:
    described = plan(
        planned(
            [
                resource("aws_s3_bucket.b", bucket="site"),
                resource("aws_s3_bucket_policy.b", bucket="site", policy=policy("site")),
                resource("aws_s3_bucket_public_access_block.b", bucket="site", **dict.fromkeys(FLAGS, False)),
            ]
        )
    )
    assert described.kind == "Terraform plan"
    assert answer(described, "anonymous", "s3:GetObject", "arn:aws:s3:::site/x") == "not-refused served"
    assert written(described, "buckets", "site") == '"aws_s3_bucket.b"'
    assert "s3:GetObject" in written(described, "buckets", "site", "policy", 0)


def test_a_plan_whose_names_are_known_after_it_is_applied() -> None:
    changes = [
        {"address": 'aws_s3_bucket.b["x"]', "change": {"after_unknown": {"bucket": True, "policy": True, "id": True}}},
        {"address": 'aws_s3_bucket_policy.b["x"]', "change": {"after_unknown": {"bucket": True, "policy": True}}},
        {"address": 'aws_s3_bucket_public_access_block.b["x"]', "change": {"after_unknown": {"bucket": True}}},
    ]
    named = [
        {"address": f"{kind}.b", "expressions": {"bucket": {"references": ["aws_s3_bucket.b", "each.key"]}}}
        for kind in ("aws_s3_bucket_policy", "aws_s3_bucket_public_access_block")
    ]
    described = plan(
        planned(
            [
                resource('aws_s3_bucket.b["x"]'),
                resource('aws_s3_bucket.b["y"]', bucket="other"),
                resource('aws_s3_bucket_policy.b["x"]'),
                resource('aws_s3_bucket_public_access_block.b["x"]', **dict.fromkeys(FLAGS, False)),
            ],
            resource_changes=changes,
            configuration={"root_module": {"resources": named}},
        )
    )
    bucket = described.state["buckets"]['⟨aws_s3_bucket.b["x"]⟩']
    assert "policy" not in bucket
    assert not any(bucket["public_access_block"].values())
    assert described.state["buckets"]["other"]["policy"] is None
    assert [kind for kind, _, _ in described.faults] == ["unresolved"]


def test_the_file_of_a_state() -> None:
    instances = [
        ("aws_s3_bucket", {"bucket": "site", "policy": policy("site"), "website": [], "request_payer": "BucketOwner"}),
        ("aws_iam_role", {"name": "deploy", "arn": "arn:aws:iam::111122223333:role/deploy", "inline_policy": []}),
        ("aws_iam_role_policy", {"role": "deploy", "policy": policy("site", "s3:PutObject")}),
    ]
    document = {
        "version": 4,
        "terraform_version": "1.9.0",
        "lineage": "x",
        "resources": [
            {"mode": "managed", "type": kind, "name": "b", "instances": [{"attributes": values}]}
            for kind, values in instances
        ],
    }
    assert recognises_plan(json.dumps(document).encode()[:200])
    described = plan(document)
    assert described.state["account"]["id"] == "111122223333"
    role = "arn:aws:iam::111122223333:role/deploy"
    assert answer(described, role, "s3:PutObject", "arn:aws:s3:::site/x") == "not-refused served"
    assert (
        answer(described, "anonymous", "s3:GetObject", "arn:aws:s3:::site/x") == "refused public-policy-is-restricted"
    )


@pytest.mark.parametrize(
    "document",
    [
        {"planned_values": {"root_module": {"resources": [{"type": "aws_s3_bucket"}, 3, [], {"values": 3}]}}},
        {
            "planned_values": {
                "root_module": {"resources": [resource("aws_s3_bucket.b", bucket=[1], website=7, acl={})]}
            }
        },
        {"planned_values": {"root_module": {"child_modules": [{"resources": [resource("a.aws_s3_bucket_policy.b")]}]}}},
        {"resources": [{"type": "aws_s3_bucket", "name": "b", "instances": [{"attributes": 3}, 4]}]},
        {"values": 3, "about": "aws_s3"},
        planned([resource("aws_s3_bucket.b")], resource_changes=[3, {"address": "aws_s3_bucket.b", "change": 3}]),
    ],
)
def test_hostile_plans_end(document: Json) -> None:
    found = read_plan(Source("/repo/plan.json", json.dumps(document).encode()))
    assert found is None or found.kind.startswith("Terraform")


def test_other_json_is_no_plan() -> None:
    assert not recognises_plan(b'{"name": "x", "version": "4", "format_version": 1}')
    assert not recognises_plan(policy("x").encode())
    assert recognises("main.tf", b'# x\nresource "aws_s3_bucket" "b" {\n}\n')
    assert not recognises("script.tf", b"import tensorflow as tf\n")
    assert not recognises("main.json", b'resource "a" "b" {\n')


ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:*")
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "arn:aws:iam::111122223333:role/r"},
    {"Service": "cloudfront.amazonaws.com"},
)
CONDITIONS: tuple[Json | None, ...] = (
    None,
    {"Bool": {"aws:SecureTransport": "false"}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
    {"StringEquals": {"aws:SourceAccount": "111122223333"}},
)


class Drawn:
    """One bucket with a policy and settings, in three languages."""

    def __init__(self, rng: random.Random) -> None:
        self.name = rng.choice((None, "site"))
        self.statements = [self._statement(rng) for _ in range(rng.randrange(1, 4))]
        self.block = rng.choice((None, [rng.random() < 0.5 for _ in FLAGS]))
        self.ownership = rng.choice((None, "BucketOwnerEnforced", "ObjectWriter", "BucketOwnerPreferred"))
        self.acl = rng.choice((None, "public-read", "private"))
        self.website = rng.random() < 0.5

    def _statement(self, rng: random.Random) -> Json:
        found = {
            "Effect": rng.choice(("Allow", "Allow", "Deny")),
            "Principal": rng.choice(PRINCIPALS),
            "Action": rng.choice(ACTIONS),
            "Resource": rng.choice(("", "/*", "/docs/*")),
        }
        condition = rng.choice(CONDITIONS)
        return found if condition is None else {**found, "Condition": condition}

    def policy(self, arn: Callable[[str], Any]) -> Json:
        statements = [{**one, "Resource": arn(one["Resource"])} for one in self.statements]
        return {"Version": "2012-10-17", "Statement": statements}

    def as_template(self) -> Described:
        properties: Json = {} if self.name is None else {"BucketName": self.name}
        if self.block is not None:
            names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            properties["PublicAccessBlockConfiguration"] = dict(zip(names, self.block, strict=True))
        if self.ownership is not None:
            properties["OwnershipControls"] = {"Rules": [{"ObjectOwnership": self.ownership}]}
        if self.acl is not None:
            properties["AccessControl"] = {"public-read": "PublicRead", "private": "Private"}[self.acl]
        if self.website:
            properties["WebsiteConfiguration"] = {"IndexDocument": "index.html"}
        document = self.policy(lambda rest: {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::${{B}}{rest}"})
        policy_properties = {"Bucket": {"Ref": "B"}, "PolicyDocument": document}
        resources = {
            "B": {"Type": "AWS::S3::Bucket", "Properties": properties},
            "P": {"Type": "AWS::S3::BucketPolicy", "Properties": policy_properties},
        }
        (found,) = cloudformation(json.dumps({"Resources": resources}))
        return found

    def as_language(self) -> Described:
        document = json.dumps(self.policy(lambda rest: f"${{aws_s3_bucket.b.arn}}{rest}"))
        name = "" if self.name is None else f'  bucket = "{self.name}"\n'
        blocks = [f'resource "aws_s3_bucket" "b" {{\n{name}}}']
        of = "  bucket = aws_s3_bucket.b.id\n"
        blocks.append(f'resource "aws_s3_bucket_policy" "b" {{\n{of}  policy = jsonencode({document})\n}}')
        if self.block is not None:
            flags = "".join(f"  {flag} = {json.dumps(on)}\n" for flag, on in zip(FLAGS, self.block, strict=True))
            blocks.append(f'resource "aws_s3_bucket_public_access_block" "b" {{\n{of}{flags}}}')
        if self.ownership is not None:
            rule = f'  rule {{\n    object_ownership = "{self.ownership}"\n  }}\n'
            blocks.append(f'resource "aws_s3_bucket_ownership_controls" "b" {{\n{of}{rule}}}')
        if self.acl is not None:
            blocks.append(f'resource "aws_s3_bucket_acl" "b" {{\n{of}  acl = "{self.acl}"\n}}')
        if self.website:
            index = '  index_document {\n    suffix = "index.html"\n  }\n'
            blocks.append(f'resource "aws_s3_bucket_website_configuration" "b" {{\n{of}{index}}}')
        found = terraform({"main.tf": "\n".join(blocks)})
        assert found is not None
        return found

    def as_plan(self) -> Described:
        name = self.name or "made-up"
        document = json.dumps(self.policy(lambda rest: f"arn:aws:s3:::{name}{rest}"))
        resources = [
            resource("aws_s3_bucket.b", bucket=name),
            resource("aws_s3_bucket_policy.b", bucket=name, policy=document),
        ]
        if self.block is not None:
            flags = dict(zip(FLAGS, self.block, strict=True))
            resources.append(resource("aws_s3_bucket_public_access_block.b", bucket=name, **flags))
        if self.ownership is not None:
            rule = [{"object_ownership": self.ownership}]
            resources.append(resource("aws_s3_bucket_ownership_controls.b", bucket=name, rule=rule))
        if self.acl is not None:
            resources.append(resource("aws_s3_bucket_acl.b", bucket=name, acl=self.acl))
        if self.website:
            index = [{"suffix": "index.html"}]
            resources.append(resource("aws_s3_bucket_website_configuration.b", bucket=name, index_document=index))
        return plan(planned(resources))


CALLERS = ("anonymous", "arn:aws:iam::111122223333:role/r", "cloudfront.amazonaws.com")
CONTEXTS = ({"aws_securetransport": "true"}, {"aws_securetransport": "false", "aws_sourceip": "203.0.113.7"})


def answers(described: Described) -> list[str]:
    (name,) = described.state["buckets"]
    arn = f"arn:aws:s3:::{name}"
    asked = (("s3:GetObject", f"{arn}/docs/x"), ("s3:PutObject", f"{arn}/x"), ("s3:ListBucket", arn))
    found = [
        answer(described, caller, action, thing, **context)
        for caller, (action, thing), context in itertools.product(CALLERS, asked, CONTEXTS)
    ]
    return [*found, answer(described, "anonymous", "s3:GetObject", f"{arn}/docs/x", "website", **CONTEXTS[1])]


def test_the_same_bucket_gets_the_same_answers_in_every_language(rng: random.Random) -> None:
    seen: set[str] = set()
    for _ in range(150):
        drawn = Drawn(rng)
        in_template, in_language, in_plan = (
            answers(one) for one in (drawn.as_template(), drawn.as_language(), drawn.as_plan())
        )
        assert in_template == in_language == in_plan
        seen.update(in_plan)
    assert len(seen) > 5
