"""A pattern that refuses takes ordinary addresses along: its dot is any character, or it has no end."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_ORDINARY, Hit
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.location import Location
from audit403_checks.files.kinds import is_public
from audit403_checks.nginx.patterns import DOT, END, START, Accident, accident, rewritten
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of

_WORDS = {
    DOT: "its `.` stands for any character",
    END: "the pattern has no end, and matches in the middle of a word",
    START: "the pattern has no beginning, and matches in the middle of a word",
}
_SHOWN = 3


class _Taken(NamedTuple):
    hit: Hit
    accident: Accident


@check(ERROR, "access-rule", "return")
def pattern_takes_along(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a page or picture of the tree is hit, a warning where addresses are that most sites have."""
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(EVERYBODY) or found[1].location is None:
        return
    refusal, subject = found
    location = found[1].location
    taken = _taken(location, subject)
    if not taken:
        return
    first = taken[0]
    targets = list(dict.fromkeys(one.hit.request.target for one in taken))
    shown = ", ".join(targets[:_SHOWN]) + (", …" if len(targets) > _SHOWN else "")
    message = f"`{location.label()}` refuses {shown} too: {_WORDS[first.accident.kind]}"
    severity = ERROR if first.hit.purpose == PURPOSE_FILE else WARNING
    decision = refusal.decision if first.hit.request == refusal.witness else site.decide(first.hit.request)
    name = "nginx/pattern-takes-along"
    hit = (first.hit, decision)
    fixes = (_fix(location, first.accident),)
    yield finding_of(name, severity, message, refusal, fixes, anchor=location.label(), hit=hit)


def _taken(location: Location, subject: Subject) -> list[_Taken]:
    """What is hit by accident, files of the tree first; of addresses that may not exist only what is beyond doubt."""
    found: list[_Taken] = []
    for hit in sorted(subject.hits, key=lambda hit: hit.purpose != PURPOSE_FILE):
        path = hit.request.target.partition("?")[0]
        if hit.way is not None or hit.purpose not in (PURPOSE_FILE, PURPOSE_ORDINARY):
            continue
        if hit.purpose == PURPOSE_FILE and not is_public(path):
            continue
        how = accident(location, path)
        if how is not None and (hit.purpose == PURPOSE_FILE or _is_plain(how, path)):
            found.append(_Taken(hit, how))
    return found


def _is_plain(how: Accident, path: str) -> bool:
    return how.kind == DOT or (how.kind == END and "." in path)


def _fix(location: Location, how: Accident) -> Fix:
    edits = rewritten(location, how.meant)
    return Fix(f"write the pattern as {how.meant}", UNSAFE if edits else MANUAL, edits)
