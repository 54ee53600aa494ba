"""Files are touched as the worker that runs may, whatever its account is called and has become since."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.apache import family as apache
from audit403.core.edit import GroupMemberEdit, ReloadEdit, TextEdit
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Process
from audit403.files.identity import Identity
from audit403.files.running import after, identity_of_process, user_of
from audit403.nginx import family as nginx
from files.worlds import SITE
from servers.apache import main_config as apache_config
from servers.discovery import discovered, instance_of, process_of
from servers.need import need, need_root
from servers.nginx import Nginx, main_config
from servers.ports import free_port
from servers.process import children
from servers.sandbox import in_own_mounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit403.core.family import Family, Site
    from servers.apache import Apache

ADM = 4
WORKER = Process(9, 1, "nginx", ("nginx: worker process",), 33, 33, frozenset({33}), 0)


def of_adm(server_dir: Path) -> Path:
    """A page for the group adm alone."""
    page = server_dir / "page.html"
    page.write_text("for adm\n")
    os.chown(page, 0, ADM)
    page.chmod(0o640)
    return page


def asked(port: int) -> Request:
    return Request("GET", "http", "site.example", port, "/page.html", "127.0.0.1")


def read(family: Family, main: Path, worker: Process, server_dir: Path) -> Site:
    return family.read(str(main), LocalEvidence(), Options(f"{server_dir}/", worker=worker))


def test_a_worker_gets_a_group_that_its_user_joined_when_it_is_reloaded(server_dir: Path) -> None:
    need_root()
    of_adm(server_dir)
    port = free_port()
    groups = server_dir / "group"
    groups.write_bytes(Path("/etc/group").read_bytes())
    conf = main_config(server_dir, f"server {{ listen 127.0.0.1:{port}; root {server_dir}; }}")
    within = in_own_mounts(("mount", "--bind", str(groups), "/etc/group"))
    with Nginx(server_dir, conf, within=within) as server:
        site = read(nginx, server.conf, instance_of(discovered(), server.pid).workers[0], server_dir)
        assert site.decide(asked(port)).verdict == "refused"
        assert server.client.get(port, "/page.html").status == 403
        joined = groups.read_text().replace("adm:x:4:", "adm:x:4:www-data", 1)
        with groups.open("r+") as file:
            file.write(joined)
        assert server.client.get(port, "/page.html").status == 403, "without a reload nothing changes"
        site = site.with_changes([GroupMemberEdit("www-data", "adm")])
        assert site.decide(asked(port)).status == 200
        before = children(server.pid)
        os.kill(server.pid, signal.SIGHUP)
        end = time.monotonic() + 10
        while set(children(server.pid)) & set(before) and time.monotonic() < end:
            time.sleep(0.01)
        assert server.client.get(port, "/page.html").status == 200
        worker = instance_of(discovered(), server.pid).workers[0]
        assert worker.groups == {33, ADM}
        assert read(nginx, server.conf, worker, server_dir).decide(asked(port)).status == 200


def test_groups_that_httpds_start_drops_are_dropped(server_dir: Path, start_apache: Callable[..., Apache]) -> None:
    """What systemd's SupplementaryGroups= gives the master is not what its children have."""
    need_root()
    of_adm(server_dir)
    port = free_port()
    granted = f"<Directory {server_dir}>\nRequire all granted\n</Directory>"
    body = f"Listen 127.0.0.1:{port}\nDocumentRoot {server_dir}\n{granted}"
    within = (need("setpriv"), "--groups", str(ADM))
    server = start_apache(apache_config(server_dir, body), within=within)
    assert process_of(discovered(), server.pid).groups == {ADM}
    worker = instance_of(discovered(), server.pid).workers[0]
    assert worker.groups == {33}
    assert server.client.get(port, "/page.html").status == 403
    assert read(apache, server.conf, worker, server_dir).decide(asked(port)).verdict == "refused"


def test_capabilities_of_a_process_count(server_dir: Path) -> None:
    need_root()
    page = of_adm(server_dir)
    page.chmod(0)
    port = free_port()
    conf = main_config(server_dir, f"server {{ listen 127.0.0.1:{port}; root {server_dir}; }}")
    (server_dir / "tmp").mkdir()
    subprocess.run(["chown", "-R", "www-data", server_dir], check=True)
    os.chown(page, 0, 0)
    ambient = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    within = (need("setpriv"), "--reuid=33", "--regid=33", "--clear-groups", *ambient)
    with Nginx(server_dir, conf, within=within) as server:
        worker = instance_of(discovered(), server.pid).workers[0]
        assert identity_of_process(worker) == Identity(33, 33, frozenset({33}), False, True, False)
        assert server.client.get(port, "/page.html").status == 200
        assert read(nginx, server.conf, worker, server_dir).decide(asked(port)).status == 200


def test_another_user_line_is_another_worker(server_dir: Path) -> None:
    """What a fix writes counts, and no longer who runs now."""
    need_root()
    of_adm(server_dir)
    port = free_port()
    conf = server_dir / "nginx.conf"
    conf.write_text(main_config(server_dir, f"server {{ listen 127.0.0.1:{port}; root {server_dir}; }}"))
    site = read(nginx, conf, WORKER, server_dir)
    start = conf.read_text().index("www-data")
    assert site.decide(asked(port)).verdict == "refused"
    edited = site.with_changes([TextEdit(str(conf), start, start + len("www-data"), "www-data adm")])
    assert edited.decide(asked(port)).status == 200


@pytest.mark.parametrize(("user", "groups"), [("www-data", {33, 1000}), ("ann", {33})])
def test_who_joins_a_group(user: str, groups: set[int]) -> None:
    edit = GroupMemberEdit(user, "ann")
    assert after(WORKER, [edit], SITE.with_changes([edit])).groups == groups


def test_a_reload_drops_what_the_account_has_not() -> None:
    assert after(WORKER._replace(groups=frozenset({33, 50})), [ReloadEdit("www-data")], SITE).groups == {33}


def test_a_user_without_an_account_is_a_number() -> None:
    assert user_of(SITE, WORKER._replace(uid=61234)) == "61234"
    assert user_of(SITE, WORKER) == "www-data"
