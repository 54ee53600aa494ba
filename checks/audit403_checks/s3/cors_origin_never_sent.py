"""A CORS configuration allows an origin that no browser sends."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check


@check(ERROR, "cors-origin-never-sent")
def cors_origin_never_sent(fact: Fact, site: Site) -> Iterator[Finding]:
    """An origin is a scheme, a host and perhaps a port: with a path or a slash behind it, it never matches."""
    if isinstance(fact, DocumentFault):
        written, right = fact.subject
        fixes = (Fix(f"write {right}", MANUAL),)
        yield Finding(
            "s3/cors-origin-never-sent", ERROR, fact.message, fact.where, status=None, fixes=fixes,
            anchor=f"cors {written}", fact=fact,
        )  # fmt: skip
