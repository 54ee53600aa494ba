"""What S3 answers to one request: authorization first, then what hangs on the object that is asked for.

Truth: facts in the S3 user guide and API reference, named in the files beside this one; the order is that of
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
"""

from collections.abc import Iterator

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN, Decision, Missing, Step
from audit403.core.place import Because
from audit403.s3.decide import causes
from audit403.s3.decide.authorize import Target, requirements
from audit403.s3.decide.keys import key_requirements
from audit403.s3.decide.request import WEBSITE, S3Request
from audit403.s3.decide.requirement import Outcome, Requirement, outcome_of
from audit403.s3.decide.said import Asked, Considered
from audit403.s3.decide.wording import Refused, said_in_answer
from audit403.s3.decide.writes import WITH_ACL, acls_disabled, blocked_writes
from audit403.s3.model.bucket import Bucket, StoredObject
from audit403.s3.model.caller import ANONYMOUS, caller_of, same_account
from audit403.s3.model.encryption import Encryption, encryption_of
from audit403.s3.model.resource import resource_of
from audit403.s3.model.truth import Truth, some
from audit403.s3.model.world import World

#: Reading an object that is not there is told from being refused only to those who may list the bucket.
READS = frozenset(
    ("s3:getobject", "s3:getobjectversion", "s3:getobjectacl", "s3:getobjecttagging", "s3:getobjectattributes")
)
_SHOWS_CONTENT = frozenset(("s3:getobject", "s3:getobjectversion"))
_ENCRYPTS = "s3:x-amz-server-side-encryption"
#: No condition key, but a header that comes beside them: whose the bucket is to be.
_EXPECTED_OWNER = "s3:x-amz-expected-bucket-owner"


class Evaluator:
    """Answers requests in one world. `decide` may be asked as often as one likes."""

    def __init__(self, world: World) -> None:
        self.world = world

    def decide(self, request: S3Request, considered: list[Considered] | None = None) -> Decision:
        """The answer. `considered` takes every statement that was looked at, with what came of it."""
        if request.endpoint == WEBSITE:
            from audit403.s3.decide.website import at_website

            return at_website(self, request, considered)
        caller = caller_of(request.principal)
        asked = Asked(request.action.lower(), request.resource, caller, request.context, head=request.head)
        found = self.target(request.resource)
        if isinstance(found, Missing):
            return Decision(UNKNOWN, None, causes.NOT_ALLOWED, missing=(found,))
        if found.bucket is None and resource_of(request.resource).bucket is not None:
            return Decision(NOT_REFUSED, 404, causes.NO_BUCKET)
        return self._decided(request, asked, found, considered)

    def target(self, arn: str) -> Target | Missing:
        """What a request is about; a bucket that is known not to be there is None."""
        resource = resource_of(arn)
        point = None
        name = resource.bucket
        if resource.point is not None:
            known = self.world.access_point(resource.point)
            if isinstance(known, Missing):
                return known
            point, name = known, known.bucket
        if name is None:
            return Target(None, None, None)
        bucket = self.world.bucket(name, resource.partition)
        if isinstance(bucket, Missing):
            return bucket
        stored = None if bucket is None or resource.key is None else bucket.object(resource.key)
        return Target(bucket, resource.key, stored, point)

    def allowed(self, asked: Asked, target: Target, considered: list[Considered] | None = None) -> Outcome:
        """Whether somebody has access, whatever is there."""
        return outcome_of(requirements(self.world, asked, target, considered))

    def _decided(
        self, request: S3Request, asked: Asked, target: Target, considered: list[Considered] | None
    ) -> Decision:
        account = None if target.bucket is None else target.bucket.account
        to = Refused(asked.caller, request.action, request.resource, account)
        access = outcome_of(self._access(request, asked, target, considered))
        if access.failed is not None:
            return refused(access.failed, to)
        bucket = target.bucket
        if bucket is None:
            return _open(access) or Decision(NOT_REFUSED, 200, causes.SERVED)
        disabled = acls_disabled(asked, target)
        if disabled is True and not access.missing:
            return Decision(NOT_REFUSED, 400, causes.ACLS_DISABLED)
        if disabled is not False and disabled is not True:
            access = access._replace(missing=(*access.missing, disabled))
        if target.key is None or asked.action not in READS:
            return _open(access) or Decision(NOT_REFUSED, 200, causes.SERVED)
        return self._read(asked, target, bucket, access, considered, to)

    def _access(
        self, request: S3Request, asked: Asked, target: Target, considered: list[Considered] | None
    ) -> Iterator[Requirement]:
        yield from requirements(self.world, asked, target, considered)
        bucket = target.bucket
        if bucket is None:
            return
        expected = asked.context.get(_EXPECTED_OWNER)
        if expected is not None:
            yield _is_of(bucket, expected)
        yield from blocked_writes(self.world, asked, target)
        if asked.action == "s3:putobject":
            yield from key_requirements(self.world, asked, bucket, _brought(asked, bucket), considered)
        if bucket.requester_pays is not False and not (request.payer and asked.caller.kind != ANONYMOUS):
            yield _pays(asked, bucket)

    def _read(
        self,
        asked: Asked,
        target: Target,
        bucket: Bucket,
        access: Outcome,
        considered: list[Considered] | None,
        to: Refused,
    ) -> Decision:
        """Of an object: what hangs on whether it is there, and on how it is stored."""
        stored = target.stored
        there = self._of_stored(asked, target, bucket, access, considered, to) if stored is not None else None
        if not isinstance(stored, Missing) and there is not None:
            return there
        missing_key = self._of_missing(asked, target, bucket, access, to)
        if there is None:
            return missing_key
        if there.verdict == missing_key.verdict == NOT_REFUSED:
            return there._replace(status=None)
        if there.verdict == missing_key.verdict == REFUSED:
            return missing_key
        assert isinstance(stored, Missing)
        names = dict.fromkeys((stored, *there.missing, *missing_key.missing))
        trace = tuple(step._replace(phase="perhaps") for step in missing_key.trace)
        return missing_key._replace(verdict=UNKNOWN, status=None, missing=tuple(names), says=None, trace=trace)

    def _of_stored(
        self,
        asked: Asked,
        target: Target,
        bucket: Bucket,
        access: Outcome,
        considered: list[Considered] | None,
        to: Refused,
    ) -> Decision:
        if asked.action in _SHOWS_CONTENT and not asked.head:
            stored = target.stored
            known = stored if isinstance(stored, StoredObject) else None
            encryption: Encryption | Missing = known.encryption if known is not None else bucket.encryption
            if known is None and not (isinstance(encryption, Encryption) and not encryption.by_kms):
                assert isinstance(stored, Missing)
                encryption = stored
            further = outcome_of(
                (*key_requirements(self.world, asked, bucket, encryption, considered), *_archived(known))
            )
            if further.failed is not None and not access.missing:
                return refused(further.failed, to)
            if further.failed is not None:
                access = access._replace(perhaps=further.failed)
                return refused(further.failed, to)
            access = Outcome(None, (*access.missing, *further.missing), access.perhaps or further.perhaps)
        return _open(access) or Decision(NOT_REFUSED, 200, causes.SERVED)

    def _of_missing(self, asked: Asked, target: Target, bucket: Bucket, access: Outcome, to: Refused) -> Decision:
        listing = asked._replace(action="s3:listbucket", resource=bucket.arn)
        may_list = self.allowed(listing, target._replace(key=None, stored=None)).allowed
        if may_list is False:
            missing = "if it is missing" if isinstance(target.stored, Missing) else "which is not there"
            message = (
                f"{target.key}, {missing}: {asked.caller.words()} may not list the bucket (s3:ListBucket), and S3 "
                "answers 403 and not 404, so that nobody learns what is there"
            )
            return refused(Requirement(False, causes.MISSING_KEY, None, message), to)
        if access.missing or may_list is not True:
            names = (*access.missing, *(() if may_list is True else (may_list,)))
            return Decision(UNKNOWN, None, causes.MISSING_KEY, missing=tuple(dict.fromkeys(names)))
        return Decision(NOT_REFUSED, 404, causes.NOT_FOUND)


