"""Fixes for refusals by the file system: the smallest commands that open the way, as the files family finds them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from audit403.core.edit import AclUserEdit, Edit, ModeEdit
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Fix
from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import DIRECTORY, FILE, Absent, Entry, Evidence, NotCollected, Unreadable
from audit403.files.permission import EXECUTE, READ, permitted
from audit403.files.resolve import Resolver
from audit403_checks.files.kinds import is_public
from audit403_checks.files.on_host import on_host

if TYPE_CHECKING:
    from audit403.files.remedy import Remedy

_MOST_NAMED = 6
"""So many paths stand in one command; of more there is a search."""
_MOST_BELOW = 2_000
_NOTHING = Fix("", UNSAFE)


class Served(Protocol):
    """A site whose evaluator sees files as the server's workers do."""

    @property
    def evaluator(self) -> Any:
        """Its `files()` are those of the workers, and `who()` is their user."""

    @property
    def model(self) -> Any:
        """Its `worker` is whom the configuration lets them run as."""


def served(site: Site) -> Served | None:
    """The site where it serves files."""
    found: Any = site
    return found if hasattr(site, "evaluator") and hasattr(site, "model") else None


def worker_of(site: Site) -> str:
    """The user that the server's workers run as."""
    found = served(site)
    return "the server" if found is None else found.evaluator.who()


def chain_of(site: Site, refusal: Refusal, bits: int) -> tuple[Because, ...]:
    """The refusal's chain, in which the entry that refuses says whose bits count."""
    where = refusal.where
    found = served(site)
    if found is None or not isinstance(where, PathPlace):
        return refusal.because
    resolver = found.evaluator.files().resolver
    entry = resolver.evidence.entry(where.path)
    if not isinstance(entry, Entry):
        return refusal.because
    from audit403.files.why import why

    reason = why(resolver.evidence, entry, resolver.identity, worker_of(site), bits)
    return tuple(link._replace(message=reason) if link.where == where else link for link in refusal.because)


def fixes_for(site: Site, refusal: Refusal, access: str, paths: Iterable[str] = ()) -> tuple[Fix, ...]:
    """One fix for each degree of exposure, the least first; each opens `paths` too, as far as they are alike."""
    where = refusal.where
    found_site = served(site)
    if found_site is None or not isinstance(where, PathPlace):
        return ()
    resolver = found_site.evaluator.files().resolver
    from audit403.files.remedy import remedies

    alike = _alike(resolver.evidence, where.path, paths)
    if access == "search":
        alike = [*alike, *_closedbelow(resolver, [where.path, *alike])]
    found = remedies(resolver.evidence, resolver.identity, worker_of(site), where.path, access)
    return on_host(resolver.evidence, [_fix(found_site, where.path, alike, one, access) for one in found])


def fix_for_all(site: Served, paths: list[str], summary: str, command: str, edit: Edit) -> Fix:
    """A fix that does the same to all of these paths; `command` and `edit` are those for the first."""
    evidence = site.evaluator.files().resolver.evidence
    alike = _alike(evidence, paths[0], paths)
    edits = (edit, *_edits_for((edit,), paths[0], alike))
    return Fix(summary, UNSAFE, (), _for_all((command,), paths[0], alike, evidence), edits)


def _fix(site: Served, first: str, alike: list[str], remedy: "Remedy", access: str) -> Fix:
    resolver = site.evaluator.files().resolver
    commands = _for_all(remedy.commands, first, alike, resolver.evidence)
    edits = (*remedy.edits, *_edits_for(remedy.edits, first, alike))
    if access == "search" and not remedy.reload:
        more = _files_behind(resolver.evidence.with_changes(edits), resolver, site.evaluator.who(), first, remedy)
        commands, edits = (*commands, *more.commands), (*edits, *more.changes())
    summary = f"open {'them' if alike else 'it'} to {remedy.opens_to}"
    return Fix(summary + (", then reload the server" if remedy.reload else ""), UNSAFE, (), commands, edits)


