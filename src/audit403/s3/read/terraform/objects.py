"""What Terraform uploads: objects that have an ACL, a key or a storage class of their own.

Truth: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_object.
"""

from typing import Any

from audit403.core.place import Span
from audit403.s3.model.holes import HOLE_START
from audit403.s3.read.stack import Stack
from audit403.s3.read.value import Value, text_of

TYPES = ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy")
_MOST = 1_000
_OWN = ("acl", "kms_key_id", "server_side_encryption", "storage_class")


def upload(values: Value, where: Span | None, stack: Stack) -> None:
    """An object, where something of it is not as the bucket has it by default, and all that is known."""
    name = (_text(values, "bucket") or "").removeprefix("arn:aws:s3:::")
    key, own = _text(values, "key"), {one: values.get(one) for one in _OWN if _text(values, one) is not None}
    bucket = stack.state["buckets"].get(name)
    if bucket is None or key is None or not own or not {"account", "encryption"} <= bucket.keys():
        return
    if any(value is None or value.is_hole for value in own.values()) or HOLE_START in key:
        return
    objects: dict[str, Any] = bucket.setdefault("objects", {})
    if len(objects) >= _MOST:
        return
    objects[key] = {
        "owner": bucket["account"],
        "acl": _text(values, "acl"),
        "encryption": _encryption(values) or bucket["encryption"],
        "storage_class": _text(values, "storage_class") or "STANDARD",
    }
    acl = own.get("acl")
    stack.place(("buckets", name, "objects", key), where if acl is None else acl.span or where)


def _encryption(values: Value) -> dict[str, str] | None:
    key, algorithm = _text(values, "kms_key_id"), _text(values, "server_side_encryption")
    if key is not None:
        return {"algorithm": algorithm or "aws:kms", "key": key}
    return None if algorithm is None else {"algorithm": algorithm}


def _text(values: Value, name: str) -> str | None:
    return text_of(values.get(name)) or None
