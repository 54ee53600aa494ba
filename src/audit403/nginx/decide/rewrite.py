"""The rewrite phases: set, if, rewrite, return and break of a server block or a location.

Truth: src/http/modules/ngx_http_rewrite_module.c and the `_code` functions of src/http/ngx_http_script.c.
"""

from collections.abc import Sequence

from audit403.core.place import Because
from audit403.nginx.decide.condition import condition_holds
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Closed, Outcome, Sent, Status, Undecided, Unknown
from audit403.nginx.decide.variables.lookup import escape_arguments, expand, rejoin, variable
from audit403.nginx.model.rewrite_code import Break, If, Instruction, Return, Rewrite, Set
from audit403.nginx.model.template import ARGUMENTS, CAPTURE, TEXT, Template

REDIRECTS = frozenset((301, 302, 303, 307, 308))
CLOSES = frozenset((444, 408, 499))


class _Engine:
    """What ngx_http_script_engine_t keeps between instructions: whether captures are escaped now."""

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
    if isinstance(instruction, Return):
        return _return(exchange, instruction, engine)
    if isinstance(instruction, Rewrite):
        return _rewrite(exchange, instruction, engine)
    if isinstance(instruction, Break):
        exchange.step("rewrite", "break ends this level's rewriting", instruction.directive.span)
        if exchange.uri_changed:
            exchange.valid_location = False
            exchange.uri_changed = False
        raise _End
    return None


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
    value = expand(exchange, instruction.value, escape_captures=engine.escape)
    shown = value.missing.name if isinstance(value, Unknown) else value
    exchange.step("rewrite", f'set ${instruction.name} to "{shown}"', instruction.directive.span)
    if instruction.name == "args":
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
        exchange.args = value
    elif instruction.name != "limit_rate":
        exchange.variables[instruction.name] = value


def _return(exchange: Exchange, instruction: Return, engine: _Engine) -> Outcome:
    status, span = instruction.status, instruction.directive.span
    exchange.step("rewrite", f"return {status}", span)
    exchange.decided("return", span, f"`return {status}` ends the request here", also=tuple(engine.conditions[::-1]))
    if status in CLOSES:
        return Closed()
    if status >= 400 and instruction.text is None:
        return Status(status)
    if instruction.text is not None:
        expand(exchange, instruction.text)
    return Status(status) if status in REDIRECTS else Sent(status)


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
    engine.escape = instruction.status is not None
    exchange.internal = True
    if instruction.breaks:
        exchange.valid_location = False
        exchange.uri_changed = False
    else:
        exchange.uri_changed = True
    if instruction.status is not None:
        expand(exchange, instruction.replacement, escape_captures=True)
        exchange.decided("rewrite-redirect", span, "this rewrite redirects the client")
        return Status(instruction.status)
    engine.escape = False
    path, args, has_args = _replacement(exchange, instruction.replacement)
    if has_args:
        exchange.args = f"{args}&{exchange.args}" if instruction.keeps_arguments and exchange.args else args
    elif not instruction.keeps_arguments:
        exchange.args = ""
    if not path:
        exchange.decided("empty-uri", span, "the rewritten URI is empty", log="the rewritten URI has a zero length")
        return Status(500)
    exchange.uri = path
    exchange.step("rewrite", f"the URI is now {path}", span)
    if instruction.ends:
        raise _End
    return None


def _replacement(exchange: Exchange, template: Template) -> tuple[str, str, bool]:
    pieces: list[str] = []
    path: str | None = None
    for kind, text in template.parts:
        if kind == ARGUMENTS:
            path = rejoin(pieces)
            pieces = []
        elif kind == TEXT:
            pieces.append(text)
        elif kind == CAPTURE:
            pieces.append(_capture(exchange, int(text), path is not None))
        else:
            value = variable(exchange, text)
            if isinstance(value, Unknown):
                raise Undecided(value.missing)
            pieces.append(value or "")
    if path is None:
        return rejoin(pieces), "", False
    return path, rejoin(pieces), True


def _capture(exchange: Exchange, number: int, in_arguments: bool) -> str:
    captured = exchange.captures
    if captured is None or number >= captured.count:
        return ""
    text = captured.groups[number]
    escape = in_arguments and (exchange.quoted_uri or exchange.plus_in_uri)
    return escape_arguments(text) if escape else text
