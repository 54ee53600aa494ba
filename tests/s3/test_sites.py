"""Documents in files and folders: every form is found by what is in it, and audited once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from audit403.core.family import NotAudited, Options
from audit403.engine.audit import Asked, audit
from audit403.evidence.local import LocalEvidence
from audit403.s3 import family
from audit403.s3.site import S3Site
from s3.read.in_words import DOCUMENTS

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = """
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: site}}
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::site/*"}
"""


def found(path: Path) -> tuple[list[S3Site], list[NotAudited]]:
    every = list(family.find([str(path)], LocalEvidence(), Options()))
    return [one for one in every if isinstance(one, S3Site)], [one for one in every if isinstance(one, NotAudited)]


def test_every_form_is_found() -> None:
    sites, not_read = found(DOCUMENTS)
    kinds = sorted((site.described.kind.partition(",")[0], site.main.rpartition("/")[2]) for site in sites)
    assert kinds == [
        ("CloudFormation template", "cdk.template.json"),
        ("CloudFormation template", "serverless-deploy.yaml"),
        ("CloudFormation template", "site-with-oac.yaml"),
        ("CloudFormation template", "site-with-oac.yaml"),
        ("Terraform configuration", "terraform-modules"),
        ("policy", "file.json"),
    ]
    assert not_read == []


def test_a_file_of_a_configuration_stands_for_its_folder() -> None:
    (site,), _ = found(DOCUMENTS / "terraform-modules" / "main.tf")
    assert site.main == str(DOCUMENTS / "terraform-modules")
    assert {path.rpartition("/")[2] for path in site.files} == {"main.tf", "site.json.tftpl", "file.json"}


def test_a_module_alone_is_a_configuration_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "main.tf").write_text('variable "n" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.n\n}\n')
    sites, _ = found(tmp_path)
    assert [list(site.described.state["buckets"]) for site in sites] == [["⟨var.n…⟩"]]


def test_other_files_of_these_names_are_passed_over(tmp_path: Path) -> None:
    for name, text in (
        ("deploy.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("package.json", '{"name": "x"}'),
        ("main.tf", 'resource "aws_instance" "x" {\n}\n'),
        ("bad.yaml", "a: [1\n"),
    ):
        (tmp_path / name).write_text(text)
    assert found(tmp_path) == ([], [])


def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(PUBLIC + "  Broken: [AWS::S3\n")
    sites, (missed,) = found(tmp_path)
    assert sites == []
    assert "no YAML" in missed.reason
    assert "(line " in missed.reason


def test_comments_in_templates_ignore_findings(tmp_path: Path) -> None:
    rule = "s3/policy-blocked-by-public-access-block"
    template = tmp_path / "template.yaml"
    asked = Asked(strict=True, no_settings=True)
    template.write_text(PUBLIC)
    (where,) = {one.finding.where for one in audit([str(template)], asked).findings if one.finding.rule == rule}
    lines = PUBLIC.splitlines()
    lines.insert(getattr(where, "line", 0) - 1, f"  # audit403: ignore[{rule}] opened in another stack")
    template.write_text("\n".join(lines) + "\n")
    assert rule not in {one.finding.rule for one in audit([str(template)], asked).findings}


def test_a_policy_alone_needs_no_library(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes((DOCUMENTS / "terraform-modules" / "policies" / "file.json").read_bytes())
    script = (
        "import sys; from audit403.cli.main import main\n"
        "try: main(['check', sys.argv[1]])\nexcept SystemExit: pass\n"
        "print([one for one in ('yaml', 'boto3', 'audit403.s3.read.terraform.module') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_what_cannot_be_worked_out_is_listed(tmp_path: Path) -> None:
    """A policy that is known only when it is deployed is neither sound nor at fault."""
    (tmp_path / "main.tf").write_text(
        'data "template_file" "p" { template = "x" }\n'
        'resource "aws_s3_bucket" "b" { bucket = "b" }\n'
        'resource "aws_s3_bucket_policy" "b" {\n'
        "  bucket = aws_s3_bucket.b.id\n"
        "  policy = data.template_file.p.rendered\n"
        "}\n"
    )
    report = audit([str(tmp_path)], Asked(no_settings=True))
    assert report.findings == ()
    ((target, reason),) = report.not_audited
    assert target == f"{tmp_path}/main.tf:5" and reason.startswith("this policy cannot be worked out: ")
