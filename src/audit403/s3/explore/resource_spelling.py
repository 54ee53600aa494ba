"""Resources that are ARNs and yet of nothing that anybody asks for: keys written as in a URL, another partition.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (a key is compared as it is, its slashes
and all), https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html (each partition has its own accounts and
resources: credentials of one are not known in another).
"""

import re
from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.explore.mistake import Asker, Mistake, Needed, fault, the
from audit403.s3.model.bucket import Bucket, partition_of
from audit403.s3.model.policy import ALLOW, Policy, Statement

AS_IN_URL, OTHER_PARTITION = "key-written-as-in-url", "resource-of-another-partition"
_OBJECT = re.compile(r"(arn:aws[a-z-]*:s3:::[^/]*/)(.+)", re.DOTALL)
_ENCODED = re.compile(r"%(?:20|2[1-9A-Fa-f]|3[ABDFabdf]|40|5[BDbd]|[CEce][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])")
_OF_ACCOUNT = re.compile(r"arn:(aws[a-z-]*):(?:iam|sts)::\d{12}:")
_OF_S3 = re.compile(r"arn:(aws[a-z-]*):s3:")


def resource_spelling(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes of this kind in the resources of one statement."""
    if statement.is_not_resource:
        return
    written = frozenset(statement.resources or ())
    for text in statement.resources or ():
        right = _as_a_key(text)
        if right is not None and right not in written:
            yield _as_in_url(asker, statement, text, right)
        elif (why := _of_another_partition(asker, policy, statement, text)) is not None:
            yield why


def _as_a_key(text: str) -> str | None:
    """A resource with its key as S3 has it; None where it is written so."""
    found = _OBJECT.fullmatch(text)
    if found is None:
        return None
    key = found[2].lstrip("/") if found[2] != "/" and found[2].startswith("/") else found[2]
    if _ENCODED.search(key):
        from urllib.parse import unquote

        key = unquote(key)
    return None if key in ("", found[2]) else found[1] + key


def _as_in_url(asker: Asker, statement: Statement, text: str, right: str) -> DocumentFault:
    how = "begins with a slash" if "%" not in text or text.count("%") == right.count("%") else "is percent-encoded"
    message = (
        f"the key in {text} of {the(statement)} {how}, and a policy compares keys as they are: {right} may be meant"
    )
    refused = None
    if statement.effect == ALLOW:
        asked = right.replace("*", "index.html")
        refused = asker.meant_by(statement, ("s3:GetObject",), resource=asked) if "?" not in asked else None
    mistake = Mistake(
        statement, (text,), (right,), Needed(text, right, True), refused, statement.effect != ALLOW, is_guess=True
    )
    return fault(AS_IN_URL, message, mistake)


def _of_another_partition(asker: Asker, policy: Policy, statement: Statement, text: str) -> DocumentFault | None:
    found = _OF_S3.match(text)
    own = _partition(asker, policy, statement)
    if found is None or own is None or found[1] == own[0]:
        return None
    right = text.replace(f"arn:{found[1]}:", f"arn:{own[0]}:", 1)
    message = (
        f"the resource {text} of {the(statement)} is of the partition {found[1]}, and {own[1]}: it matches nothing"
    )
    mistake = Mistake(statement, (text,), (right,), Needed(text, right, True), harmless=statement.effect != ALLOW)
    return fault(OTHER_PARTITION, message + asker.consequence(policy), mistake)


def _partition(asker: Asker, policy: Policy, statement: Statement) -> tuple[str, str] | None:
    """The partition that a policy belongs to, with what shows it: where its bucket is, or whom the statement names."""
    bucket = asker.site.world.bucket(policy.name)
    if isinstance(bucket, Bucket) and bucket.region is not None:
        partition = partition_of(bucket.region)
        return partition, f"{bucket.name} is in {bucket.region}, which belongs to {partition}"
    named = statement.named
    partitions = {
        one[1] for _, text in (named.written if named is not None else ()) if (one := _OF_ACCOUNT.match(text))
    }
    if len(partitions) == 1:
        (partition,) = partitions
        return partition, f"whom it names is of {partition}"
    return None
