"""`error_page … =403` makes a refusal out of another answer."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import SAFE, WARNING, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check
from audit403.nginx.model.context import Context
from audit403.nginx.read.tree import Directive
from audit403_checks.support import finding_of, refusal_of


@check(WARNING, "error-page")
def error_page_turns_into_403(fact: Fact, site: Site) -> Iterator[Finding]:
    """A missing page that answers 403 sends people looking for permissions; TLS errors have no status of their own."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    directive = _directive(refusal, subject.context or subject.server)
    if directive is None or not {"404", "410", "405", "500", "502", "503", "504"} & set(directive.args):
        return
    codes = " ".join(word for word in directive.args if word.isdigit())
    message = f"`error_page {codes} =403` turns {codes} into 403"
    span = directive.arg_span(next(index for index, word in enumerate(directive.args) if word.startswith("=")))
    fix = Fix("keep the status: leave out `=403`", SAFE, (TextEdit(span.file, span.start, span.end + 1, ""),))
    yield finding_of("nginx/error-page-turns-into-403", WARNING, message, refusal, (fix,), anchor=codes)


def _directive(refusal: Refusal, context: Context) -> Directive | None:
    where = refusal.where
    candidates = context.effective("error_page")
    return next((one for one in candidates if isinstance(where, Span) and one.span == where), None)
