"""The policy that `data "aws_iam_policy_document"` comes to.

Truth: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document: documents are
merged by Sid, the later one wins; `&{…}` stands for `${…}`.
"""

from typing import TYPE_CHECKING

from audit403.s3.read.terraform.evaluate import combined
from audit403.s3.read.terraform.functions.call import called
from audit403.s3.read.value import Hole, JsonText, Value, text_of

if TYPE_CHECKING:
    from audit403.s3.read.terraform.instance import Instance

_LISTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)
_WHO = (("principals", "Principal"), ("not_principals", "NotPrincipal"))
_VERSION = "2012-10-17"


def policy_document(instance: "Instance") -> Value:
    """The document, each statement with the place of its block."""
    statements: list[Value] = []
    for name in ("source_json", "source_policy_documents"):
        statements = _merged(statements, _documents(instance.written(name)))
    statements = _merged(statements, [_statement(block) for block in instance.blocks("statement")])
    for name in ("override_json", "override_policy_documents"):
        statements = _merged(statements, _documents(instance.written(name)))
    found = {"Version": instance.written("version") or Value(_VERSION), "Statement": Value(statements)}
    placed = instance.placed
    return Value(found, placed.source, placed.block.start, placed.block.close)


def _merged(statements: list[Value], further: list[Value]) -> list[Value]:
    found = list(statements)
    for statement in further:
        sid = text_of(statement.get("Sid")) if isinstance(statement.value, dict) else None
        at = next((at for at, one in enumerate(found) if sid and _sid(one) == sid), None)
        if at is None:
            found.append(statement)
        else:
            found[at] = statement
    return found


def _sid(statement: Value) -> str | None:
    return text_of(statement.get("Sid")) if isinstance(statement.value, dict) else None


def _documents(written: Value | None) -> list[Value]:
    """The statements of documents that are given as JSON."""
    found: list[Value] = []
    for document in [] if written is None else written.each():
        if document.value in ("", None):
            continue
        if isinstance(document.value, Hole):
            found.append(document)
            continue
        inner = document.value.document if isinstance(document.value, JsonText) else None
        parsed = inner if inner is not None else Value(called("jsondecode", [document]))
        statement = parsed.get("Statement")
        for one in [] if statement is None else statement.each():
            has_place = one.source is not None or document.source is None
            found += [one if has_place else one.at(document.source, document.start, document.end)]
    return found


def _statement(block: Value) -> Value:
    if not isinstance(block.value, dict):
        return block
    found: dict[str, Value] = {}
    sid, effect = block.get("sid"), block.get("effect")
    if sid is not None and sid.value != "":
        found["Sid"] = sid
    found["Effect"] = effect or Value("Allow")
    for name, element in _LISTS:
        values = block.get(name)
        if values is not None and values.value != []:
            found[element] = _with_variables(values)
    for name, element in _WHO:
        who = block.get(name)
        if who is not None and who.each():
            found[element] = _principals(who.each())
    conditions = block.get("condition")
    if conditions is not None and conditions.each():
        found["Condition"] = _conditions(conditions.each())
    return Value(found, block.source, block.start, block.end)


def _principals(blocks: list[Value]) -> Value:
    by_type: dict[str, list[Value]] = {}
    for block in blocks:
        if not isinstance(block.value, dict):
            return Value(combined("principals", block))
        kind, identifiers = text_of(block.get("type")) or "", block.get("identifiers")
        every = [] if identifiers is None else _with_variables(identifiers).each()
        if kind == "*" and [text_of(one) for one in every] == ["*"]:
            return Value("*", block.source, block.start, block.end)
        by_type.setdefault(kind, []).extend(every)
    return Value({kind: Value(values) for kind, values in by_type.items()})


def _conditions(blocks: list[Value]) -> Value:
    found: dict[str, Value] = {}
    for block in blocks:
        if not isinstance(block.value, dict):
            return Value(combined("condition", block))
        test, variable, values = block.get("test"), block.get("variable"), block.get("values")
        if any(one is not None and isinstance(one.value, Hole) for one in (test, variable)):
            return Value(combined("condition", *[one for one in (test, variable) if one is not None]))
        tests = found.setdefault(text_of(test) or "", Value({})).value
        tests[text_of(variable) or ""] = _with_variables(values) if values is not None else Value([])
    return Value(found)


def _with_variables(value: Value) -> Value:
    """With policy variables as they are in a policy."""
    inner = value.value
    if isinstance(inner, list):
        return Value([_with_variables(one) for one in inner], value.source, value.start, value.end)
    if isinstance(inner, str) and "&{" in inner:
        return Value(inner.replace("&{", "${"), value.source, value.start, value.end)
    return value
