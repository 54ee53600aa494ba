"""Whether the condition of an `if` holds.

Truth: ngx_http_rewrite_if_condition and ngx_http_script_if_code, _equal_code, _file_code, _regex_start_code.
"""

from audit403.core.open_question import Undecided, Unknown
from audit403.core.withheld import require_known
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.variables.lookup import compute, variable
from audit403.nginx.decide.worker_files import Opened
from audit403.nginx.model.rewrite_code import Condition, If

_FILE_TESTS = {"f": "a regular file", "d": "a directory", "e": "there", "x": "executable"}

_FIELDS = {
    "host": "host",
    "http_host": "host",
    "request_method": "method",
    "remote_addr": "client",
    "binary_remote_addr": "client",
    "uri": "uri",
    "document_uri": "uri",
    "request_uri": "target",
    "args": "arguments",
    "query_string": "arguments",
    "scheme": "scheme",
    "https": "scheme",
    "ssl_client_verify": "tls.client_certificate",
}


def condition_holds(exchange: Exchange, instruction: If, escape: bool) -> bool:
    """Whether nginx enters this `if`; the test is recorded."""
    condition = instruction.condition
    if condition.operator.endswith(("-f", "-d", "-e", "-x")):
        return _file_test(exchange, instruction, escape)
    return _variable_test(exchange, instruction, escape)


def field_of(variable_name: str) -> str:
    """The part of a request that a variable shows, as the trace names it."""
    known = _FIELDS.get(variable_name)
    if known is not None:
        return known
    if variable_name.startswith("http_"):
        return "header:" + variable_name[5:].replace("_", "-")
    if variable_name.startswith("arg_"):
        return "argument:" + variable_name[4:]
    if variable_name.startswith("cookie_"):
        return "cookie:" + variable_name[7:]
    return "variable:" + variable_name


def _variable_test(exchange: Exchange, instruction: If, escape: bool) -> bool:
    condition = instruction.condition
    value: Value = variable(exchange, condition.variable)
    span = instruction.directive.span
    if isinstance(value, Unknown):
        holds = exchange.ask(value.missing._replace(name=f"{value.missing.name} in `if` at line {span.line}"))
        exchange.step("rewrite", f"if: {value.missing.name} is not known; assumed {'true' if holds else 'false'}", span)
        return holds
    text = value or ""
    holds, shown = _test(exchange, condition, text, escape)
    exchange.step(
        "rewrite",
        f'if {shown}: {"met" if holds else "not met"} (${condition.variable} is "{text}")',
        span,
        holds,
        field_of(condition.variable),
        {"": "true", "=": "equals", "!=": "differs"}.get(condition.operator, condition.operator),
        condition.regex.pattern if condition.regex else condition.value.source if condition.value else None,
    )
    return holds


def _test(exchange: Exchange, condition: Condition, text: str, escape: bool) -> tuple[bool, str]:
    operator = condition.operator
    if condition.regex is not None:
        require_known(text, condition.regex.pattern)
        captured = condition.regex.search(text)
        exchange.captures = captured
        if captured is not None:
            exchange.variables.update(captured.named)
        holds = (captured is not None) != operator.startswith("!")
        return holds, f"${condition.variable} {operator} {condition.regex.pattern}"
    if condition.value is not None:
        other = compute(exchange, condition.value, escape=escape, flushed=False)
        if isinstance(other, Unknown):
            raise Undecided(other.missing)
        require_known(text, other)
        return (text == other) != (operator == "!="), f'${condition.variable} {operator} "{other}"'
    return text not in ("", "0"), f"${condition.variable}"


def _file_test(exchange: Exchange, instruction: If, escape: bool) -> bool:
    condition = instruction.condition
    assert condition.value is not None
    path = compute(exchange, condition.value, escape=escape, flushed=False)
    span = instruction.directive.span
    if isinstance(path, Unknown):
        return exchange.ask(path.missing._replace(name=f"{path.missing.name} in `if` at line {span.line}"))
    kind = condition.operator[-1]
    negated = condition.operator.startswith("!")
    found = _is(exchange.evaluator.files().stat(exchange, path), kind) if path.startswith("/") else False
    holds = found != negated
    exchange.step(
        "rewrite",
        f"if {condition.operator} {path}: {'met' if holds else 'not met'} "
        f"(it is {'' if found else 'not '}{_FILE_TESTS[kind]})",
        span,
        holds,
        f"file:{path}",
        {"f": "is-file", "d": "is-directory", "e": "exists", "x": "is-executable"}[kind],
        None,
    )
    return holds


def _is(opened: Opened, kind: str) -> bool:
    if opened.errno:
        return False
    if kind == "f":
        return opened.is_file
    if kind == "d":
        return opened.is_directory
    if kind == "x":
        return opened.is_executable
    return opened.is_file or opened.is_directory
