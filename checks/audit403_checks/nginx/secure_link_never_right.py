"""A test of `$secure_link` refuses every link, because what would check it is missing or never fits."""

from collections.abc import Iterator

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.context import Context
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_before, remove, statement

_NAME = "nginx/secure-link-never-right"
_DIRECTIVES = ("secure_link", "secure_link_md5", "secure_link_secret")


@check(ERROR, "return")
def secure_link_never_right(fact: Fact, site: Site) -> Iterator[Finding]:
    """Whoever has a link was meant to be let in, and no link that anybody could make passes."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    if not any(step.field in ("variable:secure_link", "value:$secure_link") for step in refusal.decision.trace):
        return
    from audit403.nginx.explore.links import never_right

    context = subject.context or subject.server
    why = never_right(context, site.evaluator.now())
    if why is None:
        return
    written = next((one for one in map(context.last, _DIRECTIVES) if one is not None), None)
    elsewhere = None if written is not None or subject.location is not None else _in_a_location(subject)
    summary = "set what checks a link where the test stands"
    if elsewhere is not None:
        summary = "move the test into the location that checks the link"
        why = "the test stands before the location is chosen that checks the link, so that $secure_link is always empty"
    message = f"no link is let through: {why}"
    fix = Fix(summary, MANUAL) if elsewhere is None else _moved(refusal, subject, elsewhere, summary)
    finding = finding_of(_NAME, ERROR, message, refusal, (fix,), anchor=why)
    shown = written or elsewhere
    chain = (
        () if shown is None else (Because(shown.span, "is how links are checked" if written else "is not in effect"),)
    )
    yield finding._replace(because=(*chain, *finding.because), who="every link")


def _moved(refusal: Refusal, subject: Subject, link: Directive, summary: str) -> Fix:
    """The `if` taken out of the server block and put before what checks the link."""
    where = refusal.where
    for test in subject.server.own.get("if", ()):
        if isinstance(where, Span) and test.source.path == where.file and test.start <= where.start < test.end:
            return Fix(summary, UNSAFE, (insert_before(link, statement(test)), remove(test)))
    return Fix(summary, MANUAL)


def _in_a_location(subject: Subject) -> Directive | None:
    """What checks links in a location of this server block."""
    pending: list[Context] = [*subject.server.tree.all()]
    for context in pending:
        for name in _DIRECTIVES:
            if name in context.own:
                return context.own[name][0]
    return None
