"""Access rules of httpd 2.2 – Order, Allow, Deny, Satisfy – turned into the `Require` lines that mean the same.

Truth: check_dir_access in modules/aaa/mod_access_compat.c: with `allow,deny` who is let in matches an Allow and no
Deny, with `deny,allow` (the default) an Allow or no Deny, with `mutual-failure` as with `allow,deny`.
"""

from audit403.apache.model.access_compat import (
    ALL,
    ANY,
    DENY_ALLOW,
    FROM_ALL,
    FROM_ENV,
    FROM_NETWORK,
    FROM_NO_ENV,
    meaning,
)
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.named_tuple import NamedTuple
from audit403_checks.support import in_place_of, remove

NAMES = ("order", "allow", "deny", "satisfy")
_REQUIRES = ("require", "<require")
_GRANTED, _DENIED = "Require all granted", "Require all denied"


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
    if any(one.name.startswith("<limit") and _is_about_access(one) for one in siblings):
        return None
    beside = [one for one in siblings if one.parent is block.around and one.name.startswith(_REQUIRES)]
    lines = requirements(block.rules)
    if lines is None or not block.rules or len({one.source for one in (*block.rules, *beside)}) > 1:
        return None
    if _satisfy(block.rules) == ANY and not beside:
        return None  # what stands outside lets in, too
    if beside:
        lines = _with(lines, beside, _satisfy(block.rules))
    replaced = sorted((*block.rules, *beside), key=lambda one: one.start)
    first, *rest = replaced
    return (in_place_of(first, "\n".join(lines)), *map(remove, rest))


def _is_about_access(limit: Directive) -> bool:
    return any(one.name in NAMES or one.name.startswith(_REQUIRES) for one in limit.block or ())


def _satisfy(rules: tuple[Directive, ...]) -> str:
    said = [rule.args[0].lower() for rule in rules if rule.name == "satisfy" and rule.args]
    return said[-1] if said else ALL


def _with(lines: list[str], beside: "list[Directive]", satisfy: str) -> list[str]:
    """Old rules and the Require lines beside them in one: both have to let in, or one of them."""
    own = [line for one in beside for line in _text_of(one)]
    if satisfy == ANY:
        if _GRANTED in lines:
            return [_GRANTED]
        return own if lines == [_DENIED] else _any([*lines, *own])
    if lines == [_GRANTED]:
        return own
    if lines == [_DENIED]:
        return [_DENIED]
    return _all(_one_of(lines), [tuple(_one_of(own))])


def _text_of(directive: Directive) -> list[str]:
    """A directive as it is written, with what stands in it, as lines without the indentation that it has."""
    data, span = directive.source.data, directive.full_span
    indent = data[data.rfind(b"\n", 0, span.start) + 1 : span.start].decode("latin-1")
    return data[span.start : span.end].decode("utf-8", "surrogateescape").replace(f"\n{indent}", "\n").splitlines()


def requirements(rules: tuple[Directive, ...]) -> list[str] | None:
    """The lines that say what Order, Allow and Deny do; None where there are none that mean the same."""
    order = DENY_ALLOW
    allows: list[_Place] = []
    denies: list[_Place] = []
    for rule in rules:
        if rule.name == "satisfy":
            continue
        if rule.name == "order":
            order = "".join(rule.args).lower()
            continue
        try:
            found = _places(rule.args[1:])
        except ConfigError:
            return None
        (allows if rule.name == "allow" else denies).extend(found)
    return _put(order, list(dict.fromkeys(allows)), list(dict.fromkeys(denies)))


class _Place(NamedTuple):
    """What one Allow or Deny names: the lines that let it in, and that keep it out beside others."""

    inside: tuple[str, ...]
    outside: tuple[str, ...]


_EVERYBODY = _Place((_GRANTED,), (_DENIED,))


def _places(words: list[str]) -> list[_Place]:
    networks: list[str] = []
    others: list[_Place] = []
    for word in words:
        kind, value, _ = meaning(word)
        if kind == FROM_ALL:
            others.append(_EVERYBODY)
        elif kind == FROM_NETWORK:
            networks.append(word.rstrip("."))
        elif kind == FROM_NO_ENV:
            without = (f"Require not env {value}",)
            others.append(_Place(tuple(_all([_GRANTED], [without])), (f"Require env {value}",)))
        else:
            said = f"{'env' if kind == FROM_ENV else 'host'} {value}"
            others.append(_Place((f"Require {said}",), (f"Require not {said}",)))
    if networks:
        said = f"ip {' '.join(networks)}"
        others.insert(0, _Place((f"Require {said}",), (f"Require not {said}",)))
    return others


def _put(order: str, allows: list[_Place], denies: list[_Place]) -> list[str]:
    everybody, nobody = _EVERYBODY in allows, _EVERYBODY in denies
    inside = [line for place in allows for line in place.inside]
    outside = [place.outside for place in denies]
    if order == DENY_ALLOW:
        if everybody or not denies:
            return [_GRANTED]
        if nobody:
            return inside or [_DENIED]
        kept = _all([_GRANTED], outside)
        return _any([*inside, *kept]) if inside else kept
    if nobody or not allows:
        return [_DENIED]
    if not denies:
        return [_GRANTED] if everybody else inside
    return _all([_GRANTED] if everybody else _one_of(inside), outside)


def _all(lines: list[str], outside: list[tuple[str, ...]]) -> list[str]:
    return ["<RequireAll>", *_indented([*lines, *(line for lines in outside for line in lines)]), "</RequireAll>"]


def _any(lines: list[str]) -> list[str]:
    return ["<RequireAny>", *_indented(lines), "</RequireAny>"]


def _one_of(lines: list[str]) -> list[str]:
    """Lines as one requirement, whichever of them is met."""
    top = [line for line in lines if not line.startswith((" ", "\t", "</"))]
    return lines if len(top) == 1 else _any(lines)


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
