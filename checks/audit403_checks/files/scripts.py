"""Scripts that php-fpm refuses by itself, for the rules about them."""

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.http.php_fpm import RefusedScript
from audit403_checks.files.remedies import served
from audit403_checks.support import Refused, refused_by_any


def refused_script(fact: Fact, site: Site) -> tuple[Refusal, Refused, RefusedScript] | None:
    """The refusal with the script and its pool, as the evaluator has them of the witness."""
    found, running = refused_by_any(fact), served(site)
    if found is None or running is None:
        return None
    running.evaluator.decide(found[0].witness)
    refused = running.evaluator.php_pools and running.evaluator.php_pools.last
    return None if refused is None else (*found, refused)
