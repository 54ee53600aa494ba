"""Whether somebody may do something to a bucket or an object: everything about access, nothing about what is there.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html and the IAM guide
on the logic of evaluation. Explicit denials come first, as S3 names them first.
"""

from collections.abc import Iterator

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.decide import causes
from audit403.s3.decide.grants import Granted, granted
from audit403.s3.decide.layers import Layers, denies, place_of, principal_of
from audit403.s3.decide.requirement import Requirement
from audit403.s3.decide.said import NOTHING, Asked, Considered, Said, said_by
from audit403.s3.model.access_list import BUCKET_OWNER
from audit403.s3.model.bucket import ENFORCED, Bucket, StoredObject
from audit403.s3.model.caller import ANONYMOUS, ROOT, SERVICE, same_account
from audit403.s3.model.policy import Policy
from audit403.s3.model.principal import AS_EVERYBODY, BY_ACCOUNT, BY_ROLE
from audit403.s3.model.public_access_block import IGNORE_ACLS, RESTRICT, Level, effect
from audit403.s3.model.public_policy import is_public, public_statement
from audit403.s3.model.truth import Truth, every, negated, some
from audit403.s3.model.world import AccessPoint, World

#: What the root user of the owner may do whatever the bucket's policy denies.
_ROOT_MAY = frozenset(("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"))
#: Of these the owner of an object does not decide.
_OF_BUCKET_OWNER = frozenset(
    (
        "s3:putobject",
        "s3:deleteobject",
        "s3:deleteobjectversion",
        "s3:abortmultipartupload",
        "s3:listmultipartuploadparts",
    )
)


class Target(NamedTuple):
    """What is asked for: `bucket` None is no bucket at all, `key` None the bucket itself."""

    bucket: Bucket | None
    key: str | None
    stored: StoredObject | Missing | None
    point: AccessPoint | None = None

    def levels(self, world: World) -> tuple[Level, ...]:
        """Where Block Public Access may be set for it."""
        found = [world.block if self.bucket is None else world.block_of_account(self.bucket)]
        if self.bucket is not None:
            found.insert(0, self.bucket.block)
        if self.point is not None:
            found.insert(0, self.point.block)
        return tuple(found)


def requirements(
    world: World, asked: Asked, target: Target, considered: list[Considered] | None = None
) -> Iterator[Requirement]:
    """Everything that must hold."""
    bucket, caller = target.bucket, asked.caller
    account = caller.account if bucket is None else bucket.account
    asked = asked._replace(bounded=_is_bounded(world, asked))
    resource, point = _resource_says(asked, target, considered)
    layers = Layers(world, asked, account, considered)
    same = same_account(account, caller.account)
    exempt = caller.kind == ROOT and same is True and asked.action in _ROOT_MAY
    if not exempt:
        yield denies(resource, causes.DENIED, "the bucket policy")
    if point is not None:
        yield denies(point, causes.ACCESS_POINT_DENIED, "the policy of the access point")
    yield from layers.denials()
    if bucket is not None:
        yield from _restricted(world, asked, target, bucket)
    yield from layers.around()
    if target.point is not None:
        yield _network(asked, target.point)
    if bucket is None:
        yield Requirement(
            layers.identity_allows(), causes.IDENTITY_SILENT, None, _silent(asked, "a policy of the caller")
        )
        yield from layers.limits(NOTHING, True)
        return
    foreign = _is_foreign(asked, target, bucket)
    of_object = target.key is not None and asked.action != "s3:putobject"
    by_list = granted(asked.action, caller, bucket, target.stored, target.levels(world), of_object=of_object)
    yield from _allowed(_Question(asked, layers, resource, point, by_list, foreign, same, bucket, target))


class _Question(NamedTuple):
    asked: Asked
    layers: Layers
    resource: Said
    point: Said | None
    by_list: Granted
    foreign: Truth
    same: Truth
    bucket: Bucket
    target: Target

    def policy_allows(self, strength: int) -> Truth:
        """Whether the bucket policy, and that of the access point, let the caller in; not to somebody else's object."""
        point: Truth = True if self.point is None else self.point.allows(strength)
        return every((self.resource.allows(strength), point, negated(self.foreign)))


def _allowed(question: _Question) -> Iterator[Requirement]:
    asked, layers, by_list = question.asked, question.layers, question.by_list
    caller = asked.caller
    if not caller.is_of_iam:
        counts = some((question.policy_allows(AS_EVERYBODY), by_list.at_all()))
        if caller.kind == SERVICE:
            counts = question.policy_allows(AS_EVERYBODY)
        yield _nothing_allows(question, counts)
        return
    if question.same is False:
        yield from _across_accounts(question)
        return
    reach = some((negated(question.foreign), by_list.at_all(), _owns(question)))
    by_resource = some((question.policy_allows(BY_ROLE), by_list.publicly))
    granted_at_all = every((reach, some((layers.identity_allows(), by_resource))))
    here = [_nothing_allows(question, granted_at_all)]
    bypass = question.resource if question.foreign is False else NOTHING
    here += layers.limits(bypass, question.same)
    if question.same is True:
        yield from here
        return
    # The account of the bucket was not collected: what holds in either case holds.
    across = list(_across_accounts(question))
    both = some((every(one.holds for one in here), every(one.holds for one in across)))
    same = question.same
    yield Requirement(same if both is True and not _all_hold(here, across) else both, causes.NOT_ALLOWED, None, "")


def _all_hold(*lists: list[Requirement]) -> bool:
    return all(one.holds is True for each in lists for one in each)


