"""Whoever asks for a page that is not there gets 403 and not 404, because nobody may list the bucket."""

from collections.abc import Iterator

from audit403.core.decision import Missing
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.distributions import origins_of
from audit403.s3.explore.ordinary import Profile
from audit403.s3.explore.subject import MISSING_PAGE, S3Subject
from audit403.s3.model.website import Website
from audit403.s3.site import S3Site
from audit403_checks.s3.listing import list_fix
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(WARNING, "missing-key-without-list")
def missing_list_permission(fact: Fact, site: Site) -> Iterator[Finding]:
    """A warning where something waits for the 404: a routing rule, or CloudFront with a page for it; else a note."""
    found = refusal_of(fact)
    if found is None or found[1].meant != MISSING_PAGE:
        return
    refusal, subject = found
    website = subject.bucket.website
    by_rule = isinstance(website, Website) and any(rule.error == 404 for rule in website.rules)
    distribution, page = _waiting(site, subject)
    message = (
        f"{refusal.who} gets 403 from {subject.bucket.name} for a page that is not there, and no 404: "
        "reading objects is allowed, and listing the bucket is not"
    )
    if by_rule:
        message += "; the routing rule for 404 never counts"
    elif distribution:
        message += f"; the page {page} that the distribution {distribution} has for 404 is never shown"
    summary = "allow s3:ListBucket as well: then everybody can see the names of all objects"
    fixes: tuple[Fix, ...] = (list_fix(site, subject, summary),)
    if distribution:
        fixes = (*by_hand(f"show {page} for 403 as well, by another custom error response of {distribution}"), *fixes)
    yield finding("missing-list-permission", WARNING if by_rule or distribution else NOTE, message, refusal, fixes)


def _waiting(site: Site, subject: S3Subject) -> tuple[str, str]:
    """A distribution that asks as this caller, and its page for 404 where it has none for 403; empty where none is."""
    for behind, profile in origins_of(site.world, subject.bucket) if isinstance(site, S3Site) else ():
        same = (profile.principal, _source(profile)) == (subject.profile.principal, _source(subject.profile))
        errors = behind.distribution.errors
        if same and not isinstance(errors, Missing):
            pages = {one.code: one.page for one in errors if one.page is not None}
            if 404 in pages and 403 not in pages:
                return behind.distribution.identifier, pages[404]
    return "", ""


def _source(profile: Profile) -> str | None:
    return dict(profile.context).get("aws:SourceArn")
