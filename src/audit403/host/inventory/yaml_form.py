"""Ansible's YAML form: groups with `hosts`, `children` and `vars`; also the files of group_vars/ and host_vars/.

Truth: ansible's plugins/inventory/yaml.py, plugins/vars/host_group_vars.py and parsing/dataloader.py.
"""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from audit403.core.errors import BadUsage
from audit403.host.inventory.groups import Inventory, Variables
from audit403.host.inventory.ranges import names_and_port
from audit403.host.inventory.text import VAULT, NeedsAnsible, read_text

if TYPE_CHECKING:
    import yaml

_SECTIONS = ("vars", "children", "hosts")
_ENDINGS = ("", ".yml", ".yaml", ".json")
_MOST_VISITS = 200_000
_MOST_MERGED = 100_000
_DEEPEST = 100


class Vaulted:
    """A value that only Ansible's vault can read."""


def load(text: str) -> Any:
    """A YAML document as plain values. Raises BadUsage."""
    import yaml

    loader = _loader()
    try:
        _bound_depth(text, loader)
        return yaml.load(text, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"line {mark.line + 1}: "
        said = getattr(error, "problem", None) or "it is not plain YAML"
        raise BadUsage(f"{where}{said}") from None
    except RecursionError:
        raise BadUsage("it is nested too deep") from None
    except ValueError:  # a date or a number that there is not
        raise BadUsage("it is not plain YAML") from None


def _bound_depth(text: str, loader: "type[yaml.SafeLoader]") -> None:
    """Nested too deep they end the process in libyaml's own reader of values; this one has no stack."""
    import yaml

    depth = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > _DEEPEST:
                raise BadUsage("it is nested too deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def read_yaml(text: str, inventory: Inventory) -> None:
    """Put what a YAML inventory says into the inventory. Raises BadUsage."""
    data = load(text)
    if not isinstance(data, dict) or not data:
        raise BadUsage("a YAML inventory is a mapping of groups")
    if data.get("plugin"):
        raise NeedsAnsible("the configuration of an inventory plugin")
    _Reader(inventory).read(data)


class _Reader:
    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._visits = 0

    def read(self, groups: Mapping[Any, Any], parent: str | None = None, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise BadUsage("its groups are nested too deep")
        for name, said in groups.items():
            self._visits += 1
            if self._visits > _MOST_VISITS:
                raise BadUsage("it repeats its groups without end")
            group = _text(name, "group")
            self._inventory.add_group(group)
            if parent is not None:
                self._inventory.add_child(parent, group)
            if isinstance(said, dict):
                self._read_group(group, {key: _section(said, key, group) for key in _SECTIONS}, depth)

    def _read_group(self, group: str, said: Mapping[str, Mapping[Any, Any]], depth: int) -> None:
        self._inventory.set_of_group(group, _plain(said["vars"]))
        for pattern, variables in said["hosts"].items():
            if variables is not None and not isinstance(variables, dict):
                raise BadUsage(f"what is said of a host of the group {group} is no mapping")
            names, port = names_and_port(_text(pattern, "host"))
            for name in names:
                self._inventory.add_host(name, group, port)
                self._inventory.set_of_host(name, _plain(variables or {}))
        self.read(said["children"], group, depth + 1)


def read_variable_files(folder: str, inventory: Inventory) -> None:
    """What group_vars/ and host_vars/ in a folder say of the inventory's groups and hosts. Raises BadUsage."""
    for name, group in inventory.groups.items():
        group.in_files.update(_in_files(os.path.join(folder, "group_vars"), name))
    for name in inventory.hosts:
        said = _in_files(os.path.join(folder, "host_vars"), name)
        if said:
            inventory.set_in_file_of_host(name, said)


def _in_files(folder: str, name: str) -> Variables:
    found: Variables = {}
    if "/" in name or "\0" in name or not os.path.isdir(folder):
        return found
    for path in _variable_files(os.path.join(folder, name)):
        try:
            text = read_text(path)
            if text.startswith(VAULT):
                raise NeedsAnsible("encrypted with Ansible's vault")
            data = load(text)
            if data is not None and not isinstance(data, dict):
                raise BadUsage("it is no mapping")
        except NeedsAnsible:
            raise
        except BadUsage as error:
            raise BadUsage(f"{path}: {error}") from None
        found.update(_plain(data or {}))
    return found


def _variable_files(stem: str) -> Iterator[str]:
    """The file of that name, with an ending or without, or those of the folder of that name."""
    for ending in _ENDINGS:
        if os.path.isdir(stem + ending):
            yield from _files_in(stem + ending, 0)
        elif os.path.exists(stem + ending):
            yield stem + ending
        else:
            continue
        return


def _files_in(folder: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise BadUsage(f"{folder} is nested too deep")
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        ending = os.path.splitext(name)[1]
        if name.startswith(".") or name.endswith("~") or ending not in _ENDINGS:
            continue
        if os.path.isdir(path) and not ending:
            yield from _files_in(path, depth + 1)
        elif os.path.isfile(path):
            yield path


def _section(said: Mapping[Any, Any], key: str, group: str) -> Mapping[Any, Any]:
    section = said.get(key)
    if isinstance(section, str):
        return {section: None}
    if section is not None and not isinstance(section, dict):
        raise BadUsage(f"the {key} of the group {group} are no mapping")
    return section or {}


def _plain(variables: Mapping[Any, Any]) -> Variables:
    return {name: value for name, value in variables.items() if isinstance(name, str)}


def _text(name: object, what: str) -> str:
    if not isinstance(name, str) or not name:
        raise BadUsage(f"the name of a {what} is no text: numbers need quotation marks")
    return name


def _loader() -> "type[yaml.SafeLoader]":
    """PyYAML's safe loader, which makes nothing but plain values, with Ansible's own tags and an end to merged keys."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            if len(node.value) > _MOST_MERGED:
                raise yaml.constructor.ConstructorError(None, None, "its merged keys have no end", node.start_mark)

    def vaulted(loader: Any, node: Any) -> Vaulted:
        return Vaulted()

    def unsafe(loader: Any, node: Any) -> Any:
        return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None

    Loader.add_constructor("!vault", vaulted)
    Loader.add_constructor("!vault-encrypted", vaulted)
    Loader.add_constructor("!unsafe", unsafe)
    return Loader
