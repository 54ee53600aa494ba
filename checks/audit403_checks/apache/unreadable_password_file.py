"""AuthUserFile names a file that httpd's children cannot read: they answer 500 as soon as somebody logs in."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.apache.password_files import password_finding, unopened
from audit403_checks.files.remedies import worker_of
from audit403_checks.passwords import opened


@check(ERROR, "user-file-unreadable")
def unreadable_password_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """The parent is root and does not look; each child opens the file anew for every request."""
    if not isinstance(fact, IdleDirective) or fact.subject is None:
        return
    path, is_missing = unopened(fact)
    if not is_missing:
        message = f"{worker_of(site)} cannot read the password file {path}, so whoever logs in gets 500"
        yield password_finding("apache/unreadable-password-file", message, fact, opened(site, path), site)
