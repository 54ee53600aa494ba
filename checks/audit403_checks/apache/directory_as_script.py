"""A directory with a page of its own below a ScriptAlias, which takes the directory itself for a script."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.indexes import index_names, listing_it
from audit403_checks.apache.roots import root_of
from audit403_checks.apache.subjects import refusal_of, seen_at
from audit403_checks.directories import INDEX_NAMES
from audit403_checks.nearby import names_at
from audit403_checks.support import finding_of, replace


@check(ERROR, "directory-as-script")
def directory_as_script(fact: Fact, site: Site) -> Iterator[Finding]:
    """The bare address of a folder of scripts is refused everywhere; one that holds an index is meant to be opened."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].witness.method != "GET":
        return
    refusal, subject = found
    folder = (subject.exchange.filename or "").rstrip("/")
    here, listed = names_at(site.evidence, folder), index_names(subject)
    name = next((one for one in INDEX_NAMES if one in here and one not in listed), None)
    seen = None if name is None else seen_at(subject, f"{folder}/{name}")
    if name is None or seen is None or seen.entry is None or not seen.is_file:
        return
    target = refusal.witness.target
    is_script = bool(seen.entry.mode & 0o111) and not name.endswith((".html", ".htm"))
    root = root_of(subject)
    alias = None if root is None else root.directive
    says = "its handler" if alias is None else alias.written
    message = f"{target} has {name}, which DirectoryIndex does not list, and {says} takes the directory for a script"
    fixes = listing_it(subject, name) if is_script else _no_script(subject, name)
    yield finding_of("apache/directory-as-script", ERROR, message, refusal, fixes, anchor=target)


def _no_script(subject: Subject, name: str) -> tuple[Fix, ...]:
    """Alias in place of ScriptAlias, where what lies there are pages and no scripts."""
    root = root_of(subject)
    alias = None if root is None else root.directive
    if alias is None or alias.name != "scriptalias" or not name.endswith((".html", ".htm", ".xhtml")):
        return (Fix(f"do not run what lies there as CGI, and hand {name} to its interpreter", MANUAL),)
    edits = [edit for fix in listing_it(subject, name) for edit in fix.edits]
    summary = f"write Alias in place of ScriptAlias, and list {name} in DirectoryIndex"
    return (Fix(summary, UNSAFE, (replace(alias.name_span, "Alias"), *edits)),)
