"""An `if` refuses everybody, because what it compares with is nothing that the variable can be."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import UNIX, parse_network
from audit403.nginx.model.rewrite_code import If, Instruction
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.nginx.subjects import own_refusal_of, refusing_if
from audit403_checks.support import finding_of

_NAME = "nginx/condition-nobody-passes"


@check(ERROR, "return")
def condition_nobody_passes(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only what is beyond doubt: a text that the variable never is, or two tests of which each refuses the rest."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    place = refusing_if(refusal, subject)
    if place is None:
        return
    code, instruction = place
    if refusal.who == EVERYBODY or instruction.condition.variable == "http_referer":
        yield from _never(site, refusal, subject, instruction)
    yield from _either_way(refusal, subject, code, instruction)


def _never(site: NginxSite, refusal: Refusal, subject: Subject, instruction: If) -> Iterator[Finding]:
    """One test that lets only those pass whose variable is what it never is."""
    from audit403.nginx.explore.domains import never_equal, never_matches

    condition = instruction.condition
    if not condition.operator.startswith("!"):
        yield from _of_map(site, refusal, subject, instruction)
        return
    literal = None if condition.value is None else condition.value.literal
    if condition.regex is not None:
        why = never_matches(condition.variable, condition.regex)
        written = condition.regex.pattern
    elif condition.operator == "!=" and literal:
        why, written = never_equal(site.model, condition.variable, literal), literal
    else:
        return
    if why is None:
        return
    message = f"nobody passes `{_shown(instruction)}`: {why.reason}"
    fixes = tuple(_fixes(subject, instruction, written, why.meant))
    told = _from_inside(site, refusal, subject, written) if condition.variable == "remote_addr" else refusal
    yield finding_of(_NAME, ERROR, message, told, fixes, anchor=_shown(instruction))._replace(who=EVERYBODY)


def _from_inside(site: NginxSite, refusal: Refusal, subject: Subject, network: str) -> Refusal:
    """The refusal as it hits somebody of the network that was to be let in."""
    known = parse_network(network)
    if known is None or known.family == UNIX:
        return refusal
    from audit403.explore.borders import inside
    from audit403.nginx.explore.doors import doors_of, from_client

    request = from_client(refusal.witness, inside(known), doors_of(subject.server, site.model.sockets))
    if request is None:
        return refusal
    decision = site.decide(request)
    if decision.verdict != REFUSED or decision.where != refusal.where:
        return refusal
    return refusal._replace(witness=request, decision=decision, because=decision.because)


def _of_map(site: NginxSite, refusal: Refusal, subject: Subject, instruction: If) -> Iterator[Finding]:
    """A map whose every line that would let somebody in has a key that its source never is."""
    from audit403.nginx.explore.certificates import passing
    from audit403.nginx.explore.domains import never_equal
    from audit403_checks.nginx.other_words import as_geo

    definition = site.model.maps.get(instruction.condition.variable)
    names = [] if definition is None else definition.source.variables()
    if definition is None or len(names) != 1 or definition.hostnames:
        return
    if definition.source.source.strip("${}") != names[0]:
        return  # of several variables joined, or with wildcards, no line can be told to be impossible
    lines = [entry for entry, _ in passing(definition, instruction.condition)]
    reasons = [None if line.key.startswith("~") else never_equal(site.model, names[0], line.key) for line in lines]
    first = next(iter(reasons), None)
    if first is None or not all(reasons) or lines[0].directive is None:
        return
    message = f"nobody passes `{_shown(instruction)}`: the map compares texts, and {first.reason}"
    chain = (Because(lines[0].directive.span, "never matches"),)
    fix = Fix("make it a `geo` block, which knows networks" if "/" in lines[0].key else "write what it is", MANUAL)
    edits = as_geo(definition)
    if edits:
        fix = fix._replace(applicability=UNSAFE, edits=edits)
        refusal = _from_inside(site, refusal, subject, lines[0].key)
    finding = finding_of(_NAME, ERROR, message, refusal, (fix,), anchor=_shown(instruction))
    yield finding._replace(because=(*chain, *finding.because))


def _either_way(
    refusal: Refusal, subject: Subject, code: tuple[Instruction, ...], instruction: If
) -> Iterator[Finding]:
    """Two tests in a row, each of which refuses all but one value."""
    if instruction.condition.operator != "!=":
        return
    from audit403_checks.nginx.other_words import (
        as_address_list,
        as_one_pattern,
        in_a_row,
        level_of,
        literal_of,
        refuses_all_but_one,
    )

    if not refuses_all_but_one(instruction):
        return
    row, mine = in_a_row(code, instruction), literal_of(instruction)
    others = [other for other in row[: row.index(instruction)] if literal_of(other) != mine]
    if not others:
        return
    other = others[-1]
    message = f"nobody passes both `{_shown(other)}` and `{_shown(instruction)}`"
    fix = Fix("put them into one: `allow` lines, a geo block, or one pattern with both", MANUAL)
    level, texts = level_of(subject.server, instruction), [literal_of(one) or "" for one in row]
    listed = () if level is None else as_address_list(level, row, texts)
    edits = listed or as_one_pattern(row, texts)
    if edits:
        fix = Fix("put them into one: " + ("a list" if listed else "a pattern for all"), UNSAFE, edits)
    finding = finding_of(_NAME, ERROR, message, refusal, (fix,), anchor=_shown(instruction))
    chain = (Because(other.directive.span, f"lets only {literal_of(other)} through"),)
    yield finding._replace(who=EVERYBODY, because=(*chain, *finding.because))


def _shown(instruction: If) -> str:
    return "if " + " ".join(instruction.directive.args)


def _fixes(subject: Subject, instruction: If, written: str, meant: str | None) -> Iterator[Fix]:
    directive = instruction.directive
    if meant is not None:
        for number in range(len(directive.args) - 1, -1, -1):
            span = directive.arg_span(number)
            text = directive.source.data[span.start : span.end].decode("utf-8", "surrogateescape")
            if text.count(written) == 1:
                edit = TextEdit(span.file, span.start, span.end, text.replace(written, meant))
                yield Fix(f"compare with {meant}", UNSAFE, (edit,))
                break
    if "/" in written and "addr" in instruction.condition.variable:
        from audit403_checks.nginx.other_words import as_address_list, level_of

        level = level_of(subject.server, instruction)
        edits = () if level is None else as_address_list(level, [instruction], [written])
        summary = f"write `allow {written}; deny all;` in place of the `if`"
        yield Fix(summary, UNSAFE if edits else MANUAL, edits)
    else:
        yield Fix("compare with what the variable can be", MANUAL)
