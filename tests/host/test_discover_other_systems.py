"""The discovery's script where systemd, SELinux and AppArmor run: their files are put over this machine's own.

In a mount namespace of the test, with the content that proc(5), selinux(8) and apparmor(7) have it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.instance import view_of
from servers.discovery import UNPRIVILEGED, discovered, instance_of, process_of
from servers.need import need_root
from servers.nginx import main_config
from servers.ports import free_port
from servers.process import children

if TYPE_CHECKING:
    from collections.abc import Callable

    from servers.nginx import Nginx

SHOW = """#!/bin/sh
[ "$1 $2" = "show --no-pager" ] || exit 1
while [ "$1" != -- ]; do shift; done
printf 'MainPID=%s\\nProtectHome=yes\\nInaccessiblePaths=/srv/a b\\n' "$2"
"""


@pytest.fixture
def nginx(server_dir: Path, start_nginx: Callable[..., Nginx]) -> Nginx:
    need_root()
    return start_nginx(main_config(server_dir, f"server {{ listen 127.0.0.1:{free_port()}; }}"))


def over(*commands: str) -> tuple[str, ...]:
    """A shell in a mount namespace where these commands have run."""
    return ("unshare", "-m", "sh", "-ec", "; ".join((*commands, 'exec "$@"')), "sh")


def booted(folder: Path) -> str:
    """What makes the script take systemd for what booted the machine, with a systemctl of ours."""
    (folder / "systemctl").write_text(SHOW)
    (folder / "systemctl").chmod(0o755)
    return f"mount -t tmpfs none /run; mkdir -p /run/systemd/system; PATH={folder}:$PATH"


@pytest.mark.parametrize(
    ("groups", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("9:name=systemd:/system.slice/system-nginx.slice/nginx@a\\x2db.service\n0::/\n", "nginx@a\\x2db.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service\n", "user@1000.service"),
        ("2:cpu:/x.service\n0::/system.slice/docker-12ab.scope/nested.service\n", "docker-12ab.scope"),
        ("0::/system.slice/$(id) *.service\n", None),
        ("0::/\n", None),
    ],
)
def test_the_unit_and_its_sandbox(nginx: Nginx, server_dir: Path, groups: str, unit: str | None) -> None:
    (server_dir / "cgroup").write_text(groups)
    binds = [f"mount --bind {server_dir}/cgroup /proc/{pid}/cgroup" for pid in (nginx.pid, *children(nginx.pid))]
    machine = discovered(over(booted(server_dir), *binds))
    assert process_of(machine, nginx.pid).unit == unit
    assert all(worker.unit == unit for worker in instance_of(machine, nginx.pid).workers)
    if unit is not None:
        shown = next(one for one in machine.units if one.name == unit)
        assert shown.properties == (("MainPID", unit), ("ProtectHome", "yes"), ("InaccessiblePaths", "/srv/a b"))


def test_selinux_and_its_labels(nginx: Nginx, server_dir: Path) -> None:
    label = "system_u:system_r:httpd_t:s0"
    (server_dir / "current").write_bytes(label.encode() + b"\0")
    commands = [
        "mount -t tmpfs none /sys/fs", "mkdir -p /sys/fs/selinux/booleans", "printf 1 > /sys/fs/selinux/enforce",
        "printf '0 0' > /sys/fs/selinux/booleans/httpd_enable_homedirs",
        "printf '1 1' > /sys/fs/selinux/booleans/httpd_use_nfs",
        f"mount --bind {server_dir}/current /proc/{nginx.pid}/attr/current",
    ]  # fmt: skip
    machine = discovered((*over(*commands), *UNPRIVILEGED))
    assert machine.selinux == "enforcing"
    assert machine.booleans == (("httpd_enable_homedirs", False), ("httpd_use_nfs", True))
    assert process_of(machine, nginx.pid).label == label


def test_domains_that_were_made_permissive(nginx: Nginx) -> None:
    modules = "/var/lib/selinux/targeted/active/modules"
    commands = [
        "mount -t tmpfs none /var/lib", f"mkdir -p {modules}/disabled",
        f"touch {modules}/disabled/permissive_smbd_t",
        f"mkdir -p {modules}/400/permissive_httpd_t {modules}/400/permissive_smbd_t {modules}/100/apache",
    ]  # fmt: skip
    assert discovered(over(*commands)).permissive == ("httpd_t",)
    closed = (*commands, "chmod 700 /var/lib/selinux/targeted/active")
    assert discovered((*over(*closed), *UNPRIVILEGED)).permissive is None
    assert discovered(over("mount -t tmpfs none /var/lib")).permissive is None


def test_apparmor_and_its_profiles(nginx: Nginx, server_dir: Path) -> None:
    (server_dir / "current").write_text("nginx (enforce)\n")
    (server_dir / "profiles").write_text("nginx (enforce)\n/usr/sbin/mysqld (complain)\n")
    commands = [
        "mount -t tmpfs none /sys/kernel", "mkdir -p /sys/kernel/security/apparmor",
        f"cp {server_dir}/profiles /sys/kernel/security/apparmor/", "mount -t tmpfs none /sys/module",
        "mkdir -p /sys/module/apparmor/parameters", "echo Y > /sys/module/apparmor/parameters/enabled",
        f"mount --bind {server_dir}/current /proc/{nginx.pid}/attr/current",
    ]  # fmt: skip
    machine = discovered(over(*commands))
    assert machine.apparmor == (("nginx", "enforce"), ("/usr/sbin/mysqld", "complain"))
    assert process_of(machine, nginx.pid).label == "nginx (enforce)"
    machine = discovered((*over(*commands, "chmod 600 /sys/kernel/security/apparmor/profiles"), *UNPRIVILEGED))
    assert machine.apparmor == () and "the profiles of AppArmor" in dict(machine.not_seen)


def test_a_server_that_sees_other_files_is_reached_through_its_own_root(nginx: Nginx, server_dir: Path) -> None:
    machine = discovered()
    assert view_of(instance_of(machine, nginx.pid), machine.login) == ""
    elsewhere = discovered(over("mount -t tmpfs none /srv"))
    instance = instance_of(elsewhere, nginx.pid)
    assert view_of(instance, elsewhere.login) == f"/proc/{instance.workers[0].pid}/root"
