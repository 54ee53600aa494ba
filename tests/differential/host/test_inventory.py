"""Our own reading of inventories and of `--limit`, held against Ansible's classes on generated ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from audit403.core.errors import BadUsage
from audit403.host.inventory.connection import read_value
from audit403.host.inventory.groups import Inventory
from audit403.host.inventory.ini import Unread
from audit403.host.inventory.limit import limited
from audit403.host.inventory.read import read_here
from servers import told
from servers.command import ROOT, environment
from servers.need import required

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

HOSTS = (
    "web1", "web2", "db.example.com", "db[1:3]", "n[01:03]x", "a[a:c]", "h[1:2]-[a:b]", "web1:2222", "10.0.0.[1:3]",
    "[fe80::1]:22", "fe80::2", "x_y", "k[1:9:4]", "k[5:1]", "u@h", "u@h:22", "web[:2]", "foo_:33", "fe80::[1:2]",
)  # fmt: skip
NO_HOSTS = ("n[01:3]", "q[a:", "w|x", "o[c:a]", "g[0:1", "h:", "---")
GROUPS = ("web", "db", "eu", "us", "prod", "all", "ungrouped", "my-group")
VARIABLES = ("ansible_host", "ansible_port", "ansible_user", "x")
VALUES = (
    "1", "22", "deploy", "'q u'", '"22"', "007", "10.0.0.9", "None", "True", "a=b", "{{ x }}", "1.50", "é", "''",
    "~/.ssh/id", "-3", "0x10", "1_0", "[1,2]",
)  # fmt: skip
YAML_VALUES = ("a", "b", 22, 3.5, True, None, [1], {"k": 1}, "{{ x }}", "2222", "")
PRIORITY = "ansible_group_priority"
RARELY = 0.01
_SUBSCRIPT = re.compile(r"\[-?\d+:?\d*\]")


def ini(rng: random.Random) -> str:
    groups = rng.sample(GROUPS, rng.randint(1, 6))
    lines = [host_line(rng) for _ in range(rng.randint(0, 3))]
    for group in groups:
        lines.append(f"[{group}]" + rng.choice(["", "", "", " # why"]))
        lines += [host_line(rng) for _ in range(rng.randint(0, 3))]
    for _ in range(rng.randint(0, 6)):
        group = rng.choice(groups if rng.random() > RARELY else GROUPS)
        if rng.random() < 0.5:
            lines.append(f"[{group}:vars]")
            lines += [variable_line(rng) for _ in range(rng.randint(0, 3))]
        elif group != "ungrouped":
            lines.append(f"[{group}:children]")
            below = [one for one in groups if GROUPS.index(one) > GROUPS.index(group) and one != "ungrouped"]
            lines += rng.sample(below, min(len(below), rng.randint(0, 2)))
            lines += [group] if rng.random() < RARELY else []
    return "\n".join(lines) + "\n"


def host_line(rng: random.Random) -> str:
    words = [rng.choice(HOSTS if rng.random() > RARELY else NO_HOSTS)]
    words += [f"{rng.choice(VARIABLES)}={rng.choice(VALUES)}" for _ in range(rng.choice([0, 0, 1, 2]))]
    return " ".join([*words, "# why"] if rng.random() < 0.1 else words)


def variable_line(rng: random.Random) -> str:
    sign = rng.choice(["=", "=", " = "])
    if rng.random() < 0.1:
        return f"{PRIORITY}{sign}{rng.randint(1, 20)}"
    return f"{rng.choice(VARIABLES)}{sign}{rng.choice([*VALUES, 'a # b', '5 # c'])}"


def yaml_text(rng: random.Random) -> str:
    groups = rng.sample(("web", "db", "eu", "us", "prod", "my-group"), 4)
    if rng.random() < 0.7:
        whole = {"all": yaml_group(rng, 0, groups)}
    else:
        whole = {name: yaml_group(rng, 1, groups) for name in groups[:2]}
    return str(yaml.safe_dump(whole, sort_keys=False))


def yaml_group(rng: random.Random, depth: int, groups: list[str]) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    if rng.random() < 0.8:
        made["hosts"] = {rng.choice(HOSTS): yaml_variables(rng) or None for _ in range(rng.randint(0, 3))} or "web1"
    if rng.random() < 0.6:
        made["vars"] = yaml_variables(rng) | ({PRIORITY: rng.randint(1, 9)} if rng.random() < 0.2 else {})
    if depth < 3 and rng.random() < 0.6:
        names = rng.sample(groups, rng.randint(0, 2))
        made["children"] = {name: yaml_group(rng, depth + 1, groups) for name in names}
    return made or None


def yaml_variables(rng: random.Random) -> dict[str, Any]:
    return {rng.choice(VARIABLES): rng.choice(YAML_VALUES) for _ in range(rng.randint(0, 3))}


def written(rng: random.Random, folder: Path) -> Path:
    """An inventory in a folder of its own, with files of variables beside it now and then; the file, or the folder."""
    folder.mkdir()
    is_yaml = rng.random() < 0.4
    path = folder / ("hosts.yml" if is_yaml else "hosts")
    path.write_text(yaml_text(rng) if is_yaml else ini(rng))
    if rng.random() < 0.4:
        for kind, names in (
            ("group_vars", ("all", "web", "db", "eu", "my-group")),
            ("host_vars", ("web1", "db1", "x_y")),
        ):
            for name in rng.sample(names, 2):
                files = [""] if rng.random() < 0.75 else ["/a.yml", "/b", "/c.txt", "/.d.yml", "/e.yml~"]
                for file in files:
                    target = folder / kind / f"{name}{file or rng.choice(['', '.yml', '.yaml', '.json'])}"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(yaml.safe_dump(yaml_variables(rng)))
    return folder if rng.random() < 0.15 else path


def limit(rng: random.Random, hosts: list[str]) -> str:
    patterns = (*hosts, *GROUPS, "web*", "*", "~web[0-9]", "db[1:3]", "?eb1", "~.*1$", "*.example.com", "u*", "[ab]*")

    def one() -> str:
        pattern = rng.choice(patterns)
        if rng.random() < 0.2 and pattern[0] != "~" and pattern != "all":
            pattern += rng.choice(["[0]", "[-1]", "[0:1]", "[1:]", "[1:0]", "[7]"])
        return rng.choice(["", "", "", "!", "&"]) + pattern

    return rng.choice([",", ":", ", "]).join(one() for _ in range(rng.randint(1, 3)))


def ours(path: Path) -> Inventory | None:
    try:
        inventory = read_here(str(path))
        for host in inventory.hosts:
            inventory.variables(host)
    except BadUsage:
        return None
    return inventory


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return json.loads(json.dumps(read_value(value) if isinstance(value, Unread) else value))


def differences(inventory: Inventory, theirs: dict[str, Any]) -> list[str]:
    if sorted(inventory.hosts) != sorted(theirs["hosts"]):
        return [f"hosts: {sorted(inventory.hosts)} and not {sorted(theirs['hosts'])}"]
    found = [
        f"{group}: {inventory.members(group)} and not {hosts}"
        for group, hosts in theirs["groups"].items()
        if sorted(inventory.members(group)) != sorted(hosts)
    ]
    for host, variables in theirs["variables"].items():
        said = inventory.variables(host)
        found += [
            f"{host}: {name} is {plain(said.get(name))!r} and not {variables.get(name)!r}"
            for name in VARIABLES
            if plain(said.get(name)) != variables.get(name)
        ]
    return found


def limits_differ(inventory: Inventory, limits: list[str], theirs: dict[str, Any]) -> list[str]:
    # Ansible keeps groups of groups in sets: with them the order of hosts is another from run to run.
    is_ordered = all(inventory.members(group) == hosts for group, hosts in theirs["groups"].items())
    found = []
    for text, hosts in zip(limits, theirs["limits"], strict=True):
        if _SUBSCRIPT.search(text) and not is_ordered:
            continue
        try:
            mine = limited(inventory, text)
        except BadUsage as error:
            # Other than Ansible we do not pass over a name that nobody has.
            if hosts and "no host and no group" not in str(error):
                found.append(f"--limit {text}: {error} and not {hosts}")
            continue
        if hosts is None or sorted(mine) != sorted(hosts):
            found.append(f"--limit {text}: {mine} and not {hosts}")
    return found


def test_inventories(tmp_path: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    if find_spec("ansible") is None:
        (pytest.fail if required() else pytest.skip)("ansible-core is not installed: run scripts/bootstrap")
    paths = [written(rng, tmp_path / str(number)) for number in range(cases(300))]
    mine = [ours(path) for path in paths]
    limits = [[limit(rng, list(each.hosts)[:3]) for _ in range(6)] if each is not None else [] for each in mine]
    asked = "".join(
        json.dumps({"path": str(path), "limits": of}) + "\n" for path, of in zip(paths, limits, strict=True)
    )
    settings = tmp_path / "ansible.cfg"
    settings.touch()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/servers/ansible_says.py")], input=asked, capture_output=True, text=True,
        env=environment() | {"LC_ALL": "C.UTF-8", "ANSIBLE_CONFIG": str(settings)}, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    found, taken = [], 0
    for path, inventory, theirs, of in zip(paths, mine, answers, limits, strict=True):
        if inventory is None or theirs is None:
            said = [] if inventory is theirs else [f"{'only Ansible takes' if theirs else 'Ansible does not take'} it"]
        else:
            taken += 1
            said = differences(inventory, theirs) or limits_differ(inventory, of, theirs)
        found += [f"{path}: {', '.join(said)}\n{path.read_text() if path.is_file() else ''}"] if said else []
    told.tell(f"{taken} of {len(paths)} inventories were taken by both")
    assert not found, "\n".join(found[:5])
    assert taken > len(paths) // 2
