"""Files are handed on to php-fpm whose pool does not run them: security.limit_extensions does not list how they end."""

from collections.abc import Iterator

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE, Hit
from audit403.http.php_fpm import Pool, RefusedScript
from audit403_checks.files.kinds import is_public
from audit403_checks.files.scripts import other_endings, refused_script
from audit403_checks.support import finding_of

_NAME = "files/php-fpm-extension"


@check(ERROR, "php-fpm-extension")
def php_fpm_extension(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error for what visitors come for: the location says that it is to be run, and the pool that it is not."""
    found = refused_script(fact, site)
    if found is None:
        return
    refusal, subject, refused = found
    yield _finding(refusal, refused, subject.purpose, None)
    for hit, decision, refused in other_endings(fact, site):
        yield _finding(refusal, refused, hit.purpose, (hit, decision))


def _finding(refusal: Refusal, refused: RefusedScript, purpose: str, hit: tuple[Hit, Decision] | None) -> Finding:
    target = refusal.witness.target if hit is None else hit[0].request.target
    runs = " ".join(refused.pool.extensions)
    message = f"php-fpm refuses {target}: {refused.script} is handed on, and the pool runs only {runs}"
    is_meant = purpose in (PURPOSE_HOME, PURPOSE_PAGE) or is_public(refused.script)
    fixes = (*_listed(refused.pool, refused.script), Fix("hand nothing but scripts on to php-fpm", MANUAL))
    return finding_of(_NAME, ERROR if is_meant else NOTE, message, refusal, fixes, anchor=refused.script, hit=hit)


def _listed(pool: Pool, script: str) -> Iterator[Fix]:
    """The list with one more ending."""
    name = script.rpartition("/")[2]
    ending = f".{name.rpartition('.')[2]}"
    if "." not in name[1:] or not ending[1:].isalnum():
        return
    line = f"security.limit_extensions = {' '.join((*pool.extensions, ending))}"
    where = pool.where
    edit = (
        TextEdit(pool.header.file, pool.header.end, pool.header.end, f"\n{line}")
        if where is None
        else TextEdit(where.file, where.start, where.end, line)
    )
    yield Fix(f"let the pool {pool.name} run files that end in {ending}, and reload php-fpm", UNSAFE, (edit,))
