"""Templates of CloudFormation, SAM and the CDK: what they describe, and where each part of it is written."""

from __future__ import annotations

import pytest

from audit403.s3.read.cloudformation.recognise import recognises
from audit403.s3.read.json_tree import NoJson
from s3.read.in_words import DOCUMENTS, answer, cloudformation, template, written

SITE, DEPLOY = "⟨Site⟩", "arn:aws:iam::⟨account⟩:role/⟨Deploy⟩"
PAGE = f"arn:aws:s3:::{SITE}/index.html"
DISTRIBUTION = "arn:aws:cloudfront::⟨account⟩:distribution/⟨Cdn⟩"


def test_a_bucket_without_a_name_is_the_same_in_every_spelling() -> None:
    (described,) = cloudformation("""
Resources:
  B: {Type: AWS::S3::Bucket}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: "s3:*"
            Resource:
              - !GetAtt B.Arn
              - Fn::GetAtt: [B, Arn]
              - !Sub "arn:aws:s3:::${B}"
              - !Sub "${B.Arn}"
              - !Sub ["arn:${P}:s3:::${N}", {P: !Ref "AWS::Partition", N: !Ref B}]
              - !Join ["", ["arn:aws:s3:::", !Ref B]]
              - !Select [1, ["x", !GetAtt B.Arn]]
""")
    assert described.state["buckets"].keys() == {"⟨B⟩"}
    assert set(described.state["buckets"]["⟨B⟩"]["policy"]["Statement"][0]["Resource"]) == {"arn:aws:s3:::⟨B⟩"}


def test_a_site_behind_cloudfront() -> None:
    dev, prod = template("site-with-oac.yaml")
    assert (dev.kind, prod.kind) == (
        "CloudFormation template, if Env is dev",
        "CloudFormation template, if Env is prod",
    )
    source = {"aws_sourcearn": DISTRIBUTION}
    assert answer(dev, "cloudfront.amazonaws.com", "s3:GetObject", PAGE, **source) == "not-refused served"
    assert answer(dev, "cloudfront.amazonaws.com", "s3:GetObject", PAGE) == "refused nothing-allows"
    assert answer(dev, "anonymous", "s3:GetObject", PAGE) == "refused nothing-allows"
    assert answer(dev, DEPLOY, "s3:PutObject", PAGE) == "not-refused served"
    assert answer(dev, DEPLOY, "s3:DeleteObject", PAGE) == "refused nothing-allows"
    (origin,) = dev.state["distributions"]["⟨Cdn⟩"]["origins"]
    assert origin["domain"] == f"{SITE}.s3.⟨AWS.Region…⟩.amazonaws.com"
    assert (origin["access"], origin["signing"]) == ("oac", "always")


def test_both_branches_of_a_condition_are_described() -> None:
    dev, prod = template("site-with-oac.yaml")
    private = "arn:aws:s3:::⟨account⟩-public/private/x"
    assert answer(dev, "anonymous", "s3:GetObject", private) == "not-refused served"
    assert answer(prod, "anonymous", "s3:GetObject", private) == "refused policy-denies"
    assert "⟨Domain…⟩-logs" not in dev.state["buckets"]
    assert prod.state["buckets"]["⟨Domain…⟩-logs"]["ownership"] == "BucketOwnerPreferred"


def test_every_statement_and_setting_has_its_place() -> None:
    dev, prod = template("site-with-oac.yaml")
    public = ("buckets", "⟨account⟩-public")
    assert written(prod, *public, "policy", 1).startswith("Effect: Deny")
    assert written(dev, *public, "policy", 1).startswith("Effect: Allow")
    assert written(dev, "buckets", SITE, "policy", 0).endswith('distribution/${Cdn}"')
    assert written(dev, *public, "public_access_block").startswith("BlockPublicAcls: true")
    assert written(dev, *public, "public_access_block", "BlockPublicPolicy") == "false"
    assert written(dev, "principals", DEPLOY, "policies", 0, 0).startswith("Effect: Allow")


