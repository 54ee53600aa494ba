"""A rule against hotlinks lets the pages of a name with `www.` through and not those without, or the reverse."""

from collections.abc import Iterator

from audit403.apache.explore.doors import Doors, hosts_of, visit
from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite_rule import OR_NEXT, Condition
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.hotlink_refuses_direct_visits import REFERER
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.hotlinks import ELSEWHERE, Page, is_refused, with_referer
from audit403_checks.support import finding_of, insert_before

_MOST_NAMES = 12


@check(ERROR, "rewrite-rule")
def hotlink_refuses_own_pages(fact: Fact, site: Site) -> Iterator[Finding]:
    """One of two twin names may show the file and the other may not, though both show the site's pages."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    rule = refusing_rule(refusal, subject)
    tests = [] if rule is None else [one for one in rule.conditions if one.subject.upper() == REFERER]
    if not tests or not is_refused(site, refusal, ELSEWHERE):
        return
    pages = list(_own_pages(site, subject))
    hit = [page for page in pages if all(is_refused(site, refusal, url) for url in _variants(page.url))]
    served = {_host(page.url) for page in pages if page not in hit}
    refused = [page for page in hit if _twin(_host(page.url)) in served]
    if not refused:
        return
    page = refused[0]
    request = with_referer(refusal.witness, page.url)
    decision = site.decide(request)
    target = request.target.partition("?")[0]
    message = f"the rule against hotlinks refuses {target} to the site's own pages under {page.url}"
    about: Refusal = refusal._replace(
        witness=request, decision=decision, because=decision.because, who="visitors who see it in a page of the site"
    )
    yield finding_of("apache/hotlink-refuses-own-pages", ERROR, message, about, _fixes(tests, refused), anchor=page.url)


def _own_pages(site: ApacheSite, subject: Subject) -> Iterator[Page]:
    """The home pages of every name that shows one; a name that only redirects shows none."""
    doors = Doors(site.model)
    for name in hosts_of(subject.server)[:_MOST_NAMES]:
        for door in doors.of(subject.server):
            if doors.taken_by(door, name) is not subject.server:
                continue
            request = visit(door._replace(host=name), "/")
            if site.decide(request).status in (None, 200):
                yield Page(request.url(), False)
                break


def _variants(url: str) -> tuple[str, ...]:
    """The page as a browser may name it where a proxy in front speaks TLS or listens at another port."""
    host = _host(url)
    return (url, f"http://{host}/", f"https://{host}/")


def _host(url: str) -> str:
    """The name in a URL, without its port."""
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


def _twin(host: str) -> str:
    """The name with or without `www.`: other names may be for machines, for tests, or for files alone."""
    return host[4:] if host.startswith("www.") else f"www.{host}"


def _fixes(tests: list[Condition], refused: list[Page]) -> tuple[Fix, ...]:
    """One condition more before the others, where all of them must hold."""
    if any(OR_NEXT in one.flags or not one.negated for one in tests):
        return ()
    names = list(dict.fromkeys(_host(page.url) for page in refused))
    pattern = "|".join(name.replace(".", r"\.") for name in names)
    line = f"RewriteCond %{{HTTP_REFERER}} !^https?://({pattern})(:[0-9]+)?(/|$) [NC]"
    edit = insert_before(tests[0].directive, line)
    return (Fix(f"let the pages of {', '.join(names)} through", UNSAFE, (edit,)),)
