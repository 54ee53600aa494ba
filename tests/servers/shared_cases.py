"""Real 403s, laid out as they were found and as they were fixed: ours, and those of ../shared/cases.

AUDIT403_SHARED says where the latter are.

`for case in shared_cases("nginx"): with lay_out(case, "broken") as world: …`
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from .apache import Apache
from .need import need
from .nginx import Nginx
from .ports import free_ports
from .process import server_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .http import Client, Response

State = Literal["broken", "fixed"]

SHARED = Path(os.environ.get("AUDIT403_SHARED") or Path(__file__).resolve().parents[3] / "shared")
CASES = SHARED / "cases"
OWN = Path(__file__).resolve().parents[1] / "conformance"

# Another program than the server refuses here, and neither configuration nor files say so.
BEYOND = ("waf.", "phpfpm.", "upstream.", "edge.", "fs.selinux")
_PROGRAMS = {"nginx": "nginx", "apache": "apache2"}
NOT_CONFIGURATION = {"setup.sh", "fix.sh", "case.json"}


class SharedCase(NamedTuple):
    """One case; `kind` is the folder that it lies in, `reported` or `classic`, and they are laid out differently."""

    id: str
    kind: str
    folder: Path
    data: dict[str, Any]

    @property
    def cause(self) -> str:
        return str(self.data.get("cause", ""))

    @property
    def decided_here(self) -> bool:
        """Whether configuration and files decide it."""
        return not self.cause.startswith(BEYOND)

    @property
    def needs_programs(self) -> bool:
        """Whether the real server needs another program, or a module that is not installed, to be what it was."""
        others = ("php-fpm.conf", "upstream.py", "modsec")
        return not self.decided_here or any((self.folder / name).exists() for name in others)


class SharedRequest(NamedTuple):
    """One request, and the status that the real server gave it in this state."""

    method: str
    target: str
    headers: dict[str, str]  # with Host
    client: str
    port: int
    body: bytes
    expected: int

    def for_explain(self, number: int) -> dict[str, Any]:
        """As a line of `audit403 explain --requests`."""
        host = "[::1]" if ":" in self.client else "127.0.0.1"
        line: dict[str, Any] = {
            "id": number,
            "method": self.method,
            "url": f"http://{host}:{self.port}{self.target}",
            "client": self.client,
            "headers": self.headers,
        }
        return line | ({"body_length": len(self.body)} if self.body else {})

    def send(self, client: Client) -> Response:
        """Send it to the real server."""
        headers = dict(self.headers)
        if self.method in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = str(len(self.body))
        return client.ask(self.port, self.method, self.target, headers, source=self.client, body=self.body)


class World(NamedTuple):
    """A case as laid out: what the server is started with, and what it is asked."""

    case: SharedCase
    state: State
    main: Path
    prefix: Path
    error_log: Path
    ports: dict[str, int]
    requests: list[SharedRequest]
    within: list[str]
    """What to put before a command for it to see the files as the server does, where a service is sandboxed."""

    def server(self) -> Nginx | Apache:
        """The real server with the configuration as it now lies there."""
        need(_PROGRAMS[self.case.data["server"]])
        server_class = Nginx if self.case.data["server"] == "nginx" else Apache
        return server_class(self.prefix, self.main, error_log=self.error_log, within=self.within)


def shared_cases(server: str) -> list[SharedCase]:
    """All cases of a server that were reproduced; of the shared ones none where their folder is not there."""
    found = []
    for path in sorted([*CASES.glob("*/*/case.json"), *OWN.glob("*/*/case.json")]):
        data = json.loads(path.read_text())
        if data["server"] == server and data.get("reproducible") is not False:
            found.append(SharedCase(path.parent.name, path.parent.parent.name, path.parent, data))
    return found


@contextlib.contextmanager
def lay_out(case: SharedCase, state: State) -> Iterator[World]:
    """Build the case in one of its states (as root: it has files of other users)."""
    with server_directory() as top:
        yield (_lay_out_classic if case.kind == "classic" else _lay_out_reported)(case, state, top)


def _run(script: Path, *arguments: object) -> None:
    shell = "bash" if script.read_bytes().startswith(b"#!/bin/bash") else "sh"
    command = [shell, str(script), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, umask=0o022, check=False)
    if result.returncode:
        raise RuntimeError(f"{script}: {result.stderr}")


def _lay_out_classic(case: SharedCase, state: State, top: Path) -> World:
    (port,) = free_ports(1)
    _run(case.folder / "setup.sh", top, port)
    if state == "fixed":
        _run(case.folder / "fix.sh", top, port)
    requests = [
        SharedRequest(
            request["method"], request["path"], request["headers"], "127.0.0.1", port, b"",
            request["expect_status" if state == "broken" else "expect_after_fix"],
        )
        for request in case.data["requests"]
    ]  # fmt: skip
    main = top / case.data["main_config"]
    return World(case, state, main, top, top / "log/error.log", {"PORT": port}, requests, [])


def _lay_out_reported(case: SharedCase, state: State, top: Path) -> World:
    root, conf, run = top / case.id, top / f"{case.id}.conf", top / case.id / "_run"
    for folder in (root, conf, run):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    ports = dict(zip(("PORT", "PORT2", "UPSTREAM"), free_ports(3), strict=True))
    _run(case.folder / "setup.sh", root)
    _render(
        case.folder, conf, {"@ROOT@": str(root), "@CONF@": str(conf)} | {f"@{k}@": str(v) for k, v in ports.items()}
    )
    main = conf / case.data["config"]
    if state == "fixed":
        _run(case.folder / "fix.sh", root, main)
    requests = [_reported_request(case, state, ports, request) for request in case.data["requests"]]
    hidden = [folder.replace("@ROOT@", str(root)) for folder in case.data.get("sandbox_hides", [])]
    within = _hide(hidden) if hidden and state == "broken" else []
    return World(case, state, main, run, run / "error.log", ports, requests, within)


def _reported_request(case: SharedCase, state: State, ports: dict[str, int], data: dict[str, Any]) -> SharedRequest:
    client = data.get("client_ip")
    if state == "broken":
        expected = data["expect_status"]
    else:
        client = data.get("fixed_client_ip", client)
        expected = data.get("fixed_expect_status", case.data.get("fixed_expect_status", 200))
    return SharedRequest(
        data.get("method", "GET"), data["path"], {"Host": data.get("host", "localhost")} | (data.get("headers") or {}),
        client or "127.0.0.1", ports["PORT2" if data.get("port") == "PORT2" else "PORT"],
        (data.get("body") or "").encode(), expected,
    )  # fmt: skip


def _render(source: Path, target: Path, words: dict[str, str]) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
    for path in target.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
        elif path.parent == target and path.name in NOT_CONFIGURATION:
            path.unlink()
        else:
            text = path.read_text()
            for word, value in words.items():
                text = text.replace(word, value)
            path.write_text(text)
            path.chmod(0o644)


def _hide(folders: list[str]) -> list[str]:
    """What ProtectHome=true does to a service: an empty directory of mode 0000 lies over each."""
    unshare = ["unshare", "-m", "--propagation", "private"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a sandboxed service needs mount namespaces, which this machine (a container?) does not give")
    mounts = " && ".join(f"mount -t tmpfs -o mode=0000,ro tmpfs '{folder}'" for folder in folders)
    return [*unshare, "sh", "-c", f'{mounts} && exec "$@"', "sh"]
