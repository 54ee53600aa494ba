"""`auth_basic_user_file` names a file that the worker cannot read: nginx answers 500 as soon as somebody logs in."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403_checks.files.remedies import worker_of
from audit403_checks.passwords import opened


@check(ERROR, "unreadable-password-file")
def unreadable_password_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """The master process is root and does not look; each worker opens the file anew for every request."""
    if not isinstance(fact, IdleDirective) or not isinstance(fact.subject, Subject) or not fact.subject.hits:
        return
    path = _path(fact.message)
    request = fact.subject.hits[0].request
    yield Finding(
        "nginx/unreadable-password-file",
        ERROR,
        f"{worker_of(site)} cannot read the password file {path}, so whoever logs in gets 500",
        fact.where,
        fact.because,
        request,
        "clients that send a user name and a password",
        500,
        fact.message,
        fixes=opened(site, path),
        anchor=f"{fact.subject.server.first_name()} {path}",
        fact=fact,
    )


def _path(log: str) -> str:
    """The file's name in nginx's own words: `open() "PATH" failed (13: …)`."""
    return log.partition('"')[2].rpartition('" failed (')[0]
