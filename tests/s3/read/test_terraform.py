"""Terraform's language: what a configuration describes, and where each part of it is written."""

from __future__ import annotations

import json

import pytest

from s3.read.in_words import answer, terraform, terraform_folder, written

BUCKET = 'resource "aws_s3_bucket" "b" {\n}\n'
ALLOW = '{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*" }'


def policy(expression: str, *more: str) -> str:
    """A configuration with one bucket and this for its policy."""
    return "\n".join(
        (
            BUCKET,
            f'resource "aws_s3_bucket_policy" "b" {{\n  bucket = aws_s3_bucket.b.id\n  policy = {expression}\n}}',
            *more,
        )
    )


def statements(expression: str, *more: str, **files: str) -> object:
    described = terraform({"main.tf": policy(expression, *more), **files})
    assert described is not None
    return described.state["buckets"]["⟨aws_s3_bucket.b⟩"].get("policy", {}).get("Statement")


def test_modules_with_for_each_and_policy_documents() -> None:
    described = terraform_folder("terraform-modules")
    assert described is not None
    page = "arn:aws:s3:::acme-site/index.html"
    assert answer(described, "anonymous", "s3:GetObject", page, aws_securetransport="true") == "not-refused served"
    plain = answer(described, "anonymous", "s3:GetObject", page, "website", aws_securetransport="false")
    assert plain == "refused policy-denies"
    logs = described.state["buckets"]["acme-logs"]["policy"]["Statement"]
    assert logs[1]["Resource"] == ["arn:aws:s3:::acme-logs/${aws:username}/*"]
    assert written(described, "buckets", "acme-site", "policy", 1).startswith('dynamic "statement" {')
    assert written(described, "buckets", "acme-site", "public_access_block", "BlockPublicPolicy") == "false"
    assert ("buckets", "acme-logs", "public_access_block") in described.by_default


def test_files_and_templates_have_their_own_places() -> None:
    described = terraform_folder("terraform-modules")
    assert described is not None
    of_file = described.places["buckets", "⟨aws_s3_bucket.file⟩", "policy", 0]
    assert (of_file.file.rpartition("/")[2], of_file.line) == ("file.json", 2)
    lines = [described.places["buckets", "tmpl", "policy", number] for number in range(3)]
    assert [(one.file.rpartition("/")[2], one.line) for one in lines[:2]] == [
        ("site.json.tftpl", 4),
        ("site.json.tftpl", 8),
    ]
    assert (
        described.state["buckets"]["tmpl"]["policy"]["Statement"][2]["Resource"] == "arn:aws:s3:::tmpl/198.51.100.0/24"
    )


def test_heredocs_have_places_and_escapes() -> None:
    described = terraform_folder("terraform-modules")
    assert described is not None
    assert written(described, "buckets", "many", "policy", 0).startswith('{\n          "Effect": "Allow"')
    statement = described.state["buckets"]["many"]["policy"]["Statement"][1]
    assert statement["Resource"] == "arn:aws:s3:::many/${aws:username}/${aws:PrincipalTag/x}/*"
    assert [(kind, where.line, where.column) for kind, where, _ in described.faults] == [
        ("policy-variable-eaten", 62, 70)
    ]


def test_a_module_that_is_not_there_is_not_fetched_but_told() -> None:
    described = terraform_folder("terraform-modules")
    assert described is not None
    (missing,) = described.not_audited
    assert missing.target.endswith("module.registry")
    assert "terraform init" in missing.reason


def test_installed_modules_are_read() -> None:
    variable_names = 'variable "name" {}\n'
    modules = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "site", "Dir": ".terraform/modules/site"}]}
    described = terraform(
        {
            "main.tf": 'module "site" {\n  source = "acme/site/aws"\n  name   = "shop"\n}\n',
            ".terraform/modules/modules.json": json.dumps(modules),
            ".terraform/modules/site/main.tf": variable_names + BUCKET.replace("}", "  bucket = var.name\n}"),
        }
    )
    assert described is not None
    assert list(described.state["buckets"]) == ["shop"]
    assert described.not_audited == ()


