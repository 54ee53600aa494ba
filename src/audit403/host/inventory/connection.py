"""From Ansible's variables to the way to a host. Passwords are never looked at.

Truth: the options of ansible's plugins/connection/ssh.py, of whose several variables the last that is there counts.
"""

import ast
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.host.inventory.groups import ALL, UNGROUPED
from audit403.host.inventory.ini import Unread
from audit403.host.inventory.target import HostTarget
from audit403.host.inventory.yaml_form import Vaulted
from audit403.host.ssh_settings import SshError, Target, parse_target

_HOST = ("ansible_host", "ansible_ssh_host")
_PORT = ("ansible_port", "ansible_ssh_port")
_USER = ("ansible_user", "ansible_ssh_user")
_KEY = ("ansible_private_key_file", "ansible_ssh_private_key_file")
_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_CONNECTION = ("ansible_connection",)
_SSH = ("ssh", "smart", "paramiko", "paramiko_ssh", "libssh")
_TEMPLATE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_AS_IT_IS = re.compile(r"[A-Za-z/~_.][\w./@:~-]*")
_ADDRESS = re.compile(r"[\d.]+|[\da-fA-F:.]*:[\da-fA-F:.]*")
_NO_TEXT = ("None", "True", "False")
_FIRST_GAP = re.compile(r"\s*=\s*|\s+")
_DEEPEST = 10
_MOST_FILLINGS = 1_000


class _Fault(Exception):
    """Why there is no way to a host, in words."""


def target_of(name: str, variables: Mapping[str, Any], groups: Iterable[str]) -> HostTarget:
    """The way to a host of an inventory; what cannot be gone has its fault."""
    shown = tuple(sorted(one for one in groups if one not in (ALL, UNGROUPED)))
    try:
        return _target(name, _Said(name, variables))._replace(groups=shown)
    except _Fault as fault:
        return HostTarget(name, None, groups=shown, fault=str(fault))


def _target(name: str, said: "_Said") -> HostTarget:
    connection = (said.text(_CONNECTION) or "ssh").rpartition(".")[2]
    if connection == "local":
        return HostTarget(name, None)
    if connection not in _SSH:
        raise _Fault(f"its ansible_connection is {connection!r}, and audit403 goes by ssh or local")
    way = _proxy(said)
    key = said.text(_KEY)
    identity_file = os.path.expanduser(key) if key else None
    return HostTarget(name, _ssh_target(name, said), identity_file, way.jump, way.command)


def _ssh_target(name: str, said: "_Said") -> Target:
    host, user, port = said.text(_HOST) or name, said.text(_USER), said.text(_PORT)
    text = f"[{host}]" if ":" in host else host
    text = f"{user}@{text}" if user else text
    try:
        return parse_target(f"{text}:{port}" if port else text)
    except SshError as error:
        raise _Fault(str(error)) from None


class _Proxy(NamedTuple):
    jump: str | None
    command: str | None


def _proxy(said: "_Said") -> _Proxy:
    """The hops and the command of ssh's arguments; whatever else stands there is ssh's own affair."""
    options: dict[str, str] = {}
    for name in _ARGUMENTS:
        words = _words(name, said.text((name,)) or "")
        while words:
            word = words.pop(0)
            if word in ("-o", "-J") and words:
                word += words.pop(0)
            if word.startswith("-J"):
                options.setdefault("proxyjump", word[2:])
            elif word.startswith("-o"):
                key, _, value = _FIRST_GAP.sub("=", word[2:].strip(), count=1).partition("=")
                options.setdefault(key.lower(), value)
    return _Proxy(options.get("proxyjump"), options.get("proxycommand"))


def _words(name: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise _Fault(f"a quotation mark in its {name} has no partner") from None


class _Said:
    """The variables of one host as texts, with the plain templates in them filled in."""

    def __init__(self, name: str, variables: Mapping[str, Any]) -> None:
        short = name if _ADDRESS.fullmatch(name) else name.partition(".")[0]
        own = {"inventory_hostname": name, "inventory_hostname_short": short}
        self._variables = {**variables, **own}
        self._fillings = 0

    def text(self, names: Iterable[str]) -> str | None:
        """The last of these that is there."""
        found = None
        for name in names:
            value = self._value(name, 0)
            found = value if value is not None else found
        return found

    def _value(self, name: str, depth: int) -> str | None:
        value = self._variables.get(name)
        if isinstance(value, Vaulted) or (isinstance(value, dict) and "__ansible_vault" in value):
            raise _Fault(f"its {name} is encrypted with Ansible's vault: install ansible, and have it read the vault")
        if isinstance(value, Unread):
            value = read_value(value)
        if value is None:
            return None
        if not isinstance(value, (str, int, float)):
            raise _Fault(f"its {name} is no text")
        return self._filled(name, str(value), depth)

    def _filled(self, name: str, text: str, depth: int) -> str:
        if not any(mark in text for mark in ("{{", "{%", "{#")):
            return text
        self._fillings += 1
        if depth > _DEEPEST or self._fillings > _MOST_FILLINGS:
            raise _Fault(f"the templates of its {name} have no end")

        def fill(found: re.Match[str]) -> str:
            value = None if "pass" in found[1].lower() else self._value(found[1], depth + 1)
            if value is None:
                raise _Fault(f"the template of its {name} asks for {found[1]}, which the inventory does not say")
            return value

        filled = _TEMPLATE.sub(fill, text)
        if any(mark in filled for mark in ("{{", "{%", "{#")):
            raise _Fault(f"its {name} is a template that only Ansible can fill in: give the value itself")
        return filled


def read_value(text: str) -> Any:
    """A value of the INI form: a number, a text or a list as Python writes them, else the text itself."""
    if text not in _NO_TEXT and _AS_IT_IS.fullmatch(text):
        return str(text)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return str(text)
