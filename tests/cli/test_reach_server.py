"""`audit403 reach` without a user: whom the servers here run as, held against the ids that their processes have."""

from __future__ import annotations

import grp
import io
import json
import os
import pwd
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from audit403.apache.family import read
from audit403.cli.main import main
from audit403.core.family import Options
from audit403.evidence.local import LocalEvidence
from audit403.files.identity import Identity, identity_of, numbered
from servers import apache, nginx
from servers.need import need_root
from servers.ports import free_port
from servers.process import children

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _asked(*arguments: str) -> list[dict[str, Any]]:
    said = io.StringIO()
    with redirect_stdout(said):
        main(["reach", "--format", "jsonl", *arguments])
    return [json.loads(line) for line in said.getvalue().splitlines()]


def _credentials(pid: int) -> tuple[int, int, list[int]]:
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        lines = dict(line.rstrip("\n").split(":", 1) for line in status)
    return int(lines["Uid"].split()[3]), int(lines["Gid"].split()[3]), sorted(map(int, lines["Groups"].split()))


def _group_with_others() -> str:
    """A group that is not the user's own; initgroups puts it beside those that name the user."""
    return next(group.gr_name for group in grp.getgrall() if group.gr_name in ("adm", "games", "mail"))


@pytest.mark.parametrize("user", ["www-data", "backup", "#33"])
def test_the_children_have_the_ids_that_reach_asks_with(
    server_dir: Path, start_apache: Callable[..., apache.Apache], user: str
) -> None:
    need_root()
    port = free_port()
    body = f"Listen 127.0.0.1:{port}\nUser {user}\nGroup {_group_with_others()}\n"
    server = start_apache(apache.main_config(server_dir, body))
    server.client.get(port, "/")  # the child that answers is no longer root
    site = read(str(server.conf), LocalEvidence(), Options())
    (runs_as,) = site.runs_as()
    assert runs_as.group is not None
    found = identity_of(LocalEvidence(), numbered(LocalEvidence(), runs_as.user), runs_as.group)
    assert isinstance(found, Identity)
    assert _credentials(server.workers()[0]) == (found.uid, found.gid, sorted(found.groups))


def test_a_user_out_of_the_environment(server_dir: Path) -> None:
    (server_dir / "envvars").write_text("export APACHE_RUN_USER=backup\nexport APACHE_RUN_GROUP=backup\n")
    (server_dir / "apache2.conf").write_text("User ${APACHE_RUN_USER}\nGroup ${APACHE_RUN_GROUP}\nListen 8080\n")
    (answer,) = _asked("/etc/shadow", "--server", "apache", "--config", str(server_dir / "apache2.conf"))
    assert (answer["user"], answer["verdict"]) == ("backup", "denied")


def test_every_instance_has_its_own_user(server_dir: Path) -> None:
    for user in ("www-data", "backup"):
        (server_dir / f"apache2-{user}").mkdir()
        main_file = server_dir / f"apache2-{user}/apache2.conf"
        main_file.write_text("User ${APACHE_RUN_USER}\nGroup ${APACHE_RUN_GROUP}\nListen 8080\n")
        (server_dir / f"apache2-{user}/envvars").write_text(
            f"APACHE_RUN_USER={user}\nexport APACHE_RUN_USER APACHE_RUN_GROUP={user}\n"
        )
        secret = server_dir / f"of-{user}"
        secret.write_text("x")
        secret.chmod(0o600)
        account = pwd.getpwnam(user)
        os.chown(secret, account.pw_uid, account.pw_gid)
    for user in ("www-data", "backup"):
        for other in ("www-data", "backup"):
            config = str(server_dir / f"apache2-{user}/apache2.conf")
            (answer,) = _asked(str(server_dir / f"of-{other}"), "--server", "apache", "--config", config)
            assert (answer["user"], answer["verdict"]) == (user, "allowed" if user == other else "denied")


def test_users_that_modules_change_to_are_asked_for_too(server_dir: Path) -> None:
    main_file = server_dir / "httpd.conf"
    main_file.write_text(
        "LoadModule mpm_itk_module modules/mpm_itk.so\nLoadModule suexec_module modules/mod_suexec.so\n"
        "User www-data\nGroup www-data\nListen 8080\n"
        "<VirtualHost *:8080>\nServerName a\nAssignUserID backup backup\nSuexecUserGroup games games\n</VirtualHost>\n"
    )
    answers = _asked("/", "--server", "apache", "--config", str(main_file))
    assert [(answer["user"], answer["what"]) for answer in answers] == [
        ("www-data", "httpd's children"),
        ("backup", "httpd's children, which mpm-itk has go on as this user"),
        ("games", "scripts that suexec starts"),
    ]


def test_nginx_workers_too(server_dir: Path, start_nginx: Callable[..., nginx.Nginx]) -> None:
    need_root()
    port = free_port()
    http = f"server {{ listen 127.0.0.1:{port}; }}"
    server = start_nginx(nginx.main_config(server_dir, http, user="backup"))
    server.client.get(port, "/")
    (answer,) = _asked(str(server_dir), "--config", str(server.conf), "--server", "nginx")
    assert answer["user"] == "backup"
    found = identity_of(LocalEvidence(), "backup")
    assert isinstance(found, Identity)
    worker = next(pid for pid in children(server.pid))
    assert _credentials(worker) == (found.uid, found.gid, sorted(found.groups))


def test_the_text_says_who_is_asked_for(server_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main_file = server_dir / "httpd.conf"
    main_file.write_text("Listen 8080\nUser www-data\nGroup www-data\n")
    assert main(["reach", "/etc/shadow", "--server", "apache", "--config", str(main_file)]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"www-data – httpd's children ({main_file}:2), in the groups www-data\ndenied: www-data ")


def test_a_user_and_a_server_are_not_asked_for_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", "/", "--as", "root", "--server", "nginx"]) == 2
    assert "reach asks for one" in capsys.readouterr().err
