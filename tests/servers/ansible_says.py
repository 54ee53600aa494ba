"""What Ansible's own classes make of inventories. A program of its own: `python ansible_says.py` < cases > answers.

A case is a line of JSON, `{"path", "limits"}`; so is its answer: null where Ansible does not take the inventory, else
`{"hosts", "groups": {name: hosts}, "variables": {host: …}, "limits": [hosts | null …]}`.
"""

import json
import sys
from typing import Any

from ansible import constants
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.vars import host_group_vars
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager

VARIABLES = ("ansible_host", "ansible_port", "ansible_user", "x")


def answer(path: str, limits: list[str]) -> Any:
    """What Ansible says of one inventory."""
    for kept in (host_group_vars.CANONICAL_PATHS, host_group_vars.FOUND, host_group_vars.NAK):
        kept.clear()
    try:
        inventory = InventoryManager(DataLoader(), sources=[path])
    except Exception:
        return None
    manager = VariableManager(DataLoader(), inventory)
    said = {
        host.name: manager.get_vars(host=host, include_hostvars=False, stage="all")
        for host in inventory.get_hosts("all")
    }
    return {
        "hosts": list(said),
        "groups": {name: [host.name for host in group.get_hosts()] for name, group in inventory.groups.items()},
        "variables": {name: {key: each[key] for key in VARIABLES if key in each} for name, each in said.items()},
        "limits": [limited(inventory, limit) for limit in limits],
    }


def limited(inventory: Any, limit: str) -> list[str] | None:
    """The hosts that are left; None where Ansible does not take the pattern."""
    inventory.clear_caches()
    try:
        inventory.subset(limit)
        return [host.name for host in inventory.get_hosts("all")]
    except Exception:
        return None
    finally:
        inventory.subset(None)


def main() -> None:
    """Answer line by line."""
    constants.INVENTORY_ANY_UNPARSED_IS_FAILED = constants.INVENTORY_UNPARSED_IS_FAILED = True
    for name in ("warning", "error_as_warning", "deprecated"):
        setattr(Display, name, lambda *words, **more: None)
    for line in sys.stdin:
        case = json.loads(line)
        print(json.dumps(answer(case["path"], case["limits"])))


if __name__ == "__main__":
    main()
