"""Hosts, groups and their variables, put together as Ansible does it.

Truth: ansible's inventory/data.py, inventory/group.py and vars/manager.py: a group's variables count less than those of
its children, those of files in group_vars/ more than those of the inventory, and a host's own most.
"""

from collections.abc import Mapping
from typing import Any

from audit403.core.errors import BadUsage
from audit403.core.named_tuple import NamedTuple
from audit403.host.inventory.nesting import Nesting
from audit403.host.inventory.ranges import MOST_HOSTS

ALL, UNGROUPED = "all", "ungrouped"
_MOST_GROUPS = 20_000
_MOST_GROUPS_OF_A_HOST = 1_000
_PRIORITY = "ansible_group_priority"

Variables = dict[str, Any]


class Group(NamedTuple):
    """A group: its hosts and the groups below it, in the order in which they were named, and what is said of it."""

    hosts: dict[str, None]
    children: dict[str, None]
    variables: Variables
    in_files: Variables


class Inventory:
    """Who is in which group, and what is said of each. What is read goes in first, then `finish`, then it is asked."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.hosts: dict[str, Variables] = {}
        self._in_files: dict[str, Variables] = {}
        self._groups_of: dict[str, list[str]] = {}
        self._merged: dict[frozenset[str], Variables] = {}
        self._nesting = Nesting({})
        self.add_child(ALL, UNGROUPED)

    def add_group(self, name: str) -> None:
        """A group of this name, unless there is one."""
        if name not in self.groups:
            if len(self.groups) >= _MOST_GROUPS:
                raise BadUsage(f"it has more than {_MOST_GROUPS:,} groups")
            self.groups[name] = Group({}, {}, {}, {})

    def add_child(self, group: str, child: str) -> None:
        """Put a group below another one; both are made where they are missing."""
        self.add_group(group)
        self.add_group(child)
        self.groups[group].children[child] = None

    def add_host(self, name: str, group: str | None = None, port: int | None = None) -> None:
        """A host, in a group. Only where it is named first does a port behind its name count."""
        if name not in self.hosts:
            if len(self.hosts) >= MOST_HOSTS:
                raise BadUsage(f"it has more than {MOST_HOSTS:,} hosts")
            self.hosts[name] = {} if port is None else {"ansible_port": port}
        if group is not None:
            self.add_group(group)
            self.groups[group].hosts[name] = None

    def set_of_host(self, name: str, variables: Mapping[str, Any]) -> None:
        """What is said of a host, more than before; as in Ansible a group of the same name takes it."""
        (self.groups[name].variables if name in self.groups else self.hosts[name]).update(variables)

    def set_of_group(self, name: str, variables: Mapping[str, Any]) -> None:
        """What is said of a group, more than before."""
        self.add_group(name)
        self.groups[name].variables.update(variables)

    def set_in_file_of_host(self, name: str, variables: Mapping[str, Any]) -> None:
        """What a file of host_vars/ says of a host."""
        self._in_files.setdefault(name, {}).update(variables)

    def finish(self) -> None:
        """What holds once everything is read: who is in no group, what is below what. Raises BadUsage for a circle."""
        below = {child for group in self.groups.values() for child in group.children}
        for name in self.groups:
            if name not in below and name != ALL:
                self.groups[ALL].children[name] = None
        self._groups_of = {host: [] for host in self.hosts}
        for name, group in self.groups.items():
            if name not in (ALL, UNGROUPED):
                for host in group.hosts:
                    self._groups_of[host].append(name)
        free = self.groups[UNGROUPED].hosts
        for host, names in self._groups_of.items():
            if names:
                free.pop(host, None)
            else:
                free[host] = None
                names.append(UNGROUPED)
        self._nesting = Nesting({name: group.children for name, group in self.groups.items()})

    def members(self, group: str) -> list[str]:
        """The hosts of a group and of all below it; those of outer groups first."""
        ordered, at = dict.fromkeys([group]), [group]
        while at:
            below = dict.fromkeys(child for name in at for child in self.groups[name].children)
            at = [name for name in below if name not in ordered]
            ordered.update(dict.fromkeys(at))
        return list(dict.fromkeys(host for name in ordered for host in self.groups[name].hosts))

    def groups_of(self, host: str) -> frozenset[str]:
        """The groups that a host is in, directly or by one below."""
        names = self._nesting.above(self._groups_of[host])
        if len(names) > _MOST_GROUPS_OF_A_HOST:
            raise BadUsage(f"{host} is in more than {_MOST_GROUPS_OF_A_HOST:,} groups")
        return names

    def variables(self, host: str) -> Mapping[str, Any]:
        """What counts for a host."""
        names = self.groups_of(host)
        shared = self._merged.get(names)
        if shared is None:
            shared = self._merged[names] = self._of_groups(names)
        return {**shared, **self.hosts[host], **self._in_files.get(host, {})}

    def _of_groups(self, names: frozenset[str]) -> Variables:
        ordered = sorted(names, key=lambda name: (self._nesting.depth(name), self._priority(name), name))
        merged: Variables = {}
        for name in ordered:
            merged.update(self.groups[name].variables)
        for name in ordered:
            merged.update(self.groups[name].in_files)
        return merged

    def _priority(self, name: str) -> int:
        """Counts only in the inventory itself, not in group_vars/."""
        try:
            return int(self.groups[name].variables.get(_PRIORITY, 1))
        except (TypeError, ValueError):
            raise BadUsage(f"the {_PRIORITY} of the group {name} is no number") from None
