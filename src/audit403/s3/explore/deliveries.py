"""Services that are told to write into a bucket of the same documents, and are refused there."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision, Missing
from audit403.core.fact import DocumentFault
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import StatementPlace
from audit403.core.request import Request
from audit403.s3.decide.profile import VISITOR, brought, usual_profile
from audit403.s3.decide.request import REST, S3Request
from audit403.s3.model.access_list import LOG_DELIVERY
from audit403.s3.model.bucket import ENFORCED, Bucket
from audit403.s3.model.delivery import ACCESS_LOGS, Delivery
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403.s3.url import host_of

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

FAMILY, REFUSED_DELIVERY = "s3", "delivery-refused"


class RefusedDelivery(NamedTuple):
    """The subject of a fault. `by_acl`: an ACL lets the service write, and ACLs are disabled; `other`: the
    statement that lets it in for something else.
    """

    delivery: Delivery
    bucket: Bucket
    action: str
    request: Request
    decision: Decision
    by_acl: bool
    other: Statement | None


def refused_deliveries(site: "S3Site") -> Iterator[DocumentFault]:
    """One fault for each service and bucket at most."""
    for delivery in site.world.deliveries():
        bucket = site.world.bucket(delivery.bucket)
        if isinstance(bucket, Bucket):
            found = next(_refused(site, bucket, delivery), None)
            if found is not None:
                yield found


def _refused(site: "S3Site", bucket: Bucket, delivery: Delivery) -> Iterator[DocumentFault]:
    by_acl = delivery.kind == ACCESS_LOGS and _is_granted(bucket)
    if by_acl and bucket.ownership != ENFORCED:
        return
    for action, key in delivery.asks():
        decision = _decided(site, bucket, delivery, action, key)
        resource = f"{bucket.arn}/{key}" if key else bucket.arn
        if decision.verdict != REFUSED or (decision.cause == "nothing-allows" and _names_account(bucket, resource)):
            continue
        anywhere = delivery.of_any_account()
        if _decided(site, bucket, anywhere, action, dict(anywhere.asks())[action]).verdict != REFUSED:
            continue  # a number that is written may be that of the account
        method, target = ("PUT", f"/{key}") if key else ("GET", "/" if action == "s3:ListBucket" else "/?acl")
        given = tuple(
            (name, values[0]) for name, values in delivery.context(action).items() if not isinstance(values, Missing)
        )
        host = host_of(bucket.name, bucket.region, website=False)
        request = Request(method, "https", host, 443, target, VISITOR, principal=delivery.service, context=given)
        what = f"{action} of {key}" if key else action
        message = f"{delivery.words} never come to {bucket.name}: {delivery.service} gets 403 for {what}"
        where = site.world.places.get(("deliveries", delivery.number))
        other = _for_others(bucket, delivery, action)
        subject = RefusedDelivery(delivery, bucket, action, request, decision, by_acl, other)
        yield DocumentFault(
            FAMILY, REFUSED_DELIVERY, where or StatementPlace(bucket.name, "", "bucket"), message, subject
        )


def _decided(site: "S3Site", bucket: Bucket, delivery: Delivery, action: str, key: str) -> Decision:
    resource = f"{bucket.arn}/{key}" if key else bucket.arn
    profile = usual_profile(delivery.service, REST, True)
    context = brought(profile, site.world, resource, time.time(), secure=True).having(delivery.context(action))
    return site.evaluator.decide(S3Request(action, resource, delivery.service, context))


def _is_granted(bucket: Bucket) -> bool:
    grants = bucket.access_list
    return not isinstance(grants, Missing) and any(one.grantee == LOG_DELIVERY for one in grants)


def _names_account(bucket: Bucket, resource: str) -> bool:
    """Whether a statement lets in some account to write there: services had accounts of their own for each region."""
    policy = bucket.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        written = () if statement.named is None else statement.named.written
        names_one = statement.effect == ALLOW and any(kind == "AWS" for kind, _ in written)
        if names_one and statement.is_about("s3:putobject") and statement.is_of(resource, {}) is not False:
            return True
    return False


def _for_others(bucket: Bucket, delivery: Delivery, action: str) -> Statement | None:
    """The statement that lets in the service, for other objects or on other conditions."""
    policy = bucket.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        written = () if statement.named is None else statement.named.written
        names_it = statement.effect == ALLOW and any(text == delivery.service for _, text in written)
        if names_it and statement.is_about(action.lower()):
            return statement
    return None
