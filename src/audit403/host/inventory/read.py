"""The targets of an inventory: a plain list, Ansible's INI or YAML, or what only Ansible itself can read.

`ansible-inventory` is asked where it is installed, so that plugins, scripts, vault and settings count as they do there;
where it is not, the two simple forms are read here. A plain list is never Ansible's business.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator

from audit403.core.errors import BadUsage
from audit403.host.inventory.ansible import NotTaken, ask_ansible
from audit403.host.inventory.connection import target_of
from audit403.host.inventory.groups import ALL, Inventory
from audit403.host.inventory.ini import read_ini
from audit403.host.inventory.limit import limited
from audit403.host.inventory.ranges import MOST_HOSTS
from audit403.host.inventory.target import HostTarget, read_target
from audit403.host.inventory.text import VAULT, NeedsAnsible, decoded, read_text
from audit403.host.inventory.yaml_form import read_variable_files, read_yaml

PROGRAM = "ansible-inventory"
STANDARD_INPUT = "-"
_VARIABLE_FOLDERS = ("group_vars", "host_vars")
_SKIPPED = re.compile(
    r"^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry)|~)$"
)
_YAML_NAME = re.compile(r"\.(?:ya?ml|json)")
_YAML_BEGINNING = re.compile(r"---|%YAML|\{|[\"']?[\w. -]+[\"']?:(?:\s|$)")
_INI_SIGN = re.compile(r"^\s*\[[^:\]\s]+(?::\w+)?\]\s*(?:#.*)?$|=|\[[^\]]*:[^\]]*\](?!:\d|\s*$)", re.MULTILINE)
_DEEPEST = 20


def read_inventory(path: str, limit: str | None = None, *, program: str | None = None) -> tuple[HostTarget, ...]:
    """The hosts of an inventory, or of a part of it; `program` is ansible-inventory, looked for where it is None.

    Raises BadUsage with one sentence.
    """
    inventory, plain = _read(path, shutil.which(PROGRAM) if program is None else program)
    try:
        names = list(inventory.members(ALL)) if limit is None else limited(inventory, limit)
        targets = tuple(
            plain[name] if name in plain else target_of(name, inventory.variables(name), inventory.groups_of(name))
            for name in names
        )
    except BadUsage as error:
        raise error if str(error).startswith("--limit") else BadUsage(f"{path}: {error}.") from None
    if not targets:
        raise BadUsage(f"{path} names no host.")
    return targets


def read_here(path: str) -> Inventory:
    """Our own reading of an inventory, whether Ansible is installed or not. Raises BadUsage."""
    return _read_here(path, None if os.path.isdir(path) else _text(path))


def _read(path: str, program: str | None) -> tuple[Inventory, dict[str, HostTarget]]:
    """The inventory, and the targets of a plain list as they are written there."""
    plain: dict[str, HostTarget] = {}
    try:
        if path != STANDARD_INPUT and not os.path.exists(path):
            raise BadUsage("there is no such file or folder")
        text = None if os.path.isdir(path) else _text(path)
        if text is not None and _is_plain(path, text):
            plain = {target.name: target for target in _plain_targets(text)}
            inventory = _listed(plain)
        elif program and path != STANDARD_INPUT:
            inventory = _asked(program, path, text)
        else:
            inventory = _read_here(path, text)
    except BadUsage as error:
        raise BadUsage(f"{path}: {error}.") from None
    except OSError as error:
        raise BadUsage(f"{path} cannot be read: {error.strerror}.") from None
    return inventory, plain


def _listed(names: Iterable[str]) -> Inventory:
    inventory = Inventory()
    for name in names:
        inventory.add_host(name)
    inventory.finish()
    return inventory


def _asked(program: str, path: str, text: str | None) -> Inventory:
    """What ansible-inventory says; what it does not take is said in our words where we know better than it."""
    try:
        return ask_ansible(program, os.path.abspath(path))
    except NotTaken as error:
        try:
            _read_here(path, text)
        except NeedsAnsible:
            raise error from None
        raise


def _read_here(path: str, text: str | None) -> Inventory:
    """Our own reading of a file's text, or of a folder."""
    inventory = Inventory()
    folder = path
    if text is None:
        _read_folder(path, inventory, 0)
    else:
        folder = os.path.dirname(os.path.abspath(path))
        _read_file(path, text, inventory)
    inventory.finish()
    if path != STANDARD_INPUT:
        read_variable_files(folder, inventory)
    return inventory


def _text(path: str) -> str:
    if path != STANDARD_INPUT:
        return read_text(path)
    if sys.stdin is None:
        raise BadUsage("the standard input is closed")
    return decoded(sys.stdin.buffer)


def _is_plain(path: str, text: str) -> bool:
    """Whether it is a list of targets, about which nothing else is said."""
    if _YAML_NAME.fullmatch(os.path.splitext(path)[1]) or _is_yaml(text) or text.startswith(("#!", VAULT)):
        return False
    folder = os.path.dirname(os.path.abspath(path))
    if path != STANDARD_INPUT and any(os.path.isdir(os.path.join(folder, name)) for name in _VARIABLE_FOLDERS):
        return False
    return not _INI_SIGN.search("\n".join(line for _, line in _lines(text)))


def _is_yaml(text: str) -> bool:
    return bool(_YAML_BEGINNING.match(next(_lines(text), (0, ""))[1]))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, without comments, and their numbers."""
    for number, line in enumerate(text.splitlines(), 1):
        said = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if said and said[0] != ";":
            yield number, said


def _plain_targets(text: str) -> Iterator[HostTarget]:
    for count, (number, line) in enumerate(_lines(text)):
        if count == MOST_HOSTS:
            raise BadUsage(f"it has more than {MOST_HOSTS:,} hosts")
        if len(line.split()) > 1:  # what follows a name may be a password
            raise BadUsage(f"line {number}: a line of a plain list is [user@]host[:port] and nothing more")
        target = read_target(line)
        if target.fault is not None:
            raise BadUsage(f"line {number}: {target.fault}")
        yield target


def _read_folder(path: str, inventory: Inventory, depth: int) -> None:
    """Every file of a folder, in the order of their names, but for what Ansible leaves out as well."""
    if depth > _DEEPEST:
        raise BadUsage("its folders are nested too deep")
    for name in sorted(os.listdir(path)):
        inner = os.path.join(path, name)
        if _SKIPPED.search(name):
            continue
        if os.path.isdir(inner):
            _read_folder(inner, inventory, depth + 1)
            continue
        try:
            _read_file(inner, read_text(inner), inventory)
        except BadUsage as error:
            raise BadUsage(f"{name}: {error}") from None


def _read_file(path: str, text: str, inventory: Inventory) -> None:
    ending = os.path.splitext(path)[1]
    if text.startswith("#!"):
        raise NeedsAnsible("a program that makes an inventory")
    if text.startswith(VAULT):
        raise NeedsAnsible("encrypted with Ansible's vault")
    if ending == ".toml":
        raise NeedsAnsible("an inventory in TOML")
    if _YAML_NAME.fullmatch(ending) or _is_yaml(text):
        read_yaml(text, inventory)
    else:
        read_ini(text.splitlines(), inventory)
