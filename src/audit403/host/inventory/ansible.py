"""Inventories as Ansible itself reads them: `ansible-inventory --list`, a program of its own, asked for JSON."""

import contextlib
import json
import os
import re
import resource
import select
import signal
import subprocess
import tempfile
import time
from typing import Any

from audit403.core.errors import BadUsage
from audit403.host.inventory.groups import ALL, Inventory

_SECONDS = 300
_LARGEST = 512 * 1024 * 1024
_MOST_ERRORS = 1024 * 1024
_AT_ONCE = 1024 * 1024
_ENVIRONMENT = {
    # What cannot be read is an error, and no inventory that says nothing.
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
    "ANSIBLE_NOCOLOR": "True",
    "ANSIBLE_FORCE_COLOR": "False",
    "LC_ALL": "C.UTF-8",
}
_MOST_MEMORY = 4 * 1024**3
_CAUSE = re.compile(r"^\[WARNING\]:\s+(?:\* )?Failed to parse .*?plugin: (.*)$", re.MULTILINE)
_ERROR = re.compile(r"^(?:\[ERROR\]:|ERROR!|error:)\s*(.*)$", re.MULTILINE)
_QUOTED_LINE = re.compile(r"(?:, got:| host definition ').*$")
"""Behind these words Ansible shows what it could not read, which may hold a password."""


class NotTaken(BadUsage):
    """What ansible-inventory refuses."""


def ask_ansible(program: str, path: str) -> Inventory:
    """The inventory as `ansible-inventory` tells it. Raises BadUsage."""
    try:
        data = json.loads(_output([program, "-i", path, "--list"]))
    except (ValueError, RecursionError):
        raise BadUsage("ansible-inventory answered with something else than JSON") from None
    inventory = Inventory()
    try:
        _fill(inventory, data)
        inventory.finish()
    except (AttributeError, KeyError, TypeError):
        raise BadUsage("ansible-inventory answered in a form that audit403 does not know") from None
    return inventory


def _fill(inventory: Inventory, data: dict[str, Any]) -> None:
    said = data.get("_meta", {}).get("hostvars", {})
    for name in _outer_first(data):
        group = data[name]
        inventory.add_group(name)
        for child in group.get("children", ()):
            inventory.add_child(name, child)
        for host in group.get("hosts", ()):
            inventory.add_host(host, name)
    for host in said:
        inventory.add_host(host)
        inventory.set_of_host(host, said[host])


def _outer_first(data: dict[str, Any]) -> list[str]:
    """The groups in the order in which they are named; the keys themselves are sorted."""
    ordered = [ALL] if ALL in data else []
    known = {"_meta", *ordered}
    for name in ordered:
        for child in data[name].get("children", ()):
            if child in data and child not in known:
                known.add(child)
                ordered.append(child)
    return [*ordered, *(name for name in data if name not in known)]


def _output(command: list[str]) -> bytes:
    """What the program writes, up to a bound, and within a time."""
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env={**os.environ, **_ENVIRONMENT}, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise BadUsage(f"ansible-inventory could not be started: {error.strerror}") from None
        try:
            _bound_memory(process.pid)
            output = _read(process)
            status = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            raise BadUsage(f"ansible-inventory took longer than {_SECONDS} seconds") from None
        finally:
            _end(process)
        if status:
            errors.seek(0)
            raise NotTaken(_said(errors.read(_MOST_ERRORS).decode("utf-8", "replace"), status))
        return output


def _read(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    late = time.monotonic() + _SECONDS
    pieces: list[bytes] = []
    size = 0
    while select.select([process.stdout], [], [], max(0, late - time.monotonic()))[0]:
        piece = os.read(process.stdout.fileno(), _AT_ONCE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST:
            raise BadUsage(f"ansible-inventory wrote more than {_LARGEST // 2**20} MiB")
    raise subprocess.TimeoutExpired(process.args, _SECONDS)


def _bound_memory(pid: int) -> None:
    """A range of a thousand million hosts has been seen to take all there is."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The program with all that it has started, as an inventory may be a script."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _said(errors: str, status: int) -> str:
    """Ansible's own words about what was wrong, in one line."""
    words = [found.strip() for found in (*_CAUSE.findall(errors), *_ERROR.findall(errors)) if found.strip()]
    said = _QUOTED_LINE.sub("", words[0]) if words else f"it ended with status {status}"
    return f"ansible-inventory: {said.rstrip('.')}"
