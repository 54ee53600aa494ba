"""`audit403 s3` as it is called: from what AWS answers to findings, exit codes, and the state that is saved."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from audit403.cli.main import main
from s3.live.stub import BLOCKED, DENIED, Stub, answering, public_policy
from servers.command import environment

if TYPE_CHECKING:
    from pathlib import Path

HERE = "eu-west-1"
RULE = "s3/policy-blocked-by-public-access-block"


def contradiction() -> Stub:
    stub = Stub({"fine": HERE, "site": HERE})
    stub.answers["site", "policy"] = (200, public_policy("site"))
    stub.answers["site", "public_access_block"] = (200, BLOCKED)
    return stub


def ran(stub: Stub, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    with answering(stub):
        code = main(["s3", "--format", "json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_contradiction_in_the_account_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    code, report = ran(contradiction(), capsys)
    (finding,) = report["findings"]
    assert code == 1 and finding["rule"] == RULE and report["not_audited"] == []
    assert finding["where"]["bucket"] == "site" and finding["request"]["url"].startswith(
        "https://site.s3.eu-west-1.amazonaws.com/"
    )


def test_a_sound_account_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    code, report = ran(Stub({"fine": HERE}), capsys)
    assert (code, report["findings"], report["not_audited"]) == (0, [], [])


def test_what_could_not_be_seen_is_not_clean(capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub({"closed": HERE})
    stub.answers["closed", "policy"] = DENIED
    code, report = ran(stub, capsys)
    reason = "the policy is not known: s3:GetBucketPolicy is denied"
    assert code == 3 and report["not_audited"] == [{"target": "s3://closed", "reason": reason}]


def test_the_saved_state_gives_the_same_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub = contradiction()
    stub.answers["fine", "cors"] = DENIED
    file = tmp_path / "state.json"
    code, report = ran(stub, capsys, "--save", str(file))
    assert code == 1 and report["findings"] and report["not_audited"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert main(["check", "--format", "json", str(file)]) == 1
    assert json.loads(capsys.readouterr().out) == report


def test_nothing_is_saved_where_no_bucket_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub({"own": HERE})
    stub.answers["", "list_buckets"] = DENIED
    file = tmp_path / "state.json"
    assert ran(stub, capsys, "--save", str(file))[0] == 3
    assert not file.exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with answering(contradiction()):
        assert main(["s3", "--save", str(tmp_path / "no" / "state.json")]) == 2


@pytest.mark.parametrize("name", ["own", "s3://own", "s3://own/", "arn:aws:s3:::own"])
def test_a_bucket_may_be_named_in_several_ways(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub({"own": HERE, "other": HERE})
    assert ran(stub, capsys, name)[0] == 0
    assert {about for _, _, about in stub.calls if about in stub.buckets} == {"own"}


@pytest.mark.parametrize("words", [["s3://own/key"], ["arn:aws:iam::1:role/x"], ["--jobs", "0"]])
def test_what_names_no_bucket(words: list[str]) -> None:
    assert main(["s3", *words]) == 2


def test_a_profile_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["s3", "--profile", "nobodys"]) == 2
    assert "nobodys" in capsys.readouterr().err


def test_many_with_one_reason_share_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    stub = Stub({f"own-{number:02}": HERE for number in range(40)})
    stub.every = lambda service, asked, about: DENIED if asked == "cors" else None
    with answering(stub):
        assert main(["s3"]) == 3
    out = capsys.readouterr().out
    buckets = "s3://own-00, s3://own-01, s3://own-02 and 37 more"
    assert out.splitlines() == [
        f"not audited: {buckets}: the CORS configuration is not known: s3:GetBucketCORS is denied",
        "0 findings; 40 targets not audited",
    ]


def test_the_answer_to_another_account_leaves_its_block_open(capsys: pytest.CaptureFixture[str]) -> None:
    """The account's own Block Public Access says nothing of a bucket that belongs to somebody else."""
    stub = Stub({})

    def every(service: str, asked: str, about: str) -> Any:
        if service == "s3control":
            return 200, BLOCKED
        if asked == "head":
            return 403, "", {"x-amz-bucket-region": HERE}
        if asked == "policy":
            return 200, public_policy("theirs")
        return DENIED if about == "theirs" else None

    stub.every = every
    code, report = ran(stub, capsys, "theirs")
    assert code == 3 and report["findings"] == []
    stub.buckets["theirs"] = HERE
    code, report = ran(stub, capsys, "theirs")
    assert code == 1 and [finding["rule"] for finding in report["findings"]] == [RULE]


def test_check_of_a_state_needs_no_boto3(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"version": 1, "buckets": {}}')
    script = "import sys; from audit403.cli.main import main; main(['check', 'state.json']); print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert "audit403.s3.site" in result.stdout and "boto3" not in result.stdout and "s3.live" not in result.stdout


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "site.s3-website-eu-west-1.amazonaws.com"),
        ("eu-central-1", "site.s3-website.eu-central-1.amazonaws.com"),
    ],
)
def test_a_website_is_asked_in_its_region(region: str, host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A statement about the region of requests must not be met by one that goes elsewhere."""
    stub = Stub({"site": region})
    policy = json.loads(public_policy("site"))
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": region}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::site/*"}
    policy["Statement"].append({**deny, "Condition": elsewhere})
    stub.answers["site", "policy"] = (200, json.dumps(policy))
    website = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>"
    stub.answers["site", "website"] = (200, website)
    assert ran(stub, capsys)[1]["findings"] == []
    tls = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policy["Statement"][-1] = tls
    stub.answers["site", "policy"] = (200, json.dumps(policy))
    (finding,) = ran(stub, capsys)[1]["findings"]
    assert finding["request"]["url"].startswith(f"http://{host}/")


def test_a_saved_state_that_was_cut_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "state.json"
    with answering(contradiction()):
        assert main(["s3", "-q", "--save", str(file)]) == 1
    file.write_bytes(file.read_bytes()[:-100])
    capsys.readouterr()
    assert main(["check", str(file)]) == 3
    assert "it looks like a policy, and is no JSON" in capsys.readouterr().out