def test_what_a_new_bucket_has_by_default_is_told_from_what_is_written() -> None:
    dev = template("site-with-oac.yaml")[0]
    at = ("buckets", SITE, "public_access_block")
    assert at in dev.by_default
    assert all(dev.state["buckets"][SITE]["public_access_block"].values())
    assert written(dev, *at) == "AWS::S3::Bucket"
    assert ("buckets", "⟨account⟩-public", "public_access_block") not in dev.by_default
    assert dev.state["buckets"][SITE]["ownership"] == "BucketOwnerEnforced"


def test_a_policy_variable_that_sub_takes_is_told() -> None:
    (kind, where, message), *more = template("site-with-oac.yaml")[0].faults
    assert (kind, more) == ("policy-variable-eaten", [])
    assert where.line == 68
    assert "${!aws:username}" in message


def test_functions_of_sam_have_roles() -> None:
    (described,) = template("serverless-deploy.yaml")
    bucket = "arn:aws:s3:::uploads-dev-⟨account⟩"
    role = "arn:aws:iam::⟨account⟩:role/⟨ThumbnailsRole⟩"
    assert answer(described, role, "s3:GetObject", f"{bucket}/a.png") == "not-refused served"
    assert answer(described, role, "s3:PutObject", f"{bucket}/thumbnails/a.png") == "not-refused served"
    assert answer(described, role, "s3:PutObject", f"{bucket}/a.png") == "refused nothing-allows"
    statement = described.state["buckets"]["uploads-dev-⟨account⟩"]["policy"]["Statement"][0]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/reader"}
    (own,) = described.state["principals"]["arn:aws:iam::⟨account⟩:user/replica"]["policies"]
    assert own["Statement"]["Resource"].endswith("/home/${aws:username}/*")
    assert described.faults == ()


def test_output_of_the_cdk() -> None:
    (described,) = template("cdk.template.json")
    page = "arn:aws:s3:::⟨AssetsBucket5CB76180⟩/index.html"
    assert answer(described, "anonymous", "s3:GetObject", page, aws_securetransport="true") == "not-refused served"
    website = answer(described, "anonymous", "s3:GetObject", page, "website", aws_securetransport="false")
    assert website == "refused policy-denies"
    assert written(described, "buckets", "⟨AssetsBucket5CB76180⟩", "policy", 0).startswith('{\n       "Action": "s3:*"')


def test_a_statement_that_is_not_known_makes_the_policy_unknown() -> None:
    (described,) = cloudformation("""
Parameters: {Extra: {Type: String}}
Resources:
  B: {Type: AWS::S3::Bucket}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument:
        Statement:
          - !ImportValue shared-statement
          - {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "${B.Arn}/*"}
""")
    assert "policy" not in described.state["buckets"]["⟨B⟩"]
    assert answer(described, "anonymous", "s3:GetObject", "arn:aws:s3:::⟨B⟩/x").startswith("unknown")
    assert [(kind, where.line) for kind, where, _ in described.faults] == [("unresolved", 11)]


