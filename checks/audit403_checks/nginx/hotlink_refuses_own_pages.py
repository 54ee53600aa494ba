"""A rule against hotlinking refuses what the site's own pages show."""

from collections.abc import Iterator

from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403_checks.hotlinks import ELSEWHERE, Page, is_refused, with_referer
from audit403_checks.nginx.referers import looks_at_referer, own_pages, referer_list
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of

_NAME = "nginx/hotlink-refuses-own-pages"


@check(ERROR, "return")
def hotlink_refuses_own_pages(fact: Fact, site: Site) -> Iterator[Finding]:
    """A Referer of one of its own names is refused, and another Referer, or none, is let through."""
    found = own_refusal_of(fact)
    if found is None or not any(looks_at_referer(step) for step in found[0].decision.trace):
        return
    refusal, subject = found
    pages = list(own_pages(site, subject))
    refused = [page for page in pages if is_refused(site, refusal, page.url)]
    if not refused or not is_refused(site, refusal, ELSEWHERE):
        return
    if len(refused) == len(pages) and is_refused(site, refusal, None) and referer_list(subject) is None:
        return  # nothing shows that anybody passes
    page = refused[0]
    request = with_referer(refusal.witness, page.url)
    decision = site.decide(request)
    message = f"{refusal.witness.target} is refused to the pages of {page.url}"
    severity, fixes = WARNING if page.elsewhere else ERROR, _fixes(site, subject, refused, decision)
    finding = finding_of(_NAME, severity, message, refusal, fixes, anchor=page.url)
    listed = referer_list(subject)
    chain = () if listed is None else (Because(listed.span, "lists the Referers that are let through"),)
    who = "visitors who see it in a page of the site"
    yield finding._replace(request=request, who=who, because=(*chain, *decision.because), log=decision.log)


def _fixes(site: Site, subject: Subject, refused: list[Page], decision: Decision) -> tuple[Fix, ...]:
    directive = referer_list(subject)
    # Not `server_names`: nginx does not start where the list has one of those names already.
    names = " ".join(
        dict.fromkeys(page.url.partition("://")[2].partition("/")[0].partition(":")[0] for page in refused)
    )
    if directive is None:
        from audit403_checks.nginx.past_tests import mapped_too, maps_of

        hosts = "|".join(name.replace(".", r"\.") for name in names.split())
        for definition in maps_of(site, decision, "$http_referer"):
            edits = mapped_too(definition, f'"~*^https?://(?:{hosts})(?:[:/]|$)"')
            return (Fix(f"name Referers of {names} in the map", UNSAFE, edits),)
        return (Fix(f"let Referers of {names} through", MANUAL),)
    end = directive.arg_span(len(directive.args) - 1).end
    return (Fix(f"add `{names}` to valid_referers", UNSAFE, (TextEdit(directive.source.path, end, end, f" {names}"),)),)
