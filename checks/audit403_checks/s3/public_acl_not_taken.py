"""A public ACL cannot be put, because BlockPublicAcls is on."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.s3.explore.not_taken import PublicAcl
from audit403.s3.model.public_access_block import BLOCK_ACLS
from audit403.s3.site import S3Site


@check(ERROR, "public-acl-not-taken")
def public_acl_not_taken(fact: Fact, site: Site) -> Iterator[Finding]:
    """The deployment ends with AccessDenied; a warning where the flag is on by default alone."""
    if not isinstance(fact, DocumentFault) or not isinstance(site, S3Site):
        return
    acl: PublicAcl = fact.subject
    default = ("buckets", acl.bucket.name, "public_access_block") in site.described.by_default
    flag = site.world.block_place(acl.bucket, BLOCK_ACLS, acl.bucket.block.name)
    because = () if default or flag == fact.where else (Because(flag, "BlockPublicAcls is on"),)
    fixes = (
        Fix("leave the ACL out, and say in the bucket policy, or by CloudFront, who may read", MANUAL),
        Fix("or switch BlockPublicAcls off before, where everybody is meant to read", MANUAL),
    )
    yield Finding(
        "s3/public-acl-not-taken",
        WARNING if default else ERROR,
        fact.message,
        fact.where,
        because,
        status=None,
        fixes=fixes,
        anchor=f"{acl.bucket.name} {acl.key or ''}",
        fact=fact,
    )
