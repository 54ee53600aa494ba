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
_OWN_KEY = re.compile(r"(?:arn:[^:]+:kms:[^:]*:\d*:)?alias/aws/s3\Z")


class Encryption(NamedTuple):
    """`key` is a key's ARN, id or alias; None is AWS's own key for S3 in the account. Without KMS there is neither.

    `key_known` is False where it is only known that some key of KMS was used, as an inventory tells.
    """

    by_kms: bool
    key: str | None = None
    key_known: bool = True


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
    for name in _INNER:
        if isinstance(by_name.get(name), dict | list):
            return encryption_of(by_name[name])
    algorithm = next((by_name[name] for name in _ALGORITHM if isinstance(by_name.get(name), str)), "")
    key = next((by_name[name] for name in _KEY if isinstance(by_name.get(name), str)), None)
    if algorithm.startswith("aws:kms") or (not algorithm and key is not None):
        return Encryption(True, _named(key), by_name.get("keycollected") is not False)
    return PLAIN


def _named(key: str | None) -> str | None:
    return None if key is None or _OWN_KEY.match(key) else key
