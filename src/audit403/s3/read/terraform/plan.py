"""Terraform's plans and states in JSON: `terraform show -json`, and the file of a state.

Truth: https://developer.hashicorp.com/terraform/internals/json-format and, for the file of a state, version 4 of
https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go.
"""

import re
from collections.abc import Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Source
from audit403.s3.read.described import Described
from audit403.s3.read.json_tree import Members, Node, read_json
from audit403.s3.read.stack import Stack
from audit403.s3.read.terraform.resources import HANDLERS, Resource, gather
from audit403.s3.read.value import Hole, Value

PLAN, SHOWN_STATE, STATE = "Terraform plan", "Terraform state (terraform show -json)", "Terraform state"
_INDEX = re.compile(r"\[[^\]]*\]")
_ACCOUNT = re.compile(r"arn:aws[^:]*:iam::(\d{12}):")
_BUCKET = "aws_s3_bucket"
_OF_BUCKETS = re.compile(r"(?:module\.[^.]+\.)*aws_s3_bucket\.[^.\[]+")


class Found(NamedTuple):
    """One resource of a plan."""

    type: str
    address: str
    node: Node
    values: Node


def read_plan(source: Source) -> Described | None:
    """What a plan or a state describes; None where it says nothing about buckets. Raises NoJson."""
    if b"aws_s3" not in source.data:
        return None
    root = read_json(source)
    planned, shown = root.member("planned_values"), root.member("values")
    unknown: dict[str, Node] = {}
    references: dict[str, dict[str, list[str]]] = {}
    if planned is not None:
        kind, found = PLAN, list(_of_module(planned.member("root_module")))
        unknown = _unknown(root)
        references = dict(_references(root.member("configuration")))
    elif shown is not None:
        kind, found = SHOWN_STATE, list(_of_module(shown.member("root_module")))
    else:
        kind, found = STATE, list(_of_state(root))
    account = _account(found)
    stack = Stack(kind, source.path) if account is None else Stack(kind, source.path, account)
    stack.sources[source.path] = source
    resources = [_resource(one, source, unknown.get(one.address)) for one in found if one.type in HANDLERS]
    gather(_joined(resources, references), stack)
    return stack.described() if stack.is_about_s3() else None


def _of_module(module: Node | None) -> Iterator[Found]:
    if module is None:
        return
    for one in _list(module.member("resources")):
        kind, address, values = (one.member(name) for name in ("type", "address", "values"))
        if kind is not None and address is not None and values is not None and _is_managed(one):
            yield Found(str(kind.value), str(address.value), one, values)
    for child in _list(module.member("child_modules")):
        yield from _of_module(child)


def _of_state(root: Node) -> Iterator[Found]:
    for one in _list(root.member("resources")):
        kind, name, module = (one.member(key) for key in ("type", "name", "module"))
        if kind is None or name is None:
            continue
        prefix = "" if module is None or not module.value else f"{module.value}."
        for instance in _list(one.member("instances")):
            values, key = instance.member("attributes"), instance.member("index_key")
            suffix = "" if key is None else f"[{key.value}]"
            if values is not None and _is_managed(one):
                yield Found(str(kind.value), f"{prefix}{kind.value}.{name.value}{suffix}", instance, values)


def _is_managed(node: Node) -> bool:
    mode = node.member("mode")
    return mode is None or mode.value == "managed"


def _list(node: Node | None) -> list[Node]:
    return (
        node.value if node is not None and isinstance(node.value, list) and not isinstance(node.value, Members) else []
    )


def _unknown(root: Node) -> dict[str, Node]:
    """Of each resource what is known after it is applied."""
    found: dict[str, Node] = {}
    for change in _list(root.member("resource_changes")):
        address, inner = change.member("address"), change.member("change")
        after = None if inner is None else inner.member("after_unknown")
        if address is not None and after is not None:
            found[str(address.value)] = after
    return found


