"""A statement asks for uploads with a key of the client's own (SSE-C), which the bucket does not take."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.refusals import by_hand, finding, is_by_default, refusal_of


@check(ERROR, "customer-keys-are-blocked")
def customer_key_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Every upload that the statement means is refused; a warning where that is so by default."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    asks = "" if subject.allow is None else f" that statement {subject.allow.name} allows"
    message = (
        f"every upload{asks} to {subject.bucket.name} gets 403: it has to bring a key of the client's own (SSE-C), and "
        "the bucket takes none"
    )
    severity = ERROR
    if is_by_default(site, subject, "encryption"):
        severity, message = WARNING, f"{message}, as no bucket does that was created since April 2026"
    fixes = by_hand(
        "let uploads be encrypted by KMS or by S3's own keys, and take the condition out",
        "or let the bucket take such keys: BlockedEncryptionTypes NONE in its default encryption",
    )
    yield finding("customer-key-refused", severity, message, refusal, fixes)
