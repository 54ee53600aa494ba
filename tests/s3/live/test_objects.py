"""Objects of a live bucket: those that are named, and a sample."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.cli.main import main
from audit403.s3.live.client import Clients, Login
from audit403.s3.live.collect import Collected, Collector, Wanted
from audit403.s3.live.objects import Objects, spread
from audit403.s3.live.workers import Workers
from s3.live.stub import ACCOUNT, DENIED, OWNER, PLAIN, Stub, answering, public_policy

if TYPE_CHECKING:
    from pathlib import Path

HERE = "eu-west-1"
ENFORCED = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
HEADERS = {
    "plain": {"x-amz-server-side-encryption": "AES256"},
    "kms": {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:r:1:key/k",
    },
    "cold": {"x-amz-storage-class": "GLACIER"},
    "thawed": {"x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="false", expiry-date="x"'},
    "thawing": {"x-amz-storage-class": "GLACIER", "x-amz-restore": 'ongoing-request="true"'},
    "tiered": {"x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "ARCHIVE_ACCESS"},
}


def bucket(listed: list[str] | None = None) -> Stub:
    stub = Stub({"site": HERE})
    for key, headers in HEADERS.items():
        stub.answers[f"site/{key}", "object"] = (200, "", {"etag": '"1"', **headers})
        stub.answers[f"site/{key}", "object_acl"] = (200, PLAIN["acl"])
    stub.answers["site/gone", "object"] = (404, "")
    stub.answers["site/secret", "object"] = (403, "")
    rows = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in listed or ())
    stub.answers["site", "list_objects"] = (200, f"<ListBucketResult><Name>site</Name>{rows}</ListBucketResult>")
    return stub


def collected(stub: Stub, *keys: str, sample: int = 0) -> Collected:
    with answering(stub):
        wanted = Wanted((), (), Objects(keys, sample))
        return Collector(Clients(Login(), 4, 1), wanted, Workers(4)).collect()


def objects_of(found: Collected) -> Any:
    return found.state["buckets"]["site"].get("objects")


def test_how_each_is_stored() -> None:
    found = collected(bucket(), *HEADERS)
    assert [one.target for one in found.not_audited] == ["arn:aws:kms:r:1:key/k"]  # a key of another account
    objects = objects_of(found)
    assert {one["owner"] for one in objects.values()} == {OWNER}
    assert objects["plain"]["encryption"] is None and objects["plain"]["storage_class"] == "STANDARD"
    assert objects["kms"]["encryption"] == {"algorithm": "aws:kms", "key": "arn:aws:kms:r:1:key/k"}
    assert objects["cold"]["storage_class"] == "GLACIER" and "restored" not in objects["thawing"]
    assert objects["thawed"]["restored"] is True and objects["tiered"]["access_tier"] == "ARCHIVE_ACCESS"


def test_one_that_is_not_there_and_one_that_is_denied() -> None:
    found = collected(bucket(), "gone", "secret")
    assert objects_of(found) == {"gone": None}
    reason = "the object secret is not known: s3:GetObject is denied"
    assert [(one.target, one.reason) for one in found.not_audited] == [("s3://site", reason)]


def test_what_is_no_answer_is_no_object() -> None:
    stub = bucket()
    stub.answers["site/plain", "object"] = (200, "", {"content-type": "text/html"})
    stub.answers["site", "list_objects"] = (200, "<html>Please log in</html>")
    found = collected(stub, "plain", sample=3)
    assert objects_of(found) is None and "HeadObject" in str(found.not_audited)
    assert "the answer to ListObjectsV2 is not to be understood" in str(found.not_audited)


def test_where_all_are_denied_the_bucket_is_not_empty() -> None:
    assert objects_of(collected(bucket(), "secret")) is None


def test_an_acl_that_is_denied_leaves_the_owner_open() -> None:
    stub = bucket()
    stub.answers["site/plain", "object_acl"] = DENIED
    found = collected(stub, "plain")
    assert objects_of(found)["plain"] == {"storage_class": "STANDARD", "encryption": None}
    assert "the ACL of the object plain is not known: s3:GetObjectAcl is denied" in found.not_audited[0].reason


def test_where_acls_are_disabled_they_belong_to_the_bucket() -> None:
    stub = bucket()
    stub.answers["site", "ownership"] = (200, ENFORCED)
    found = collected(stub, "plain")
    assert objects_of(found)["plain"]["owner"] == ACCOUNT and objects_of(found)["plain"]["acl"] is None
    assert not any(asked == "object_acl" for _, asked, _ in stub.calls)


def test_a_sample_and_keys_beside_it() -> None:
    found = collected(bucket(["plain", "kms", "cold", "thawed", "thawing", "tiered"]), "gone", sample=3)
    assert [*objects_of(found)] == ["gone", "plain", "cold", "thawing"]


def test_a_sample_of_an_empty_bucket() -> None:
    assert objects_of(collected(bucket([]), sample=5)) == {}


def test_a_sample_that_is_denied() -> None:
    stub = bucket()
    stub.answers["site", "list_objects"] = DENIED
    found = collected(stub, sample=5)
    assert objects_of(found) is None
    assert "a sample of its objects is not known: s3:ListBucket is denied" in found.not_audited[0].reason


@pytest.mark.parametrize(("count", "chosen"), [(0, ""), (1, "a"), (2, "ac"), (3, "abd"), (5, "abcde"), (9, "abcde")])
def test_a_sample_is_spread(count: int, chosen: str) -> None:
    assert "".join(spread(list("abcde"), count)) == chosen


def test_a_finding_about_an_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An archived page of a public bucket: known by asking, and by nothing else."""
    stub = bucket()
    stub.answers["site", "policy"] = (200, public_policy("site"))
    file = tmp_path / "state.json"
    with answering(stub):
        assert main(["s3", "--format", "json", "--key", "cold", "--key", "plain", "--save", str(file)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [(one["rule"], one["request"]["url"].rpartition("/")[2]) for one in report["findings"]] == [
        ("s3/archived-object", "cold")
    ]
    assert main(["check", "--format", "json", str(file)]) == 1
    assert json.loads(capsys.readouterr().out) == report


def test_a_number_that_is_none() -> None:
    assert main(["s3", "--sample", "-1"]) == 2