def _references(configuration: Node | None) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Of each resource, without its index, what its arguments name."""
    root = None if configuration is None else configuration.member("root_module")
    pending = [] if root is None else [("", root)]
    while pending:
        prefix, module = pending.pop()
        for one in _list(module.member("resources")):
            address, expressions = one.member("address"), one.member("expressions")
            arguments: dict[str, list[str]] = {}
            if address is None or expressions is None or not isinstance(expressions.value, Members):
                continue
            for member in expressions.value:
                named = _list(member.node.member("references"))
                arguments[member.key] = [f"{prefix}{each.value}" for each in named]
            yield f"{prefix}{address.value}", arguments
        calls = module.member("module_calls")
        for member in calls.value if calls is not None and isinstance(calls.value, Members) else ():
            inner = member.node.member("module")
            if inner is not None:
                pending.append((f"{prefix}module.{member.key}.", inner))


def _account(found: list[Found]) -> str | None:
    """The account, where something that is created in it shows its number."""
    for one in found:
        arn = one.values.member("arn")
        match = _ACCOUNT.match(str(arn.value)) if arn is not None and one.type.startswith("aws_iam_") else None
        if match is not None:
            return match[1]
    return None


def _resource(found: Found, source: Source, unknown: Node | None) -> Resource:
    values = _value(found.values, source)
    if isinstance(values.value, dict) and found.type != _BUCKET:
        # What a bucket does not say of itself other resources say: that it is known later means nothing.
        _fill(values, unknown, found.address)
    address = found.node.member("address") or found.node
    return Resource(found.type, found.address, values, source.span(address.start, address.end))


def _fill(values: Value, unknown: Node | None, address: str) -> None:
    """Holes for what is known after it is applied."""
    if unknown is None or not isinstance(unknown.value, Members) or not isinstance(values.value, dict):
        return
    for member in unknown.value:
        if member.node.value is True:
            own = member.key in ("id", "arn", "bucket") or member.key.endswith(("_arn", "_id"))
            found = Hole(f"{address}.{member.key}", is_open=not own)
            values.value[member.key] = Value(found, values.source, values.start, values.end)
        elif member.key in values.value:
            inner = values.value[member.key]
            parts = inner.value if isinstance(inner.value, list) else [inner]
            for part, more in zip(parts, member.node.each(), strict=False):
                if more.value is True:
                    part.value = Hole(f"{address}.{member.key}")
                else:
                    _fill(part, more, f"{address}.{member.key}")


def _joined(resources: list[Resource], references: dict[str, dict[str, list[str]]]) -> list[Resource]:
    """With the names of buckets where settings name them by reference."""
    names: dict[str, Value] = {}
    for one in resources:
        if one.type == _BUCKET and isinstance(one.values.value, dict):
            bucket = one.values.get("bucket")
            name = Value(Hole(one.address, is_open=False)) if bucket is None or bucket.is_hole else bucket
            one.values.value["bucket"] = names[one.address] = name
    for one in resources:
        bucket = one.values.get("bucket")
        if one.type != _BUCKET and bucket is not None and bucket.is_hole:
            target = _target(one.address, references, names)
            if target is not None:
                one.values.value["bucket"] = target
    return resources


def _target(address: str, references: dict[str, dict[str, list[str]]], names: dict[str, Value]) -> Value | None:
    """The name of the bucket that an argument refers to: the one with the same keys, else the only one."""
    for reference in references.get(_INDEX.sub("", address), {}).get("bucket", ()):
        match = _OF_BUCKETS.match(reference)
        if match is None:
            continue
        fitting = {each: name for each, name in names.items() if _INDEX.sub("", each) == match[0]}
        keys = _INDEX.findall(address)
        same = [name for each, name in fitting.items() if _INDEX.findall(each) == keys[: len(_INDEX.findall(each))]]
        if same or len(fitting) == 1:
            return same[0] if same else next(iter(fitting.values()))
    return None


def _value(node: Node, source: Source) -> Value:
    inner: Any = node.value
    if isinstance(inner, Members):
        inner = {member.key: _value(member.node, source) for member in inner}
    elif isinstance(inner, list):
        inner = [_value(each, source) for each in inner]
    return Value(inner, source, node.start, node.end)
