"""The user of a php-fpm pool may not read a script that the server hands on to it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.files.identity import Identity, identity_of
from audit403.http.php_fpm import RefusedScript
from audit403_checks.files.remedies import Served, served
from audit403_checks.files.scripts import refused_script
from audit403_checks.support import finding_of

_NAME = "files/php-fpm-script-unreadable"


@check(ERROR, "php-fpm-script-unreadable")
def php_fpm_script_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """A script that is there is there to be run."""
    found, running = refused_script(fact, site), served(site)
    if found is None or running is None:
        return
    refusal, _, refused = found
    user = refused.pool.user or "its user"
    message = (
        f"php-fpm refuses {refusal.witness.target}: its pool {refused.pool.name} runs as {user}, which may not read it"
    )
    fixes = tuple(_opened(running, refused, user))
    yield finding_of(_NAME, ERROR, message, refusal, fixes, anchor=refused.script)


def _opened(running: Served, refused: RefusedScript, user: str) -> Iterator[Fix]:
    from audit403.files.remedy import remedies

    evidence = running.evaluator.evidence
    identity = identity_of(evidence, user, refused.pool.group)
    if isinstance(identity, Identity):
        for one in remedies(evidence, identity, user, refused.script, "read"):
            reload = ", then reload php-fpm" if one.reload else ""
            yield Fix(f"open it to {one.opens_to}{reload}", UNSAFE, (), one.commands, one.edits)
