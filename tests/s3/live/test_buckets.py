"""What is known of each bucket: every part, every way in which S3 does not answer, and that none stops another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from audit403.core.errors import BadUsage
from audit403.core.family import NotAudited
from audit403.s3.live.bucket import collect_bucket
from audit403.s3.live.client import Clients, Login
from audit403.s3.live.collect import Collected, Collector, Wanted
from audit403.s3.live.workers import Workers
from s3.live.stub import (
    ABSENT,
    ACCOUNT,
    BLOCKED,
    DENIED,
    NO_BUCKET,
    OWNER,
    PERMISSIONS,
    SLOW_DOWN,
    Answer,
    Stub,
    answering,
    failed,
    public_policy,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audit403.core.progress import Progress

HERE, ABROAD = "eu-west-1", "ap-southeast-2"


_ENCRYPTED = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
_CORS = (
    "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    "</CORSConfiguration>"
)
NO_ANSWERS: tuple[Answer, ...] = (
    (200, "<html>Please log in</html>"),
    (200, "not even that"),
    (200, ""),
    (200, "<a><b>"),
    (200, "\x00\x01\x02"),
    (200, "{}"),
    (200, "[[1]]"),
    (403, "<html>Forbidden by the proxy</html>"),
    (500, "<Error><Code>InternalError</Code></Error>"),
    (501, "<Error><Code>NotImplemented</Code></Error>"),
    (405, "<Error><Code>MethodNotAllowed</Code></Error>"),
    (404, ""),
    (404, "<Error><Code>NoSuchThing</Code></Error>"),
)


def collected(
    stub: Stub, *names: str, tell: Callable[[Progress], None] | None = None, attempts: int = 3, **login: Any
) -> Collected:
    with answering(stub):
        clients = Clients(Login(**login), 4, attempts)
        return Collector(clients, Wanted(names), Workers(4), tell).collect()


def buckets_of(found: Collected) -> dict[str, Any]:
    buckets = found.state["buckets"]
    assert isinstance(buckets, dict)
    return buckets


class TestOneBucket:
    def test_each_part_that_is_not_set_is_known_not_to_be(self) -> None:
        found = collected(Stub({"plain": HERE}))
        assert found.not_audited == ()
        bucket = buckets_of(found)["plain"]
        assert {key: bucket[key] for key in ABSENT} == dict.fromkeys(ABSENT)
        assert bucket["account"] == ACCOUNT and bucket["request_payer"] == "BucketOwner"
        assert bucket["acl"]["Owner"] == {"ID": OWNER}
        account = {"canonical_id": OWNER, "id": ACCOUNT, "public_access_block": None}
        none: dict[str, list[Any]] = {"service_control_policies": [], "resource_control_policies": []}
        assert found.state["account"] == account | none

    def test_a_part_that_is_denied_is_not_known_and_the_permission_is_named(self) -> None:
        stub = Stub({f"without-{part}": HERE for part in PERMISSIONS} | {"whole": HERE})
        stub.answers = {(f"without-{part}", part): DENIED for part in PERMISSIONS}
        found = collected(stub)
        every = {*PERMISSIONS, "account", "region"}
        assert {*buckets_of(found)["whole"]} == every
        for part, permission in PERMISSIONS.items():
            assert {*buckets_of(found)[f"without-{part}"]} == every - {part}
            ((_, reason),) = [missed for missed in found.not_audited if missed.target == f"s3://without-{part}"]
            assert f"{permission} is denied" in reason

    def test_what_is_no_answer_is_never_read_as_not_set(self) -> None:
        odd = {(f"{part}-{number}", part): answer for part in PERMISSIONS for number, answer in enumerate(NO_ANSWERS)}
        stub = Stub({name: HERE for name, _ in odd})
        stub.answers = {**odd}
        found = collected(stub, attempts=1)
        assert len(buckets_of(found)) == len(PERMISSIONS) * len(NO_ANSWERS)
        assert [(name, part) for name, part in odd if part in buckets_of(found)[name]] == []
        assert {missed.target for missed in found.not_audited} == {f"s3://{name}" for name, _ in odd}

    def test_every_part_is_kept_as_s3_says_it(self) -> None:
        stub = Stub({"full": HERE})
        stub.answers |= {
            ("full", "policy"): (200, public_policy("full")),
            ("full", "public_access_block"): (200, BLOCKED),
            ("full", "ownership"): (
                200,
                "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
            ),
            ("full", "website"): (
                200,
                "<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument></WebsiteConfiguration>",
            ),
            ("full", "request_payer"): (
                200,
                "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
            ),
            ("full", "encryption"): (
                200,
                _ENCRYPTED,
            ),
            ("full", "cors"): (
                200,
                _CORS,
            ),
        }
        found = collected(stub)
        assert found.not_audited == ()
        bucket = buckets_of(found)["full"]
        assert bucket["policy"]["Statement"][0]["Sid"] == "Everybody"
        assert all(bucket["public_access_block"].values()) and len(bucket["public_access_block"]) == 4
        assert bucket["ownership"] == "ObjectWriter" and bucket["request_payer"] == "Requester"
        assert bucket["website"] == {"IndexDocument": {"Suffix": "i.html"}}
        algorithm = {"SSEAlgorithm": "AES256"}
        assert bucket["encryption"] == {"Rules": [{"ApplyServerSideEncryptionByDefault": algorithm}]}
        assert bucket["cors"] == [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]

    def test_acls_that_are_disabled_are_not_asked_for(self) -> None:
        stub = Stub({"modern": HERE})
        stub.answers["modern", "ownership"] = (
            200,
            "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>",
        )
        found = collected(stub)
        assert buckets_of(found)["modern"]["acl"] is None
        assert stub.calls["s3", "acl", "modern"] == 0

    def test_what_aws_says_of_a_denial_is_passed_on(self) -> None:
        stub = Stub({"one": HERE})
        message = (
            "User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetBucketPolicy on resource: "
            "&quot;arn:aws:s3:::one&quot; with an explicit deny in a service control policy"
        )
        stub.answers["one", "policy"] = (403, f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>")
        ((_, reason),) = collected(stub).not_audited
        assert reason == (
            "the policy is not known: s3:GetBucketPolicy is denied (with an explicit deny in a service control policy)"
        )


class TestMany:
    def test_three_thousand_buckets_come_in_pages(self) -> None:
        names = [f"bucket-{number:04}" for number in range(3000)]
        stub = Stub(dict.fromkeys(names, HERE))
        stub.page = 700
        told: list[Progress] = []
        stub.every = lambda service, asked, about: NO_BUCKET if service == "s3" and "" < about < names[2990] else None
        found = collected(stub, tell=told.append)
        assert list(buckets_of(found)) == names
        assert sum(value is None for value in buckets_of(found).values()) == 2990
        assert stub.calls["s3", "list_buckets", ""] == 5
        assert told[-1].done == told[-1].total == 3000

    def test_one_that_is_gone_stops_no_other(self) -> None:
        stub = Stub({"gone": HERE, "here": HERE})
        stub.answers["gone", "policy"] = NO_BUCKET
        found = collected(stub)
        assert buckets_of(found)["gone"] is None and buckets_of(found)["here"]["policy"] is None
        assert found.not_audited == (NotAudited("s3://gone", "there is no bucket of this name"),)

    def test_a_fault_of_ours_stops_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from audit403.s3.live import buckets

        before = collect_bucket

        def stumbling(client: Any, name: str, *rest: Any) -> Any:
            if name == "bad":
                raise RuntimeError("oops")
            return before(client, name, *rest)

        monkeypatch.setattr(buckets, "collect_bucket", stumbling)
        found = collected(Stub({"bad": HERE, "good": HERE}))
        assert [*buckets_of(found)] == ["good"]
        assert found.not_audited == (NotAudited("s3://bad", "internal-error: RuntimeError: oops"),)

    def test_an_account_without_buckets(self) -> None:
        found = collected(Stub({}))
        assert found.state["buckets"] == {} and found.not_audited == ()


class TestThrottling:
    def test_slow_down_is_asked_again(self) -> None:
        stub = Stub({"busy": HERE})
        left = [1]

        def every(service: str, asked: str, about: str) -> Answer | None:
            if asked == "cors" and left[0]:
                left[0] -= 1
                return SLOW_DOWN
            return None

        stub.every = every
        found = collected(stub, attempts=4)  # clients of their own: these go slower from then on
        assert found.not_audited == () and buckets_of(found)["busy"]["cors"] is None
        assert stub.calls["s3", "cors", "busy"] == 2

    def test_what_stays_throttled_is_not_known(self) -> None:
        stub = Stub({"busy": HERE})
        stub.answers["busy", "cors"] = SLOW_DOWN
        found = collected(stub, attempts=2)
        assert "cors" not in buckets_of(found)["busy"]
        ((_, reason),) = found.not_audited
        assert "GetBucketCors was throttled (SlowDown)" in reason


class TestRegions:
    def test_each_bucket_is_asked_in_its_own(self) -> None:
        stub = Stub({"near": HERE, "far": ABROAD})
        found = collected(stub)
        assert found.not_audited == ()
        assert stub.hosts[f"far.s3.{ABROAD}.amazonaws.com"] == 8
        assert buckets_of(found)["far"]["region"] == ABROAD
        assert stub.hosts[f"near.s3.{HERE}.amazonaws.com"] == 8

    def test_of_a_bucket_without_one_s3_is_asked(self) -> None:
        stub = Stub({"far": ABROAD})
        stub.answers["", "list_buckets"] = (
            200,
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>far</Name></Bucket></Buckets></ListAllMyBucketsResult>",
        )
        found = collected(stub)
        assert found.not_audited == () and buckets_of(found)["far"]["account"] == ACCOUNT
        assert stub.hosts[f"far.s3.{ABROAD}.amazonaws.com"] == 8

    def test_a_region_where_nobody_answers_is_given_up(self) -> None:
        stub = Stub({**{f"lost-{number:02}": "xx-north-9" for number in range(12)}, "near": HERE})

        def every(service: str, asked: str, about: str) -> Answer | None:
            return EndpointConnectionError(endpoint_url="https://s3.xx-north-9") if about.startswith("lost") else None

        stub.every = every
        found = collected(stub, attempts=1)
        assert [*buckets_of(found)] == ["near"] and len(found.not_audited) == 12
        assert all("GetBucketPolicy got no answer" in missed.reason for missed in found.not_audited)
        assert sum("nobody answers in xx-north-9" in missed.reason for missed in found.not_audited) >= 5
        assert sum(count for (_, _, about), count in stub.calls.items() if about.startswith("lost")) <= 7

    def test_a_call_that_times_out_is_not_known(self) -> None:
        stub = Stub({"slow": HERE})
        stub.answers["slow", "policy"] = ReadTimeoutError(endpoint_url="https://slow")
        found = collected(stub, attempts=1)
        assert buckets_of(found) == {} if "buckets" in found.state else True
        assert "GetBucketPolicy got no answer" in found.not_audited[0].reason


class TestNamed:
    def test_only_those_that_were_named_are_looked_at(self) -> None:
        stub = Stub({"one": HERE, "one-more": HERE, "two": HERE})
        assert [*buckets_of(collected(stub, "two", "one"))] == ["two", "one"]
        assert not any(about == "one-more" for _, _, about in stub.calls)

    def test_of_another_account_the_account_is_not_known(self) -> None:
        stub = Stub({"own": HERE})
        stub.every = lambda service, asked, about: _of_another(asked) if about == "theirs" else None
        found = collected(stub, "own", "theirs")
        assert "account" not in buckets_of(found)["theirs"] and buckets_of(found)["own"]["account"] == ACCOUNT
        assert stub.hosts[f"theirs.s3.{ABROAD}.amazonaws.com"] == 8
        ((target, reason),) = found.not_audited
        assert target == "s3://theirs" and reason.endswith(f" and {PERMISSIONS['cors']} are denied")
        assert all(permission in reason for permission in PERMISSIONS.values())

    def test_one_that_is_not_there(self) -> None:
        stub = Stub({"own": HERE})
        found = collected(stub, "own", "never")
        assert buckets_of(found)["never"] is None
        assert found.not_audited == (NotAudited("s3://never", "there is no bucket of this name"),)

    def test_whose_they_are_is_asked_where_the_list_is_denied(self) -> None:
        stub = Stub({"own": HERE})
        stub.answers["", "list_buckets"] = DENIED
        found = collected(stub, "own")
        assert buckets_of(found)["own"]["account"] == ACCOUNT
        assert "s3:ListAllMyBuckets is denied" in found.not_audited[0].reason

    def test_a_name_that_is_none(self) -> None:
        found = collected(Stub({}), "Not A Name", "zone--x-s3")
        assert {missed.target for missed in found.not_audited} == {"s3://Not A Name", "s3://zone--x-s3"}
        assert "buckets" not in found.state


def _of_another(asked: str) -> Answer:
    return (403, "", {"x-amz-bucket-region": ABROAD}) if asked == "head" else DENIED


class TestTheAccount:
    def test_what_is_no_answer_is_never_read_as_nothing(self) -> None:
        """A list that is not to be understood is not an account without buckets, access points or distributions."""
        operations = [("sts", "GetCallerIdentity"), ("s3", "list_buckets"), ("s3control", "configuration")]
        operations += [("s3control", "accesspoint"), ("cloudfront", "GET distribution")]
        operations += [("organizations", "DescribeOrganization")]
        silent = []
        for operation in operations:
            for answer in NO_ANSWERS:
                stub = Stub({"own": HERE})
                stub.every = lambda service, asked, about, at=operation, answer=answer: (  # type: ignore[misc]
                    answer if (service, asked) == at else None
                )
                found = collected(stub, attempts=1)
                if not found.not_audited or ("buckets" in found.state) is (operation[1] == "list_buckets"):
                    silent.append((operation, answer))
        assert silent == []

    def test_a_list_that_is_denied_without_names(self) -> None:
        stub = Stub({"own": HERE})
        stub.answers["", "list_buckets"] = DENIED
        found = collected(stub)
        assert "buckets" not in found.state
        ((target, reason),) = found.not_audited
        assert target == f"account {ACCOUNT}"
        assert reason.endswith("s3:ListAllMyBuckets is denied; name the buckets to look at")

    def test_block_public_access_that_is_denied(self) -> None:
        stub = Stub({"own": HERE})
        stub.every = lambda service, asked, about: DENIED if service == "s3control" else None
        found = collected(stub)
        assert "public_access_block" not in found.state["account"]
        assert "s3:GetAccountPublicAccessBlock is denied" in found.not_audited[0].reason

    @pytest.mark.parametrize("code", ["InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch"])
    def test_credentials_that_are_not_taken(self, code: str) -> None:
        stub = Stub({"own": HERE})
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        stub.every = lambda service, asked, about: (403, text) if service == "sts" else None
        found = collected(stub)
        assert "buckets" not in found.state
        assert found.not_audited == (NotAudited("the account", f"the credentials are not accepted ({code})"),)

    def test_credentials_that_run_out_on_the_way(self) -> None:
        stub = Stub({f"own-{number:03}": HERE for number in range(100)})

        def every(service: str, asked: str, about: str) -> Answer | None:
            return failed("ExpiredToken", 400) if service == "s3" and about > "own-050" else None

        stub.every = every
        found = collected(stub)
        assert len(buckets_of(found)) + len(found.not_audited) == 100
        assert {missed.reason for missed in found.not_audited} == {"the credentials are not accepted (ExpiredToken)"}

    def test_no_credentials_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        ((_, reason),) = collected(Stub({})).not_audited
        assert reason == "there are no credentials of AWS: a profile, a role or the environment gives them"

    def test_a_role_that_may_not_be_assumed(self) -> None:
        stub = Stub({"own": HERE})
        text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
        stub.every = lambda service, asked, about: (403, text) if asked == "AssumeRole" else None
        found = collected(stub, role=f"arn:aws:iam::{ACCOUNT}:role/auditor")
        reason = "the role cannot be assumed (AccessDenied: not you)"
        assert found.not_audited == (NotAudited("the account", reason),) and "buckets" not in found.state

    def test_nobody_can_assume_a_role(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(BadUsage, match=r"role/auditor cannot be assumed: there are no credentials of AWS"):
            collected(Stub({}), role=f"arn:aws:iam::{ACCOUNT}:role/auditor")

    def test_a_profile_whose_program_fails(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        (tmp_path / "config").write_text("[profile broken]\ncredential_process = false\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        ((_, reason),) = collected(Stub({}), profile="broken").not_audited
        assert reason.startswith("the credentials cannot be had: ")

    def test_another_server_may_refuse_to_say_who_asks(self) -> None:
        text = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>"
        stub = Stub({"own": HERE})
        stub.every = lambda service, asked, about: (403, text) if asked == "GetCallerIdentity" else None
        found = collected(stub, endpoint="https://s3.store.example")
        assert buckets_of(found)["own"]["policy"] is None and "id" not in found.state["account"]

    def test_a_server_without_accounts(self) -> None:
        stub = Stub({"own": HERE})
        stub.every = lambda service, asked, about: failed("NotImplemented", 501) if service == "sts" else None
        found = collected(stub)
        assert buckets_of(found)["own"]["policy"] is None and "account" not in buckets_of(found)["own"]
        assert "id" not in found.state["account"]
        assert [missed.target for missed in found.not_audited] == ["the account", "the account"]
