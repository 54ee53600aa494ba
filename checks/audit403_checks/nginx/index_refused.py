"""A directory is let through, and its index file is refused by another location."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, WAY_INDEX
from audit403_checks.directories import is_page
from audit403_checks.nginx.sent_on import EVERYBODY, Detour, detours, is_for_another, origin_of, own_location
from audit403_checks.patterns import accident
from audit403_checks.support import finding_of

_SERVED = 200


@check(ERROR, "access-rule", "limit-except", "return")
def index_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nginx looks for a location anew for /index.html; a home page counts, another directory where its page is HTML."""
    for detour in detours(fact, site, WAY_INDEX):
        refusal, subject, hit, decision, sent = detour
        is_home = hit.purpose == PURPOSE_HOME
        if subject.location is None or subject.location.named or is_for_another(subject, sent.to):
            continue
        if accident(subject.location.regex, sent.to) is not None:
            continue
        if refusal.who != EVERYBODY and not _is_open(detour):
            continue
        if not is_home and not is_page(sent.to):
            continue
        what = "the home page" if is_home else hit.request.target
        name = subject.server.first_name() or "this server"
        message = f"{what} of {name} is let through, and its index {sent.to} is refused by `{subject.location.label()}`"
        severity = ERROR if is_home else WARNING
        finding = finding_of(
            "nginx/index-refused", severity, message, refusal, _fixes(detour, site), anchor=sent.to, hit=(hit, decision)
        )
        yield finding._replace(because=detour.chain(f"sends {hit.request.target} on to {sent.to}"))


def _is_open(detour: Detour) -> bool:
    """Whether the location that let the directory through says so itself."""
    return any(directive.name == "allow" for directive in origin_of(detour).sequence)


def _fixes(detour: Detour, site: Site) -> tuple[Fix, ...]:
    """Another index file that is there first, then a location for this one."""
    listed = origin_of(detour).last("index")
    fixes = [own_location(detour)]
    if listed is not None:
        folder = detour.hit.request.target.partition("?")[0]
        for name in listed.args[1:]:
            other = detour.hit.request._replace(target=folder + name)
            if is_page(name) and site.decide(other).status == _SERVED:
                order = " ".join([name, *(word for word in listed.args if word != name)])
                span = listed.arg_span(0)
                edit = TextEdit(span.file, span.start, listed.arg_span(len(listed.args) - 1).end, order)
                fixes.insert(0, Fix(f"list {name} first in `index`", UNSAFE, (edit,)))
    return tuple(fixes)
