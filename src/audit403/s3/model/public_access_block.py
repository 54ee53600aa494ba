"""Block Public Access: its four flags, and what they come to over the levels on which they may be set.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from typing import Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.truth import Truth

BLOCK_ACLS, IGNORE_ACLS = "BlockPublicAcls", "IgnorePublicAcls"
BLOCK_POLICY, RESTRICT = "BlockPublicPolicy", "RestrictPublicBuckets"
FLAGS = (BLOCK_ACLS, IGNORE_ACLS, BLOCK_POLICY, RESTRICT)


class Level(NamedTuple):
    """The flags on one level: `name` is the level in words, `flags` what is on, None where that was not collected."""

    name: str
    flags: frozenset[str] | None


class Effect(NamedTuple):
    """Whether a flag is in effect, and on which level it is set."""

    is_on: Truth
    level: str | None


def flags_of(written: Any) -> frozenset[str]:
    """The flags that are on, of a configuration in the words of S3, of Terraform, or none at all."""
    if not isinstance(written, dict):
        return frozenset()
    inner = written.get("PublicAccessBlockConfiguration")
    if isinstance(inner, dict):
        written = inner
    on = {_plain(str(key)) for key, value in written.items() if value is True or str(value).lower() == "true"}
    return frozenset(flag for flag in FLAGS if _plain(flag) in on)


def effect(flag: str, levels: tuple[Level, ...]) -> Effect:
    """What a flag comes to: one level on which it is set is enough."""
    unknown: Level | None = None
    for level in levels:
        if level.flags is None:
            unknown = unknown or level
        elif flag in level.flags:
            return Effect(True, level.name)
    if unknown is not None:
        return Effect(Missing(REASON_NOT_COLLECTED, f"{flag} of {unknown.name}"), None)
    return Effect(False, None)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