def refused(requirement: Requirement, to: Refused) -> Decision:
    """AccessDenied, for one reason: what it is comes in the trace, what S3 says of it in the answer."""
    where = requirement.where
    because = () if where is None else (Because(where, requirement.message),)
    trace = (Step("refused", requirement.message, where),) if requirement.message else ()
    says = said_in_answer(requirement.cause, to)
    return Decision(REFUSED, 403, requirement.cause, where, because, trace=trace, says=says)


def _open(access: Outcome) -> Decision | None:
    """The answer that hangs on what is missing; None where nothing is."""
    if not access.missing:
        return None
    cause = causes.NOT_ALLOWED if access.perhaps is None or not access.perhaps.cause else access.perhaps.cause
    where = None if access.perhaps is None else access.perhaps.where
    return Decision(UNKNOWN, None, cause, where, missing=access.missing)


def _is_of(bucket: Bucket, expected: "tuple[str, ...] | Missing") -> Requirement:
    """That a bucket belongs to the account that the request expects."""
    if isinstance(expected, Missing):
        return Requirement(expected, causes.OTHER_OWNER, None, "")
    holds = same_account(bucket.account, expected[0])
    message = (
        f"the request expects a bucket of {expected[0]} (x-amz-expected-bucket-owner), and it is {bucket.account}'s"
    )
    return Requirement(holds, causes.OTHER_OWNER, None, message)


def _pays(asked: Asked, bucket: Bucket) -> Requirement:
    """Requester pays: whoever is not of the owner's account must agree, and nobody unsigned can."""
    account = bucket.account
    own: Truth = account if isinstance(account, Missing) else asked.caller.account == account
    pays = bucket.requester_pays
    holds = own if pays is True else some((own, pays)) if own is True else pays
    if own is False and pays is True:
        holds = False
    return Requirement(
        holds, causes.REQUESTER_PAYS, None, "the requester pays, and does not say so (x-amz-request-payer)"
    )


def _archived(stored: StoredObject | None) -> Iterator[Requirement]:
    if stored is None or stored.archived is False:
        return
    holds: Truth = False if stored.archived is True else stored.archived
    yield Requirement(
        holds, causes.ARCHIVED, None, "the object is archived and must be restored first (InvalidObjectState)"
    )


def _brought(asked: Asked, bucket: Bucket) -> Encryption | Missing:
    """With what a new object is encrypted: as the request says, else as the bucket does by default."""
    said = asked.context.get(_ENCRYPTS)
    if isinstance(said, Missing):
        return said
    if not said:
        return bucket.encryption
    key = asked.context.get(f"{_ENCRYPTS}-aws-kms-key-id")
    if isinstance(key, Missing):
        return key
    return encryption_of({"algorithm": said[0], "key": key[0] if key else None}) or Encryption(False)


__all__ = ["READS", "WITH_ACL", "Evaluator", "refused"]
