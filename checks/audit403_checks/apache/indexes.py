"""What stands for a directory in Apache's configuration, for the rules about index files."""

from audit403.apache.explore.subject import Subject
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Fix
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE
from audit403_checks.apache.edits import insert_inside
from audit403_checks.apache.roots import root_of
from audit403_checks.directories import INDEX_NAMES, has_pages
from audit403_checks.nearby import Place, places_with, with_bare_names
from audit403_checks.support import insert_after

_DEFAULT = ("index.html",)


def index_names(subject: Subject) -> tuple[str, ...]:
    """The effective DirectoryIndex where the request ended."""
    names = subject.directory_index.index_names
    return _DEFAULT if names is None else names


def index_candidates(subject: Subject) -> list[str]:
    """The files of the directory that look like its page and that DirectoryIndex does not list."""
    listed = index_names(subject)
    return [name for name in INDEX_NAMES if name in subject.names and name not in listed]


def other_places(site: Site, subject: Subject) -> list[Place]:
    """Directories near the one that was asked for that have the index which it lacks, where it is a root itself."""
    root = root_of(subject)
    if not isinstance(site, ApacheSite) or root is None or subject.path is None or has_pages(subject):
        return []
    if subject.purpose not in (PURPOSE_HOME, PURPOSE_PAGE) or subject.path.rstrip("/") != root.directory:
        return []
    own_names = with_bare_names([name for name in (subject.server.name, *subject.server.aliases) if name])
    return places_with(site.evidence, subject.path, subject.names, own_names, set(index_names(subject)))


def listing_it(subject: Subject, name: str) -> tuple[Fix, ...]:
    """The DirectoryIndex in effect with one more name, or one of the directory's own."""
    directive = subject.directory_index.index_directive
    summary = f"list {name} in DirectoryIndex"
    if directive is not None and [word.lower() for word in directive.args] != ["disabled"]:
        end = directive.arg_span(len(directive.args) - 1).end
        return (Fix(summary, UNSAFE, (TextEdit(directive.source.path, end, end, f" {name}"),)),)
    if directive is not None:
        span = directive.arg_span(0)
        return (Fix(summary, UNSAFE, (TextEdit(directive.source.path, span.start, span.end, name),)),)
    lines = f"DirectoryIndex index.html {name}"
    section = next((one for one in reversed(subject.sections) if one.kind == "directory" and one.text != "/"), None)
    if section is not None:
        return (Fix(summary, UNSAFE, (insert_inside(section.directive, lines),)),)
    root = subject.server.core.document_root_directive
    return () if root is None else (Fix(summary, UNSAFE, (insert_after(root, lines),)),)
