"""A location ends in a slash and its alias does not, so every path behind it is wrong."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, SAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.nginx.directories import lacks_slash
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of


@check(ERROR, "missing-index", "ancestor-not-searchable", "file-unreadable")
def alias_without_slash(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nginx replaces the location's name by the alias as it stands: `/x/` and `/dir` make `/dirfile`."""
    found = refusal_of(fact)
    if found is None or not lacks_slash(*found):
        return
    refusal, subject = found
    assert subject.location is not None
    directive = subject.location.own["alias"][0]
    path = directive.args[0]
    message = f"`{subject.location.label()}` ends in a slash and `alias {path}` does not: the path loses its slash"
    end = directive.arg_span(0).end
    quoted = directive.source.data[end - 1 : end] in (b'"', b"'")
    at = end - 1 if quoted else end
    fix = Fix(f"write `alias {path}/`", SAFE, (TextEdit(directive.source.path, at, at, "/"),))
    finding = finding_of("nginx/alias-without-slash", ERROR, message, refusal, (fix,), anchor=path)
    yield finding._replace(where=directive.span)
