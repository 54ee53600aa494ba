"""The rewrite phases: set, if, rewrite, return and break of a server block or a location.

Truth: src/http/modules/ngx_http_rewrite_module.c and the `_code` functions of src/http/ngx_http_script.c.
"""

from collections.abc import Sequence

from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Because
from audit403.nginx.decide.condition import condition_holds
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Closed, Outcome, Sent, Status
from audit403.nginx.decide.variables.lookup import NoRoom, byte_length, compute, compute_pieces, rejoin, variable
from audit403.nginx.model.numbers import parse_size
from audit403.nginx.model.rewrite_code import If, Instruction, Return, Rewrite, Set, SetElsewhere
from audit403.nginx.model.template import ARGUMENTS

REDIRECTS = frozenset((301, 302, 303, 307, 308))
CLOSES = frozenset((444, 408, 499))


class _Engine:
    """What nginx keeps between instructions: captures are escaped until the first rewrite matches."""

    __slots__ = ("conditions", "escape")

    def __init__(self) -> None:
        self.escape = True
        self.conditions: list[Because] = []


class _End(Exception):
    """The code ends here without a status."""


def run_rewrite(exchange: Exchange, code: Sequence[Instruction]) -> Outcome | None:
    """Run one level's code. None means go on with the next phase."""
    if not code:
        return None
    try:
        return _run(exchange, code, _Engine())
    except _End:
        return None
    except NoRoom:
        exchange.decided("no-room", None, "", log="no buffer space in script copy")
        return Status(500)


def _run(exchange: Exchange, code: Sequence[Instruction], engine: _Engine) -> Outcome | None:
    for instruction in code:
        outcome = _execute(exchange, instruction, engine)
        if outcome is not None:
            return outcome
    return None


def _execute(exchange: Exchange, instruction: Instruction, engine: _Engine) -> Outcome | None:
    if isinstance(instruction, If):
        return _if(exchange, instruction, engine)
    if isinstance(instruction, Set):
        _set(exchange, instruction, engine)
        return None
    if isinstance(instruction, SetElsewhere):
        _set_elsewhere(exchange, instruction, engine)
        return None
    if isinstance(instruction, Return):
        return _return(exchange, instruction, engine)
    if isinstance(instruction, Rewrite):
        return _rewrite(exchange, instruction, engine)
    exchange.step("rewrite", "break ends this level's rewriting", instruction.directive.span)
    if exchange.uri_changed:
        exchange.valid_location = False
        exchange.uri_changed = False
    raise _End


def _if(exchange: Exchange, instruction: If, engine: _Engine) -> Outcome | None:
    if not condition_holds(exchange, instruction, engine.escape):
        return None
    if instruction.context is not None:
        exchange.context = instruction.context
        exchange.evaluator.set_content_handler(exchange)
    engine.conditions.append(Because(instruction.directive.span, "this condition holds"))
    outcome = _run(exchange, instruction.body, engine)
    engine.conditions.pop()
    return outcome


def _set(exchange: Exchange, instruction: Set, engine: _Engine) -> None:
    value = compute(exchange, instruction.value, escape=engine.escape, flushed=False)
    shown = value.missing.name if isinstance(value, Unknown) else value
    exchange.step("rewrite", f'set ${instruction.name} to "{shown}"', instruction.directive.span)
    if instruction.name == "args":
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
        exchange.args = value
        exchange.valid_unparsed_uri = False
    elif instruction.name == "limit_rate":
        size = None if isinstance(value, Unknown) else parse_size(value)
        exchange.limit_rate = exchange.limit_rate if size is None else size
    else:
        exchange.variables[instruction.name] = value


def _set_elsewhere(exchange: Exchange, instruction: SetElsewhere, engine: _Engine) -> None:
    directive, name = instruction.directive, instruction.name
    if instruction.when_empty is not None:
        before = variable(exchange, name)
        if not isinstance(before, Unknown):
            if not before:
                _set(exchange, Set(directive, name, instruction.when_empty), engine)
            return
    exchange.step("rewrite", f"{directive.name} sets ${name}", directive.span)
    exchange.variables[name] = Unknown(Missing(REASON_PROGRAM, f"${name}, which {directive.name} sets"))


def _return(exchange: Exchange, instruction: Return, engine: _Engine) -> Outcome:
    status, span = instruction.status, instruction.directive.span
    exchange.step("rewrite", f"return {status}", span)
    exchange.decided("return", span, f"`return {status}` ends the request here", also=tuple(engine.conditions[::-1]))
    if status >= 400 and instruction.text is None:
        return Closed() if status in CLOSES else Status(status)
    exchange.discard_body()
    exchange.response_status = status
    text = "" if instruction.text is None else compute(exchange, instruction.text)
    if status in REDIRECTS:
        return Status(status)
    exchange.response_text = text
    return Sent(status)


def _rewrite(exchange: Exchange, instruction: Rewrite, engine: _Engine) -> Outcome | None:
    captured = instruction.regex.search(exchange.uri)
    span = instruction.directive.span
    exchange.step(
        "rewrite",
        f"rewrite {instruction.regex.pattern} {'matches' if captured else 'does not match'} {exchange.uri}",
        span,
        captured is not None,
        "uri",
        "matches",
        instruction.regex.pattern,
    )
    exchange.captures = captured
    if captured is None:
        return None
    exchange.variables.update(captured.named)
    exchange.internal = True
    exchange.valid_unparsed_uri = False
    if instruction.breaks:
        exchange.valid_location = False
        exchange.uri_changed = False
    else:
        exchange.uri_changed = True
    if instruction.status is not None:
        compute(exchange, instruction.replacement, escape=True, flushed=False)
        exchange.decided("rewrite-redirect", span, "this rewrite redirects the client")
        return Status(instruction.status)
    path, args = _replacement(exchange, instruction)
    engine.escape = False
    if args is not None:
        exchange.args = f"{args}&{exchange.args}" if instruction.keeps_arguments and exchange.args else args
    elif not instruction.keeps_arguments:
        exchange.args = ""
    if not path:
        exchange.decided("empty-uri", span, "the rewritten URI is empty", log="the rewritten URI has a zero length")
        return Status(500)
    exchange.uri = path
    exchange.step("rewrite", f"the URI is now {path}", span, value=path)
    if instruction.ends:
        raise _End
    return None


def _replacement(exchange: Exchange, instruction: Rewrite) -> tuple[str, str | None]:
    """The new path, and the new arguments when the replacement has a `?`."""
    template = instruction.replacement
    kept = 1 + byte_length([exchange.args]) if instruction.keeps_arguments and exchange.args else 0
    mark = next((index for index, part in enumerate(template.parts) if part.kind == ARGUMENTS), None)
    slack = kept if mark is None else 1  # room for the old arguments, which nginx may need for the new path instead
    pieces = compute_pieces(exchange, template, escape=False, flushed=False, slack=slack)
    if isinstance(pieces, Unknown):
        raise Undecided(pieces.missing)
    return (rejoin(pieces), None) if mark is None else (rejoin(pieces[:mark]), rejoin(pieces[mark:]))
