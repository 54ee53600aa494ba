"""A rule against hotlinks refuses requests without a Referer: direct visits, feed readers, privacy settings."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.model.rewrite_rule import Rule
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.registry import check
from audit403.explore.fields import with_header
from audit403.explore.regex_witness import witness_of
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.apache.written import written_at
from audit403_checks.files.kinds import is_public
from audit403_checks.support import finding_of, insert_after, insert_before

REFERER = "%{HTTP_REFERER}"
_OF_ANY_LINK = (
    "%{REQUEST_URI}",
    "%{REQUEST_FILENAME}",
    "%{SCRIPT_FILENAME}",
    "%{HTTP_HOST}",
    "%{SERVER_NAME}",
    "%{HTTPS}",
)
_STRANGER = "http://elsewhere.example/"
_VARIABLE = 2
"""Where the first variable of a SetEnvIf stands: behind the header and the pattern."""


@check(WARNING, "rewrite-rule", "require", "access-compat")
def hotlink_refuses_direct_visits(fact: Fact, site: Site) -> Iterator[Finding]:
    """Some Referer is let through and none is not: whoever opens the file itself sends none."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    list_of = _conditions(refusal, subject) if refusal.cause == "rewrite-rule" else _variables(refusal, site)
    if list_of is None:
        return
    request = with_header(refusal.witness, "referer", None)
    decision = site.decide(request)
    if (decision.cause, decision.where) != (refusal.cause, refusal.where) or not _somebody_passes(
        site, refusal, list_of
    ):
        return
    target = request.target.partition("?")[0]
    message = f"the rule against hotlinks refuses {target} to whoever sends no Referer, as for a direct visit"
    about = refusal._replace(witness=request, decision=decision, because=decision.because)
    fixes = (Fix("let requests without a Referer through", UNSAFE, (list_of.exception,)),)
    yield finding_of("apache/hotlink-refuses-direct-visits", WARNING, message, about, fixes, anchor=list_of.text)


class _List(NamedTuple):
    """The Referers that are let through, and what would add to them that there is none."""

    patterns: list[Pattern]
    exception: TextEdit
    text: str


def _conditions(refusal: Refusal, subject: Subject) -> _List | None:
    """Of a RewriteRule: the conditions that spare some Referers."""
    rule = refusing_rule(refusal, subject)
    if rule is None or refusal.witness.target.partition("?")[0].endswith(".php"):
        return None
    tests = [one for one in rule.conditions if one.subject.upper() == REFERER]
    patterns = [one.pattern for one in tests if one.negated and one.pattern is not None]
    if not tests or len(patterns) < len(tests) or _is_about_more(rule):
        return None
    return _List(patterns, insert_before(tests[0].directive, f"RewriteCond {REFERER} !^$"), rule.pattern.text)


def _variables(refusal: Refusal, site: ApacheSite) -> _List | None:
    """Of `Require env` and `Allow from env=`: the lines of SetEnvIf about Referers that set a variable."""
    if not is_public(refusal.witness.target.partition("?")[0]):
        return None
    lines: list[Directive] = []
    for step in refusal.decision.trace:
        if step.phase == "env" and step.field == "header:referer":
            line = written_at(site, step.where)
            if line is not None and len(line.args) > _VARIABLE and not line.args[_VARIABLE].startswith("!"):
                lines.append(line)
    stranger = site.decide(with_header(refusal.witness, "referer", _STRANGER))
    if not lines or (stranger.cause, stranger.where) != (refusal.cause, refusal.where):
        return None
    first = lines[0]
    text = f'{first.written} {first.args[0]} "^$" {" ".join(first.args[_VARIABLE:])}'
    patterns = [pattern_of(one.args[1], "", one.name.endswith("nocase")) for one in lines]
    return _List(patterns, insert_after(lines[-1], text), first.args[_VARIABLE])


def _is_about_more(rule: Rule) -> bool:
    """Whether it is against something else in requests, and the Referer is only an exception from that."""
    return any(not one.negated and one.subject.upper() not in _OF_ANY_LINK for one in rule.conditions)


def _somebody_passes(site: Site, refusal: Refusal, list_of: _List) -> bool:
    """Whether there is a Referer with which the file is served."""
    referers = (witness_of(pattern) for pattern in list_of.patterns)
    visits = (with_header(refusal.witness, "referer", referer) for referer in referers if referer is not None)
    return any(site.decide(visit).status == 200 for visit in visits)
