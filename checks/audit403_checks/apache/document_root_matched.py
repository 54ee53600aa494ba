"""A `<DirectoryMatch>` for folders anywhere refuses a whole site: it matches in the path of the site's own root."""

import re
from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.section import DIRECTORY, Section
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.refusing_pattern import is_inside
from audit403_checks.apache.roots import Root, root_of
from audit403_checks.apache.subjects import is_the_site, refusal_of
from audit403_checks.support import finding_of, replace

_EVERYBODY = "every client"


@check(ERROR, "require", "access-compat")
def document_root_matched(fact: Fact, site: Site) -> Iterator[Finding]:
    """Who closes hidden folders, or all of a name, means those of a site; the path above it is an accident."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].who != _EVERYBODY or not is_the_site(found[1]):
        return
    told: set[str] = set()
    for refusal, subject in as_each_is_asked(*found, site):
        root, section = root_of(subject), _matching(refusal, subject)
        matched = None if root is None or section is None else _by_accident(section, root)
        if root is None or root.directive is None or section is None or matched is None or root.directory in told:
            continue
        told.add(root.directory)
        message = f"{section.label()} refuses all of {root.named()}: it matches {matched} in this path"
        because = (Because(root.directive.span, f"leads to {root.directory}"), *refusal.because)
        fixes = (_below(section, root, site),)
        about = refusal._replace(because=because)
        yield finding_of("apache/document-root-matched", ERROR, message, about, fixes, anchor=root.directory)


def _matching(refusal: Refusal, subject: Subject) -> Section | None:
    """The section with a pattern in which it is said who may come in."""
    with_pattern = (one for one in subject.sections if one.kind == DIRECTORY and one.regex is not None)
    return next((one for one in with_pattern if is_inside(refusal.where, one.directive)), None)


def _by_accident(section: Section, root: Root) -> str | None:
    """What the pattern matches above the root; None where it names the root, from `/` on or by its last name."""
    path = f"{root.directory}/".encode()
    found = None if section.regex is None else section.regex.find(f"{root.directory}/")
    if found is None or found[0] == 0:
        return None
    matched = path[found[0] : path.find(b"/", max(found[1], found[0] + 1) - 1)].decode("utf-8", "replace")
    is_the_last = b"/" not in path[found[0] :].strip(b"/")
    return None if is_the_last and not matched.startswith("/.") else matched


def _below(section: Section, root: Root, site: ApacheSite) -> Fix:
    """The same pattern for what lies below the root, and as it was for all that lies elsewhere."""
    assert section.regex is not None
    text, path = section.regex.text, re.escape(root.directory)
    span = section.directive.arg_span(len(section.directive.args) - 1)
    written = (site.source(span.file) or b"")[span.start : span.end].decode("utf-8", "surrogateescape")
    summary = f"look for it below {root.directory} only"
    if written.strip("\"'") != text or text.startswith("(?") or not path.isascii() or any(c in path for c in "\"' \t"):
        return Fix(summary, MANUAL)
    inner = f"(?:{text})" if "|" in text else text
    is_alone = len(site.model.servers) == 1 or any(one.name == "<virtualhost" for one in section.directive.sections)
    begin = f"^{path}(?=/).*?" if is_alone else f"^(?:{path}(?=/)|(?!{path}/)).*?"
    return Fix(summary, UNSAFE, (replace(span, written.replace(text, f"{begin}{inner}")),))
