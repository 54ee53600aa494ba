"""`auth_basic_user_file` names a file that does not exist: nginx answers 403 as soon as somebody logs in."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.passwords import created
from audit403_checks.support import finding_of


@check(ERROR, "password-file")
def missing_password_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """Without credentials nginx asks for them (401); with any, it opens the file and answers 403 when it is missing."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal = found[0]
    path = _path(refusal.decision.log or "")
    if not path:
        return
    message = f"the password file {path} does not exist, so nobody can log in"
    yield finding_of("nginx/missing-password-file", ERROR, message, refusal, (created(path),), anchor=path)


def _path(log: str) -> str:
    """The file's name in nginx's own words: `open() "PATH" failed (2: …)`."""
    return log.partition('open() "')[2].rpartition('" failed (2:')[0]
