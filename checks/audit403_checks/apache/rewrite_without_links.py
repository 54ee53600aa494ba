"""RewriteEngine is on where Options takes away both options for links: every request that comes there is refused."""

from collections.abc import Iterator

from audit403.apache.read.tree import Directive
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.edits import with_option
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of


@check(ERROR, "rewrite-without-links")
def rewrite_without_links(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nobody switches rewriting on to refuse everything; links of the same owner are the least that it takes."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    options = subject.core.options_directive
    engine = subject.rewriting.engine_directive
    where = "here" if engine is None else f"in line {engine.line}"
    message = f"rewriting is on {where} and neither FollowSymLinks nor SymLinksIfOwnerMatch is: all of it is refused"
    fixes = () if options is None else (_with_links(options),)
    yield finding_of("apache/rewrite-without-links", ERROR, message, refusal, fixes)


def _with_links(options: Directive) -> Fix:
    edit = with_option(options, "SymLinksIfOwnerMatch")
    return Fix("let links of the same owner be followed", UNSAFE, (edit,))