def _across_accounts(question: _Question) -> Iterator[Requirement]:
    asked, layers = question.asked, question.layers
    own = every((question.foreign, _owns(question)))
    by_resource = some((question.policy_allows(BY_ACCOUNT), question.by_list.at_all(), own))
    message = f"{asked.caller.words()} is of another account, and the bucket's policy does not allow {asked.action}"
    yield _because_of(question, Requirement(by_resource, causes.BUCKET_SILENT, None, message))
    yield Requirement(layers.identity_allows(), causes.IDENTITY_SILENT, None, _silent(asked, "a policy of the caller"))
    yield from layers.limits(NOTHING, False)


def _nothing_allows(question: _Question, holds: Truth) -> Requirement:
    asked = question.asked
    if asked.caller.kind == ANONYMOUS:
        message = f"no statement of the bucket policy, and no ACL, lets everybody do {asked.action}"
    else:
        message = f"nothing allows {asked.caller.words()} to do {asked.action}"
    return _because_of(question, Requirement(holds, causes.NOT_ALLOWED, None, message))


def _because_of(question: _Question, requirement: Requirement) -> Requirement:
    """The same, with what keeps from counting what would allow it."""
    if requirement.holds is not False:
        return requirement
    if question.foreign is True and question.resource.strength:
        stored = question.target.stored
        owner = stored.owner if isinstance(stored, StoredObject) else ""
        where = place_of(question.resource.allowed_by)
        words = f"the object belongs to {owner}, and so the bucket policy cannot open it"
        return requirement._replace(cause=causes.FOREIGN_OBJECT, where=where, message=words)
    if question.by_list.ignored is not None:
        where = question.layers.world.block_place(question.bucket, IGNORE_ACLS, question.by_list.ignored)
        words = "an ACL lets everybody in, and IgnorePublicAcls keeps it from counting"
        return requirement._replace(cause=causes.PUBLIC_ACL_IGNORED, where=where, message=words)
    return requirement


def _resource_says(asked: Asked, target: Target, considered: list[Considered] | None) -> tuple[Said, Said | None]:
    bucket = target.bucket
    if bucket is None:
        return NOTHING, None
    of_bucket = asked
    if target.point is not None:
        resource = bucket.arn if target.key is None else f"{bucket.arn}/{target.key}"
        of_bucket = asked._replace(resource=resource)
    found = bucket.policy
    resource_says = said_by(_one(found), of_bucket, considered, of_resource=True)
    if target.point is None:
        return resource_says, None
    return resource_says, said_by(_one(target.point.policy), asked, considered, of_resource=True)


def _one(policy: Policy | Missing | None) -> tuple[Policy, ...] | Missing:
    return policy if isinstance(policy, Missing) else () if policy is None else (policy,)


def _restricted(world: World, asked: Asked, target: Target, bucket: Bucket) -> Iterator[Requirement]:
    """RestrictPublicBuckets: of a public policy nobody has anything but the owner's account and services of AWS."""
    caller = asked.caller
    if caller.kind == SERVICE:
        return
    owners = [bucket.account] + ([] if target.point is None else [target.point.account])
    if caller.account is not None and caller.account in owners:
        return
    public: Truth = bucket.is_public
    policy = bucket.policy
    whose = "the bucket policy"
    if public is not True and target.point is not None and target.point.vpc is None:
        of_point = target.point.policy
        told = of_point if isinstance(of_point, Missing) else of_point is not None and is_public(of_point)
        public = some((public, told))
        policy, whose = of_point, "the policy of the access point"
    if public is False:
        return
    restrict = effect(RESTRICT, target.levels(world))
    outsider: Truth = True
    if caller.account is not None:
        outsider = negated(same_account(bucket.account, caller.account))
    holds = negated(every((public, restrict.is_on, outsider)))
    name = ""
    if isinstance(policy, Policy):
        name = next((one.name for one in policy.statements if public_statement(one) is not False), "")
    message = (
        f"{whose} is public (statement {name}), and RestrictPublicBuckets of {restrict.level} keeps out "
        "everybody but the owner's account and services of AWS"
    )
    where = world.block_place(bucket, RESTRICT, restrict.level)
    yield Requirement(holds, causes.RESTRICTED, where, message)


def _network(asked: Asked, point: AccessPoint) -> Requirement:
    if point.vpc is None:
        return Requirement(True, "", None, "")
    have = asked.context.get("aws:sourcevpc")
    holds: Truth = have if isinstance(have, Missing) else have is not None and point.vpc in have
    return Requirement(holds, causes.ACCESS_POINT_NETWORK, None, f"the access point serves {point.vpc} alone")


def _is_foreign(asked: Asked, target: Target, bucket: Bucket) -> Truth:
    """Whether the object belongs to another account, whose word is needed then."""
    if target.key is None or asked.action in _OF_BUCKET_OWNER or bucket.ownership == ENFORCED or target.stored is None:
        return False
    stored = target.stored
    owner = stored if isinstance(stored, Missing) else stored.owner
    if isinstance(owner, Missing):
        return owner
    if owner == BUCKET_OWNER:
        return False
    if isinstance(bucket.account, Missing):
        return bucket.account
    if owner == bucket.account:
        return False
    return bucket.ownership if isinstance(bucket.ownership, Missing) else True


def _owns(question: _Question) -> Truth:
    stored = question.target.stored
    if isinstance(stored, Missing):
        return stored
    if stored is None:
        return False
    owner = stored.owner
    return owner if isinstance(owner, Missing) else owner == question.asked.caller.account


def _is_bounded(world: World, asked: Asked) -> Truth:
    boundary = principal_of(world, asked).boundary
    return boundary if isinstance(boundary, Missing) else bool(boundary)


def _silent(asked: Asked, whose: str) -> str:
    return f"{whose} would have to allow {asked.action}, and none does"
