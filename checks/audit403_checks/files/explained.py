"""The findings of the rules that know what stands behind a missing permission."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import Finding, Fix
from audit403_checks.files.behind import behind
from audit403_checks.files.blocked import about_first, blocked_finding
from audit403_checks.files.judged import judged
from audit403_checks.files.on_host import on_host
from audit403_checks.files.remedies import fixes_for, served


def explained(rule: str, fact: Fact, site: Site) -> Iterator[Finding]:
    """What the rule of this name says of a fact."""
    for one in judged(fact, site, rule):
        if one.behind is None:
            continue
        paths = [blocked.path for blocked in one.blocked]
        fixes = _on_host(site, one.behind.fixes(paths))
        if one.behind.modes_help:
            about, _ = about_first(site, one)
            fixes += fixes_for(site, about, one.access, paths)
        told = one._replace(message=f"{one.message}: {one.behind.reason}")
        yield blocked_finding(rule, site, told, reason=one.behind.reason, fixes=fixes)


def with_what_is_behind(
    site: Site, family: str, path: str, access: str, message: str, fixes: tuple[Fix, ...]
) -> tuple[str, tuple[Fix, ...]]:
    """What another rule says of an entry that refuses, and its fixes, with what stands behind its modes."""
    why = behind(site, family, path, access)
    if why is None:
        return message, fixes
    return f"{message}: {why.reason}", (*_on_host(site, why.fixes([path])), *(fixes if why.modes_help else ()))


def _on_host(site: Site, fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    found = served(site)
    return fixes if found is None else on_host(found.evaluator.files().resolver.evidence, fixes)
