"""A directory has its page, but DirectoryIndex does not list the file's name."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.indexes import index_candidates, index_names, listing_it
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.directories import is_placeholder, would_give_its_text_away
from audit403_checks.support import finding_of


@check(ERROR, "no-index")
def index_lacks_file(fact: Fact, site: Site) -> Iterator[Finding]:
    """The file is there under a name that means a directory's page, and httpd looks only for others."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    names = index_candidates(subject)
    if names and is_placeholder(site, subject, names[0]):
        return
    if not names or refusal.witness.method != "GET":
        return
    listed = index_names(subject)
    message = f"{refusal.witness.target} has {names[0]}, but DirectoryIndex does not list it"
    if listed == () or listed == ("disabled",):
        message = f"{refusal.witness.target} has {names[0]}, but DirectoryIndex is switched off"
    fixes = (_NO_INTERPRETER,) if would_give_its_text_away(site, refusal, names[0]) else listing_it(subject, names[0])
    yield finding_of("apache/index-lacks-file", ERROR, message, refusal, fixes, anchor=refusal.witness.target)


_NO_INTERPRETER = Fix(
    "hand such files to their interpreter first: as it is, httpd would send the program's text", MANUAL
)
