"""The default of a geo or map block refuses like the lines in it, so that everybody is refused."""

from collections.abc import Iterator

from audit403.core.decision import Step
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.subject import PURPOSE_HOME
from audit403.nginx.family import NginxSite
from audit403.nginx.model.model import Model
from audit403.nginx.read.tree import Directive
from audit403_checks.networks import PRIVATE, lies_in
from audit403_checks.nginx.clients import around, asked_from, network_of_client, who_is_let_in
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_before

_NAME = "nginx/table-refuses-all"
_LOOPBACK = "127.0.0.1"


class _Table(NamedTuple):
    """A geo or map block: the line of its default, and its other lines with their values."""

    kind: str
    name: str
    default: Directive
    value: str
    lines: list[tuple[Directive, str]]


@check(ERROR, "return")
def table_refuses_all(fact: Fact, site: Site) -> Iterator[Finding]:
    """Lines that say what the default says are of no use; a list of whom to let in is deliberate, and a note."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    step = next((step for step in refusal.decision.trace if _is_default(step)), None)
    table = None if step is None else _table_at(site.model, step)
    if table is None or not table.lines:
        return
    shown = f"`{table.kind} … ${table.name}`"
    chain = (Because(table.default.span, "is for everybody else"),)
    if all(value == table.value for _, value in table.lines) and table.value in ("0", "1"):
        span = table.default.arg_span(0)
        other = "0" if table.value == "1" else "1"
        edit = TextEdit(span.file, span.start, span.end, other)
        if not _passes(site.with_changes([edit]), refusal.witness):
            return  # it is not this table that refuses, or not alone
        message = f"everybody is refused: the default of {shown} is {table.value}, like all of its lines"
        fix = Fix(f"write `default {other};`", UNSAFE, (edit,))
        finding = finding_of(_NAME, ERROR, message, refusal, (fix,), anchor=table.name)
        yield finding._replace(because=(*chain, *finding.because))
        return
    near = around(site, refusal, subject)
    if table.kind != "geo" or subject.purpose != PURPOSE_HOME:
        return
    request = asked_from(site, refusal.witness, _LOOPBACK, near.doors)
    let_in = who_is_let_in(site, refusal.witness, near).let_in
    passing = next(((line, value) for line, value in table.lines if value != table.value), None)
    if request is None or not let_in or passing is None:
        return
    message = f"{shown} lets in whom it names and nobody else, not even this machine"
    edit = insert_before(passing[0], f"{_LOOPBACK} {passing[1]};")
    # Nobody gives a name for the public to what only private networks may see.
    is_public = any(name.source.startswith("www.") for name in subject.server.names)
    closed = is_public and all(lies_in(network_of_client(client), PRIVATE) for client in let_in)
    fixes = (Fix(f"name {_LOOPBACK} too", UNSAFE, (edit,)),)
    finding = finding_of(_NAME, WARNING if closed else NOTE, message, refusal, fixes, anchor=table.name)
    yield finding._replace(request=request, because=(*chain, *finding.because))


def _is_default(step: Step) -> bool:
    return step.operator in ("geo", "map") and step.value == "default"


def _passes(site: NginxSite, request: Request) -> bool:
    return site.decide(request).verdict != "refused"


def _table_at(model: Model, step: Step) -> _Table | None:
    """The block whose default a step came to."""
    if step.operator == "geo":
        for name, geo in model.geos.items():
            entries = [(entry.directive, entry.value) for entry in geo.entries() if entry.directive is not None]
            default = next((pair for pair in entries if pair[0].name == "default" and pair[0].span == step.where), None)
            if default is not None:
                return _Table("geo", name, *default, [pair for pair in entries if pair[0].name != "default"])
        return None
    for name, definition in model.maps.items():
        directive = definition.default.directive
        if directive is not None and directive.span == step.where:
            found = [*definition.table.exact.values(), *(entry for _, entry in definition.regexes)]
            lines = [(one.directive, one.value.source) for one in found if one.directive is not None]
            return _Table("map", name, directive, definition.default.value.source, lines)
    return None
