"""Rules about what only a running server shows: its worker's groups, against what its account and its unit say."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from audit403.apache import family as apache
from audit403.core.edit import GroupMemberEdit
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Unit
from audit403.nginx import family as nginx
from servers.apache import main_config as apache_config
from servers.discovery import discovered, instance_of
from servers.judged_site import OnMachine, findings_about
from servers.need import need_root
from servers.nginx import Nginx, main_config
from servers.ports import free_port
from servers.recorded_world import HTTPD, RecordedWorld
from servers.sandbox import in_own_mounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audit403.core.family import Site
    from audit403.core.finding import Finding
    from audit403.evidence.interface import Evidence
    from audit403.evidence.machine import Process

ADM = 4
RULE = "files/group-not-in-effect"


@pytest.fixture
def server(server_dir: Path, start_nginx: Callable[..., Nginx]) -> Nginx:
    """A site with a page for the group adm, which the worker is not in."""
    need_root()
    root = server_dir / "root"
    root.mkdir()
    (root / "index.html").write_text("home\n")
    (root / "adm.html").write_text("for adm\n")
    os.chown(root / "adm.html", 0, ADM)
    (root / "adm.html").chmod(0o640)
    http = f"server {{ listen 127.0.0.1:{free_port()}; server_name site.example; root {root}; }}"
    return start_nginx(main_config(server_dir, http))


def said(server: Nginx, evidence: Evidence, unit: str | None = None) -> Finding:
    """The one finding."""
    worker: Process = instance_of(discovered(), server.pid).workers[0]
    options = Options(f"{server.prefix}/", worker=worker._replace(unit=unit))
    (finding,) = findings_about(nginx.read(str(server.conf), evidence, options), "nginx")
    return finding


def test_a_user_that_joined_after_the_start(server: Nginx) -> None:
    finding = said(server, LocalEvidence().with_changes([GroupMemberEdit("www-data", "adm")]), unit="nginx.service")
    assert (finding.rule, finding.severity) == (RULE, "error")
    assert finding.message == (
        "/adm.html cannot be read by www-data: www-data is in the group adm, and the server took its groups before that"
    )
    assert finding.fix is not None and finding.fix.proven
    assert (finding.fix.summary, finding.fix.commands) == ("reload the server", ("systemctl reload nginx.service",))


def test_a_group_of_the_unit_that_workers_do_not_get(server: Nginx) -> None:
    machine = discovered()._replace(units=(Unit("n.service", (("SupplementaryGroups", "staff adm"),)),))
    finding = said(server, OnMachine(LocalEvidence(), machine), unit="n.service")
    assert finding.rule == RULE and "SupplementaryGroups=" in finding.message
    assert finding.fix is not None and finding.fix.proven
    assert finding.fix.commands == ("usermod -aG adm www-data", "systemctl reload n.service")


def test_a_group_that_nothing_gives(server: Nginx) -> None:
    assert said(server, LocalEvidence()).rule == "files/file-unreadable"


@pytest.mark.parametrize(("count", "word"), [(2, "setfacl"), (9, "find")])
def test_commands_name_files_as_everybody_else_sees_them(server_dir: Path, count: int, word: str) -> None:
    need_root()
    root, data = server_dir / "site", server_dir / "data"
    for folder in (root, data, data / "in"):
        folder.mkdir()
    pages = [data / f"in/{number}.jpg" for number in range(count)]
    for page in (data / "index.html", *pages):
        page.write_text("page\n")
    for page in pages:
        page.chmod(0o600)
    port = free_port()
    conf = main_config(server_dir, f"server {{ listen 127.0.0.1:{port}; root {root}; }}")
    nginx_here = Nginx(server_dir, conf)
    nginx_here.within = in_own_mounts(("mount", "--bind", str(data), str(root)))
    with nginx_here as server:
        machine = discovered()
        options = Options(f"{server.prefix}/", worker=instance_of(machine, server.pid).workers[0])
        (finding,) = findings_about(nginx.read(str(server.conf), OnMachine(LocalEvidence(), machine), options), "nginx")
        assert finding.fix is not None and finding.fix.proven
        assert f"{data}, which the server sees as {root}" in finding.fix.summary
        (command,) = finding.fix.commands
        assert command.startswith(word) and server.client.get(port, "/in/1.jpg").status == 403
        subprocess.run(["sh", "-c", command], check=True)
        assert {server.client.get(port, f"/in/{page.name}").status for page in pages} == {200}


@pytest.mark.parametrize("family", ["nginx", "apache"])
def test_explain_says_what_refuses_whatever_the_modes_say(server_dir: Path, family: str) -> None:
    page = server_dir / "root/a.html"
    page.parent.mkdir()
    page.write_text("a page")
    world, worker = RecordedWorld("enforcing", HTTPD, (), ((str(page), "user_tmp_t"),)).seen()
    conf = server_dir / "server.conf"
    root = page.parent
    if family == "nginx":
        conf.write_text(main_config(server_dir, f"server {{ listen 127.0.0.1:80; root {root}; }}"))
        site: Site = nginx.read(str(conf), world, Options(f"{server_dir}/", worker=worker))
    else:
        granted = f"<Directory {root}>\nRequire all granted\n</Directory>"
        conf.write_text(apache_config(server_dir, f"Listen 127.0.0.1:80\nDocumentRoot {root}\n{granted}"))
        site = apache.read(str(conf), world, Options(str(server_dir), worker=worker))
    decision = site.decide(Request("GET", "http", "site.example", 80, "/a.html", "127.0.0.1"))
    assert decision.verdict == "refused"
    assert any("SELinux" in link.message and "user_tmp_t" in link.message for link in decision.because)
