"""Files and directories that refuse, judged by what visitors lose, and by which rule it is that tells of each.

Whoever lacks a bit is told so by the rules about modes, unless something behind the modes explains it better.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, WARNING
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace
from audit403.evidence.interface import FILE, LINK, Entry
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_LINKED, PURPOSE_PAGE, PURPOSE_PROBE, Blocked
from audit403_checks.files.behind import Behind, behind
from audit403_checks.files.blocked import is_listed_only, more_like
from audit403_checks.files.kinds import is_for_nobody, is_kept_back, is_public, may_be_public
from audit403_checks.files.remedies import served, worker_of
from audit403_checks.support import Refused, refused_by_any

_MOST_ASKED = 200
_ANY_PAGE = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE, PURPOSE_LINKED)


class Judged(NamedTuple):
    """Some of a refusal's entries that are as grave and have the same rule; `access` is what they refuse, and `behind`
    what explains it better than their modes.
    """

    refusal: Refusal
    severity: str
    blocked: list[Blocked]
    access: str
    message: str
    behind: Behind | None = None


def judged(fact: Fact, site: Site, rule: str | None = None) -> Iterator[Judged]:
    """What the rule of this name tells of; without one what is left to the rules about modes."""
    found = refused_by_any(fact)
    if found is None or not isinstance(found[0].where, PathPlace) or found[0].cause not in _KINDS:
        return
    refusal, subject = found
    access, _, message = _kind_of(site, refusal)
    groups: dict[tuple[str, str], tuple[list[Blocked], Behind | None]] = {}
    for severity, one, why in _explained(fact, site, refusal, subject):
        if (None if why is None else why.rule) == rule:
            groups.setdefault((severity, "" if why is None else why.reason), ([], why))[0].append(one)
    for (severity, _), (blocked, why) in groups.items():
        yield Judged(refusal, severity, blocked, access, message(site, refusal, subject, blocked), why)


def _explained(
    fact: Fact, site: Site, refusal: Refusal, subject: "Refused"
) -> list[tuple[str, Blocked, Behind | None]]:
    """Each entry with its severity and what is behind it. Every rule asks in turn about the same fact."""
    if not any(fact is known and site is of for known, of, _ in _LAST):
        access, entries, _ = _kind_of(site, refusal)
        every = [
            (severity, one, behind(site, refusal.family, one.path, access))
            for severity, one in entries(site, refusal, subject)
        ]
        _LAST[:] = [(fact, site, every)]
    return _LAST[0][2]


_LAST: list[tuple[Fact, Site, list[tuple[str, Blocked, Behind | None]]]] = []
"""The last fact that was asked about."""


def _kind_of(site: Site, refusal: Refusal) -> "_Kind":
    # What may not even be looked at is refused to httpd's walk before the file itself is opened.
    return _KINDS["file-unreadable" if _is_file(site, refusal.where) else refusal.cause]


def _is_file(site: Site, where: object) -> bool:
    found = served(site)
    if found is None or not isinstance(where, PathPlace):
        return False
    entry = found.evaluator.files().resolver.evidence.entry(where.path)
    return isinstance(entry, Entry) and entry.kind == FILE


_Entries = Iterator[tuple[str, Blocked]]


def _ancestors(site: Site, refusal: Refusal, subject: Refused) -> _Entries:
    """An error where a whole site or location lies behind it, a warning where pages do, a note where nothing does."""
    where = refusal.where
    if isinstance(where, PathPlace):
        for one in subject.blocking:
            if where.mode is not None or behind(site, refusal.family, one.path, "search") is not None:
                yield _of_ancestor(one, where), one


def _of_ancestor(blocked: Blocked, where: PathPlace) -> str:
    if blocked.purpose in _ANY_PAGE:
        return ERROR
    if blocked.path == where.path and is_listed_only(where) and not is_for_nobody(blocked.path.rpartition("/")[2]):
        return WARNING
    is_known = not is_for_nobody(blocked.path) and is_public(blocked.target.partition("?")[0])
    return WARNING if is_known else NOTE


def _of_ancestors(site: Site, refusal: Refusal, subject: Refused, blocked: list[Blocked]) -> str:
    places = sum(one.places for one in blocked)
    behind_it = f"; {places} places lie behind it" if places > 1 and len(blocked) == 1 else ""
    message = f"{worker_of(site)} may not search {blocked[0].path}{_directories(blocked)}{behind_it}"
    link = _link_to(site, refusal, subject, blocked[0].path)
    return message if link is None else f"{message}; the link {link} leads there"


def _link_to(site: Site, refusal: Refusal, subject: Refused, path: str) -> str | None:
    """The link on the way of the witness that leads behind a directory which refuses it."""
    found = served(site)
    if found is None or subject.path is None or getattr(refusal.where, "path", None) != path:
        return None
    from audit403.files.explain import components

    resolver = found.evaluator.files().resolver
    link = None
    for one in components(resolver.evidence, resolver.identity, subject.path, "read"):
        if one.path == path:
            return link if one.depth else None
        if one.entry is not None and one.entry.kind == LINK:
            link = one.path
    return None


def _files(site: Site, refusal: Refusal, subject: Refused) -> _Entries:
    """Those that visitors come for; of what may be kept back as well, what lies beside them."""
    public = [one for one in subject.blocking if is_public(one.path) and not is_kept_back(one.target)]
    folders = {one.path.rpartition("/")[0] for one in public}
    beside = (one for one in subject.blocking if may_be_public(one.path) and one.path.rpartition("/")[0] in folders)
    return ((ERROR, one) for one in dict.fromkeys((*public, *beside)))


def _of_files(site: Site, refusal: Refusal, subject: Refused, blocked: list[Blocked]) -> str:
    first = blocked[0]
    name = first.path.rpartition("/")[2]
    what = f"the home page, {name}," if first.purpose == PURPOSE_HOME else first.target
    return f"{what} cannot be read by {worker_of(site)}{more_like(blocked, 'file', 'files')}"


def _directories_to_read(site: Site, refusal: Refusal, subject: Refused) -> _Entries:
    """What is meant to be listed is an error; whose files are served all the same and nothing else is a note."""
    for one in islice(subject.blocking, _MOST_ASKED):
        yield _of_directory(site, refusal, subject, one), one


def _of_directory(site: Site, refusal: Refusal, subject: Refused, blocked: Blocked) -> str:
    if is_for_nobody(blocked.path):
        return NOTE
    request = refusal.witness._replace(method="GET", target=blocked.target)
    if refusal.family == "apache":
        from audit403_checks.apache.listings import of_unreadable
    else:
        from audit403_checks.nginx.listings import of_unreadable
    return of_unreadable(site, subject, blocked, request)


def _of_directories(site: Site, refusal: Refusal, subject: Refused, blocked: list[Blocked]) -> str:
    target = blocked[0].target
    what = f"{target} cannot be listed" if target.endswith("/") else f"{target} without its slash is refused"
    return f"{what}: {worker_of(site)} may not read the directory{_directories(blocked)}"


def _directories(blocked: list[Blocked]) -> str:
    return more_like(blocked, "directory", "directories")


_Kind = tuple[str, Callable[[Site, Refusal, Refused], _Entries], Callable[[Site, Refusal, Refused, list[Blocked]], str]]
"""What is refused, which entries refuse it, and what is said of them."""

_KINDS: dict[str, _Kind] = {
    "ancestor-not-searchable": ("search", _ancestors, _of_ancestors),
    "file-unreadable": ("read", _files, _of_files),
    "directory-unreadable": ("read", _directories_to_read, _of_directories),
}
