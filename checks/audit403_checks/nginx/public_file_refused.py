"""A rule refuses a file that is there for everybody: one that a page loads, robots.txt, what lies in /.well-known/."""

from collections.abc import Iterator

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_LINKED, Hit
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.location import Location, every_location
from audit403_checks.files.kinds import is_for_everybody
from audit403_checks.members import addresses_of
from audit403_checks.nginx.sent_on import EVERYBODY, is_for_another, is_plain
from audit403_checks.nginx.subjects import deciding_level, refusal_of
from audit403_checks.patterns import accident
from audit403_checks.public_files import is_refused_there, is_visited, listed, refuses_everything
from audit403_checks.support import finding_of, insert_before

_NAME = "nginx/public-file-refused"
_OF_ADDRESS = (None, "uri", "target")


@check(WARNING, "access-rule", "return")
def public_file_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a page of the site loads it, a warning where its name alone says that it is for everybody."""
    found = refusal_of(fact)
    if found is None or not found[0].who.startswith(EVERYBODY) or isinstance(found[0].where, PathPlace):
        return
    refusal, subject = found
    if any(step.phase == "rewrite" and step.met and step.field not in _OF_ADDRESS for step in refusal.decision.trace):
        return  # it is for those who have a cookie, a key, another program
    loaded = [hit for hit in subject.hits if hit.purpose == PURPOSE_LINKED and hit.way is None and is_visited(hit)]
    if loaded:
        yield _loaded(site, refusal, subject, loaded)
        return
    location = subject.location
    if location is None or location.regex is None:
        return
    targets = [target for target in _for_everybody(subject) if _is_by_accident(subject, location, target)]
    targets = [target for target in targets if is_refused_there(site, refusal, target)]
    if targets and not refuses_everything(site, refusal):
        them = "is" if len(targets) == 1 else "are"
        message = f"`{location.label()}` refuses {listed(targets)} too, which {them} there for everybody"
        yield _finding(site, refusal, subject, WARNING, message, targets)


def _loaded(site: Site, refusal: Refusal, subject: Subject, loaded: list[Hit]) -> Finding:
    first = loaded[0]
    targets = [hit.request.target for hit in loaded]
    page = (first.page or "").rpartition("/")[2]
    place = "a rule of the server" if subject.location is None else f"`{subject.location.label()}`"
    message = f"{page} loads {listed(targets)}, which {place} refuses"
    finding = _finding(site, refusal, subject, ERROR, message, targets, first)
    return finding._replace(who=f"whoever opens {page}")


def _finding(
    site: Site,
    refusal: Refusal,
    subject: Subject,
    severity: str,
    message: str,
    targets: list[str],
    hit: Hit | None = None,
) -> Finding:
    asked = refusal.witness._replace(method="GET", target=targets[0])
    if hit is not None and not is_refused_there(site, refusal, targets[0]):
        asked = hit.request  # only with what a browser adds for the page
    shown = (Hit(asked, PURPOSE_FILE, None), site.decide(asked))
    fixes = (_fix(refusal, subject, targets),)
    return finding_of(_NAME, severity, message, refusal, fixes, anchor=targets[0], hit=shown)


def _for_everybody(subject: Subject) -> Iterator[str]:
    """URLs of the files behind the refusal whose names are for everybody."""
    for hit in subject.hits:
        if hit.purpose == PURPOSE_FILE and hit.way is None:
            yield from (uri for uri in addresses_of(hit) if is_plain(uri) and is_for_everybody(uri))


def _is_by_accident(subject: Subject, location: Location, target: str) -> bool:
    """Whether the pattern does not name the file itself, and nothing about it is another rule's."""
    stem = target.rpartition("/")[2].partition(".")[0].lower()
    if stem in location.name.lower() or accident(location.regex, target) is not None:
        return False
    has_its_own = any(one.regex is None and one.name == target for one in every_location(subject.server.tree))
    return not has_its_own and not is_for_another(subject, target)


def _fix(refusal: Refusal, subject: Subject, targets: list[str]) -> Fix:
    """A location of its own for each of the files, where that is all that it takes."""
    location, names = subject.location, list(dict.fromkeys(targets))
    summary = f"let {listed(targets)} through by a location of its own"
    nested = location is not None and isinstance(location.parent, Location)
    own_root = location is not None and {"root", "alias"} & location.own.keys()
    if location is None or location.directive is None or nested or own_root or not all(map(is_plain, names)):
        return Fix(summary, MANUAL)
    inherits = refusal.cause == "access-rule" and deciding_level(location) is not location
    words = " allow all; " if inherits else " "
    edit = insert_before(location.directive, "\n".join(f"location = {name} {{{words}}}" for name in names))
    return Fix(summary, UNSAFE, (edit,))
