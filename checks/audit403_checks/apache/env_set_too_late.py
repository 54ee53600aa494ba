"""Access hangs on a variable that `SetEnv` or a rule of the directory sets, which is after access was decided."""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.model.access_compat import FROM_ENV
from audit403.apache.model.env import ENV, EnvConfig
from audit403.apache.model.rewrite import REWRITE, RewriteServer
from audit403.apache.model.rewrite_rule import NO_CASE, NO_SUBSTITUTION, REGEX, Condition, Rule
from audit403.apache.model.setenvif import SETENVIF, UNSET, SetEnvIfConfig
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import values_of
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.core.source import latin
from audit403.explore.fields import with_header
from audit403.explore.regex_witness import witnesses
from audit403.http.address import parse_plain
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before, replace

_ADDRESS = "Remote_Addr"
_MOST_TEXTS = 4
_TAKES_ALL = frozenset(("", "^", ".*", "^.*", "^.*$", "^(.*)$", "(.*)", ".?"))
_HEADERS = {
    "%{HTTP_USER_AGENT}": "User-Agent",
    "%{HTTP_REFERER}": "Referer",
    "%{HTTP_COOKIE}": "Cookie",
    "%{HTTP_HOST}": "Host",
    "%{REMOTE_ADDR}": _ADDRESS,
}
_OWN_HEADER = re.compile(r"%\{HTTP:([\w-]+)\}\Z")
_MANUAL = Fix("set the variable with SetEnvIf, which comes before access control", MANUAL)


@check(ERROR, "require", "access-compat")
def env_set_too_late(fact: Fact, site: Site) -> Iterator[Finding]:
    """A line that waits for a variable which nothing sets in time lets nobody in."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    about = [found] if subject.way is None else as_each_is_asked(refusal, subject, site)
    for one, there in about:
        for name, line in dict.fromkeys(waiting(one, there)):
            late = None if is_set_in_time(there, name) else set_late(there, name)
            if late is not None:
                yield _finding(one, name, line, *late, site)
                return


def waiting(refusal: Refusal, subject: Subject) -> Iterator[tuple[str, Directive]]:
    """The variables that would let the request in, and the lines that say so."""
    if refusal.cause == "require":
        told = {link.where for link in refusal.because}
        for leaf in leaves(subject.authz.root) if subject.authz.root is not None else ():
            if leaf.provider == "env" and not leaf.negate and leaf.directive.span in told:
                yield from ((name, leaf.directive) for name in values_of(latin(leaf.argument)))
    elif subject.access is not None:
        for place in subject.access.allows:
            if place.kind == FROM_ENV and place.methods.include(refusal.witness.method):
                yield place.value, place.directive


def is_set_in_time(subject: Subject, name: str) -> bool:
    """Whether some request may have the variable before access is decided."""
    exchange, low = subject.exchange, name.lower()
    if low.startswith(("redirect_", "match_")):
        return True
    configs: tuple[SetEnvIfConfig, ...] = (
        exchange.server.slots.get(SETENVIF, SetEnvIfConfig()),
        exchange.config(SETENVIF, SetEnvIfConfig()),
    )
    features = (pair for config in configs for entry in config.entries for pair in entry.features)
    if any(key.lower() == low and value != UNSET for key, value in features):
        return True
    server: RewriteServer = exchange.server.slots.get(REWRITE, RewriteServer())
    return any(_sets(rule, low) is not None for rule in server.rules)


def set_late(subject: Subject, name: str) -> tuple[Directive, str, Rule | None] | None:
    """What sets the variable in the end, and its value."""
    low = name.lower()
    config: EnvConfig = subject.exchange.config(ENV, EnvConfig())
    for key, value, directive in config.values:
        if key.lower() == low:
            return directive, value or "", None
    for rule in subject.rewriting.rules if subject.rewriting.engine else ():
        value = _sets(rule, low)
        if value is not None:
            return rule.directive, value, rule
    return None


def _sets(rule: Rule, low: str) -> str | None:
    """The value that a rule gives a variable."""
    for text in rule.env:
        key, _, value = text.partition(":")
        if key.lower() == low:
            return value
    return None


def _finding(
    refusal: Refusal, name: str, line: Directive, late: Directive, value: str, rule: Rule | None, site: ApacheSite
) -> Finding:
    what = f"`{late.written} {late.raw}`" if rule is None else "a RewriteRule of the directory"
    message = f"`{line.written} {line.raw}` waits for {name} in vain: {what} sets it only after access was decided"
    fix = _fix(name, value, late, rule) if site.model.has("setenvif") else None
    chain = (Because(line.span, f"waits for {name}"), Because(late.span, f"sets {name}, and is too late"))
    request = next(_with_the_variable(refusal, rule, site), None)
    decision = refusal.decision if request is None else site.decide(request)
    about = refusal._replace(where=line.span, because=(*chain, *refusal.because), decision=decision)
    about = about._replace(witness=request or refusal.witness)
    return finding_of("apache/env-set-too-late", ERROR, message, about, (fix or _MANUAL,), anchor=name)


def _with_the_variable(refusal: Refusal, rule: Rule | None, site: ApacheSite) -> Iterator[Request]:
    """The witness as somebody sends it who was to have the variable, and who is refused all the same."""
    condition = None if rule is None or not rule.conditions else rule.conditions[0]
    header = None if condition is None else _header(condition)
    if condition is None or condition.pattern is None or header is None:
        return
    for text in islice(witnesses(condition.pattern), _MOST_TEXTS):
        if header == _ADDRESS:
            request = refusal.witness._replace(client=text) if parse_plain(text) is not None else None
        else:
            request = with_header(refusal.witness, header.lower(), text)
        if request is not None and site.decide(request).where == refusal.where:
            yield request


def _fix(name: str, value: str, late: Directive, rule: Rule | None) -> Fix | None:
    """The same with SetEnvIf, where that can be said."""
    if not re.fullmatch(r"[\w.-]+", name) or not re.fullmatch(r"[\w .:/@+,;-]*", value):
        return None
    said = f"{name}={value}" if value else name
    feature = f'"{said}"' if " " in said else said
    if rule is None:
        if late.name != "setenv":
            return None
        edit = replace(late.span, f'SetEnvIf Request_URI "^" {feature}')
        return Fix(f"set {name} with SetEnvIf, which comes before access control", UNSAFE, (edit,))
    test = _test(rule)
    if test is None:
        return None
    first = rule.conditions[0].directive if rule.conditions else rule.directive
    edits = (insert_before(first, f"{test} {feature}"),)
    return Fix(f"set {name} with SetEnvIf, too, which comes before access control", UNSAFE, edits)


def _test(rule: Rule) -> str | None:
    """A rule's test as SetEnvIf has it, for rules that only set a variable and look at one thing."""
    if rule.output != NO_SUBSTITUTION or rule.negated or rule.pattern.pattern not in _TAKES_ALL:
        return None
    if not rule.conditions:
        return 'SetEnvIf Request_URI "^"'
    condition = rule.conditions[0]
    header = _header(condition)
    if len(rule.conditions) > 1 or header is None:
        return None
    if '"' in condition.text or "\\\\" in condition.text:
        return None
    case = "NoCase" if NO_CASE in condition.flags else ""
    return f'SetEnvIf{case} {header} "{condition.text}"'


def _header(condition: Condition) -> str | None:
    """What SetEnvIf calls that which a condition holds against its pattern."""
    if condition.kind != REGEX or condition.negated:
        return None
    own = _OWN_HEADER.match(condition.subject)
    return own[1] if own is not None else _HEADERS.get(condition.subject.upper())
