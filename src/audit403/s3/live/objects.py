"""Objects of a bucket: those that were named, or a sample. Who owns them, their ACLs, encryption, archived or not.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (HEAD answers without a body: 404 is a key
that is not there, for those who may list the bucket), …GetObjectAcl.html and …ListObjectsV2.html.
"""

from collections.abc import Callable, Iterable
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.bucket import access_list
from audit403.s3.live.call import NoBucket, NotCollected, NotThere, call, pages
from audit403.s3.live.record import Record
from audit403.s3.model.bucket import ENFORCED

_PAGE = 1000
_NO_KEY = frozenset(("404", "NoSuchKey"))
_RESTORED = 'ongoing-request="false"'


class Objects(NamedTuple):
    """Which objects to look at: these keys, and so many spread over the first thousand."""

    keys: tuple[str, ...] = ()
    sample: int = 0

    def collect(self, client: Any, bucket: str, record: Record, goes_on: Callable[[], bool]) -> None:
        """Put them into the state of a bucket; what is not known of them is a gap."""
        found: dict[str, Any] = {}
        names = dict.fromkeys(self.keys)
        if self.sample:
            try:
                listed = _listed(client, bucket, max(_PAGE, self.sample))
            except NoBucket:
                raise
            except NotCollected as error:
                record.gaps["a sample of its objects"] = error.reason
                listed = None
            if listed == []:
                record.state["objects"] = {}  # it is empty
                return
            names |= dict.fromkeys(spread(listed or [], self.sample))
        for key in names:
            if not goes_on():
                record.gaps["every object"] = "the run was interrupted"
                break
            self._one(client, bucket, key, record, found)
        if found:
            record.state["objects"] = found

    def _one(self, client: Any, bucket: str, key: str, record: Record, found: dict[str, Any]) -> None:
        of_one = Record()
        where: dict[str, Any] = {"Bucket": bucket, "Key": key}
        try:
            answer = call(client, "head_object", "s3:GetObject", _NO_KEY, **where)
        except NotThere:
            found[key] = None
            return
        except NotCollected as error:
            record.gaps[f"the object {key}"] = error.reason
            return
        if not answer.get("ETag"):  # every object has one
            record.gaps[f"the object {key}"] = "the answer to HeadObject is not to be understood"
            return
        found[key] = of_one.state
        of_one.state |= _stored(answer)
        if record.state.get("ownership") == ENFORCED:
            of_one.state["acl"] = None
            if "account" in record.state:
                of_one.state["owner"] = record.state["account"]
            return
        of_one.take("acl", "the ACL", lambda: access_list(call(client, "get_object_acl", "s3:GetObjectAcl", **where)))
        owner = ((of_one.state.get("acl") or {}).get("Owner") or {}).get("ID")
        if isinstance(owner, str):
            of_one.state["owner"] = owner
        record.gaps |= {f"{what} of the object {key}": reason for what, reason in of_one.gaps.items()}


def spread(keys: list[str], count: int) -> Iterable[str]:
    """So many of them, at equal distances."""
    if count >= len(keys):
        return keys
    return [keys[number * len(keys) // count] for number in range(count)]


def _listed(client: Any, bucket: str, most: int) -> list[str]:
    found: list[str] = []
    for page in pages(client, "list_objects_v2", "s3:ListBucket", size=_PAGE, Bucket=bucket):
        if not page.get("Name"):  # of the bucket; an empty one has no Contents
            raise NotCollected("the answer to ListObjectsV2 is not to be understood")
        found += [one["Key"] for one in page.get("Contents") or () if isinstance(one.get("Key"), str)]
        if len(found) >= most:
            break
    return found


def _stored(answer: dict[str, Any]) -> dict[str, Any]:
    """How an object is stored, as HeadObject says it: what is not in the answer is the usual."""
    algorithm, key = answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId")
    encryption = {"algorithm": algorithm, "key": key} if str(algorithm).startswith("aws:kms") else None
    found = {"storage_class": answer.get("StorageClass") or "STANDARD", "encryption": encryption}
    if _RESTORED in str(answer.get("Restore")):
        found["restored"] = True
    if answer.get("ArchiveStatus"):
        found["access_tier"] = answer["ArchiveStatus"]
    return found
