"""What access control lists grant a caller, as far as ownership and Block Public Access let them count.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html and about-object-ownership.html.
"""

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.access_list import (
    AUTHENTICATED,
    BUCKET_OWNER,
    EVERYBODY,
    OWNER,
    AccessList,
    grantees,
    is_listable,
)  # fmt: skip
from audit403.s3.model.bucket import ENFORCED, Bucket, StoredObject
from audit403.s3.model.caller import Caller
from audit403.s3.model.public_access_block import IGNORE_ACLS, Level, effect
from audit403.s3.model.truth import Truth, every, negated, some


class Granted(NamedTuple):
    """Whether an ACL lets the caller in as one of everybody, or by name; `ignored` is a flag that keeps it from it."""

    publicly: Truth
    by_name: Truth
    ignored: str | None = None

    def at_all(self) -> Truth:
        """Whether it does in any way."""
        return some((self.publicly, self.by_name))


NOTHING_GRANTED = Granted(False, False)


def granted(
    action: str, caller: Caller, bucket: Bucket, stored: StoredObject | Missing | None, levels: tuple[Level, ...],
    *, of_object: bool,
) -> Granted:  # fmt: skip
    """What the ACL of an object, or of the bucket, grants. `action` is in lower case."""
    if not is_listable(action, of_object=of_object):
        return NOTHING_GRANTED
    ownership = bucket.ownership
    if ownership == ENFORCED or (of_object and stored is None):
        return NOTHING_GRANTED
    counts: Truth = ownership if isinstance(ownership, Missing) else True
    owner: str | Missing | None = bucket.account
    access_list: AccessList | Missing = bucket.access_list
    if of_object:
        if isinstance(stored, Missing):
            owner = access_list = stored
        elif stored is not None:
            owner, access_list = stored.owner, stored.access_list
    if isinstance(access_list, Missing):
        public: Truth = access_list
        named: Truth = access_list if caller.account is not None or caller.kind != "anonymous" else False
        found: frozenset[str] = frozenset()
    else:
        found = grantees(access_list, action, of_object=of_object)
        public = EVERYBODY in found or (AUTHENTICATED in found and caller.is_of_iam)
        named = caller.account in found or caller.name in found
    if named is False and OWNER in found:
        named = _is(caller, owner)
    if named is False and BUCKET_OWNER in found:
        named = _is(caller, bucket.account)
    ignored = effect(IGNORE_ACLS, levels)
    level = ignored.level if public is True and ignored.is_on is True else None
    return Granted(every((counts, public, negated(ignored.is_on))), every((counts, named)), level)


def _is(caller: Caller, account: str | Missing | None) -> Truth:
    return account if isinstance(account, Missing) else caller.account is not None and caller.account == account
