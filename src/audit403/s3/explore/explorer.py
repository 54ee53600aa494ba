"""Every refusal of what documents mean to let in, and everything in them that cannot mean anything.

What means to let somebody in is a statement that allows it, a public ACL, or a website. For each one a request is made
that it is about, and asked; where it is refused, others whom the policies single out are tried, so that protection is
told from contradiction.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN, Missing
from audit403.core.fact import DocumentFault, Fact, ReadingFault, Refusal
from audit403.core.family import NotAudited
from audit403.core.place import Place, StatementPlace
from audit403.core.request import Request
from audit403.s3.decide import causes
from audit403.s3.decide.layers import place_of
from audit403.s3.decide.request import S3Request
from audit403.s3.explore.address_mistakes import PRIVATE
from audit403.s3.explore.asking import (
    ACTIONS,
    fixed_keys,
    profiles_of,
    request_for,
    values_of,
    with_context,
    witness_of,
)
from audit403.s3.explore.declared import declared, is_one_of
from audit403.s3.explore.denying import denying
from audit403.s3.explore.faults import faults_of
from audit403.s3.explore.mistakes import comes_of, mistakes_of, never_allows
from audit403.s3.explore.ordinary import ANONYMOUS, NO_SUCH_FOLDER, NO_SUCH_KEY, WEBSITE, Profile
from audit403.s3.explore.samples import ORDINARY_KEY, sample_resource
from audit403.s3.explore.satisfy import are_too_many, contexts
from audit403.s3.explore.subject import (
    BELOW_ROOT,
    BY_ACCESS_POINT,
    BY_ACL,
    BY_DISTRIBUTION,
    BY_STATEMENT,
    BY_WEBSITE,
    DECLARED,
    ERROR_DOCUMENT,
    MISSING_PAGE,
    Behind,
    S3Subject,
)
from audit403.s3.model.access_list import PUBLIC, grantees
from audit403.s3.model.bucket import Bucket, StoredObject
from audit403.s3.model.caller import caller_of
from audit403.s3.model.fields import At
from audit403.s3.model.policy import ALLOW, DENY, Policy, Statement
from audit403.s3.model.resource import resource_of
from audit403.s3.model.website import Website
from audit403.s3.model.world import AccessPoint
from audit403.s3.read.described import UNRESOLVED

if TYPE_CHECKING:
    from audit403.s3.explore.distributions import Asking
    from audit403.s3.site import S3Site

FAMILY = "s3"
MOST_OBJECTS = 10_000
#: In what visitors of one kind differ.
_OF_CLIENTS = frozenset(("aws:sourceip", "aws:referer", "aws:useragent"))


class Explorer:
    """Explores one site."""

    def __init__(self, site: "S3Site") -> None:
        self.site = site
        self.world = site.world
        self.missed: list[NotAudited] = []
        self._origins: dict[str, tuple[Asking, ...]] = {}
        if self.world.distributions():
            from audit403.s3.explore.distributions import origins_by_bucket

            self._origins = origins_by_bucket(self.world)
        self._points: dict[str, list[AccessPoint]] = {}
        for point in self.world.access_points():
            self._points.setdefault(point.bucket, []).append(point)

    def facts(self) -> Iterator[Fact]:
        """All facts, those about documents first."""
        for kind, where, message in self.site.described.faults:
            if kind != UNRESOLVED:
                yield ReadingFault(FAMILY, kind, where, message)
        buckets = [self.world.bucket(name) for name in self.world.bucket_names()]
        found = (_told_once(self._refusals(bucket)) for bucket in buckets if isinstance(bucket, Bucket))
        refusals = tuple(chain.from_iterable(found))
        faults = tuple(faults_of(self.site))
        mistakes = tuple(mistakes_of(self.site, refusals))
        for refusal in refusals:
            subject: S3Subject = refusal.subject
            subject.mistaken = any(comes_of(refusal, fault.subject) for fault in mistakes)
            subject.mistaken |= any(denies_for_address(fault) and fault.where == refusal.where for fault in faults)
        yield from faults
        yield from mistakes
        yield from self._of_viewers(buckets)
        if self.world.deliveries():
            from audit403.s3.explore.deliveries import refused_deliveries

            yield from refused_deliveries(self.site)
        yield from refusals

    def _of_viewers(self, buckets: Iterable[Bucket | Missing | None]) -> Iterator[DocumentFault]:
        if not self._origins:
            return
        from audit403.s3.explore.viewers import viewers_of

        for bucket in buckets:
            if isinstance(bucket, Bucket) and bucket.name in self._origins:
                yield from viewers_of(self.site, bucket, self._origins[bucket.name])

    def _refusals(self, bucket: Bucket) -> Iterator[Refusal]:
        meant = declared(bucket.name, self.site.options.visitors)
        for refusal in self._of_documents(bucket):
            if meant is None or is_one_of(refusal.subject.profile, meant):
                yield refusal
        for profile in meant or ():
            yield from self._of_declared(bucket, profile)

    def _of_declared(self, bucket: Bucket, profile: Profile) -> Iterator[Refusal]:
        """What is refused to somebody whom the settings mean; where that cannot be known, that is said."""
        missing: dict[str, None] = {}
        for key in bucket.known_keys()[:MOST_OBJECTS] or (ORDINARY_KEY,):
            decision = self.site.decide(request_for(self.world, profile, "GET", f"{bucket.arn}/{key}"))
            if decision.verdict == UNKNOWN:
                missing.update(dict.fromkeys(one.name for one in decision.missing))
            yield from self._asked(bucket, DECLARED, profile, "GET", f"{bucket.arn}/{key}")
        if missing:
            reason = f"whether {profile.words} may read {bucket.name} is not known without {', '.join(missing)}"
            self.missed.append(NotAudited(self.site.main, reason))

    def _of_documents(self, bucket: Bucket) -> Iterator[Refusal]:
        """What is refused to those whom a policy, a list of access, a website or a distribution means to let in."""
        if isinstance(bucket.policy, Policy):
            for statement in bucket.policy.statements:
                if statement.effect != ALLOW or statement.fault is not None or statement.named is None:
                    continue
                if not never_allows(statement):
                    yield from self._of_statement(bucket, statement)
        if isinstance(bucket.website, Website):
            # Where CloudFront asks the website endpoint, the website is for it, and its visitors are asked for below.
            if not any(profile.website for _, profile in self._origins.get(bucket.name, ())):
                yield from self._asked(bucket, BY_WEBSITE, WEBSITE, "GET", f"{bucket.arn}/")
            if bucket.website.error is not None and self._is_served(WEBSITE, f"{bucket.arn}/"):
                page = f"{bucket.arn}/{bucket.website.error}"
                yield from self._asked(bucket, ERROR_DOCUMENT, WEBSITE, "GET", page)
        yield from self._of_lists(bucket)
        for behind, profile in self._origins.get(bucket.name, ()):
            yield from self._of_distribution(bucket, behind, profile)
        for point in self._points.get(bucket.name, ()):
            from audit403.s3.explore.access_points import asked_by_point

            for one in asked_by_point(bucket, point):
                yield from self._asked(
                    bucket, BY_ACCESS_POINT, one.profile, one.method, one.resource, one.statement, point=point
                )

    def _of_distribution(self, bucket: Bucket, behind: Behind, profile: Profile) -> Iterator[Refusal]:
        """What is refused to CloudFront: all that one of its behaviours asks for, or what stands for the root."""
        from audit403.s3.explore.distributions import keys_of, root_of, waits_for_index

        keys, root = keys_of(bucket, behind), root_of(behind)
        if all(self._is_refused(profile, f"{bucket.arn}/{key}") for key in keys):
            yield from self._asked(bucket, BY_DISTRIBUTION, profile, "GET", f"{bucket.arn}/{keys[0]}", behind=behind)
        elif root is not None:
            yield from self._asked(bucket, BY_DISTRIBUTION, profile, "GET", f"{bucket.arn}/{root}", behind=behind)
        if waits_for_index(bucket, behind, profile) and self._is_served(profile, f"{bucket.arn}/{keys[0]}"):
            folder = f"{bucket.arn}{behind.origin.path}/{NO_SUCH_FOLDER}"
            yield from self._asked(bucket, BELOW_ROOT, profile, "GET", folder, behind=behind)

    def _as_told(self, profile: Profile, bucket: Bucket) -> Profile:
        """Whom a statement names, with what is known of the distribution that it is."""
        if bucket.name not in self._origins:
            return profile
        from audit403.s3.explore.distributions import as_told

        return as_told(profile, self._origins[bucket.name])

    def _is_served(self, profile: Profile, resource: str) -> bool:
        return self.site.decide(request_for(self.world, profile, "GET", resource)).verdict == NOT_REFUSED

    def _is_refused(self, profile: Profile, resource: str) -> bool:
        return self.site.decide(request_for(self.world, profile, "GET", resource)).verdict == REFUSED

    def _of_statement(self, bucket: Bucket, statement: Statement) -> Iterator[Refusal]:
        for action, method in ACTIONS:
            if not statement.is_about(action.lower()):
                continue
            resource = self._resource(bucket, statement, action)
            if resource is None:
                continue
            for named in profiles_of(bucket, statement, action):
                profile = self._as_told(named, bucket)
                yield from self._asked(bucket, BY_STATEMENT, profile, method, resource, statement)
                if action == "s3:GetObject":
                    yield from self._of_known_objects(bucket, statement, profile, resource)
                if action == "s3:GetObject" and not profile.website:
                    missing = f"{bucket.arn}/{NO_SUCH_KEY}"
                    if statement.is_of(missing, {}) is True:
                        yield from self._asked(bucket, MISSING_PAGE, profile, method, missing, statement)

    def _of_known_objects(
        self, bucket: Bucket, statement: Statement, profile: Profile, asked: str
    ) -> Iterator[Refusal]:
        """Objects of which the state tells: each may belong to somebody else, or be encrypted or stored otherwise."""
        for key in bucket.known_keys()[:MOST_OBJECTS]:
            resource = f"{bucket.arn}/{key}"
            if resource != asked and statement.is_of(resource, {}) is True:
                yield from self._asked(bucket, BY_STATEMENT, profile, "GET", resource, statement)

    def _of_lists(self, bucket: Bucket) -> Iterator[Refusal]:
        grants = bucket.access_list
        if not isinstance(grants, Missing) and grantees(grants, "s3:listbucket", of_object=False) & PUBLIC:
            yield from self._asked(bucket, BY_ACL, ANONYMOUS, "GET", bucket.arn)
        for key in bucket.known_keys():
            stored = bucket.object(key)
            granted = stored.access_list if isinstance(stored, StoredObject) else ()
            if not isinstance(granted, Missing) and grantees(granted, "s3:getobject", of_object=True) & PUBLIC:
                yield from self._asked(bucket, BY_ACL, ANONYMOUS, "GET", f"{bucket.arn}/{key}")

    def _resource(self, bucket: Bucket, statement: Statement, action: str) -> str | None:
        """A resource that the statement is about and the action can be done to."""
        of_object = "Object" in action
        if statement.is_not_resource:
            patterns: tuple[str, ...] = (f"{bucket.arn}/*", bucket.arn)
        else:
            patterns = statement.resources or ()
        ordinary = f"{bucket.arn}/{ORDINARY_KEY}" if of_object else bucket.arn
        for pattern in patterns:
            named = sample_resource(pattern)
            sample = named if resource_of(named).bucket == bucket.name else ordinary
            fits = (resource_of(sample).key is not None) is of_object
            if fits and statement.is_of(sample, {}) is True:
                return sample
        return None

    def _asked(
        self, bucket: Bucket, meant: str, profile: Profile, method: str, resource: str, allow: Statement | None = None,
        behind: Behind | None = None, point: AccessPoint | None = None,
    ) -> Iterator[Refusal]:  # fmt: skip
        """The refusal of a request, where there is one."""
        conditions = () if allow is None else allow.conditions
        request = witness_of(self.site, profile, method, resource, conditions)
        if request is None:
            return
        decision = self.site.decide(request)
        if decision.verdict != REFUSED:
            return
        asked = self.site.asked(request)
        tried: list[Request] = []
        passes = (
            behind is None
            and point is None
            and self._someone_passes(bucket, profile, method, resource, asked, tried, meant == DECLARED)
        )
        subject = S3Subject(bucket, meant, profile, asked, allow, passes, behind, point)
        if not passes and meant == BY_STATEMENT and decision.cause == causes.DENIED:
            subject.denied_by = tuple(tuple(denying(bucket, self.site.asked(one))) for one in tried)
        where: Place = decision.where or self._where(subject)
        who = profile.words if not passes else f"{profile.words} whom the policy does not single out"
        yield Refusal(FAMILY, decision.cause, where, decision.because, request, decision, who, None, subject)

    def _where(self, subject: S3Subject) -> Place:
        """Where stands what means to let in, when nothing that refuses has a place."""
        bucket, behind = subject.bucket, subject.behind
        at: At = ()
        if behind is not None:
            at = ("distributions", behind.distribution.identifier, "origins", behind.number)
        elif subject.meant == BY_WEBSITE:
            at = ("buckets", bucket.name, "website")
        elif subject.meant == BY_ACL:
            key = resource_of(subject.request.resource).key
            at = ("buckets", bucket.name, *(("acl",) if key is None else ("objects", key)))
        return (
            place_of(subject.allow)
            or self.world.places.get(at)
            or self.world.places.get(("buckets", bucket.name))
            or StatementPlace(bucket.name, "", "bucket")
        )

    def _someone_passes(
        self, bucket: Bucket, profile: Profile, method: str, resource: str, asked: S3Request, tried: list[Request],
        of_clients: bool,
    ) -> bool:  # fmt: skip
        """Whether a request that differs in nothing but what the policies test is served, or may be; `of_clients`:
        that differs in nothing but what visitors of one kind do. `tried` takes those that are refused.
        """
        policy = bucket.policy
        if not isinstance(policy, Policy):
            return False
        conditions = [condition for statement in policy.statements for condition in statement.conditions]
        fixed = fixed_keys(profile)
        if of_clients:
            fixed |= {condition.key.lower() for condition in conditions} - _OF_CLIENTS
        request = request_for(self.world, profile, method, resource)
        for context in contexts(conditions, values_of(asked), fixed):
            other = with_context(request, context)
            if self.site.decide(other).verdict != REFUSED:
                return True
            tried.append(other)
        return are_too_many(conditions, values_of(asked), fixed)


def denies_for_address(fault: DocumentFault) -> bool:
    """Whether a Deny spares nobody but addresses that there are not: that is told by itself."""
    return fault.kind == PRIVATE and isinstance(fault.subject, Statement) and fault.subject.effect == DENY


def _told_once(refusals: Iterator[Refusal]) -> Iterator[Refusal]:
    """Refusals of one cause at one place once for each statement and action: the website's visitors are also visitors,
    and where a page is refused, so is the one that is not there.
    """
    found: dict[tuple[object, ...], Refusal] = {}
    for refusal in refusals:
        subject: S3Subject = refusal.subject
        asked = subject.request.action, caller_of(subject.request.principal).kind
        allow = subject.allow if refusal.cause != causes.RESTRICTED else subject.allow_is_for_everybody()
        key: tuple[object, ...] = (refusal.cause, refusal.where, allow, *asked)
        alike = (one for one in found if (one[0], one[1], one[3:]) == (key[0], key[1], key[3:]))
        if subject.meant in (BY_WEBSITE, BY_DISTRIBUTION):
            key = next(alike, key)
        elif subject.meant == DECLARED:
            # What is protected from some is no finding, unless it is meant for them.
            own = (*key[:2], subject.profile, *key[3:])
            key = next((one for one in alike if not found[one].subject.someone_passes), own)
        first = found.get(key)
        if first is None:
            found[key] = refusal
        else:
            first.subject.keys.update(subject.keys)
            found[key] = first._replace(places=first.places + 1)
    return iter(found.values())
