"""What Ceph's gateway (16.2) does otherwise than S3, each with AWS's page, and how a difference is known to be that.

A difference is explained by its mechanism: we, asked another question about the same bucket, must say what the gateway
went by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audit403.core.decision import NOT_REFUSED, REFUSED, Decision
from audit403.s3.decide import causes
from s3_server.laid_out import ALICE, Ask, Bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from servers.radosgw import Said

_API = "https://docs.aws.amazon.com/AmazonS3/latest/API/"
_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"


class Trial(NamedTuple):
    """One request, the server's answer and ours."""

    bucket: Bucket
    ask: Ask
    said: Said
    decision: Decision

    @property
    def agrees(self) -> bool:
        """Whether both refuse or neither, with the same status where we say one."""
        ours, server = self.decision, self.said.status
        if ours.verdict != (REFUSED if server == 403 else NOT_REFUSED):
            return False
        return ours.status in (None, server) or (ours.status == 200 and server == 204)

    def of_missing(self) -> bool:
        """Whether it tells of a missing key where we refuse."""
        return self.said.status == 404 and self.decision.verdict == REFUSED and self.ask.key not in self.bucket.objects


class Otherwise(NamedTuple):
    """One thing that the gateway does otherwise."""

    name: str
    what: str
    page: str
    is_it: Callable[[Trial], bool]


def _allowed(bucket: Bucket, ask: Ask) -> bool:
    return bucket.decided(ask).verdict == NOT_REFUSED


def _listing(trial: Trial) -> Ask:
    """The same client, listing the bucket."""
    return trial.ask._replace(action="s3:ListBucket", key=None, prefix=None)


def _may_list(trial: Trial) -> bool:
    asked = trial.decision.cause != causes.MISSING_KEY
    return trial.of_missing() and asked and _allowed(trial.bucket, _listing(trial))


def _owner(trial: Trial) -> bool:
    return trial.of_missing() and trial.ask.who == ALICE


def _ignored_list(trial: Trial) -> bool:
    if not trial.of_missing() or not (trial.bucket.block or {}).get("IgnorePublicAcls"):
        return False
    return _allowed(trial.bucket.with_block(None), _listing(trial))


def _every_upload(trial: Trial) -> bool:
    blocks = (trial.bucket.block or {}).get("BlockPublicAcls")
    return bool(blocks) and trial.ask.action == "s3:PutObject" and trial.said.status == 403


def _delete_by_list(trial: Trial) -> bool:
    writes = trial.ask.action == "s3:DeleteObject" and trial.said.status == 204
    return writes and _allowed(trial.bucket.with_policy(None), trial.ask._replace(action="s3:PutObject"))


OTHERWISE = (
    Otherwise(
        "a missing key to the owner",
        "It answers 404 to the owner, whatever the bucket policy denies.",
        f"{_API}API_GetObject.html",
        _owner,
    ),
    Otherwise(
        "a missing key to who may list but not read",
        "It answers 404; S3 asks for the permission to read first, and only then for that to list.",
        f"{_API}API_GetObject.html",
        _may_list,
    ),
    Otherwise(
        "a missing key and IgnorePublicAcls",
        "It goes by the public ACL of the bucket for a missing key, though IgnorePublicAcls is on.",
        f"{_GUIDE}access-control-block-public-access.html",
        _ignored_list,
    ),
    Otherwise(
        "BlockPublicAcls and uploads",
        "It refuses every upload, whatever its ACL; S3 refuses those with a public one.",
        f"{_GUIDE}access-control-block-public-access.html",
        _every_upload,
    ),
    Otherwise(
        "deleting by an ACL",
        "WRITE in the ACL of a bucket lets anybody delete; of S3's permissions it stands for s3:PutObject.",
        f"{_GUIDE}acl-overview.html",
        _delete_by_list,
    ),
)


def explanation(trial: Trial) -> str | None:
    """What explains a difference, or None."""
    return next((one.name for one in OTHERWISE if one.is_it(trial)), None)
