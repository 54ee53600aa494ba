"""`error_page … =403` makes a refusal out of another answer."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import SAFE, WARNING, Finding, Fix
from audit403.core.place import Place, Span
from audit403.core.registry import check
from audit403.explore.subject import WAY_ERROR_PAGE
from audit403.nginx.model.context import Context
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.sent_on import detours, is_made_to_refuse, origin_of
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, remove

_NAME = "nginx/error-page-turns-into-403"
_CODES = {"400", "404", "410", "405", "413", "414", "429", "500", "502", "503", "504"}


@check(WARNING, "error-page", "return", "access-rule")
def error_page_turns_into_403(fact: Fact, site: Site) -> Iterator[Finding]:
    """A missing page that answers 403 sends people looking for permissions; TLS errors have no status of their own."""
    found = refusal_of(fact)
    if found is None:
        return
    if found[0].cause != "error-page":
        yield from _by_location(fact, site)
        return
    refusal, subject = found
    directive = _directive(refusal, subject.context or subject.server)
    if directive is None or not _CODES & set(directive.args):
        return
    codes = " ".join(word for word in directive.args if word.isdigit())
    message = f"`error_page {codes} =403` turns {codes} into 403"
    span = directive.arg_span(next(index for index, word in enumerate(directive.args) if word.startswith("=")))
    fix = Fix("keep the status: leave out `=403`", SAFE, (TextEdit(span.file, span.start, span.end + 1, ""),))
    yield finding_of(_NAME, WARNING, message, refusal, (fix,), anchor=codes)


def _directive(refusal: Refusal, context: Context) -> Directive | None:
    where = refusal.where
    candidates = context.effective("error_page")
    return next((one for one in candidates if isinstance(where, Span) and one.span == where), None)


def _by_location(fact: Fact, site: Site) -> Iterator[Finding]:
    """`error_page 404 @gone` where @gone is there to say `return 403`."""
    seen: set[Place | None] = set()
    for detour in detours(fact, site, WAY_ERROR_PAGE):
        refusal, _, hit, decision, sent = detour
        code = sent.step.value or ""
        if sent.step.where in seen or code not in _CODES or not is_made_to_refuse(detour):
            continue
        seen.add(sent.step.where)
        message = f"`error_page {code} {sent.to}` turns {code} into 403"
        directives = origin_of(detour).effective("error_page")
        directive = next((one for one in directives if one.span == sent.step.where), None)
        fixes = () if directive is None else (_without(directive, code),)
        finding = finding_of(_NAME, WARNING, message, refusal, fixes, anchor=code, hit=(hit, decision))
        yield finding._replace(because=detour.chain(f"sends {code} on to {sent.to}"))


def _without(directive: Directive, code: str) -> Fix:
    """The directive without one of its codes, or none at all."""
    if sum(word.isdigit() for word in directive.args) == 1:
        return Fix(f"take the page for {code} out", SAFE, (remove(directive),))
    span = directive.arg_span(directive.args.index(code))
    return Fix(f"take {code} out of it", SAFE, (TextEdit(span.file, span.start, span.end + 1, ""),))
