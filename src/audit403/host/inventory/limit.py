"""A part of an inventory, named as Ansible's `--limit` does: `web`, `web*:&eu:!web3`, `~web[0-9]+`, `db[0:2]`, `@FILE`.

Truth: ansible's inventory/manager.py. Other than there a name that nobody has is an error, unless it is excluded.
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence

from audit403.core.errors import BadUsage
from audit403.host.inventory.groups import ALL, Inventory
from audit403.host.inventory.ranges import MOST_HOSTS, is_address
from audit403.host.inventory.text import read_text

_BETWEEN_COLONS = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]")
_GLOB_SIGNS = ".?*["
_EXCLUDED, _ALSO = "!", "&"


def limited(inventory: Inventory, limit: str) -> list[str]:
    """The hosts that a pattern names, in its order. Raises BadUsage."""
    patterns = list(_from_files(_split(limit)))
    if not patterns:
        raise BadUsage("--limit says nothing.")
    hosts: dict[str, None] = {}
    for pattern in _in_order(patterns):
        sign = pattern[0] if pattern[0] in (_EXCLUDED, _ALSO) else ""
        found = [pattern] if pattern in inventory.hosts else _matches(inventory, pattern.removeprefix(sign))
        if sign == _EXCLUDED:
            hosts = {host: None for host in hosts if host not in set(found)}
        elif sign == _ALSO:
            kept = set(found)
            hosts = {host: None for host in hosts if host in kept}
        elif not found and pattern != ALL:
            raise BadUsage(f"--limit: the inventory has no host and no group with a host {pattern!r}.")
        else:
            hosts.update(dict.fromkeys(found))
    if not hosts:
        raise BadUsage(f"--limit {limit}: no host of the inventory is left.")
    return list(hosts)


def _split(limit: str) -> list[str]:
    """Commas part patterns; where there are none colons do, but for those of a range or an IPv6 address."""
    words = limit.split(",") if "," in limit or is_address(limit) else _BETWEEN_COLONS.findall(limit)
    return [word.strip() for word in words if word.strip()]


def _from_files(patterns: Iterable[str]) -> Iterable[str]:
    for pattern in patterns:
        if pattern.startswith("@"):
            try:
                text = read_text(pattern[1:])
            except BadUsage as error:
                raise BadUsage(f"--limit {pattern}: {error}.") from None
            yield from (line.strip() for line in text.split("\n") if line.strip())
        else:
            yield pattern


def _in_order(patterns: Sequence[str]) -> list[str]:
    """What is named, then what must hold as well, then what is excluded."""
    named = [one for one in patterns if one[0] not in (_EXCLUDED, _ALSO)]
    also = [one for one in patterns if one[0] == _ALSO]
    excluded = [one for one in patterns if one[0] == _EXCLUDED]
    return [*(named or [ALL]), *also, *excluded]


def _matches(inventory: Inventory, pattern: str) -> list[str]:
    """The hosts of the groups that a pattern matches, and those that it matches itself."""
    expression, first, last = _subscript(pattern)
    if not expression:
        raise BadUsage("--limit: a pattern is missing behind ! or &.")
    matcher = _matcher(expression)
    groups = [name for name in inventory.groups if matcher.match(name)]
    found = [host for name in groups for host in inventory.members(name)]
    if not groups or expression[0] == "~" or any(sign in expression for sign in _GLOB_SIGNS):
        found += [host for host in inventory.hosts if matcher.match(host)]
    if first is None or not found:
        return found
    if not last:  # 0 as well: [2:0] is number 2
        if not -len(found) <= first < len(found):
            raise BadUsage(f"--limit: {expression} has no host number {first}.")
        return [found[first]]
    return found[first : last + 1]


def _subscript(pattern: str) -> tuple[str, int | None, int | None]:
    """A pattern and the numbers behind it: the one, or the first and the last."""
    found = None if pattern.startswith("~") else _SUBSCRIPT.fullmatch(pattern)
    if found is None:
        return pattern, None, None
    expression, one, first, last = found.groups()
    if one is not None:
        return expression, int(one), None
    return expression, int(first), int(last) if last else MOST_HOSTS


def _matcher(expression: str) -> "re.Pattern[str]":
    try:
        return re.compile(expression[1:] if expression[0] == "~" else fnmatch.translate(expression))
    except (re.error, OverflowError, RecursionError):
        raise BadUsage(f"--limit: {expression!r} is no pattern.") from None
