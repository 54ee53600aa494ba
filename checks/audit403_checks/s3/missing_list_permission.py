"""Whoever asks for a page that is not there gets 403 and not 404, because nobody may list the bucket."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import MISSING_PAGE
from audit403.s3.model.website import Website
from audit403_checks.s3.listing import list_fix
from audit403_checks.s3.refusals import finding, refusal_of


@check(WARNING, "missing-key-without-list")
def missing_list_permission(fact: Fact, site: Site) -> Iterator[Finding]:
    """A warning where something waits for the 404: an error document, or a rule for 404; else a note."""
    found = refusal_of(fact)
    if found is None or found[1].meant != MISSING_PAGE:
        return
    refusal, subject = found
    website = subject.bucket.website
    waits = isinstance(website, Website) and any(rule.error == 404 for rule in website.rules)
    message = (
        f"{refusal.who} gets 403 from {subject.bucket.name} for a page that is not there, and no 404: "
        "reading objects is allowed, and listing the bucket is not"
    )
    if waits:
        message += "; the routing rule for 404 never counts"
    summary = "allow s3:ListBucket as well: then everybody can see the names of all objects"
    fixes = (list_fix(site, subject, summary),)
    yield finding("missing-list-permission", WARNING if waits else NOTE, message, refusal, fixes)
