"""Ansible's INI form: `[group]`, `[group:children]`, `[group:vars]`, and a line for each host.

Truth: ansible's plugins/inventory/ini.py, which the functions follow. No line is ever shown in an error: it may
hold a password.
"""

import re
import shlex
from collections.abc import Iterable

from audit403.core.errors import BadUsage
from audit403.host.inventory.groups import UNGROUPED, Inventory
from audit403.host.inventory.ranges import names_and_port

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_GROUP_NAME = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_LONGEST_LINE = 64 * 1024
_HOSTS, _CHILDREN, _VARIABLES = "hosts", "children", "vars"


class Unread(str):
    """A value as it is written: it may be a number, a quoted text or a list as Python has them."""

    __slots__ = ()


def read_ini(lines: Iterable[str], inventory: Inventory) -> None:
    """Put what the lines say into the inventory. Raises BadUsage with the number of the line."""
    declared = {*inventory.groups}
    awaited: dict[str, int] = {}
    number, group, kind = 0, UNGROUPED, _HOSTS
    try:
        for number, whole in enumerate(lines, 1):
            line = whole.strip()
            if not line or line[0] in ";#":
                continue
            if len(line) > _LONGEST_LINE:
                raise BadUsage(f"it is longer than {_LONGEST_LINE:,} characters")
            found = _SECTION.fullmatch(line)
            if found is not None:
                group, kind = found[1], found[2] or _HOSTS
                if kind not in (_HOSTS, _CHILDREN, _VARIABLES):
                    raise BadUsage("a section is [group], [group:children] or [group:vars]")
                inventory.add_group(group)
                if kind == _VARIABLES:
                    awaited.setdefault(group, number)
                else:
                    declared.add(group)
            elif line[0] == "[" and line[-1] == "]":
                raise BadUsage("a section is [group], [group:children] or [group:vars], without spaces")
            elif kind == _HOSTS:
                _read_host(line, group, inventory)
            elif kind == _VARIABLES:
                name, value = _assignment(line)
                inventory.set_of_group(group, {name.strip(): Unread(value.strip())})
            else:
                child = _child(line)
                inventory.add_child(group, child)
                awaited.setdefault(child, number)
    except BadUsage as error:
        raise BadUsage(f"line {number}: {error}") from None
    for name, at in awaited.items():
        if name not in declared:
            raise BadUsage(f"line {at}: there is no group {name}")


def _read_host(line: str, group: str, inventory: Inventory) -> None:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        raise BadUsage("a quotation mark has no partner") from None
    names, port = names_and_port(words[0])
    if words[0] == "---":
        raise BadUsage("it begins as YAML does")
    variables = {}
    for word in words[1:]:
        name, value = _assignment(word)
        variables[name] = Unread(value)
    for name in names:
        inventory.add_host(name, group, port)
        inventory.set_of_host(name, variables)


def _assignment(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadUsage("what follows the name of a host is name=value, and so is a line of [group:vars]")
    return name, value


def _child(line: str) -> str:
    found = _GROUP_NAME.fullmatch(line)
    if found is None:
        raise BadUsage("a line of [group:children] is the name of a group")
    return found[1]
