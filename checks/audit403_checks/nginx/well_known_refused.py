"""A rule against hidden files refuses `/.well-known/` too, so certificates cannot be renewed."""

import re
from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_CERTIFICATE
from audit403.nginx.model.location import Location
from audit403_checks.challenges import is_asked
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.nginx.written_patterns import rewritten
from audit403_checks.support import finding_of, insert_before

_DOT_OF_A_NAME = re.compile(r"(?<=[/)])\\\.(?![*+?{w])")
"""The dot that a hidden name begins with, where no quantifier is behind it and no `well-known` may be."""


@check(ERROR, "access-rule", "return", "try-files-status")
def well_known_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where a location with a pattern takes the challenge: a server that refuses everything is another matter."""
    found = refusal_of(fact)
    if found is None or found[1].purpose != PURPOSE_CERTIFICATE or found[1].way is not None:
        return  # the file is there when an authority asks for it, so nothing sends that request on
    refusal, subject = found
    location = subject.location
    if (
        location is None
        or location.regex is None
        or refusal.who != "every client"
        or not is_asked(site, refusal.witness)
    ):
        return
    message = f"`{location.label()}` refuses /.well-known/ too: certificates cannot be renewed over HTTP"
    fixes = tuple(_fixes(location))
    yield finding_of("nginx/well-known-refused", ERROR, message, refusal, fixes, anchor=location.label())


def _fixes(location: Location) -> Iterator[Fix]:
    """The pattern without `/.well-known/`, so that it is answered as without the rule; else a location of its own."""
    for dot in _DOT_OF_A_NAME.finditer(location.name):
        pattern = f"{location.name[: dot.end()]}(?!well-known/){location.name[dot.end() :]}"
        edits = rewritten(location, pattern)
        if edits:
            yield Fix(f"write the pattern as {pattern}", UNSAFE, edits)
    assert location.directive is not None
    edit = insert_before(location.directive, "location ^~ /.well-known/ { }")
    yield Fix("let /.well-known/ through before the pattern is looked at", UNSAFE, (edit,))
