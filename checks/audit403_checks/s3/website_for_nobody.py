"""A website that was prepared for the public, and that nothing lets anybody read."""

from collections.abc import Iterator

from audit403.core.decision import Missing
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_WEBSITE, S3Subject
from audit403.s3.model.access_list import PUBLIC, grantees
from audit403.s3.model.bucket import ENFORCED
from audit403.s3.model.public_access_block import BLOCK_POLICY, RESTRICT
from audit403.s3.model.website import Website
from audit403_checks.s3.refusals import by_hand, finding, is_by_default, refusal_of


@check(ERROR, "nothing-allows")
def website_for_nobody(fact: Fact, site: Site) -> Iterator[Finding]:
    """Block Public Access was switched off for it; a warning where the policy may stand elsewhere."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_WEBSITE or found[1].someone_passes:
        return
    refusal, subject = found
    if is_by_default(site, subject, "public_access_block") or not _is_meant_for_all(subject):
        return
    name = subject.bucket.name
    message = (
        f"the website {name} answers everybody with 403: Block Public Access was switched off for it, and neither its "
        "policy nor an ACL lets anybody read its pages"
    )
    if _is_listed_for_all(subject):
        message += "; the bucket's ACL lets everybody list it, which opens no page"
    severity = WARNING if is_by_default(site, subject, "policy") else ERROR
    fixes = by_hand(
        f"let everybody do s3:GetObject with arn:aws:s3:::{name}/* by the bucket's policy, if it is for everybody",
        "or serve the REST endpoint through CloudFront with origin access control, and block public access again",
    )
    yield finding("website-for-nobody", severity, message, refusal, fixes)


def _is_meant_for_all(subject: S3Subject) -> bool:
    """Whether its policy may be public, and no ACL of an object that nobody knows could open the page."""
    flags, website = subject.bucket.block.flags, subject.bucket.website
    if flags is None or flags & {RESTRICT, BLOCK_POLICY} or not isinstance(website, Website):
        return False
    return subject.bucket.ownership == ENFORCED or (website.suffix or "") in subject.bucket.known_keys()


def _is_listed_for_all(subject: S3Subject) -> bool:
    grants = subject.bucket.access_list
    if isinstance(grants, Missing) or subject.bucket.ownership == ENFORCED:
        return False
    return bool(grantees(grants, "s3:listbucket", of_object=False) & PUBLIC)
