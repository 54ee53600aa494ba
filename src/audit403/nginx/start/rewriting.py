"""The directives of the rewrite module, and those that make a variable as it does.

Truth: src/http/modules/ngx_http_rewrite_module.c; ngx_http_auth_request_set.
"""

from audit403.nginx.model.rewrite_code import RewriteFault, compile_return, compile_rewrite, compile_set
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import Level


def set_(start: Start, level: Level, directive: Directive) -> None:
    """`set $name value;`"""
    try:
        instruction = compile_set(directive)
    except RewriteFault as error:
        start.refuse(directive, str(error), error.word)
        return
    if start.define(directive, 0):
        start.use(instruction.value, directive, 1)


def rewrite(start: Start, level: Level, directive: Directive) -> None:
    """`rewrite regex replacement [flag];`"""
    try:
        instruction = compile_rewrite(directive)
    except RewriteFault as error:
        start.refuse(directive, str(error), error.word)
        return
    start.define_groups(instruction.regex, directive)
    start.use(instruction.replacement, directive, 1)


def return_(start: Start, level: Level, directive: Directive) -> None:
    """`return code [text];`"""
    try:
        instruction = compile_return(directive)
    except RewriteFault as error:
        start.refuse(directive, str(error), error.word)
        return
    if instruction.text is not None:
        start.use(instruction.text, directive, len(directive.args) - 1)


def auth_request_set(start: Start, level: Level, directive: Directive) -> None:
    """`auth_request_set $name value;`"""
    if start.define(directive, 0):
        start.text(directive, 1)
