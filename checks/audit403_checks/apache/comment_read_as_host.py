"""A comment behind a rule of access, which httpd reads as more addresses, hosts or words."""

from collections.abc import Iterable, Iterator

from audit403.apache.explore.doors import Doors, from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, IdleDirective, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.core.source import every_directive
from audit403.explore.borders import inside
from audit403_checks.apache.addresses import network_named
from audit403_checks.apache.trailing_comment import OF_ACCESS, comment_above, comment_of

_NAME = "apache/comment-read-as-host"


@check(ERROR, "rejected", "arguments", "htaccess-fault")
def comment_read_as_host(fact: Fact, site: Site) -> Iterator[Finding]:
    """Httpd knows no comments behind a directive: it does not start, or answers 500 where an `.htaccess` has one."""
    if not isinstance(fact, IdleDirective | ReadingFault) or not isinstance(site, ApacheSite):
        return
    line = comment_of(fact, site)
    if line is None:
        return
    read = f"`{line.comment}` is no comment, but read as more words of `{line.rule}`"
    if isinstance(fact, ReadingFault):
        message, fixes = f"httpd does not start with this: {read}", _fixes([fact.where], site)
        yield Finding(_NAME, ERROR, message, fact.where, status=None, fixes=fixes, anchor=line.rule, fact=fact)
    elif isinstance(fact.subject, Subject):
        request = _witness(fact.subject, line.rule, site)
        decision = site.decide(request)
        directives = every_directive(site.evaluator.access_files.parsed(fact.where.file).directives)
        fixes = _fixes((one.span for one in directives if one.name in OF_ACCESS), site)
        message = f"every request that comes to this file is answered with 500: {read}"
        yield Finding(
            _NAME, ERROR, message, fact.where, fact.because or decision.because, request, "every client",
            decision.status, decision.log, fixes=fixes, anchor=line.rule, fact=fact,
        )  # fmt: skip


def _witness(subject: Subject, rule: str, site: ApacheSite) -> Request:
    """A request from an address that the rule names, which is let in when the comment is gone."""
    request = subject.hits[0].request
    networks = (network_named(word) for word in rule.split())
    network = next((one for one in networks if one is not None), None)
    if network is None or rule.lower().startswith("deny") or " not " in rule.lower():
        return request
    return from_client(request, inside(network), Doors(site.model).of(subject.server)) or request


def _fixes(places: Iterable[Span], site: ApacheSite) -> tuple[Fix, ...]:
    edits = tuple(edit for edit in (comment_above(place, site) for place in places) if edit is not None)
    return (Fix("put the comment on the line above", UNSAFE if edits else MANUAL, edits),)
