"""What a value becomes as one of the type that a variable declares.

Truth: https://developer.hashicorp.com/terraform/language/expressions/type-constraints.
"""

from audit403.s3.read.terraform.evaluate import NoValue, Scope, known, number
from audit403.s3.read.terraform.functions.arguments import a_set, as_text
from audit403.s3.read.terraform.functions.numbers import as_number
from audit403.s3.read.terraform.syntax import Call, Expr, Object, Variable
from audit403.s3.read.value import Value, text_of

_TRUTHS = {"true": True, "false": False}


def typed(value: Value, declared: Expr, scope: Scope) -> Value:
    """A value of a declared type: converted where it is of another, what is optional in it has its default."""
    if isinstance(declared, Variable):
        return _primitive(value, declared.name)
    if not isinstance(declared, Call) or not declared.arguments:
        return value
    inner = declared.arguments[0]
    if declared.name in ("list", "set") and isinstance(value.value, list):
        values = [typed(one, inner, scope) for one in value.value]
        found_list = a_set(values) if declared.name == "set" else values
        return Value(found_list, value.source, value.start, value.end)
    if declared.name == "map" and isinstance(value.value, dict):
        members = {key: typed(one, inner, scope) for key, one in value.value.items()}
        return Value(members, value.source, value.start, value.end)
    if declared.name != "object" or not isinstance(value.value, dict) or not isinstance(inner, Object):
        return value
    found: dict[str, Value] = {}
    for key, kind in inner.items:
        name = key.name if isinstance(key, Variable) else text_of(known(key, scope)) or ""
        optional = isinstance(kind, Call) and kind.name == "optional"
        arguments = kind.arguments if isinstance(kind, Call) and optional else []
        given = value.value.get(name)
        if (given is None or given.value is None) and len(arguments) > 1:
            given = known(arguments[1], scope)
        found[name] = typed(given or Value(None), arguments[0] if arguments else kind, scope)
    return Value(found, value.source, value.start, value.end)


def _primitive(value: Value, kind: str) -> Value:
    """A text, a number or a truth as another of these; what cannot be one stays, as Terraform refuses it."""
    inner = value.value
    if kind == "string":
        return as_text(value)
    if kind == "number" and isinstance(inner, str) and "⟨" not in inner:
        try:
            return Value(as_number(number(value)), value.source, value.start, value.end)
        except NoValue:
            return value
    if kind == "bool" and isinstance(inner, str) and inner in _TRUTHS:
        return Value(_TRUTHS[inner], value.source, value.start, value.end)
    return value