def test_what_is_not_known_is_a_hole_that_matches_itself() -> None:
    described = terraform(
        {
            "main.tf": """
variable "env" {}
locals { name = lower("Site-${var.env}") }
resource "aws_s3_bucket" "b" { bucket = local.name }
resource "aws_s3_bucket_public_access_block" "b" { bucket = aws_s3_bucket.b.id }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = "*", Action = "s3:GetObject"
      Resource = "arn:aws:s3:::${local.name}/*"
    }]
  })
}
"""
        }
    )
    assert described is not None
    (name,) = described.state["buckets"]
    assert name == "⟨lower(Site-var.env)…⟩"
    assert answer(described, "anonymous", "s3:GetObject", f"arn:aws:s3:::{name}/x") == "not-refused served"


@pytest.mark.parametrize(
    "extra",
    ["var.more", "concat([" + ALLOW + "], var.more)", "[for s in var.more : s]", "var.on ? [" + ALLOW + "] : []"],
)
def test_statements_that_are_not_known_make_the_policy_unknown(extra: str) -> None:
    variables = 'variable "more" {}\nvariable "on" { type = bool }'
    assert statements(f'jsonencode({{ Version = "2012-10-17", Statement = {extra} }})', variables) is None


def test_whether_a_setting_is_there_may_be_unknown() -> None:
    described = terraform(
        {
            "main.tf": BUCKET
            + 'variable "public" { type = bool }\n'
            + 'resource "aws_s3_bucket_public_access_block" "b" {\n  count  = var.public ? 1 : 0\n'
            + "  bucket = aws_s3_bucket.b.id\n}\n"
        }
    )
    assert described is not None
    assert "public_access_block" not in described.state["buckets"]["⟨aws_s3_bucket.b⟩"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            'jsonencode({ Statement = [for n in ["a", "b"] : { Sid = upper(n), Effect = "Deny" } if n != "b"] })',
            [{"Sid": "A", "Effect": "Deny"}],
        ),
        ('jsonencode({ Statement = flatten([[{ Sid = "x" }], []]) })', [{"Sid": "x"}]),
        (
            'jsonencode(merge({ Statement = [] }, { "Statement" : [{ Sid = format("%s-%d", "x", 3) }] }))',
            [{"Sid": "x-3"}],
        ),
        ('"{\\"Statement\\": [{\\"Sid\\": \\"${try(local.none.x, "d")}\\"}]}"', [{"Sid": "d"}]),
        (
            'jsonencode({ Statement = [{ Sid = join(",", [for k, v in { a = 1, b = 2 } : "${k}${v}"]) }] })',
            [{"Sid": "a1,b2"}],
        ),
        ('jsonencode({ Statement = [{ Sid = 3 > 2 && !false ? "yes" : "no" }] })', [{"Sid": "yes"}]),
        ('jsonencode({\n  # a comment\n  Statement = [{ // another\n    Sid = "a" /* x */ }\n  ,] })', [{"Sid": "a"}]),
        (
            (
                '<<EOT\n{"Statement": [%{ for n in [1, 2] ~}\n{"Sid": "${n}"}%{ if n < 2 },%{ endif }\n'
                "%{ endfor ~}\n]}\nEOT"
            ),
            [{"Sid": "1"}, {"Sid": "2"}],
        ),
    ],
)
def test_expressions(expression: str, expected: object) -> None:
    assert statements(expression, "locals {\n  none = {}\n}") == expected


def test_values_of_variables_come_from_the_files_that_terraform_reads() -> None:
    described = terraform(
        {
            "main.tf": 'variable "n" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.n\n}\n',
            "terraform.tfvars": 'n = "first"\n',
            "z.auto.tfvars": 'n = "second"\n',
        }
    )
    assert described is not None
    assert list(described.state["buckets"]) == ["second"]


def test_a_file_with_a_slip_is_told_and_the_others_are_read() -> None:
    described = terraform({"main.tf": BUCKET, "slip.tf": 'resource "x" "y" {\n  a = = 1\n}\n'})
    assert described is not None
    assert list(described.state["buckets"]) == ["⟨aws_s3_bucket.b⟩"]
    (slip,) = described.not_audited
    assert slip.target == "/repo/slip.tf"
    assert "(line 2, column 7)" in slip.reason


