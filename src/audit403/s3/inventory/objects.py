"""An inventory as a part of the state: for each class of objects one of them, and how many are like it.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html on the values of the fields, and
…/objectacl.html on that of ACLs, which CSV and Parquet hold in base64.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from audit403.s3.inventory.classes import ObjectClass

_UNAVAILABLE = "UNAVAILABLE"
_BY_KMS = ("SSE-KMS", "DSSE-KMS")


def objects_of(classes: Iterable[ObjectClass]) -> dict[str, dict[str, Any]]:
    """The objects as docs/s3.md has them, by key; what the inventory does not tell is not collected."""
    return {one.key: _object(one) for one in classes}


def _object(one: ObjectClass) -> dict[str, Any]:
    found: dict[str, Any] = {"alike": one.number}
    if one.owner and one.owner != _UNAVAILABLE:
        found["owner"] = one.owner
    grants = _grants(one.access_list)
    if grants is not None:
        found["acl"] = grants
    if one.encryption:
        found["encryption"] = {"type": "aws:kms", "key_collected": False} if one.encryption in _BY_KMS else None
    if one.storage_class:
        found["storage_class"] = one.storage_class
    if one.access_tier:
        found["access_tier"] = one.access_tier
    return found


def _grants(written: str | None) -> list[dict[str, str]] | None:
    """The grants of an ACL field; None where it does not tell them."""
    if not written:
        return None
    try:
        text = written if written.lstrip().startswith("{") else base64.b64decode(written, validate=True)
        document = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("status") != "AVAILABLE":
        return None
    found = []
    for each in document.get("grants") or ():
        grantee = each.get("uri") or each.get("canonicalId") if isinstance(each, dict) else None
        if not isinstance(grantee, str) or not isinstance(each.get("permission"), str):
            return None
        found.append({"grantee": grantee, "permission": each["permission"]})
    return found
