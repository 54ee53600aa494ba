"""A directory is let through, and a name of its DirectoryIndex is refused: so is the directory."""

from collections.abc import Iterator
from itertools import islice

from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import refused_index
from audit403.apache.model.options import INDEXES
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.registry import check
from audit403.evidence.interface import FILE
from audit403.explore.ordinary import PROBE, quoted
from audit403.explore.subject import WAY_INDEX
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.edits import insert_inside
from audit403_checks.apache.indexes import index_names
from audit403_checks.apache.listings import is_meant_to_be_listed
from audit403_checks.apache.subjects import is_file, refusal_of
from audit403_checks.apache.written import written_at
from audit403_checks.directories import is_in_a_closed_folder, is_page
from audit403_checks.nearby import names_at
from audit403_checks.support import finding_of, insert_after, replace

_EVERYBODY = "every client"


@check(ERROR, "require", "access-compat", "rewrite-rule", "redirect-status")
def index_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Httpd asks itself for each index, there or not; one that is refused keeps the listing from being made."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].who != _EVERYBODY:
        return
    if all(hit.way != WAY_INDEX for hit in found[1].hits):
        return
    judged = [one for one in map(_index_of, as_each_is_asked(*found, site)) if one is not None and _counts(one, site)]
    homes = [one for one in judged if one.is_home]
    for first in (homes or judged)[:1]:
        yield _finding(first, len({one.folder for one in judged}) - 1, site)


_MOST_BESIDE = 20


class _Index(NamedTuple):
    """A directory that is refused because its index `uri` is; whether that is there, and else whether it is listed."""

    refusal: Refusal
    subject: Subject
    uri: str
    is_there: bool
    lists: bool

    @property
    def folder(self) -> str:
        """The directory's address."""
        return self.refusal.witness.target.partition("?")[0]

    @property
    def is_home(self) -> bool:
        """Whether it is the page that the site begins with."""
        return self.folder == "/"

    @property
    def name(self) -> str:
        """The index as DirectoryIndex has it, in most cases."""
        return self.uri.rpartition("/")[2]


def _index_of(met: tuple[Refusal, Subject]) -> _Index | None:
    """The first refused index that is there; without any the one that decided, which is the last that is refused."""
    refusal, subject = met
    last = refused_index(refusal.decision)
    if last is None:
        return None
    folder = refusal.witness.target.partition("?")[0]
    names = (name if name.startswith("/") else f"{folder}{quoted(name)}" for name in index_names(subject))
    there = next((uri for uri in names if _is_there(refusal, subject, uri)), None)
    lists = there is None and INDEXES in subject.core.options.opts
    return _Index(refusal, subject, there or last, there is not None, lists)


def _is_there(refusal: Refusal, subject: Subject, uri: str) -> bool:
    _, own = subject.exchange.evaluator.followed(refusal.witness._replace(target=uri))
    return own.found is not None and own.found.kind == FILE


def _counts(index: _Index, site: ApacheSite) -> bool:
    """Whether people come to a directory: other pages of it are served, or somebody has said that it is listed."""
    if _is_refused_too(index, site, f"{PROBE}.txt") or (not index.is_home and is_in_a_closed_folder(index.refusal)):
        return False  # whatever lies there is refused, and the directory only slips through for having no name
    beside = [one for one in _beside(index, site) if one != index.name]
    if index.is_home:
        return index.is_there or not beside or not all(_is_refused_too(index, site, name) for name in beside)
    if index.is_there:
        return any(is_page(name) and not _is_refused_too(index, site, name) for name in beside)
    return index.lists and is_meant_to_be_listed(index.subject)


def _beside(index: _Index, site: ApacheSite) -> list[str]:
    """Files of the directory, not too many of them."""
    folder = (index.subject.exchange.filename or "").rstrip("/")
    names = (name for name in names_at(site.evidence, folder) if not name.startswith("."))
    return list(islice((name for name in names if is_file(index.subject, f"{folder}/{name}")), _MOST_BESIDE))


def _is_refused_too(index: _Index, site: ApacheSite, name: str) -> bool:
    other = site.decide(index.refusal.witness._replace(target=quoted(f"{index.folder}{name}")))
    return (other.cause, other.where) == (index.refusal.cause, index.refusal.where)


def _finding(index: _Index, others: int, site: ApacheSite) -> Finding:
    refusal, subject, name = index.refusal, index.subject, index.name
    what = f"the home page of {subject.server.label()}" if index.is_home else index.folder
    if index.is_there:
        message = f"{what} is let through, and its index {name} is refused"
    elif index.lists:
        message = f"{what} is not listed, because {name}, which is not even there, is refused"
    else:
        message = f"{what} has no index, and {name} of DirectoryIndex, which is not there either, is refused"
    message += f"; so it is with {others} more" if others else ""
    fixes = tuple(_fixes(index, written_at(site, refusal.where)))
    severity = ERROR if index.is_home else WARNING
    return finding_of("apache/index-refused", severity, message, refusal, fixes, anchor=f"{index.folder} {name}")


def _fixes(index: _Index, refusing: Directive | None) -> Iterator[Fix]:
    """Where the file is there it is let through; where it is not it is not asked for."""
    if index.is_there:
        yield _let_through(index.name, refusing)
    elif not index.lists:
        yield Fix("put an index file there that is let through", MANUAL)
    else:
        yield from _not_looked_for(index)


def _let_through(name: str, refusing: Directive | None) -> Fix:
    files = None if refusing is None else refusing.parent
    if refusing is None or files is None or files.name not in ("<files", "<filesmatch"):
        return Fix(f"let {name} through where it is refused", MANUAL)
    grant = "Require all granted" if refusing.name == "require" else "Order allow,deny\n    Allow from all"
    text = f'<Files "{name}">\n    {grant}\n</Files>'
    return Fix(f"let {name} through behind what refuses it", UNSAFE, (insert_after(files, text),))


def _not_looked_for(index: _Index) -> Iterator[Fix]:
    options, listed = index.subject.core.options_directive, index.subject.directory_index.index_directive
    others = [one for one in index_names(index.subject) if one != index.name]
    text = f"DirectoryIndex {' '.join(others) or 'disabled'}"
    summary = f"do not look for {index.name} there"
    if options is None:
        return
    if listed is not None and listed.parent is options.parent and listed.source is options.source:
        yield Fix(summary, UNSAFE, (replace(listed.span, text),))
    elif options.parent is not None:
        yield Fix(summary, UNSAFE, (insert_inside(options.parent, text),))
    else:
        yield Fix(summary, UNSAFE, (insert_after(options, text),))
