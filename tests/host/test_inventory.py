"""Inventories as they are read without Ansible: plain lists, INI, YAML, folders; expected is what Ansible says."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from audit403.core.errors import BadUsage
from audit403.host.inventory.read import read_inventory
from audit403.host.ssh_settings import Target

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.host.inventory.target import HostTarget

INI = """\
mail.example.com
# a comment
[web]
web[01:03].example ansible_user=deploy  # a comment
[db]
db-[a:c]:2222
db-a ansible_port=2200 ansible_password=hunter2
[prod:children]
web
db
[prod:vars]
ansible_user='prod user'
ansible_ssh_private_key_file=/keys/prod
ansible_ssh_common_args='-o ProxyJump=bastion -o StrictHostKeyChecking=no'
[db:vars]
ansible_host={{ inventory_hostname_short }}.db.local
ansible_ssh_pass=hunter2
"""
YAML = """\
all:
  hosts:
    mail.example.com:
  children:
    web:
      hosts:
        web[1:2]:
          ansible_host: 10.0.0.1
          ansible_password: hunter2
          ansible_become_pass: !vault |
            $ANSIBLE_VAULT;1.1;AES256
            6162
      vars: {ansible_port: 2222}
      children:
        canary: {hosts: {web2: {}}, vars: {ansible_port: 22, ansible_user: root}}
