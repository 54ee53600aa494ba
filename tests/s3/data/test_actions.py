"""The table of actions and condition keys."""

from __future__ import annotations

import subprocess
import sys

import pytest

from audit403.s3.data.actions import action, actions_matching, condition_key, nearest, nearest_key, resource_pattern
from audit403.s3.data.operations import _NEEDS, permissions_of


def test_an_action_is_found_in_any_case() -> None:
    found = action("S3:getobject")
    assert found is not None
    assert found.name == "s3:GetObject"
    assert set(found.resources) == {"object", "accesspointobject"}
    assert "s3:ExistingObjectTag/${TagKey}" in found.keys
    assert "s3:prefix" not in found.keys


@pytest.mark.parametrize(
    "name", ["s3:ListObjects", "s3:HeadObject", "s3:HeadBucket", "s3:CopyObject", "GetObject", "s3:"]
)
def test_there_is_no_such_action(name: str) -> None:
    assert action(name) is None


def test_what_lists_and_what_takes_nothing() -> None:
    listing, buckets = action("s3:ListBucket"), action("s3:ListAllMyBuckets")
    assert listing is not None and buckets is not None
    assert "bucket" in listing.resources and "object" not in listing.resources
    assert {"s3:prefix", "s3:delimiter", "s3:max-keys"} <= listing.keys
    assert buckets.is_of_account
    assert not listing.is_of_account


@pytest.mark.parametrize(
    ("name", "kind", "many"),
    [
        ("AWS:sourceip", "IPAddress", False),
        ("aws:SecureTransport", "Bool", False),
        ("aws:CalledVia", "String", True),
        ("aws:PrincipalOrgPaths", "String", True),
        ("aws:PrincipalTag/team/red", "String", False),
        ("aws:EpochTime", "Date", False),
        ("s3:signatureAge", "Numeric", False),
        ("s3:TlsVersion", "Numeric", False),
        ("s3:ExistingObjectTag/env", "String", False),
        ("s3:DataAccessPointArn", "ARN", False),
    ],
)
def test_a_condition_key_has_a_type(name: str, kind: str, many: bool) -> None:
    found = condition_key(name)
    assert found is not None
    assert (found.kind, found.many) == (kind, many)


def test_what_follows_the_name_of_a_tag_key_is_kept() -> None:
    found = condition_key("AWS:principaltag/Team")
    assert found is not None
    assert found.name == "aws:PrincipalTag/Team"
    assert found.is_global


@pytest.mark.parametrize(
    "name", ["aws:SourceIP4", "s3:Prefixes", "aws:PrincipalTag", "aws:PrincipalTag/", "sourceip", ""]
)
def test_there_is_no_such_key(name: str) -> None:
    assert condition_key(name) is None


def test_the_nearest() -> None:
    assert nearest("s3:HeadObject") == ("s3:GetObject",)
    assert nearest("s3:listobjectsv2") == ("s3:ListBucket",)
    assert nearest("s3:CopyObject") == ("s3:GetObject", "s3:PutObject")
    assert nearest("s3:GetObjects")[0] == "s3:GetObject"
    assert nearest("kms:Decript")[0] == "kms:Decrypt"
    assert nearest("s3:ABCXYZ") == ()
    assert nearest("s3:SetBucketEncryption") == ("s3:PutEncryptionConfiguration",)
    assert nearest("s3:ReadObject") == nearest("s3:HeadObjects") == ("s3:GetObject",)
    assert nearest("s3:ListObject") == ("s3:ListBucket",)
    assert nearest("s3:ReplicationTags") == ("s3:ReplicateTags",)
    assert nearest_key("aws:SourceVpcE")[0] == "aws:SourceVpce"
    assert nearest_key("aws:SourceIPs")[0] == "aws:SourceIp"


def test_every_permission_that_an_operation_needs_is_an_action() -> None:
    assert [name for needs in _NEEDS.values() for name in needs.split() if action(name) is None] == []


def test_only_operations_that_are_no_actions_of_that_name_are_listed() -> None:
    assert [name for name, needs in _NEEDS.items() if needs == f"s3:{name}"] == []
    assert permissions_of("GetObject") == ()


def test_a_pattern_means_its_actions() -> None:
    found = actions_matching("s3:getobject*")
    assert {"s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectVersion"} <= set(found)
    assert all(name.startswith("s3:GetObject") for name in found)
    assert actions_matching("s3:NotThere*") == ()


def test_the_arn_of_a_resource() -> None:
    assert resource_pattern("bucket") == "arn:${Partition}:s3:::${BucketName}"
    assert resource_pattern("key", "kms") == "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"
    assert resource_pattern("cupboard") is None


def test_the_table_is_read_when_it_is_asked() -> None:
    code = "import audit403.s3.data.actions as a; print(a._table.cache_info().currsize)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "0"
