"""Access rules of httpd 2.2 – Order, Allow, Deny, Satisfy – turned into the `Require` lines that mean the same.

Truth: check_dir_access in modules/aaa/mod_access_compat.c: with `allow,deny` who is let in matches an Allow and no
Deny, with `deny,allow` (the default) an Allow or no Deny, with `mutual-failure` as with `allow,deny`.
"""

from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.named_tuple import NamedTuple
from audit403_checks.support import in_place_of, remove

NAMES = ("order", "allow", "deny", "satisfy")
_GRANTED, _DENIED = "Require all granted", "Require all denied"
_ADDRESS = frozenset("0123456789abcdefABCDEF.:/")


class Block(NamedTuple):
    """The old rules that stand together in one section or file."""

    around: Directive | None
    rules: tuple[Directive, ...]


def block_of(directive: Directive, siblings: "list[Directive]") -> Block:
    """The rules that stand beside one of them."""
    return Block(
        directive.parent, tuple(one for one in siblings if one.name in NAMES and one.parent is directive.parent)
    )


def converted(block: Block, siblings: "list[Directive]") -> tuple[TextEdit, ...] | None:
    """Edits that put Require lines in their place; None where they do not stand by themselves or cannot be put so."""
    if any(one.name == "require" or one.name.startswith(("<require", "<limit", "authtype")) for one in siblings):
        return None
    lines = requirements(block.rules)
    if lines is None or not block.rules or len({one.source for one in block.rules}) > 1:
        return None
    first, *rest = block.rules
    return (in_place_of(first, "\n".join(lines)), *map(remove, rest))


def requirements(rules: tuple[Directive, ...]) -> list[str] | None:
    """The lines; None where there are none that mean the same."""
    order = "deny,allow"
    allows: list[str] = []
    denies: list[str] = []
    for rule in rules:
        words = [word.lower() for word in rule.args]
        if rule.name == "satisfy":
            return None
        if rule.name == "order":
            order = "".join(words)
        else:
            names = rule.args[1:] if words[:1] == ["from"] else rule.args
            found = _lines(names)
            if found is None:
                return None
            (allows if rule.name == "allow" else denies).extend(found)
    return _put(order, list(dict.fromkeys(allows)), list(dict.fromkeys(denies)))


def _put(order: str, allows: list[str], denies: list[str]) -> list[str]:
    everybody, nobody = _GRANTED in allows, _GRANTED in denies
    if order == "deny,allow":
        if everybody or not denies:
            return [_GRANTED]
        if nobody:
            return allows or [_DENIED]
        return _all(_GRANTED, denies) if not allows else _any([*allows, *_all(_GRANTED, denies)])
    if nobody or not allows:
        return [_DENIED]
    if not denies:
        return [_GRANTED] if everybody else allows
    if everybody:
        return _all(_GRANTED, denies)
    inner = allows if len(allows) == 1 else _any(allows)
    return ["<RequireAll>", *_indented(inner), *_indented(_negated(denies)), "</RequireAll>"]


def _all(first: str, denies: list[str]) -> list[str]:
    return ["<RequireAll>", f"    {first}", *_indented(_negated(denies)), "</RequireAll>"]


def _any(lines: list[str]) -> list[str]:
    return ["<RequireAny>", *_indented(lines), "</RequireAny>"]


def _negated(lines: list[str]) -> list[str]:
    return [line.replace("Require ", "Require not ", 1) for line in lines]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _lines(names: list[str]) -> list[str] | None:
    """What one Allow or Deny names."""
    addresses: list[str] = []
    found: list[str] = []
    for name in names:
        low = name.lower()
        if low == "all":
            return [_GRANTED]
        if low.startswith("env="):
            if low.startswith("env=!"):
                return None
            found.append(f"Require env {name[4:]}")
        elif name.startswith("#"):
            return None
        elif _ADDRESS.issuperset(name):
            addresses.append(name.rstrip("."))
        else:
            found.append(f"Require host {name.lstrip('.')}")
    return [*([f"Require ip {' '.join(addresses)}"] if addresses else []), *found]
