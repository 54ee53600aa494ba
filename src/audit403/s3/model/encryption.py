"""With what an object is encrypted, or will be: only keys of KMS decide about access.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html and the API reference
on PutBucketEncryption.
"""

import re
from typing import Any

from audit403.core.named_tuple import NamedTuple

_ALGORITHM = ("ssealgorithm", "algorithm", "type", "sse", "serversideencryption")
_KEY = ("kmsmasterkeyid", "key", "kmskey", "kmskeyid", "ssekmskeyid", "keyid", "keyarn", "kmskeyarn", "kmskeyarn")
_INNER = ("serversideencryptionconfiguration", "rules", "applyserversideencryptionbydefault", "rule")
_BUCKET_KEY = ("bucketkeyenabled", "bucketkey", "bucketkeystatus")
_OWN_KEY = re.compile(r"(?:arn:[^:]+:kms:[^:]*:\d*:)?alias/aws/s3\Z")


class Encryption(NamedTuple):
    """`key` is a key's ARN, id or alias; None is AWS's own key for S3 in the account. Without KMS there is neither.

    `key_known` is False where it is only known that some key of KMS was used, as an inventory tells. `bucket_key` says
    whether the bucket's own data key stands between: None where nothing is said of it. `refuses_customer_keys`:
    a bucket takes no uploads with a key that the client brings (SSE-C).
    """

    by_kms: bool
    key: str | None = None
    key_known: bool = True
    bucket_key: bool | None = None
    refuses_customer_keys: bool = False


PLAIN = Encryption(False)


def encryption_of(written: Any) -> Encryption | None:
    """What a text, an object or S3's own answer says; None where it cannot be understood."""
    if written is None or written == []:
        return PLAIN
    if isinstance(written, str):
        if ":kms:" in written and written.startswith("arn:"):
            return Encryption(True, _named(written))
        return Encryption(True) if written.startswith("aws:kms") else PLAIN
    if isinstance(written, list):
        return encryption_of(written[0])
    if not isinstance(written, dict):
        return None
    by_name = {str(key).lower().replace("_", ""): value for key, value in written.items()}
    refuses = "SSE-C" in _texts(by_name.get("blockedencryptiontypes"))
    found = _encryption_of(by_name)
    return found if found is None or not refuses else found._replace(refuses_customer_keys=True)


def _encryption_of(by_name: dict[str, Any]) -> Encryption | None:
    bucket_key = next((by_name[name] for name in _BUCKET_KEY if isinstance(by_name.get(name), bool)), None)
    for name in _INNER:
        if isinstance(by_name.get(name), dict | list):
            found = encryption_of(by_name[name])
            if found is None or bucket_key is None or not found.by_kms:
                return found
            return found._replace(bucket_key=bucket_key)
    algorithm = next((by_name[name] for name in _ALGORITHM if isinstance(by_name.get(name), str)), "")
    key = next((by_name[name] for name in _KEY if isinstance(by_name.get(name), str)), None)
    if algorithm.startswith("aws:kms") or (not algorithm and key is not None):
        return Encryption(True, _named(key), by_name.get("keycollected") is not False, bucket_key)
    return PLAIN


def _texts(value: Any) -> list[Any]:
    """The types of encryption that are blocked: a list, or one in the element that the API has around it."""
    inner = value.get("EncryptionType", []) if isinstance(value, dict) else value
    return inner if isinstance(inner, list) else [inner]


def _named(key: str | None) -> str | None:
    return None if key is None or _OWN_KEY.match(key) else key
