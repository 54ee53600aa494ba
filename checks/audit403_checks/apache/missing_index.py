"""A page that visitors ask for is a directory without an index file, and directories are not listed."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.dav import DAV, DavConfig
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME
from audit403_checks.apache.indexes import index_candidates, other_places
from audit403_checks.apache.listings import said_to_be_listed
from audit403_checks.apache.option_lines import switched_on
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.directories import INDEX_NAMES, has_pages, is_in_a_closed_folder, others_like_it
from audit403_checks.support import finding_of, insert_after


@check(ERROR, "no-index")
def missing_index(fact: Fact, site: Site) -> Iterator[Finding]:
    """The home page is an error; another directory counts only when it holds pages and nothing else explains it.

    Who comes for files with WebDAV asks for no page.
    """
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    if refusal.witness.method != "GET" or index_candidates(subject) or other_places(site, subject):
        return
    said = said_to_be_listed(subject, site) if isinstance(site, ApacheSite) else None
    if "//" in refusal.witness.target:
        return  # another way to write the address of the same directory
    is_home = subject.purpose == PURPOSE_HOME and site.assumed is None  # a docroot that is assumed may be any folder
    if said is None and not is_home and (not has_pages(subject) or is_in_a_closed_folder(refusal)):
        return
    what = "the home page" if is_home else refusal.witness.target
    message = f"{what} of {subject.server.label()} is a directory without an index file" + others_like_it(refusal)
    fixes: tuple[Fix, ...] = (Fix("put an index file there, or let it be listed with `Options +Indexes`", MANUAL),)
    if said is not None:
        line, why = said
        words = f"`{line.written} {line.raw.strip()}`"
        message = f"{what} of {subject.server.label()} has no index and may not be listed: {words} {why}"
        refusal = refusal._replace(because=(*refusal.because, Because(line.span, why)))
        fixes = switched_on(subject, "Indexes")
    own = next((name for name in INDEX_NAMES if name in subject.names), None)
    if own is not None and isinstance(site, ApacheSite) and not site.model.has("dir"):
        message = f"{what} of {subject.server.label()} has {own}, and mod_dir, which would look for it, is not loaded"
        fixes = tuple(_with_mod_dir(site))
    severity = NOTE if said is None and _is_for_webdav(subject) else ERROR if is_home else WARNING
    yield finding_of("apache/missing-index", severity, message, refusal, fixes, anchor=refusal.witness.target)


def _is_for_webdav(subject: Subject) -> bool:
    dav: DavConfig = subject.exchange.config(DAV, DavConfig())
    return dav.provider is not None


def _with_mod_dir(site: ApacheSite) -> Iterator[Fix]:
    """The module beside the last one that is loaded."""
    loads = [one for one in site.configuration.executed if one.name == "loadmodule" and len(one.args) > 1]
    last = loads[-1] if loads else None
    if last is not None and last.args[1].endswith(".so"):
        folder, slash, _ = last.args[1].rpartition("/")
        path = f"{folder}{slash}mod_dir.so"
        edit = insert_after(last, f"LoadModule dir_module {path}")
        yield Fix("load mod_dir", UNSAFE, (edit,))
    yield Fix("load mod_dir", MANUAL)
