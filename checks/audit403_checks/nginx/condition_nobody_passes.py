"""An `if` refuses everybody, because what it compares with is nothing that the variable can be."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.regions import inside
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import parse_network
from audit403.nginx.model.map import Map
from audit403.nginx.model.rewrite_code import Condition, If, Instruction, Return, Set
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.support import finding_of, own_refusal_of, refusing_if, remove

_NAME = "nginx/condition-nobody-passes"
_FORBIDDEN = 403
_ADDRESS = "remote_addr"


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
    yield from _either_way(site, refusal, subject, code, instruction)


def _never(site: NginxSite, refusal: Refusal, subject: Subject, instruction: If) -> Iterator[Finding]:
    """One test that lets only those pass whose variable is what it never is."""
    from audit403.nginx.explore.domains import never_equal, never_matches

    condition = instruction.condition
    if not condition.operator.startswith("!"):
        yield from _of_map(site, refusal, instruction)
        return
    literal = _literal(condition)
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
    listed = (instruction,) if "addr" in condition.variable else ()
    fixes = (*_as_list(subject, listed, [written]), *_fixes(instruction, written, why.meant))
    finding = finding_of(_NAME, ERROR, message, refusal, fixes, anchor=_shown(instruction))._replace(who=EVERYBODY)
    yield _asked_from(site, finding, written)


def _of_map(site: NginxSite, refusal: Refusal, instruction: If) -> Iterator[Finding]:
    """A map whose every line that would let somebody in has a key that its source never is."""
    from audit403.nginx.explore.certificates import passing
    from audit403.nginx.explore.domains import never_equal

    model = site.model
    definition = model.maps.get(instruction.condition.variable)
    names = [] if definition is None else definition.source.variables()
    if definition is None or len(names) != 1 or definition.hostnames:
        return
    if definition.source.source.strip("${}") != names[0]:
        return  # of several variables joined, or with wildcards, no line can be told to be impossible
    lines = [entry for entry, _ in passing(definition, instruction.condition)]
    reasons = [None if line.key.startswith("~") else never_equal(model, names[0], line.key) for line in lines]
    first = next(iter(reasons), None)
    if first is None or not all(reasons) or lines[0].directive is None:
        return
    message = f"nobody passes `{_shown(instruction)}`: the map compares texts, and {first.reason}"
    chain = (Because(lines[0].directive.span, "never matches"),)
    advice = "make it a `geo` block, which knows networks" if "/" in lines[0].key else "write what it is"
    fixes = (*_as_geo(definition, names[0]), Fix(advice, MANUAL))
    finding = finding_of(_NAME, ERROR, message, refusal, fixes, anchor=_shown(instruction))
    yield _asked_from(site, finding._replace(because=(*chain, *finding.because)), lines[0].key)


def _either_way(
    site: NginxSite, refusal: Refusal, subject: Subject, code: tuple[Instruction, ...], instruction: If
) -> Iterator[Finding]:
    """Two tests in a row, each of which refuses all but one value."""
    mine = _literal(instruction.condition)
    if not _refuses_all_but_one(instruction) or mine is None:
        return
    for other in reversed(code[: code.index(instruction)]):
        if isinstance(other, If) and _refuses_all_but_one(other):
            theirs = _literal(other.condition)
            if other.condition.variable == instruction.condition.variable and theirs not in (None, mine):
                message = f"nobody passes both `{_shown(other)}` and `{_shown(instruction)}`"
                fix = Fix("put them into one: `allow` lines, a geo block, or one pattern with both", MANUAL)
                fixes = (*_as_list(subject, (other, instruction), [theirs or "", mine]), fix)
                finding = finding_of(_NAME, ERROR, message, refusal, fixes, anchor=_shown(instruction))
                chain = (Because(other.directive.span, f"lets only {theirs} through"),)
                finding = finding._replace(who=EVERYBODY, because=(*chain, *finding.because))
                yield _asked_from(site, finding, theirs or "")
                return
        elif not isinstance(other, Set) or other.name == instruction.condition.variable:
            return  # somebody may leave here, or the variable is another one before


def _refuses_all_but_one(instruction: If) -> bool:
    returns = [one for one in instruction.body if not isinstance(one, Set)]
    is_refusal = bool(returns) and isinstance(returns[0], Return) and returns[0].status == _FORBIDDEN
    return is_refusal and instruction.condition.operator == "!="


def _literal(condition: Condition) -> str | None:
    return None if condition.value is None else condition.value.literal


def _shown(instruction: If) -> str:
    return "if " + " ".join(instruction.directive.args)


def _asked_from(site: NginxSite, finding: Finding, network: str) -> Finding:
    """The finding with a client whom the test was to let in as its witness, where that is refused at the same place."""
    known = parse_network(network)
    if known is None or finding.request is None:
        return finding
    request = finding.request._replace(client=inside(known))
    decision = site.decide(request)
    if decision.verdict != REFUSED or decision.where != finding.where:
        return finding
    return finding._replace(request=request, log=decision.log)


def _as_list(subject: Subject, instructions: tuple[If, ...], networks: list[str]) -> Iterator[Fix]:
    """`allow` lines in place of tests of the address that do nothing but refuse; none beside a list that is there."""
    context = subject.context or subject.server
    if not instructions or any(parse_network(network) is None for network in networks):
        return
    if any(len(one.body) != 1 or one.condition.variable != _ADDRESS for one in instructions):
        return
    if {"allow", "deny"} & context.own.keys() or any(one.directive not in context.own["if"] for one in instructions):
        return
    first, *others = instructions
    span = first.directive.full_span
    lines = [*(f"allow {network};" for network in networks), "deny all;"]
    before = first.directive.source.data[: span.start].rpartition(b"\n")[2].decode("latin-1")
    between = f"\n{before}" if not before.strip() else " "
    edits = (TextEdit(span.file, span.start, span.end, between.join(lines)), *(remove(one.directive) for one in others))
    yield Fix(f"write `allow` and `deny` in place of the {'tests' if others else 'test'}", UNSAFE, edits)


def _as_geo(definition: Map, source: str) -> Iterator[Fix]:
    """The map of the address as a geo block, whose keys are networks."""
    directive = definition.directive
    if source != _ADDRESS or directive is None or len(directive.args) != 2 or definition.regexes:
        return
    if any(parse_network(key) is None for key in definition.table.exact):
        return
    name, first = directive.name_span, directive.arg_span(0)
    edit = TextEdit(name.file, name.start, first.end, "geo")
    yield Fix("make it a `geo` block, which knows networks", UNSAFE, (edit,))


def _fixes(instruction: If, written: str, meant: str | None) -> Iterator[Fix]:
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
        yield Fix(f"write `allow {written}; deny all;` in place of the `if`", MANUAL)
    else:
        yield Fix("compare with what the variable can be", MANUAL)
