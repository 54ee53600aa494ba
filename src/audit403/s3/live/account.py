"""Who asks, which buckets the account has and in which regions, and what holds for all of them.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html (pages, regions),
…/API_HeadBucket.html (the region of any bucket, also of one that the caller may not read) and
…/API_control_GetPublicAccessBlock.html (what holds for the account, its organization's settings included).
"""

from typing import Any

from botocore.exceptions import ClientError

from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.call import NoBucket, NotCollected, call, items, pages
from audit403.s3.live.client import Clients

PAGE = 1000
_FEW = 10
"""So many buckets are looked up by name; of more the whole list is read."""
_REGION = "x-amz-bucket-region"
_NO_BLOCK = frozenset(("NoSuchPublicAccessBlockConfiguration",))


class Identity(NamedTuple):
    """Who asks: the number of the account, and the principal."""

    account: str
    principal: str


class Found(NamedTuple):
    """A bucket, before it is looked at; `is_own`: whether the account owns it (None: not known)."""

    name: str
    region: str | None
    is_own: bool | None


class Listed(NamedTuple):
    """The buckets of the account: its canonical id, and the regions of the buckets (None: not said) by name."""

    canonical_id: str | None
    regions: dict[str, str | None]


def identity(clients: Clients) -> Identity:
    """Who asks. Raises NotCollected, BadCredentials and Unreachable among it."""
    answer = call(clients.of("sts"), "get_caller_identity", "sts:GetCallerIdentity")
    account, principal = answer.get("Account"), answer.get("Arn")
    if not isinstance(account, str) or not isinstance(principal, str):
        raise NotCollected("the answer to GetCallerIdentity is not to be understood")
    return Identity(account, principal)


def list_buckets(clients: Clients, names: tuple[str, ...]) -> Listed:
    """The account's buckets, or those among `names` that it has. Raises NotCollected."""
    regions: dict[str, str | None] = {}
    owner = None
    prefixes = names if 0 < len(names) <= _FEW else (None,)
    for prefix in prefixes:
        narrowed: dict[str, Any] = {} if prefix is None else {"Prefix": prefix}
        for page in pages(clients.of("s3"), "list_buckets", "s3:ListAllMyBuckets", size=PAGE, **narrowed):
            for bucket in items(page, "Buckets", "ListBuckets"):
                name = bucket.get("Name")
                if isinstance(name, str) and (not names or name in names):
                    regions[name] = bucket.get("BucketRegion")
            owner = (page.get("Owner") or {}).get("ID") or owner
    return Listed(owner if isinstance(owner, str) else None, regions)


def region_of(clients: Clients, name: str) -> str:
    """The region of a bucket, which S3 tells everybody. Raises NoBucket, NotCollected."""
    try:
        answer = clients.of("s3").head_bucket(Bucket=name)
    except ClientError as error:
        answer = error.response
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            raise NoBucket("there is no bucket of this name") from None
        if _header(answer) is None and status != 403:
            raise NotCollected(f"its region is not known: HeadBucket answered {status}") from None
    except Exception:  # once more, for the sentence about it
        answer = call(clients.of("s3"), "head_bucket", "s3:ListBucket", Bucket=name)
    found = answer.get("BucketRegion") or _header(answer)
    return found if isinstance(found, str) and found else clients.region


def is_owned_by(client: Any, name: str, account: str) -> bool:
    """Whether S3 says that a bucket belongs to an account; False also where the caller may not ask that."""
    try:
        client.head_bucket(Bucket=name, ExpectedBucketOwner=account)
    except Exception:
        return False
    return True


def account_block(clients: Clients, account: str) -> Any:
    """Block Public Access of the account. Raises NotThere, NotCollected."""
    client = clients.of("s3control")
    answer = call(client, "get_public_access_block", "s3:GetAccountPublicAccessBlock", _NO_BLOCK, AccountId=account)
    found = answer.get("PublicAccessBlockConfiguration")
    if not isinstance(found, dict) or not found:
        raise NotCollected("the answer to GetPublicAccessBlock is not to be understood")
    return found


def _header(answer: dict[str, Any]) -> str | None:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    found = headers.get(_REGION) if isinstance(headers, dict) else None
    return found if isinstance(found, str) else None
