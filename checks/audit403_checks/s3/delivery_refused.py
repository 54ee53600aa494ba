"""A service of AWS is told to write into a bucket, and the bucket does not let it."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.s3.explore.deliveries import RefusedDelivery
from audit403.s3.model.delivery import ACCESS_LOGS
from audit403.s3.site import S3Site


@check(ERROR, "delivery-refused")
def delivery_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nothing is ever written, or the deployment ends with an error; a warning where a policy may stand elsewhere."""
    if not isinstance(fact, DocumentFault):
        return
    refused: RefusedDelivery = fact.subject
    decision = refused.decision
    severity, message = ERROR, f"{fact.message}: {_why(refused)}"
    by_default = site.described.by_default if isinstance(site, S3Site) else frozenset()
    if refused.by_acl and ("buckets", refused.bucket.name, "ownership") in by_default:
        severity, message = WARNING, f"{message}, as in every bucket that was created since April 2023"
    elif ("buckets", refused.bucket.name, "policy") in by_default and decision.cause == "nothing-allows":
        severity = WARNING
    where = site.world.places.get(("buckets", refused.bucket.name)) if isinstance(site, S3Site) else None
    because = decision.because
    if where is not None and all(link.where != where for link in because):
        because += (Because(where, "where it is told to write"),)
    other = refused.other
    if other is not None and other.where is not None and decision.cause == "nothing-allows":
        because += (Because(other.where, f"statement {other.name} lets it in for other objects, or other conditions"),)
    yield Finding(
        "s3/delivery-refused",
        severity,
        message,
        fact.where,
        because,
        refused.request,
        refused.delivery.service,
        decision.status,
        fixes=(Fix(_remedy(refused), MANUAL),),
        anchor=f"{refused.bucket.name} {refused.delivery.kind} {refused.action}",
        fact=fact,
        says=decision.says,
    )


def _why(refused: RefusedDelivery) -> str:
    cause = refused.decision.cause
    if refused.by_acl:
        return "an ACL lets it write, and ACLs are disabled in the bucket (BucketOwnerEnforced)"
    if cause == "key-policy-refuses":
        return "the bucket encrypts by a key of KMS whose policy does not let it"
    if cause == "policy-denies":
        return "a statement of the bucket's policy denies it"
    if refused.other is not None:
        return f"statement {refused.other.name} is for other objects, or asks for something that it does not bring"
    return "no statement of the bucket's policy lets it in"


def _remedy(refused: RefusedDelivery) -> str:
    delivery, name = refused.delivery, refused.bucket.name
    if refused.decision.cause == "key-policy-refuses":
        return (
            f"let {delivery.service} do kms:GenerateDataKey by the key's policy, or encrypt {name} with S3's own keys"
        )
    if refused.decision.cause == "policy-denies":
        return f"except {delivery.service} from the statement that denies it"
    what = f"arn:aws:s3:::{name}/{delivery.prefix}*" if delivery.kind == ACCESS_LOGS else refused.action
    return (
        f"let {delivery.service} in by the policy of {name}, for {what}, on the condition that aws:SourceAccount is "
        f"{delivery.account}"
    )
