"""Resources that are no ARN, and those of another bucket than the one whose policy it is.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html, "Policy resources": S3
answers "Policy has invalid resource" to both.
"""

import re
from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.explore.kinds import OBJECT, kinds_of
from audit403.s3.explore.mistake import BUCKET_POLICY, Asker, Mistake, Needed, asked_actions, fault, the
from audit403.s3.explore.samples import ORDINARY_KEY
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.holes import HOLE_START, is_open
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403.s3.model.resource import resource_of
from audit403.s3.read.policy_file import POLICY

NO_ARN, OF_ANOTHER_BUCKET = "resource-is-no-arn", "resource-of-another-bucket"
NO_WILDCARD = "resource-without-wildcard"
_PARTS = 6
_PARTITION = re.compile(r"aws(?:-[a-z]+)*\Z")
#: The name of a bucket and perhaps a key; anything else that is no ARN is a place for one: BUCKET_ARN, %s, [bucket].
_NAMED = re.compile(r"[a-z0-9][a-z0-9.-]{2,62}(?:/.*)?\Z", re.DOTALL)
_S3_URL = re.compile(r"s3://([^/]+)(?:/(.*))?\Z", re.DOTALL)
#: An ARN of which the first words are missing.
_WITHOUT_HEAD = re.compile(r"(?:(?:aws[a-z-]*:)?s3)?:{2,3}([^:/*]+(?:/.*)?)\Z", re.DOTALL)
_SHORT = re.compile(r"arn:(aws[a-z-]*):s3:{0,2}([^:]+)\Z", re.DOTALL)


def resource_mistakes(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes in the resources of one statement."""
    bucket = asker.bucket_of(policy)
    if not any(text == "*" or text.lower().startswith("s3") for text in statement.actions or ()):
        return
    for text in statement.resources or ():
        if text == "*" or (text.startswith(HOLE_START) and _bucket_named(asker, text) is None):
            continue
        right = _no_arn(text, _bucket_named(asker, text) or (None if bucket is None else bucket.name))
        if right is not None:
            yield _is_no_arn(asker, policy, statement, text, right)
        elif bucket is not None and (why := _is_of_another(asker, text, bucket.arn)):
            yield _of_another(asker, statement, text, bucket.arn, why)
        elif statement.effect == ALLOW and _is_folder_alone(statement, text):
            yield _without_wildcard(asker, statement, text)


def _bucket_named(asker: Asker, text: str) -> str | None:
    """The bucket of the same documents whose bare name a text begins with, as `Ref` and `.id` give it."""
    name = text.partition("/")[0]
    if is_open(name):  # of what is not there nothing is known, neither its name nor its ARN
        return None
    return name if isinstance(asker.site.world.bucket(name), Bucket) else None


def _is_folder_alone(statement: Statement, text: str) -> bool:
    """Whether a resource ends with a slash, and nothing that lies in that folder is meant by any other."""
    if not text.endswith("/") or kinds_of(text) != frozenset((OBJECT,)) or not statement.is_about("s3:getobject"):
        return False
    return statement.is_of(f"{text}{ORDINARY_KEY}", {}) is False


def _without_wildcard(asker: Asker, statement: Statement, text: str) -> DocumentFault:
    message = (
        f"the resource {text} of {the(statement)} is the one object whose key ends with the slash, and nothing in the "
        f"folder: {text}* may be meant"
    )
    refused = asker.meant_by(statement, ("s3:GetObject",), resource=f"{text}{ORDINARY_KEY}")
    return fault(
        NO_WILDCARD, message, Mistake(statement, (text,), (f"{text}*",), Needed(text, f"{text}*", True), refused)
    )


def _no_arn(text: str, bucket: str | None) -> str | None:
    """What was meant by a text that is no ARN, empty where nobody knows; None where it is one, or a place for one."""
    parts = text.split(":", _PARTS - 1)
    if parts[0] != "arn":
        url = _S3_URL.match(text)
        if url is not None:
            return f"arn:aws:s3:::{url[1]}" + (f"/{url[2] or '*'}" if url[2] is not None else "")
        beheaded = _WITHOUT_HEAD.match(text)
        if beheaded is not None:
            return f"arn:aws:s3:::{beheaded[1]}"
        if bucket is not None and text.partition("/")[0] == bucket:
            return f"arn:aws:s3:::{text}"
        return "" if _NAMED.match(text) else None
    if len(parts) == _PARTS and parts[2] == "s3" and parts[-1].startswith(":"):
        return f"arn:{parts[1]}:s3:::{parts[-1].lstrip(':')}"
    if len(parts) == _PARTS or parts[-1] == "*":
        return None
    short = _SHORT.match(text)
    return f"arn:{short[1]}:s3:::{short[2]}" if short is not None else ""


def _is_no_arn(asker: Asker, policy: Policy, statement: Statement, text: str, right: str) -> DocumentFault:
    what = "the name of a bucket, no ARN," if text.startswith(HOLE_START) else "no ARN"
    message = f"the resource {text} of {the(statement)} is {what} and matches nothing"
    if right:
        message += f": {right} may be meant"
    mistake = Mistake(
        statement,
        (text,),
        (right,) if right else (),
        Needed(text, right, True) if right else None,
        asker.meant_by(statement, asked_actions(statement)),
        harmless=policy.kind != BUCKET_POLICY and statement.effect != ALLOW,
    )
    return fault(NO_ARN, message + asker.consequence(policy), mistake)


def _is_of_another(asker: Asker, text: str, arn: str) -> str:
    """Why a resource cannot be of a bucket; empty where it can."""
    parts, own = text.split(":", _PARTS - 1), arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[2] != "s3" or parts[3] or parts[4] or not _PARTITION.match(parts[1]):
        return ""
    name, mine = parts[5].partition("/")[0], own[5]
    if name == mine or not name or any(mark in name for mark in "*?$") or is_open(name) or is_open(mine):
        return ""
    if name.startswith(HOLE_START) != mine.startswith(HOLE_START) or HOLE_START in name[1:] or HOLE_START in mine[1:]:
        return ""
    if asker.site.described.kind == POLICY and not _is_near(name, mine):
        # The file does not say whose policy it is: it may be that of a VPC endpoint, or of several buckets.
        return ""
    return f"the policy is that of {mine}"


def _is_near(name: str, other: str) -> bool:
    """Whether one is the other mistyped: in capitals, two letters swapped, or one too many within a word.

    A letter more at the end of a word, or another one, may well be another bucket of the same people.
    """
    if name.lower() == other.lower():
        return True
    if len(name) > len(other):
        name, other = other, name
    at = next((at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), len(name))
    if len(name) == len(other):
        swapped = name[at : at + 2] == other[at : at + 2][::-1] and name[at + 2 :] == other[at + 2 :]
        return swapped and name[at : at + 2].isalpha()
    within_word = other[at : at + 2].isalpha() and len(other[at : at + 2]) == 2
    return name[at:] == other[at + 1 :] and within_word


def _of_another(asker: Asker, statement: Statement, text: str, arn: str, why: str) -> DocumentFault:
    message = f"the resource {text} of {the(statement)} is of another bucket: {why}"
    is_guess = asker.site.described.kind == POLICY
    right = arn + text[len(text.partition("/")[0]) :]
    own = [one for one in statement.resources or () if resource_of(one).bucket == resource_of(arn).bucket]
    refused = None if own else asker.meant_by(statement, asked_actions(statement))
    mistake = Mistake(statement, (text,), (right,), Needed(text, right, True), refused, is_guess=is_guess)
    return fault(OF_ANOTHER_BUCKET, message + asker.consequence(statement.policy), mistake)
