"""An alias without captures in a location with a pattern: every address leads to the same directory."""

import re
from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_PROBE, Hit
from audit403.nginx.model.location import Location
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, replace

_PREFIX = re.compile(r"\^(?P<name>/(?:[A-Za-z0-9_/-]|\\[.-])*)(?P<rest>\(/\|\$\)|\(\.\*\)\$?|\.\*\$?|/?)")


@check(ERROR, "missing-index", "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def alias_in_pattern(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nginx puts the rest of the URI behind the alias of a prefix, and nothing behind that of a pattern."""
    found = refusal_of(fact)
    if found is None or found[1].location is None:
        return
    refusal, hit = found[0], None
    location = found[1].location
    aliases = location.own.get("alias", [])
    if location.regex is None or not aliases or not aliases[0].args or "$" in aliases[0].args[0]:
        return
    directive = aliases[0]
    message = f"`alias {directive.args[0]}` takes nothing of the URI in `{location.label()}`: each address is that path"
    inner = refusal.witness._replace(target=refusal.witness.target.rstrip("/") + "/audit403-probe/")
    decision = site.decide(inner)
    if decision.verdict == REFUSED and decision.cause == refusal.cause:
        # Where nginx redirects to from a file; the directory itself may have no index in the end, too.
        hit = (Hit(inner, PURPOSE_PROBE, None), decision)
    fixes = (*_fixes(location), Fix("put a capture into the pattern and its `$1` behind the alias", MANUAL))
    finding = finding_of("nginx/alias-in-pattern", ERROR, message, refusal, fixes, anchor=location.label(), hit=hit)
    yield finding._replace(where=directive.span)


def _fixes(location: Location) -> Iterator[Fix]:
    """A prefix in the place of a pattern that says no more than one."""
    directive, alias = location.directive, location.own["alias"][0]
    found = _PREFIX.fullmatch(location.name)
    if directive is None or found is None or location.modifier != "~" or len(directive.args) < 2:
        return
    name = found["name"].replace("\\", "").rstrip("/") + "/"
    first, last = directive.arg_span(0), directive.arg_span(1)
    edits = [replace(first._replace(end=last.end), f"^~ {name}")]
    if not alias.args[0].endswith("/"):
        edits.append(replace(alias.span, f"alias {alias.args[0]}/;"))
    yield Fix(f"make it the prefix {name}", UNSAFE, tuple(edits))
