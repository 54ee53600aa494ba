"""The rewrite phases: set, if, rewrite, return and break of a server block or a location.

Truth: src/http/modules/ngx_http_rewrite_module.c and the `_code` functions of src/http/ngx_http_script.c.
"""

from collections.abc import Sequence

from audit403.core.place import Because
from audit403.nginx.decide.condition import condition_holds
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Closed, Outcome, Sent, Status, Undecided, Unknown
from audit403.nginx.decide.variables.lookup import Escaping, capture, expand, rejoin, variable
from audit403.nginx.model.rewrite_code import Break, If, Instruction, Return, Rewrite, Set
from audit403.nginx.model.template import ARGUMENTS, CAPTURE, TEXT, Template

REDIRECTS = frozenset((301, 302, 303, 307, 308))
CLOSES = frozenset((444, 408, 499))


class _Engine:
    """What ngx_http_script_engine_t keeps between instructions.

    `quote` is set until the first rewrite that matches; `is_args` from the first rewrite with arguments of its own on,
    and nginx never takes it back. Either escapes captures, but the length of a `set` is measured without `is_args`.
    """

    __slots__ = ("conditions", "is_args", "quote")

    def __init__(self) -> None:
        self.quote = True
        self.is_args = False
        self.conditions: list[Because] = []

    def escaping(self) -> Escaping:
        return Escaping(self.quote, self.quote or self.is_args)


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
    if not condition_holds(exchange, instruction, engine.escaping()):
        return None
    if instruction.context is not None:
        exchange.context = instruction.context
        exchange.evaluator.set_content_handler(exchange)
    engine.conditions.append(Because(instruction.directive.span, "this condition holds"))
    outcome = _run(exchange, instruction.body, engine)
    engine.conditions.pop()
    return outcome


def _set(exchange: Exchange, instruction: Set, engine: _Engine) -> None:
    value = expand(exchange, instruction.value, engine.escaping(), flushed=False)
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


def _return(exchange: Exchange, instruction: Return, engine: _Engine) -> Outcome:
    status, span = instruction.status, instruction.directive.span
    exchange.step("rewrite", f"return {status}", span)
    exchange.decided("return", span, f"`return {status}` ends the request here", also=tuple(engine.conditions[::-1]))
    if status >= 400 and instruction.text is None:
        return Closed() if status in CLOSES else Status(status)
    text = "" if instruction.text is None else expand(exchange, instruction.text)
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
        expand(exchange, instruction.replacement, Escaping(True, True), flushed=False)
        exchange.decided("rewrite-redirect", span, "this rewrite redirects the client")
        return Status(instruction.status)
    path, args, has_args = _replacement(exchange, instruction.replacement, engine)
    engine.quote = False
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


def _replacement(exchange: Exchange, template: Template, engine: _Engine) -> tuple[str, str, bool]:
    for name in template.variables():
        variable(exchange, name)  # the pass for the length: a regex in a map takes its captures before `$1` is used
    pieces: list[str] = []
    path: str | None = None
    for kind, text in template.parts:
        if kind == ARGUMENTS:
            path = rejoin(pieces)
            pieces = []
            engine.is_args = True
        elif kind == TEXT:
            pieces.append(text)
        elif kind == CAPTURE:
            pieces.append(capture(exchange, int(text), engine.is_args))
        else:
            value = variable(exchange, text)
            if isinstance(value, Unknown):
                raise Undecided(value.missing)
            pieces.append(value or "")
    if path is None:
        return rejoin(pieces), "", False
    return path, rejoin(pieces), True


def parse_size(text: str) -> int | None:
    """ngx_parse_size: a number of bytes, kilobytes or megabytes."""
    shift = {"k": 10, "m": 20}.get(text[-1:].lower(), 0)
    digits = text[:-1] if shift else text
    return int(digits) << shift if digits.isascii() and digits.isdigit() else None
