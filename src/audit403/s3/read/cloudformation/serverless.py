"""What SAM makes of a function: its role, with the policies that it names.

Truth: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html and
…/serverless-policy-template-list.html.
"""

from typing import TYPE_CHECKING, Any

from audit403.s3.read.described import ACCOUNT, hole
from audit403.s3.read.stack import Stack, principal_arn
from audit403.s3.read.value import Value, text_of

if TYPE_CHECKING:
    from audit403.s3.read.cloudformation.template import Template

FUNCTION = "AWS::Serverless::Function"
_AWS = "arn:aws:iam::aws:policy/"
_BASIC = f"{_AWS}service-role/AWSLambdaBasicExecutionRole"
_READ = ("s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObjectVersion", "s3:GetLifecycleConfiguration")
_WRITE = ("s3:PutObject", "s3:PutObjectAcl", "s3:PutLifecycleConfiguration")
_ACTIONS = {
    "S3ReadPolicy": _READ,
    "S3WritePolicy": _WRITE,
    "S3CrudPolicy": (*_READ, *_WRITE, "s3:DeleteObject"),
    "S3FullAccessPolicy": (
        *_READ, "s3:GetObjectAcl", *_WRITE, "s3:PutObjectTagging", "s3:DeleteObject", "s3:DeleteObjectTagging",
        "s3:DeleteObjectVersionTagging", "s3:GetObjectTagging", "s3:GetObjectVersionTagging",
        "s3:PutObjectVersionTagging",
    ),
}  # fmt: skip


def role(template: "Template", stack: Stack, logical: str) -> None:
    """The role that is made for a function that names none."""
    if template.property(logical, "Role") is None:
        found = stack.principal(_arn(logical), template.where(logical))
        if template.property(logical, "PermissionsBoundary") is not None:
            found.pop("boundary", None)


def attach(template: "Template", stack: Stack, logical: str, managed: dict[str, Value]) -> None:
    """The policies of that role."""
    if template.property(logical, "Role") is not None:
        return
    arn = _arn(logical)
    stack.attach_managed(arn, _BASIC, {}, None)
    policies = template.property(logical, "Policies")
    for policy in [] if policies is None else policies.each():
        if isinstance(policy.value, dict):
            stack.attach(arn, policy if "Statement" in policy.value else _of_template(policy), policy.span)
        else:
            name = text_of(policy) or ""
            known = name if name.startswith("arn:") or name in managed else f"{_AWS}{name}"
            stack.attach_managed(arn, known, managed, policy.span)


def _arn(logical: str) -> str:
    return principal_arn(ACCOUNT, "role", hole(f"{logical}Role"))


def _of_template(policy: Value) -> Value | None:
    """What one of SAM's own templates stands for; nothing where it is about another service."""
    name, given = next(policy.items(), ("", policy))
    statements: list[Any] = []
    bucket = text_of(given.get("BucketName"))
    if name in _ACTIONS and bucket is not None:
        resources = [Value(f"arn:aws:s3:::{bucket}"), Value(f"arn:aws:s3:::{bucket}/*")]
        actions = [Value(action) for action in _ACTIONS[name]]
        statements.append(Value({"Effect": Value("Allow"), "Action": Value(actions), "Resource": Value(resources)}))
    elif name.startswith("S3"):
        return None
    document = {"Version": Value("2012-10-17"), "Statement": Value(statements)}
    return Value(document, policy.source, policy.start, policy.end)
