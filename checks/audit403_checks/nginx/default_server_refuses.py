"""A name that was plainly meant to be served falls to a default server that refuses."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.subject import PURPOSE_TWIN_NAME
from audit403.nginx.model.server import Server
from audit403_checks.support import finding_of, refusal_of


@check(WARNING, "return", "access-rule", "missing-index")
def default_server_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """The name with `www.` is served and the one without is not, or the other way round; other names are not meant."""
    found = refusal_of(fact)
    if found is None or found[1].purpose != PURPOSE_TWIN_NAME or found[1].meant is None:
        return
    refusal, subject = found
    meant, host = subject.meant, refusal.witness.host or ""
    assert meant is not None
    message = f"{host} has no server block of its own and falls to one that refuses; {meant.first_name()} is served"
    names = next((name.directive for name in meant.names if name.directive is not None), None)
    fixes = () if names is None else (_fix(meant, host),)
    finding = finding_of("nginx/default-server-refuses", WARNING, message, refusal, fixes, anchor=host)
    chain = finding.because
    if names is not None:
        chain = (Because(names.span, f"names {meant.first_name()} and not {host}"), *chain)
    yield finding._replace(because=chain, who=f"every visitor of {host}")


def _fix(meant: Server, host: str) -> Fix:
    directive = next(name.directive for name in meant.names if name.directive is not None)
    end = directive.arg_span(len(directive.args) - 1).end
    return Fix(f"add {host} to server_name", UNSAFE, (TextEdit(directive.source.path, end, end, f" {host}"),))