"""


def by_name(path: Path, limit: str | None = None) -> dict[str, HostTarget]:
    return {target.name: target for target in read_inventory(str(path), limit, program="")}


def written(folder: Path, text: str, name: str = "hosts") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def fault_of(folder: Path, text: str, name: str = "hosts") -> str:
    with pytest.raises(BadUsage) as raised:
        by_name(written(folder, text, name))
    said = str(raised.value)
    assert said.startswith(str(folder)) and said.endswith(".") and "\n" not in said
    return said.removeprefix(str(folder)).removeprefix(f"/{name}").lstrip(": ")


def test_a_plain_list(tmp_path: Path) -> None:
    found = by_name(
        written(tmp_path, "# mine\nweb1\nroot@web2:2222 # the second\n\n[fe80::1]:22\n2001:db8::7\nlocal\n")
    )
    assert {name: target.ssh for name, target in found.items()} == {
        "web1": Target("web1", None, None),
        "root@web2:2222": Target("web2", "root", 2222),
        "[fe80::1]:22": Target("fe80::1", None, 22),
        "2001:db8::7": Target("2001:db8::7", None, None),
        "local": None,
    }


def test_a_plain_list_is_never_ansibles_business(tmp_path: Path) -> None:
    path = written(tmp_path, "root@web2:2222\n")
    assert read_inventory(str(path), program="/nonexistent")[0].ssh == Target("web2", "root", 2222)


def test_standard_input_is_a_list_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"web1\nweb2\n")))
    assert [target.name for target in read_inventory("-", program="")] == ["web1", "web2"]


def test_ini(tmp_path: Path) -> None:
    found = by_name(written(tmp_path, INI))
    assert list(found) == [
        "mail.example.com",
        "web01.example",
        "web02.example",
        "web03.example",
        "db-a",
        "db-b",
        "db-c",
    ]
    web, db = found["web02.example"], found["db-b"]
    assert (web.ssh, web.groups) == (Target("web02.example", "deploy", None), ("prod", "web"))
    assert (web.identity_file, web.proxy_jump, web.proxy_command) == ("/keys/prod", "bastion", None)
    assert (db.ssh, db.groups) == (Target("db-b.db.local", "prod user", 2222), ("db", "prod"))
    assert found["db-a"].ssh == Target("db-a.db.local", "prod user", 2200)
    assert found["mail.example.com"] == found["mail.example.com"]._replace(groups=(), identity_file=None, fault=None)


def test_yaml(tmp_path: Path) -> None:
    found = by_name(written(tmp_path, YAML, "hosts.yml"))
    assert {name: target.ssh for name, target in found.items()} == {
        "mail.example.com": Target("mail.example.com", None, None),
        "web1": Target("10.0.0.1", None, 2222),
        "web2": Target("10.0.0.1", "root", 22),
    }
    assert found["web2"].groups == ("canary", "web")


@pytest.mark.parametrize(("name", "text"), [("hosts", INI), ("hosts.yml", YAML)])
def test_no_password_is_ever_taken(tmp_path: Path, name: str, text: str) -> None:
    assert "hunter2" not in repr(read_inventory(str(written(tmp_path, text, name)), program=""))


def test_json_is_yaml(tmp_path: Path) -> None:
    text = '{"web": {"hosts": {"a": {"ansible_host": "10.0.0.9"}}}}'
    assert by_name(written(tmp_path, text))["a"].ssh == Target("10.0.0.9", None, None)


def test_files_of_variables_beside_an_inventory(tmp_path: Path) -> None:
    path = written(tmp_path, "[web]\nweb1\nweb2 ansible_user=here\n[web:vars]\nansible_user=group\nansible_port=1\n")
    written(tmp_path, "ansible_user: everybody\nansible_port: 2\n", "group_vars/all.yml")
    written(tmp_path, "ansible_port: 3\n", "group_vars/web/main.yml")
    written(tmp_path, "ansible_port: 4\n", "group_vars/web/zz.yml")
    written(tmp_path, "ansible_port: 5\n", "group_vars/web/zz.yml~")
    written(tmp_path, "ansible_host: 10.0.0.2\n", "host_vars/web2")
    found = by_name(path)
    assert found["web1"].ssh == Target("web1", "everybody", 4)
    assert found["web2"].ssh == Target("10.0.0.2", "here", 4)


def test_a_folder_is_read_in_the_order_of_its_files(tmp_path: Path) -> None:
    written(tmp_path, "[web]\nweb1 ansible_port=1\n", "inv/1-first")
    written(tmp_path, "web:\n  hosts: {web1: {ansible_port: 2}, web2: }\n", "inv/2-second.yml")
    written(tmp_path, "[web]\nweb1 ansible_port=3\n", "inv/3-third.bak")
    written(tmp_path, "ansible_user: root\n", "inv/group_vars/web")
    found = by_name(tmp_path / "inv")
    assert {name: target.ssh for name, target in found.items()} == {
        "web1": Target("web1", "root", 2),
        "web2": Target("web2", "root", None),
    }


@pytest.mark.parametrize(
    ("variables", "target"),
    [
        ("ansible_port=22 ansible_ssh_port=23", Target("h", None, 23)),
        ("ansible_user=a ansible_ssh_user=b", Target("h", "b", None)),
        ("ansible_host=10.0.0.1 ansible_ssh_host=None", Target("10.0.0.1", None, None)),
        ("ansible_port='\"22\"'", Target("h", None, 22)),
        ("ansible_port=0x16", Target("h", None, 22)),
        ("ansible_host=fe80::1 ansible_port=22", Target("fe80::1", None, 22)),
        ("ansible_host='{{ n }}.{{ d }}' n='{{ inventory_hostname }}' d=x.org", Target("h.x.org", None, None)),
    ],
)  # fmt: skip
def test_what_leads_to_a_host(tmp_path: Path, variables: str, target: Target) -> None:
    assert by_name(written(tmp_path, f"[g]\nh {variables}\n"))["h"] == by_name(tmp_path / "hosts")["h"]._replace(
        ssh=target, fault=None
    )


def test_ways_through_other_hosts(tmp_path: Path) -> None:
    arguments = (
        "-J a,b", "-Jb", "-o 'ProxyJump b'", "-C -oProxyCommand='nc %h %p'", "-o ControlPersist=60s -o proxyjump=x -J y"
    )  # fmt: skip
    lines = [f'h{number} ansible_ssh_common_args="{each}"' for number, each in enumerate(arguments)]
    found = by_name(written(tmp_path, "[g]\n" + "\n".join(lines)))
    assert [(target.proxy_jump, target.proxy_command) for target in found.values()] == [
        ("a,b", None), ("b", None), ("b", None), (None, "nc %h %p"), ("x", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ("ansible_connection=winrm", "its ansible_connection is 'winrm'"),
        ("ansible_host='{{ lookup(\"x\") }}'", "its ansible_host is a template that only Ansible can fill in"),
        ("ansible_host='{{ nobody }}'", "asks for nobody"),
        ("ansible_host='{{ ansible_password }}' ansible_password=hunter2", "asks for ansible_password"),
        ("ansible_host='{{ a }}' a='{{ ansible_host }}'", "have no end"),
        ("ansible_port=99999", "is no host"),
        ("ansible_host=-oProxyCommand=id", "is no host"),
        ("ansible_host='$(id)'", "is no host"),
        ("ansible_user='a;b'", "is no name of a user"),
        ('ansible_ssh_common_args="-o \'x"', "a quotation mark in its ansible_ssh_common_args has no partner"),
        ("ansible_user='[1,2]'", "its ansible_user is no text"),
    ],
)
def test_a_host_that_cannot_be_reached_leaves_the_others(tmp_path: Path, variables: str, words: str) -> None:
    found = by_name(written(tmp_path, f"[g]\nbad {variables}\ngood\n"))
    assert words in (found["bad"].fault or "") and "hunter2" not in (found["bad"].fault or "")
    assert found["bad"].ssh is None and found["bad"].groups == ("g",)
    assert found["good"].fault is None


def test_vaulted_values_matter_where_they_lead_to_the_host(tmp_path: Path) -> None:
    vaulted = "!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162\n"
    text = f"all:\n  hosts:\n    a:\n      ansible_host: {vaulted}    b:\n      ansible_password: {vaulted}"
    found = by_name(written(tmp_path, text, "h.yml"))
    assert "its ansible_host is encrypted with Ansible's vault" in (found["a"].fault or "")
    assert found["b"].fault is None


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("hosts", "[a:children]\nb\n[b:children]\na\n", "its groups form a circle: a in b in a."),
        ("hosts", "[a:children]\nb\n", "line 2: there is no group b."),
        ("hosts", "[b:vars]\nx=1\n", "line 1: there is no group b."),
        ("hosts", "[a]\nh ansible_password=hunter2 x\n", "line 2: what follows the name of a host is name=value"),
        ("hosts", "[a]\nh ansible_password='hunter2\n", "line 2: a quotation mark has no partner."),
        ("hosts", "[a]\n[a b]\n", "line 2: a section is [group], [group:children] or [group:vars], without spaces."),
        ("hosts", "[a:hunter]\nh\n", "line 1: a section is [group], [group:children] or [group:vars]."),
        ("hosts", "[a]\nh:\n", "line 2: a name ends in a colon, and no port follows."),
        ("hosts", "[a]\nh[1:1000000000]\n", "line 2: 'h[1:1000000000]' stands for more than 100,000 hosts."),
        ("hosts", "[a]\nh[1:999][1:999]\n", "hosts."),
        ("hosts", "web1 hunter2\n", "line 1: a line of a plain list is [user@]host[:port] and nothing more."),
        ("hosts", "#\n-oProxyCommand\n", "line 2: '-oProxyCommand' is no host"),
        ("hosts", "#!/bin/sh\necho {}\n", "it is a program that makes an inventory: install ansible"),
        ("hosts", "$ANSIBLE_VAULT;1.1;AES256\n61\n", "it is encrypted with Ansible's vault: install ansible"),
        ("hosts.toml", "[all.hosts]\na={}\n", "it is an inventory in TOML: install ansible"),
        ("h.yml", "plugin: aws_ec2\n", "it is the configuration of an inventory plugin: install ansible"),
        ("h.yml", "a: [1\n", "line 2: did not find expected"),
        ("h.yml", "a: " + "[" * 100_000, "it is nested too deep."),
        ("h.yml", "all: &a\n  children:\n    x: *a\n", "its groups are nested too deep."),
        ("h.yml", "- a\n", "a YAML inventory is a mapping of groups."),
        ("h.yml", "all: {hosts: {1: }}\n", "the name of a host is no text: numbers need quotation marks."),
        ("h.yml", "all: {hosts: [a]}\n", "the hosts of the group all are no mapping."),
        ("h.yml", "all: {hosts: {a: 5}}\n", "what is said of a host of the group all is no mapping."),
        ("h.yml", "all: {hosts: {a: {b: 2024-13-45}}}\n", "it is not plain YAML."),
        ("h.yml", "all: {hosts: {a: !!python/object/apply:os.system [id]}}\n", "line 1: could not determine"),
        ("hosts", "a\0b\n", "it is no text."),
        ("hosts", "", "names no host."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_plain_sentence(tmp_path: Path, name: str, text: str, words: str) -> None:
    said = fault_of(tmp_path, text, name)
    assert words in said
    assert "hunter2" not in said


def test_aliases_and_merged_keys_have_an_end(tmp_path: Path) -> None:
    doubled = "".join(f"g{n}: &g{n} {{children: {{p: *g{n - 1}, q: *g{n - 1}}}}}\n" for n in range(1, 40))
    assert fault_of(tmp_path, "g0: &g0 {hosts: {h: }}\n" + doubled, "h.yml") == "it repeats its groups without end."
    merged = "".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20))
    said = fault_of(tmp_path, "a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(20)) + "}\n" + merged, "h.yml")
    assert "its merged keys have no end" in said


def test_templates_have_an_end(tmp_path: Path) -> None:
    each = " ".join(f"a{n}='{f'{{{{ a{n + 1} }}}}' * 100}'" for n in range(9))
    found = by_name(written(tmp_path, f"[g]\nh ansible_host='{{{{ a0 }}}}' {each} a9=x\n"))
    assert "have no end" in (found["h"].fault or "")


def test_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="there is no such file or folder"):
        by_name(tmp_path / "none")


def test_names_that_are_no_text_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(b"[w]\n\xff\xfe\nok\n")
    found = by_name(path)
    assert [target.fault is None for target in found.values()] == [False, True]