def test_names_in_a_circle_end() -> None:
    (described,) = cloudformation("""
Resources:
  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${B}-a"}}
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "${A}-b"}}
""")
    assert len(described.state["buckets"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Resources:\n  a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else '*a'] * 9)}]\n" for n in range(12))
        + "  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: *a11\n",
        "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: "
        + "{a: " * 5000,
        "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: " + "{'Fn::Sub': " * 90 + "x" + "}" * 93,
        "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: !Transform {Name: x}\n",
        "Resources:\n  B: {Type: AWS::S3::Bucket, Properties: [1, 2]}\n  C: [AWS::S3::Bucket]\n  D: {Type: [1]}\n",
        "Resources: [AWS::S3::Bucket]\n",
        """
Conditions: {A: {Fn::Not: [{Condition: A}]}, B: 7, C: {Fn::Equals: x}}
Resources: {B: {Type: AWS::S3::Bucket, Condition: A, Properties: {BucketName: {Fn::If: [A, B]}}}}
""",
        "Parameters: {P: {Type: AWS::S3::Bucket, Default: [1]}, Q: 3}\nResources: {B: {Type: AWS::S3::Bucket}}",
        "? [a, b]\n: AWS::S3::Bucket\nResources: *nothing\n",
        "AWS::S3: \xff\n\x00",
    ],
)
def test_hostile_templates_end(text: str) -> None:
    try:
        described = cloudformation(text)
    except NoJson as error:
        assert str(error)
    else:
        assert all(one.kind.startswith("CloudFormation") for one in described)


def test_keys_that_come_twice_are_told() -> None:
    (described,) = cloudformation(
        "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: a, BucketName: b}\n"
    )
    assert list(described.state["buckets"]) == ["b"]
    assert [kind for kind, _, _ in described.faults] == ["duplicate-key"]


@pytest.mark.parametrize("name", ["site-with-oac.yaml", "serverless-deploy.yaml", "cdk.template.json"])
def test_templates_are_recognised(name: str) -> None:
    assert recognises("x", (DOCUMENTS / name).read_bytes()[:4096])


def test_a_template_in_one_line_a_resource_is_recognised() -> None:
    assert recognises("x", b"Resources:\n  Site: {Type: AWS::S3::Bucket, Properties: {BucketName: acme}}\n")


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  t: |\n    AWSTemplateFormatVersion: x\n    Type: AWS::X::Y\n",
        "services:\n  web:\n    image: nginx\n",
        "on: push\njobs:\n  a:\n    steps:\n      - run: aws cloudformation deploy\n",
        "openapi: 3.0.0\npaths: {}\n",
        "service: x\nprovider: {name: aws}\nresources:\n  Resources:\n    B:\n      Type: AWS::S3::Bucket\n",
        '{"Version": "2012-10-17", "Statement": []}',
        '{"Resources": ["a"], "Type": "module"}',
        "- hosts: all\n  tasks:\n    - amazon.aws.s3_bucket: {name: x}\n",
    ],
)
def test_other_documents_are_not(text: str) -> None:
    assert not recognises("x.yaml", text.encode())


LOOP = """
Transform: AWS::LanguageExtensions
Parameters:
  Sites: {Type: CommaDelimitedList, Default: "docs,my-blog"}
Mappings:
  Hosts: {docs: {Name: acme-docs}}
Resources:
  Fn::ForEach::Buckets:
    - Site
    - !Ref Sites
    - Bucket&{Site}:
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !FindInMap [Hosts, !Ref Site, Name, {DefaultValue: !Sub "acme-${Site}-new"}]
      Policy&{Site}:
        Type: AWS::S3::BucketPolicy
        Properties:
          Bucket: !Ref Bucket&{Site}
          PolicyDocument:
            Statement:
              - {Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Bucket&{Site}.Arn}/*'}
"""


def test_loops_stand_for_what_they_go_through() -> None:
    (described,) = cloudformation(LOOP)
    found = {name: bucket["policy"]["Statement"][0]["Resource"] for name, bucket in described.state["buckets"].items()}
    assert found == {
        "acme-docs": "arn:aws:s3:::acme-docs/*",
        "acme-my-blog-new": "arn:aws:s3:::acme-my-blog-new/*",
    }
    assert described.places["buckets", "acme-docs", "policy", 0].line == LOOP[: LOOP.index("- {Effect")].count("\n") + 1


def test_a_loop_over_what_is_not_known_is_left() -> None:
    (described,) = cloudformation(LOOP.replace(', Default: "docs,my-blog"', ""))
    (missed,) = described.not_audited
    assert missed.reason == "what this loop goes through is not known before it is deployed"
