"""AuthUserFile names a file that does not exist, or nobody names one: httpd answers 500 as soon as somebody logs in."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.password_files import password_finding, unopened
from audit403_checks.passwords import created

_RULE = "apache/missing-password-file"


@check(ERROR, "user-file-unreadable", "no-user-file")
def missing_password_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """Without credentials httpd asks for them (401); with any, it opens the file, and there is none."""
    if not isinstance(fact, IdleDirective) or fact.subject is None:
        return
    if fact.kind == "no-user-file":
        fix = Fix("name the password file with `AuthUserFile`", MANUAL)
        message = "a password is asked for, and no AuthUserFile says where passwords are: whoever logs in gets 500"
        finding = password_finding(_RULE, message, fact, (fix,), site)
        # The server that is not at hand may name one for all of its directories.
        yield finding if site.assumed is None else finding._replace(severity=WARNING)
        return
    path, is_missing = unopened(fact)
    if is_missing:
        message = f"the password file {path} does not exist, so whoever logs in gets 500"
        yield password_finding(_RULE, message, fact, (created(path),), site)
