"""Fixes for password files that a server's workers cannot use."""

from audit403.core.edit import CreateFileEdit
from audit403.core.family import Site
from audit403.core.finding import MANUAL, UNSAFE, Fix
from audit403_checks.files.on_host import on_host
from audit403_checks.files.remedies import served, worker_of


def created(path: str) -> Fix:
    """A password file that everybody on the machine can read, which holds nobody yet."""
    from audit403.files.remedy import quote

    command = f"htpasswd -c {quote(path)} USER"
    edit = CreateFileEdit(path, b"", 0o644, 0, 0)
    return Fix("create the password file, readable for the server's workers", UNSAFE, (), (command,), (edit,))


def opened(site: Site, path: str) -> tuple[Fix, ...]:
    """Ways to let the workers read a password file, the least exposure first."""
    found = served(site)
    if found is None:
        return ()
    from audit403.files.remedy import remedies

    resolver = found.evaluator.files().resolver
    ways = remedies(resolver.evidence, resolver.identity, worker_of(site), path, "read")
    fixes = [Fix(f"open it to {one.opens_to}", UNSAFE, (), one.commands, one.edits) for one in ways]
    return on_host(resolver.evidence, fixes) or (Fix("put a file there that the workers can read", MANUAL),)