def test_roles_and_keys() -> None:
    described = terraform(
        {
            "main.tf": """
data "aws_caller_identity" "current" {}
resource "aws_kms_key" "k" {}
resource "aws_s3_bucket" "b" { bucket = "data" }
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }
  }
}
resource "aws_iam_role" "r" { name = "reader" }
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*" }]
  })
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = aws_iam_role.r.name
  policy_arn = aws_iam_policy.p.arn
}
"""
        }
    )
    assert described is not None
    assert described.state["kms_keys"].keys() >= {described.state["buckets"]["data"]["encryption"]["key"]}
    reader = "arn:aws:iam::⟨account⟩:role/reader"
    assert answer(described, reader, "s3:GetObject", "arn:aws:s3:::data/x") == "not-refused served"
    assert answer(described, reader, "s3:PutObject", "arn:aws:s3:::data/x") == "refused nothing-allows"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "(" * 5000,
        "a = " + "[" * 5000,
        'a = "' + "${" * 5000,
        "a {\n" * 5000,
        "a = " + "-" * 5000 + "1",
        "a = 1 + " * 3000 + "1",
        BUCKET + 'locals {\n  a = local.b\n  b = local.a\n}\nresource "aws_s3_bucket" "c" {\n  bucket = local.a\n}\n',
        BUCKET + 'module "m" {\n  source = "./"\n}\n',
        BUCKET + 'resource "aws_s3_bucket" "c" {\n  count = 99999999999\n}\n',
        BUCKET
        + 'locals {\n  x = [for i in range(10000) : [for j in range(10000) : "${i}${j}"]]\n}\n'
        + 'resource "aws_s3_bucket" "c" {\n  bucket = length(local.x)\n}\n',
        BUCKET + 'resource "aws_s3_bucket" "c" {\n  bucket = "${1 / 0}${null}${[]}${{}}"\n}\n',
        BUCKET + 'resource "aws_s3_bucket" {\n}\nresource {\n}\ndata "x" "y" "z" {\n}\nmodule {\n}\nvariable {\n}\n',
        BUCKET + 'resource "aws_s3_bucket_policy" "c" {\n  bucket = 3\n  policy = ["x"]\n}\n',
        BUCKET + 'resource "aws_s3_bucket_acl" "c" {\n  bucket = aws_s3_bucket.b\n  acl = aws_s3_bucket.b\n}\n',
        "a = <<EOT\nno end\n",
        "\xff\xfe\x00",
    ],
)
def test_hostile_configurations_end(text: str) -> None:
    described = terraform({"main.tf": text})
    assert described is None or described.kind == "Terraform configuration"


@pytest.mark.parametrize(
    "expression",
    (
        'replace(local.long, "x", local.long)',
        'replace(local.long, "/x/", local.long)',
        "join(local.long, [for one in range(10000) : local.long])",
        'format("%99999999s", "x")',
        'indent(99999999, "\\n\\n")',
        'length([for one in range(10000) : "${one}${local.long}"])',
        'length(formatlist("%s%s", range(10000), local.long))',
    ),
)
def test_texts_out_of_all_proportion(expression: str) -> None:
    long = "".join(f'l{number} = join("", [for one in range(100) : local.l{number - 1}])\n' for number in range(1, 3))
    around = f'locals {{\nl0 = "xxxxxxxxxx"\n{long}long = local.l2\n}}\n'
    described = terraform({"main.tf": policy(f"jsonencode({{ Id = {expression} }})", around)})
    assert described is not None
    (missed,) = described.not_audited
    assert missed.reason in ("one of its texts is too long", "what it comes to takes more than 400,000 steps")


def test_placeholders_in_a_text_with_names_that_are_not_known() -> None:
    written = 'replace(jsonencode({ Id = "_B_", Statement = [{ Resource = "${aws_s3_bucket.b.arn}/*" }] }), "_B_", "x")'
    described = terraform({"main.tf": policy(written)})
    assert described is not None
    found = described.state["buckets"]["⟨aws_s3_bucket.b⟩"]["policy"]
    assert found["Id"] == "x" and "⟨aws_s3_bucket.b⟩" in found["Statement"][0]["Resource"]


def test_a_dynamic_block_over_a_list_counts() -> None:
    document = """
data "aws_iam_policy_document" "d" {
  dynamic "statement" {
    for_each = ["img", "css"]
    content {
      sid       = "S${statement.key}"
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.b.arn}/${statement.value}/*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}
"""
    found = statements("data.aws_iam_policy_document.d.json", document)
    assert isinstance(found, list) and [one["Sid"] for one in found] == ["S0", "S1"]
