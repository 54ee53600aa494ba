"""What requests hang on besides the buckets: what is denied or broken there is said, and nothing else is lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from audit403.s3.live.client import Clients, Login
from audit403.s3.live.collect import Collected, Collector, Wanted
from audit403.s3.live.workers import Workers
from s3.live.stub import ACCOUNT, BLOCKED, DENIED, OTHER_ACCOUNT, Answer, Stub, answering, failed, public_policy

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = "eu-west-1"
ROOT, UNIT = "r-abcd", "ou-abcd-11111111"
USER = f"arn:aws:iam::{ACCOUNT}:user/anna"
KEY = f"arn:aws:kms:{HERE}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def collected(stub: Stub, *principals: str) -> Collected:
    with answering(stub):
        return Collector(Clients(Login(), 4, 1), Wanted((), principals), Workers(4)).collect()


def missed(found: Collected) -> dict[str, str]:
    return {one.target: one.reason for one in found.not_audited}


class Organization:
    """A member account two levels below the root, as the management account sees it."""

    def __init__(self, kinds: tuple[str, ...] = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")) -> None:
        self.kinds = kinds
        self.denied: set[str] = set()
        self.master = OTHER_ACCOUNT
        self.s3_policy: str | None = None

    def __call__(self, service: str, asked: str, about: str) -> Answer | None:
        if service != "organizations":
            return None
        if asked in self.denied:
            return 400, json.dumps({"__type": "AccessDeniedException", "Message": "no"})
        answer: Callable[[Any], Any] = getattr(self, asked)
        found = answer(json.loads(about))
        return found if isinstance(found, tuple) else (200, json.dumps(found))

    def DescribeOrganization(self, _: Any) -> Any:
        return {"Organization": {"MasterAccountId": self.master}}

    def ListRoots(self, _: Any) -> Any:
        return {"Roots": [{"Id": ROOT, "PolicyTypes": [{"Type": kind, "Status": "ENABLED"} for kind in self.kinds]}]}

    def ListParents(self, asked: Any) -> Any:
        return {"Parents": [{"Id": {ACCOUNT: UNIT, UNIT: ROOT}[asked["ChildId"]], "Type": "ROOT"}]}

    def ListPoliciesForTarget(self, asked: Any) -> Any:
        name = f"{asked['Filter'][0]}-{asked['TargetId']}"
        if "NextToken" in asked:
            return {"Policies": [{"Id": f"{name}-2"}]}
        return {"Policies": [{"Id": f"{name}-1"}], "NextToken": "more"}

    def DescribePolicy(self, asked: Any) -> Any:
        return {"Policy": {"Content": json.dumps({**ALLOW_ALL, "Id": asked["PolicyId"]})}}

    def DescribeEffectivePolicy(self, _: Any) -> Any:
        if self.s3_policy is None:
            return 400, json.dumps({"__type": "EffectivePolicyNotFoundException"})
        return {"EffectivePolicy": {"PolicyContent": self.s3_policy}}


class TestOrganization:
    def test_the_policies_of_each_level_the_root_first(self) -> None:
        stub = Stub({})
        stub.every = Organization()
        account = collected(stub).state["account"]
        levels = [[policy["Id"] for policy in level] for level in account["service_control_policies"]]
        assert levels == [[f"S-{target}-{number}" for number in (1, 2)] for target in (ROOT, UNIT, ACCOUNT)]
        assert [len(level) for level in account["resource_control_policies"]] == [2, 2, 2]

    def test_a_kind_that_is_not_in_use(self) -> None:
        stub = Stub({})
        stub.every = Organization(("SERVICE_CONTROL_POLICY",))
        account = collected(stub).state["account"]
        assert account["resource_control_policies"] == [] and len(account["service_control_policies"]) == 3

    def test_the_management_account_is_bound_by_none(self) -> None:
        stub = Stub({})
        stub.every = organization = Organization()
        organization.master = ACCOUNT
        found = collected(stub)
        assert found.not_audited == () and found.state["account"]["service_control_policies"] == []

    @pytest.mark.parametrize("operation", ["ListRoots", "ListParents", "ListPoliciesForTarget", "DescribePolicy"])
    def test_a_member_account_may_not_read_them(self, operation: str) -> None:
        stub = Stub({})
        stub.every = organization = Organization()
        organization.denied.add(operation)
        found = collected(stub)
        assert not {"service_control_policies", "resource_control_policies"} & {*found.state["account"]}
        what = "the service control policies and the resource control policies are not known"
        assert missed(found) == {f"account {ACCOUNT}": f"{what}: organizations:{operation} is denied"}

    def test_that_there_is_one_may_not_be_known(self) -> None:
        stub = Stub({})
        stub.every = organization = Organization()
        organization.denied.add("DescribeOrganization")
        found = collected(stub)
        assert "service_control_policies" not in found.state["account"]
        assert "organizations:DescribeOrganization is denied" in missed(found)[f"account {ACCOUNT}"]

    @pytest.mark.parametrize(
        ("policy", "flags"),
        [
            ('{"s3_attributes": {"public_access_block_configuration": "all"}}', 4),
            ('{"s3_attributes": {"public_access_block_configuration": {"@@assign": "all"}}}', 4),
            ('{"s3_attributes": {"public_access_block_configuration": {"@@assign": "none"}}}', None),
            ('{"s3_attributes": []}', None),
            ("", None),
            (None, None),
        ],
    )
    def test_its_block_public_access_where_s3_does_not_say_that(self, policy: str | None, flags: int | None) -> None:
        stub = Stub({})
        organization = Organization()
        organization.s3_policy = policy
        stub.every = lambda service, asked, about: (
            DENIED if asked == "configuration" else organization(service, asked, about)
        )
        block = collected(stub).state["account"].get("public_access_block")
        assert (None if block is None else sum(block.values())) == flags


class TestPrincipals:
    @staticmethod
    def stub(*denied: str) -> Stub:
        """A user with an inline policy, and one of a group's."""
        stub = Stub({})
        member = "<member>{}</member>"
        document = json.dumps(ALLOW_ALL)
        group = member.format("<GroupName>web</GroupName><GroupId>g</GroupId><Path>/</Path><Arn>a</Arn>")
        answers = {
            "GetUser": f"<User><Arn>{USER}</Arn><UserName>anna</UserName></User>",
            "ListAttachedUserPolicies": "<AttachedPolicies/>",
            "ListUserPolicies": f"<PolicyNames>{member.format('own')}</PolicyNames>",
            "GetUserPolicy": f"<PolicyDocument>{document}</PolicyDocument>",
            "ListGroupsForUser": f"<Groups>{group}</Groups>",
            "ListAttachedGroupPolicies": "<AttachedPolicies/>",
            "ListGroupPolicies": f"<PolicyNames>{member.format('of-group')}</PolicyNames>",
            "GetGroupPolicy": f"<PolicyDocument>{document}</PolicyDocument>",
        }

        def every(service: str, asked: str, about: str) -> Answer | None:
            if service != "iam":
                return None
            if asked in denied:
                return 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
            return 200, f"<{asked}Response><{asked}Result>{answers[asked]}</{asked}Result></{asked}Response>"

        stub.every = every
        return stub

    def test_all_that_is_attached(self) -> None:
        found = collected(self.stub(), USER)
        assert found.state["principals"] == {USER: {"policies": [ALLOW_ALL, ALLOW_ALL], "boundary": []}}

    @pytest.mark.parametrize(
        "operation",
        [
            "ListAttachedUserPolicies", "ListUserPolicies", "GetUserPolicy", "ListGroupsForUser",
            "ListAttachedGroupPolicies", "ListGroupPolicies", "GetGroupPolicy",
        ],
    )  # fmt: skip
    def test_one_that_cannot_be_read_leaves_all_of_them_unknown(self, operation: str) -> None:
        found = collected(self.stub(operation), USER)
        assert found.state["principals"] == {USER: {"boundary": []}}
        assert missed(found)[USER] == f"the policies are not known: iam:{operation} is denied"

    def test_who_cannot_be_asked_about(self) -> None:
        found = collected(self.stub("GetUser"), USER)
        assert found.state["principals"] == {} and missed(found)[USER] == "it is not known: iam:GetUser is denied"

    def test_those_that_a_policy_names_are_looked_at(self) -> None:
        stub = self.stub()
        stub.buckets["site"] = HERE
        names = [USER, f"arn:aws:iam::{OTHER_ACCOUNT}:user/x", f"arn:aws:iam::{ACCOUNT}:root", "*"]
        policy = json.loads(public_policy("site"))
        policy["Statement"][0]["Principal"] = {"AWS": names}
        stub.answers["site", "policy"] = (200, json.dumps(policy))
        found = collected(stub)
        assert [*found.state["principals"]] == [USER] and found.not_audited == ()


