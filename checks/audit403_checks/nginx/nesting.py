"""A location with a pattern put into a prefix with `^~`, where its requests come to it.

Truth: ngx_http_core_find_location looks at the patterns inside a prefix before it looks at its `^~`;
allow and deny come down from the outer location, what `return` does there does not.
"""

import re

from audit403.core.edit import TextEdit, edited
from audit403.core.source import Source
from audit403.nginx.model.location import Location
from audit403.nginx.read.tree import Directive
from audit403_checks.alternatives import alternatives
from audit403_checks.support import insert_after, insert_before, is_alone, remove, statement

_ONLY_REFUSING = frozenset(("allow", "deny", "return", "location"))
_LISTS = frozenset(("allow", "deny"))
_PLAIN = re.compile(r"[\w./-]+/", re.ASCII)


def put_inside(outer: Location, inner: Location) -> tuple[TextEdit, ...]:
    """The edits that move a location into another; none where it would lose requests or take over other settings."""
    if outer.directive is None or inner.directive is None or inner.parent is not outer.parent:
        return ()
    if not all(one.name in _ONLY_REFUSING for one in outer.sequence) or not _lies_inside(outer.name, inner):
        return ()
    text = _with_own_list(outer, inner, inner.directive)
    last = outer.directive.block[-1] if outer.directive.block else None
    if text is None or last is None or ("#" in text and not is_alone(last)):
        return ()
    return (insert_after(last, text), remove(inner.directive))


def _lies_inside(prefix: str, location: Location) -> bool:
    """Whether every address that a pattern matches begins with the prefix."""
    pattern = location.name
    start = "^" + prefix.replace(".", r"\.")
    alone = location.modifier == "~" and len(alternatives(pattern)) == 1 and _PLAIN.fullmatch(prefix) is not None
    return alone and pattern.startswith(start) and pattern[len(start) : len(start) + 1] not in ("?", "*", "{")


def _with_own_list(outer: Location, inner: Location, directive: Directive) -> str | None:
    """The location as it is written, with the list that it has where it stands, when the outer one brings another."""
    if _LISTS & inner.own.keys() or not _LISTS & outer.own.keys():
        return statement(directive)
    rules = outer.parent.access_rules() if outer.parent is not None else []
    words = "\n".join(statement(rule.directive) for rule in rules) or "allow all;"
    if not directive.block:
        return None
    edit = insert_before(directive.block[0], words)
    written = directive.source.data[: directive.end]
    longer = edited(written, (edit,))
    if longer is None:
        return None
    return statement(Directive("location", [], Source(directive.source.path, longer), directive.start, len(longer)))