def _files_behind(world: Evidence, before: Resolver, user: str, top: str, remedy: "Remedy") -> Fix:
    """What the files behind a directory take, where a umask or `chmod -R` has closed them as well."""
    from audit403.files.remedy import remedies

    closed: list[str] = []
    for path, entry in below(world, top):
        if entry.kind == FILE and is_public(path):
            if permitted(entry, before.identity, READ):
                return _NOTHING
            closed.append(path)
    if not closed:
        return _NOTHING
    alike = _alike(world, closed[0], closed)
    for one in remedies(world, before.identity, user, closed[0], "read"):
        if one.exposure == remedy.exposure:
            edits = (*one.edits, *_edits_for(one.edits, closed[0], alike))
            return Fix("", UNSAFE, (), _for_all(one.commands, closed[0], alike, world), edits)
    return _NOTHING


def _alike(evidence: Evidence, first: str, paths: Iterable[str]) -> list[str]:
    """Those of the other paths that have the owner, mode and ACL of the first."""
    entry = evidence.entry(first)
    return [path for path in dict.fromkeys(paths) if path != first and _same(evidence.entry(path), entry)]


def _same(one: object, other: object) -> bool:
    if not isinstance(one, Entry) or not isinstance(other, Entry):
        return False
    return one[:4] == other[:4] and (one.acl, one.group_bits) == (other.acl, other.group_bits)


def _closedbelow(resolver: Resolver, tops: list[str]) -> list[str]:
    """Directories below that are closed in the same way, as `chmod -R` leaves them."""
    kind = resolver.evidence.entry(tops[0])
    return [
        path
        for path, entry in below(resolver.evidence, *tops)
        if entry.kind == DIRECTORY and _same(entry, kind) and not permitted(entry, resolver.identity, EXECUTE)
    ]


def below(evidence: Evidence, *tops: str) -> Iterator[tuple[str, Entry]]:
    """What lies below some directories, hidden entries left out, and not too much of it."""
    pending, seen = list(tops), 0
    while pending and seen < _MOST_BELOW:
        directory = pending.pop()
        names = evidence.names(directory)
        if isinstance(names, Absent | NotCollected | Unreadable):
            continue
        for name in names:
            seen += 1
            path = f"{directory}/{name}"
            entry = evidence.entry(path)
            if isinstance(entry, Entry) and not name.startswith("."):
                if entry.kind == DIRECTORY:
                    pending.append(path)
                yield path, entry


def _edits_for(edits: tuple[Edit, ...], first: str, alike: list[str]) -> list[Edit]:
    """The edits of the first path, for each of the others."""
    own = [edit for edit in edits if isinstance(edit, ModeEdit | AclUserEdit) and edit.path == first]
    return [edit._replace(path=path) for path in alike for edit in own]


def _for_all(commands: tuple[str, ...], first: str, alike: list[str], evidence: Evidence) -> tuple[str, ...]:
    """The commands for the first path, made for all of them."""
    if not alike:
        return commands
    from audit403.files.remedy import quote

    ending = f" {quote(first)}"
    made = []
    for command in commands:
        if not command.endswith(ending):
            made.append(command)
        elif len(alike) < _MOST_NAMED:
            made.append(command + "".join(f" {quote(path)}" for path in alike))
        else:
            made.append(_search([first, *alike], command.removesuffix(ending), evidence))
    return tuple(made)


def _search(paths: list[str], command: str, evidence: Evidence) -> str:
    """A search for what has the mode and owner of the first, and the names that the others have."""
    import os

    from audit403.files.remedy import quote

    entry = evidence.entry(paths[0])
    assert isinstance(entry, Entry)
    top = os.path.commonpath([path.rpartition("/")[0] or "/" for path in paths])
    what = f"find {quote(top)} -type {entry.kind} -perm {entry.mode:04o} -uid {entry.uid} -gid {entry.gid}"
    what += f" ! -path {quote(_hiddenbelow(top))}"
    if entry.kind != DIRECTORY:
        endings = sorted({path.rpartition(".")[2] for path in paths})
        what += " \\( " + " -o ".join(f"-name {quote('*.' + ending)}" for ending in endings) + " \\)"
    return f"{what} -exec {command} {{}} +"


def _hiddenbelow(top: str) -> str:
    """A pattern of find(1) for what begins with a dot, or lies in a folder that does."""
    return top.rstrip("/").translate(_FOR_FIND) + "*/.*"


_FOR_FIND = {ord(character): f"\\{character}" for character in "\\*?["}
