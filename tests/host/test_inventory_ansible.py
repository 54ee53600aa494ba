"""`ansible-inventory` as a program beside us: what it tells, what it refuses, and what it must never do to us."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from audit403.core.errors import BadUsage
from audit403.host.inventory import ansible
from audit403.host.inventory.read import read_inventory
from audit403.host.ssh_settings import Target

if TYPE_CHECKING:
    from pathlib import Path

# What ansible-inventory 2.19 wrote for `[web]\nb\na ansible_host=10.0.0.1\n[prod:children]\nweb\n`, with group_vars.
LISTED = {
    "_meta": {"hostvars": {"a": {"ansible_host": "10.0.0.1", "ansible_port": 2222}, "b": {"ansible_port": 2222}}},
    "all": {"children": ["ungrouped", "prod"]},
    "prod": {"children": ["web"]},
    "web": {"hosts": ["b", "a"]},
}
REFUSED = """\
[WARNING]: Failed to parse inventory with 'auto' plugin: inventory config '/x.yml' specifies unknown plugin 'aws_ec2'

<<< caused by >>>

[WARNING]: Failed to parse inventory with 'ini' plugin: Failed to parse inventory: Expected key=value, got: hunter2
[ERROR]: Completely failed to parse inventory source /x.yml
"""


def program(folder: Path, script: str) -> str:
    path = folder / "ansible-inventory"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def says(folder: Path, answer: object) -> str:
    (folder / "answer").write_text(json.dumps(answer))
    return program(folder, f"cat '{folder}/answer'")


def script_in(folder: Path) -> str:
    """An inventory that nobody but Ansible can read."""
    path = folder / "dynamic"
    path.write_text("#!/bin/sh\n")
    return str(path)


def test_what_it_tells(tmp_path: Path) -> None:
    found = read_inventory(script_in(tmp_path), "prod:!b", program=says(tmp_path, LISTED))
    assert [(target.name, target.ssh, target.groups) for target in found] == [
        ("a", Target("10.0.0.1", None, 2222), ("prod", "web"))
    ]
    every = read_inventory(script_in(tmp_path), program=says(tmp_path, LISTED))
    assert [target.name for target in every] == ["b", "a"]


def test_it_is_told_that_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    inventory = script_in(tmp_path)
    (tmp_path / "answer").write_text(json.dumps(LISTED))
    asked = program(
        tmp_path,
        f'[ "$*" = "-i {inventory} --list" ] && [ "$ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED" = True ] && [ ! -t 0 ] &&'
        f" cat '{tmp_path}/answer'",
    )
    assert len(read_inventory(inventory, program=asked)) == 2


def test_its_own_words_where_it_knows_better(tmp_path: Path) -> None:
    (tmp_path / "errors").write_text(REFUSED)
    asked = program(tmp_path, f"cat '{tmp_path}/errors' >&2; exit 4")
    with pytest.raises(
        BadUsage, match=r"ansible-inventory: inventory config '/x\.yml' specifies unknown plugin 'aws_ec2'\.$"
    ):
        read_inventory(script_in(tmp_path), program=asked)


def test_our_words_where_we_do(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("[a:children]\nb\n")
    with pytest.raises(BadUsage, match=r"hosts: line 2: there is no group b\.$"):
        read_inventory(str(tmp_path / "hosts"), program=program(tmp_path, "exit 4"))


def test_a_line_that_it_quotes_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "errors").write_text("\n".join(REFUSED.splitlines()[4:]))
    asked = program(tmp_path, f"cat '{tmp_path}/errors' >&2; exit 4")
    with pytest.raises(BadUsage) as raised:
        read_inventory(script_in(tmp_path), program=asked)
    assert "Expected key=value" in str(raised.value) and "hunter2" not in str(raised.value)


@pytest.mark.parametrize("answer", [[], {"web": []}, {"web": {"hosts": 5}}, {"_meta": {"hostvars": {"a": 5}}}, 7])
def test_another_form_than_its_own(tmp_path: Path, answer: object) -> None:
    with pytest.raises(BadUsage, match=r"answered in a form that audit403 does not know\.$"):
        read_inventory(script_in(tmp_path), program=says(tmp_path, answer))


@pytest.mark.parametrize("script", ["echo '{'", "echo hello", "printf '\\377'", "printf '%0200000d' 0 | tr 0 '['"])
def test_no_json(tmp_path: Path, script: str) -> None:
    with pytest.raises(BadUsage, match=r"answered with something else than JSON\.$"):
        read_inventory(script_in(tmp_path), program=program(tmp_path, script))


def test_it_may_not_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="ansible-inventory could not be started"):
        read_inventory(script_in(tmp_path), program=str(tmp_path / "none"))


def test_it_has_an_end_in_time_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansible, "_SECONDS", 0.3)
    with pytest.raises(BadUsage, match="took longer than"):
        read_inventory(script_in(tmp_path), program=program(tmp_path, "sleep 60 & wait"))
    monkeypatch.setattr(ansible, "_SECONDS", 60)
    monkeypatch.setattr(ansible, "_LARGEST", 2**20)
    with pytest.raises(BadUsage, match="wrote more than 1 MiB"):
        read_inventory(script_in(tmp_path), program=program(tmp_path, "yes"))


def test_it_may_not_take_all_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansible, "_MOST_MEMORY", 256 * 2**20)
    greedy = program(tmp_path, "sleep 0.2; exec python3 -c 'x = bytes(2**30); print(chr(123) + chr(125))'")
    with pytest.raises(BadUsage, match="ansible-inventory: it ended with status 1"):
        read_inventory(script_in(tmp_path), program=greedy)
