"""Finding the programs that tests drive: skip when one is missing, fail when the run was told that it must be there."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

# A normal user's PATH on Debian has no sbin, and that is where servers live.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


class Program(NamedTuple):
    """One outside program: the Debian package that has it, and how it tells its version."""

    package: str
    version: tuple[str, ...]


PROGRAMS = {
    "ceph-mon": Program("ceph-mon", ("--version",)),
    "ceph-osd": Program("ceph-osd", ("--version",)),
    "radosgw": Program("radosgw", ("--version",)),
    "bash": Program("bash", ("--version",)),
    "busybox": Program("busybox", ()),
    "fish": Program("fish", ("--version",)),
    "nginx": Program("nginx-full", ("-v",)),
    "apache2": Program("apache2", ("-v",)),
    "htpasswd": Program("apache2-utils", ()),
    "openssl": Program("openssl", ("version",)),
    "mksh": Program("mksh", ("-c", "echo $KSH_VERSION")),
    "getfacl": Program("acl", ("--version",)),
    "setfacl": Program("acl", ("--version",)),
    "php-fpm8.2": Program("php8.2-fpm", ("-v",)),
    "setpriv": Program("util-linux", ("--version",)),
    "nsenter": Program("util-linux", ("--version",)),
    "unshare": Program("util-linux", ("--version",)),
    "ssh": Program("openssh-client", ("-V",)),
    "sshd": Program("openssh-server", ("-V",)),
    "tcsh": Program("tcsh", ("--version",)),
    "zsh": Program("zsh", ("--version",)),
}


def required() -> bool:
    """In CI a missing server is a failure: a run in which everything was skipped must never be green."""
    return os.environ.get("AUDIT403_REQUIRE_SERVERS") == "1" or os.environ.get("CI", "").lower() in {"1", "true"}


@cache
def find(name: str) -> str | None:
    """The path of a program, or None."""
    return shutil.which(name, path=SEARCH)


def need(name: str) -> str:
    """The path of a program; without it the test is skipped, or fails where it must not be missing."""
    path = find(name)
    return path if path else missing(name, PROGRAMS[name].package if name in PROGRAMS else name)


def need_nginx_module(name: str, package: str) -> str:
    """The path of a dynamic nginx module such as `ngx_http_geoip2_module`."""
    need("nginx")
    for folder in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules"):
        path = Path(folder) / f"{name}.so"
        if path.exists():
            return str(path)
    return missing(name, package)


def missing(name: str, package: str) -> str:
    reason = f"{name} is not installed (apt-get install {package})"
    if required():
        pytest.fail(reason + "; CI or AUDIT403_REQUIRE_SERVERS=1 makes this an error", pytrace=False)
    pytest.skip(reason + "; AUDIT403_REQUIRE_SERVERS=1 makes this an error")


@cache
def version(name: str) -> str:
    """The first line that a program says about its version."""
    path = find(name)
    if not path:
        return "not installed"
    said = subprocess.run([path, *PROGRAMS[name].version], capture_output=True, text=True, timeout=20, check=False)
    lines = (said.stdout + said.stderr).strip().splitlines()
    return lines[0] if lines else "?"


def report() -> list[str]:
    """What the header of a test run says about the outside programs."""
    return [f"{name}: {find(name)} ({version(name)})" if find(name) else f"{name}: missing" for name in PROGRAMS]


def need_root() -> None:
    """Skip a test that gives files to other users, or lets a server change to one."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to run the server's workers as another user")
