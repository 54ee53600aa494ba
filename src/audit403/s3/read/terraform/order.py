"""Which resources Terraform creates before which others: those that a resource names, in whatever way, and no others.

Truth: https://developer.hashicorp.com/terraform/language/resources/behavior#resource-dependencies: what does not depend
on one another is created at the same time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from audit403.s3.read.stack import Stack
from audit403.s3.read.terraform.instance import Instance
from audit403.s3.read.terraform.module import Module
from audit403.s3.read.terraform.syntax import Attribute, Index, Variable
from audit403.s3.read.value import text_of

_POLICY, _BLOCK = "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block"


def note_order(instances: Iterable[Instance], stack: Stack) -> None:
    """The policies of buckets that may be put before the bucket's Block Public Access is set, into a stack."""
    every = [one for one in instances if one.type in (_POLICY, _BLOCK)]
    blocks = {_key(one): one for one in every if one.type == _BLOCK}
    for policy in every:
        block = blocks.get(_key(policy)) if policy.type == _POLICY else None
        if block is not None and not _names(policy.module, _name_of(policy), _name_of(block), set()):
            name = text_of(policy.attribute("bucket"))
            if name is not None and name in stack.state["buckets"]:
                stack.state["buckets"][name]["policy_may_come_first"] = True
                stack.place(("buckets", name, "policy_may_come_first"), policy.span)


def _key(instance: Instance) -> tuple[int, str | None]:
    return id(instance.module), text_of(instance.attribute("bucket"))


def _name_of(instance: Instance) -> str:
    return ".".join(instance.placed.block.labels[:2])


def _names(module: Module, name: str, wanted: str, seen: set[str]) -> bool:
    """Whether something of a module names something else, itself or by what it names; a module may name anything."""
    if name == wanted or name.startswith("module."):
        return True
    if name in seen:
        return False
    seen.add(name)
    module.step()
    inner: Any = None
    if name in module.blocks:
        inner = module.blocks[name].block.body
    elif name.startswith("local.") and name.removeprefix("local.") in module.locals:
        inner = module.locals[name.removeprefix("local.")][1]
    return any(_names(module, one, wanted, seen) for one in _named_in(inner))


def _named_in(node: Any) -> Iterator[str]:
    """What an expression, or a block, names: `type.name`, `data.type.name`, `local.name`, `module.name`."""
    if isinstance(node, Attribute | Index):
        words = _words(node)
        if words:
            yield ".".join(words[: 3 if words[0] == "data" else 2])
    if isinstance(node, list | tuple):
        for one in node:
            yield from _named_in(one)
    elif isinstance(node, dict):
        yield from _named_in(list(node.values()))
    elif is_dataclass(node):
        yield from _named_in([getattr(node, one.name) for one in fields(node)])


def _words(node: Any) -> list[str]:
    """The names of a traversal from its beginning, as far as they are plain."""
    if isinstance(node, Variable):
        return [node.name]
    if isinstance(node, Attribute):
        words = _words(node.of)
        return [*words, node.name] if words else []
    return _words(node.of) if isinstance(node, Index) else []
