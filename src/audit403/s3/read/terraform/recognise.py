"""Whether a file is one of Terraform's: of a configuration, by its name and bytes; a plan or a state, by its bytes."""

import re

_BLOCK = re.compile(rb"(?:^|\n)[ \t]*(?:resource|data|module|variable|locals|output|provider|terraform)\b[^\n{=]*\{")
_ABOUT = (b'"aws_s3', b"module", b"s3:", b"X-Amz-Signature=")
_PLAN_KEYS = re.compile(rb'"(?:planned_values|format_version)"\s*:')
_STATE_KEYS = re.compile(rb'"lineage"\s*:')
_TERRAFORM = re.compile(rb'"terraform_version"\s*:')


def recognises(name: str, head: bytes) -> bool:
    """Whether a file is one of Terraform's language."""
    return name.endswith(".tf") and _BLOCK.search(head) is not None


def is_about_s3(data: bytes) -> bool:
    """Whether a file names a resource or an action of S3, or calls a module that may."""
    return any(word in data for word in _ABOUT)


def recognises_plan(head: bytes) -> bool:
    """Whether a file is a plan or a state, by its first bytes."""
    if head.lstrip()[:1] != b"{" or _TERRAFORM.search(head) is None:
        return False
    return _PLAN_KEYS.search(head) is not None or _STATE_KEYS.search(head) is not None