class TestKeys:
    @staticmethod
    def stub(name: str, answer: Answer | None = None) -> Stub:
        stub = Stub({"site": HERE})
        written = (
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
            f"</SSEAlgorithm><KMSMasterKeyID>{name}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
            "</ServerSideEncryptionConfiguration>"
        )
        stub.answers["site", "encryption"] = (200, written)
        policy = json.dumps(ALLOW_ALL)

        def every(service: str, asked: str, about: str) -> Answer | None:
            if service != "kms":
                return None
            if asked == "DescribeKey":
                return 200, json.dumps({"KeyMetadata": {"KeyId": "1", "Arn": KEY}})
            return answer or (200, json.dumps({"Policy": policy}))

        stub.every = every
        return stub

    @pytest.mark.parametrize(
        "name", [KEY, KEY.rpartition("/")[2], "alias/pages", f"{KEY.partition(':key/')[0]}:alias/x"]
    )
    def test_a_key_by_each_of_its_names(self, name: str) -> None:
        found = collected(self.stub(name))
        assert found.state["kms_keys"] == {KEY: {"account": ACCOUNT, "policy": ALLOW_ALL}}
        (rule,) = found.state["buckets"]["site"]["encryption"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY

    def test_aws_own_key_needs_no_policy(self) -> None:
        stub = self.stub("alias/aws/s3")
        assert collected(stub).state["kms_keys"] == {}
        assert not any(service == "kms" for service, _, _ in stub.calls)

    def test_a_policy_that_is_denied(self) -> None:
        answer = 400, json.dumps({"__type": "AccessDeniedException", "Message": "no"})
        found = collected(self.stub(KEY, answer))
        assert found.state["kms_keys"] == {KEY: {"account": ACCOUNT}}
        assert missed(found) == {KEY: "the policy is not known: kms:GetKeyPolicy is denied"}

    def test_a_key_of_another_account(self) -> None:
        key = KEY.replace(ACCOUNT, OTHER_ACCOUNT)
        found = collected(self.stub(key))
        assert found.state["kms_keys"] == {key: {"account": OTHER_ACCOUNT}}
        assert f"it is of the account {OTHER_ACCOUNT}, which alone may read it" in missed(found)[key]


class TestAccessPoints:
    @staticmethod
    def stub(answers: dict[str, Answer]) -> Stub:
        """Two pages with a point each, of which one leads to a bucket that is looked at."""
        stub = Stub({"site": HERE})
        listed = "<ListAccessPointsResult><AccessPointList><AccessPoint>{}</AccessPoint></AccessPointList>{}"
        listed += "</ListAccessPointsResult>"
        point = (
            "<Name>{0}</Name><Bucket>{1}</Bucket><AccessPointArn>arn:aws:s3:{2}:{3}:accesspoint/{0}</AccessPointArn>"
        )

        def every(service: str, asked: str, about: str) -> Answer | None:
            if service != "s3control" or not about.startswith("/v20180820/accesspoint"):
                return None
            name = about.removeprefix("/v20180820/accesspoint")
            if name in answers:
                return answers[name]
            if not name:
                first = stub.calls["s3control", "accesspoint", about] == 1
                row = point.format("inside" if first else "other", "site" if first else "elsewhere", HERE, ACCOUNT)
                return 200, listed.format(row, "<NextToken>2</NextToken>" if first else "")
            if name == "/inside":
                block = BLOCKED.replace("true", "false", 1)
                return (
                    200,
                    f"<GetAccessPointResult><NetworkOrigin>Internet</NetworkOrigin>{block}</GetAccessPointResult>",
                )
            return failed("NoSuchAccessPointPolicy")

        stub.every = every
        return stub

    def test_those_of_the_buckets_that_are_looked_at(self) -> None:
        found = collected(self.stub({}))
        (point,) = found.state["access_points"].values()
        assert (point["bucket"], point["vpc"], point["policy"]) == ("site", None, None)
        assert sum(point["public_access_block"].values()) == 3 and found.not_audited == ()

    def test_a_policy_that_is_denied(self) -> None:
        found = collected(self.stub({"/inside/policy": DENIED}))
        (arn,) = found.state["access_points"]
        assert "policy" not in found.state["access_points"][arn]
        assert missed(found) == {arn: "the policy is not known: s3:GetAccessPointPolicy is denied"}

    def test_one_of_which_nothing_is_known(self) -> None:
        found = collected(self.stub({"/inside": DENIED}))
        assert found.state["access_points"] == {}
        assert {*missed(found).values()} == {"it is not known: s3:GetAccessPoint is denied"}

    def test_a_list_that_is_denied(self) -> None:
        found = collected(self.stub({"": DENIED}))
        reason = f"the access points in {HERE} are not known: s3:ListAccessPoints is denied"
        assert missed(found) == {f"account {ACCOUNT}": reason}

    def test_a_list_without_an_end(self) -> None:
        stub = self.stub({"": (200, "<ListAccessPointsResult><NextToken>1</NextToken></ListAccessPointsResult>")})
        assert "is not to be understood" in missed(collected(stub))[f"account {ACCOUNT}"]


class TestEndpoints:
    @staticmethod
    def stub(condition: dict[str, Any]) -> Stub:
        stub = Stub({"site": HERE})
        policy = json.loads(public_policy("site"))
        policy["Statement"][0]["Condition"] = condition
        stub.answers["site", "policy"] = (200, json.dumps(policy))
        return stub

    def test_they_are_asked_for_where_a_policy_asks_for_one(self) -> None:
        stub = self.stub({"StringEquals": {"aws:SourceVpce": "vpce-1"}})
        stub.every = lambda service, asked, about: (
            (403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>")
            if service == "ec2"
            else None
        )
        found = collected(stub)
        reason = f"the VPC endpoints of S3 in {HERE} are not known: ec2:DescribeVpcEndpoints is denied"
        assert missed(found) == {f"account {ACCOUNT}": reason} and "vpc_endpoints" not in found.state

    def test_and_otherwise_not(self) -> None:
        stub = self.stub({"Bool": {"aws:SecureTransport": "true"}})
        assert collected(stub).not_audited == ()
        assert not any(service == "ec2" for service, _, _ in stub.calls)


class TestDistributions:
    @staticmethod
    def stub(denied: str | None = None) -> Stub:
        """A distribution of the bucket, with an OAC and a policy of its own for what it forwards; and one of others."""
        stub = Stub({"site": HERE})
        origin = (
            "<Origins><Items><Origin><Id>b</Id><DomainName>{}</DomainName><OriginPath></OriginPath>"
            "<OriginAccessControlId>OAC1</OriginAccessControlId></Origin><Origin><Id>old</Id><DomainName>x.example"
            "</DomainName><S3OriginConfig><OriginAccessIdentity>origin-access-identity/cloudfront/E127"
            "</OriginAccessIdentity></S3OriginConfig></Origin></Items></Origins>"
        )
        behaviour = (
            "<DefaultCacheBehavior><TargetOriginId>b</TargetOriginId><OriginRequestPolicyId>ORP1</OriginRequestPolicyId>"
            "<ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><TrustedKeyGroups><Enabled>true</Enabled>"
            "</TrustedKeyGroups></DefaultCacheBehavior><CustomErrorResponses><Items><CustomErrorResponse><ErrorCode>403"
            "</ErrorCode><ResponsePagePath>/index.html</ResponsePagePath><ResponseCode>200</ResponseCode>"
            "</CustomErrorResponse></Items></CustomErrorResponses><Restrictions><GeoRestriction><RestrictionType>"
            "whitelist</RestrictionType><Items><Location>DE</Location></Items></GeoRestriction></Restrictions>"
        )
        one = "<DistributionSummary><Id>{}</Id><DomainName>d1.cloudfront.net</DomainName>{}</DistributionSummary>"
        own = one.format("E1", origin.format("site.s3.eu-west-1.amazonaws.com") + behaviour)
        other = one.format("E2", origin.format("www.example.com") + behaviour)
        answers = {
            "/distribution": f"<DistributionList><Items>{own}{other}</Items></DistributionList>",
            "/distribution/E1/config": "<DistributionConfig><DefaultRootObject/></DistributionConfig>",
            "/origin-access-control/OAC1": (
                "<OriginAccessControl><OriginAccessControlConfig><SigningBehavior>always</SigningBehavior>"
                "</OriginAccessControlConfig></OriginAccessControl>"
            ),
            "/origin-request-policy/ORP1": (
                "<OriginRequestPolicy><OriginRequestPolicyConfig><HeadersConfig><HeaderBehavior>allExcept"
                "</HeaderBehavior><Headers><Items><Name>Host</Name></Items></Headers></HeadersConfig>"
                "</OriginRequestPolicyConfig></OriginRequestPolicy>"
            ),
        }

        def every(service: str, asked: str, about: str) -> Answer | None:
            if service != "cloudfront":
                return None
            path = re.sub(r"^/\d{4}-\d\d-\d\d", "", about)
            if path == denied:
                return 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
            return 200, answers[path]

        stub.every = every
        return stub

    def test_those_with_a_bucket_behind_them(self) -> None:
        found = collected(self.stub())
        assert found.not_audited == () and [*found.state["distributions"]] == ["E1"]
        one = found.state["distributions"]["E1"]
        assert one["origins"][0]["access"] == "oac" and one["origins"][0]["signing"] == "always"
        assert one["origins"][1]["access"] == "oai" and one["origins"][1]["identity"] == "E127"
        assert one["default_root_object"] is None and one["geo_restriction"] == {
            "type": "whitelist",
            "locations": ["DE"],
        }
        assert one["custom_error_responses"] == [{"error_code": 403, "response_code": 200, "page": "/index.html"}]
        (behaviour,) = one["behaviours"]
        assert behaviour["trusted_signers"] is True and behaviour["forwards_host"] is False

    def test_how_an_origin_signs_must_be_known(self) -> None:
        found = collected(self.stub("/origin-access-control/OAC1"))
        assert found.state["distributions"] == {}
        assert missed(found) == {"E1": "it is not known: cloudfront:GetOriginAccessControl is denied"}

    @pytest.mark.parametrize(
        ("path", "key", "permission"),
        [
            ("/distribution/E1/config", "default_root_object", "GetDistributionConfig"),
            ("/origin-request-policy/ORP1", "forwards_host", "GetOriginRequestPolicy"),
        ],
    )
    def test_a_part_that_is_denied(self, path: str, key: str, permission: str) -> None:
        found = collected(self.stub(path))
        one = found.state["distributions"]["E1"]
        assert key not in one and key not in one["behaviours"][0]
        assert missed(found)["E1"].endswith(f"is not known: cloudfront:{permission} is denied")

    def test_a_list_that_is_denied(self) -> None:
        found = collected(self.stub("/distribution"))
        assert "distributions" not in found.state
        assert "cloudfront:ListDistributions is denied" in missed(found)[f"account {ACCOUNT}"]
