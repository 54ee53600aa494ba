"""`audit403 host` and how servers were started: by an ordinary user, and with directives on the command line."""

from __future__ import annotations

import tempfile
from pathlib import Path

from servers.apache import load_modules
from servers.broken_host import APACHE, AUDIT, MODULES, NGINX, findings_of
from servers.need import need, need_root
from servers.own_processes import OwnProcesses
from servers.ports import free_port

LOGIN = "games"


def test_a_server_that_an_ordinary_user_started() -> None:
    need_root()
    with tempfile.TemporaryDirectory(prefix="audit403-") as name, OwnProcesses() as place:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        for page, owner, mode in (("own.html", LOGIN, "600"), ("index.html", "root:www-data", "640")):
            place.run("sh", "-c", f"mkdir -p {folder}/site {folder}/run; echo hello >{folder}/site/{page}")
            place.run("sh", "-c", f"cd {folder}/site; chown {owner} {page}; chmod {mode} {page}; chown {LOGIN} ../run")
        text = NGINX.format(folder=folder, port=port).replace(f"{folder}/nginx.", f"{folder}/run/nginx.")
        temporary = "".join(f"{kind}_temp_path {folder}/run;" for kind in ("client_body", "proxy", "fastcgi"))
        temporary += "".join(f"{kind}_temp_path {folder}/run;" for kind in ("uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(text.replace("http {", f"http {{ {temporary}"))
        become = f"setpriv --reuid={LOGIN} --regid={LOGIN} --clear-groups"
        place.start_daemon(f"{become} {need('nginx')} -c {folder}/nginx.conf", folder / "run" / "nginx.pid")
        done = place.run(*AUDIT, "host", "local", check=False)
        assert f"started by {LOGIN}, not by root" in done.stdout, done.stdout
        report = findings_of(place.run(*AUDIT, "host", "local", "--format", "json", check=False).stdout)
        refused = {one["where"]["path"] for one in report["findings"] if one["rule"] == "files/file-unreadable"}
        assert refused == {f"{folder}/site/index.html"}
        assert all(LOGIN in one["message"] for one in report["findings"] if one["rule"] == "files/file-unreadable")


def test_directives_of_the_command_line_are_looked_at_or_named() -> None:
    need_root()
    with tempfile.TemporaryDirectory(prefix="audit403-") as name, OwnProcesses() as place:
        folder = Path(name)
        folder.chmod(0o755)
        for site in ("site", "other"):
            (folder / site).mkdir()
            (folder / site / "index.html").write_text("hello")
        (folder / "site" / "index.html").chmod(0o640)
        values = {"folder": folder, "modules": load_modules(MODULES)}
        (folder / "nginx.conf").write_text(NGINX.format(port=free_port(), **values).replace("user www-data;", ""))
        (folder / "httpd.conf").write_text(APACHE.format(port=free_port(), **values))
        directives = "user games; worker_processes 1; worker_rlimit_nofile 99; include /dev/null;"
        place.start_daemon(f"{need('nginx')} -c {folder}/nginx.conf -g '{directives}'", folder / "nginx.pid")
        beside = "-C 'LogLevel warn' -c 'UseCanonicalName On'"
        place.start_daemon(f"{need('apache2')} {beside} -f {folder}/httpd.conf", folder / "httpd.pid")
        report = findings_of(place.run(*AUDIT, "host", "local", "--format", "json", check=False).stdout)
        assert {(one["target"], one["reason"]) for one in report["not_audited"]} == {
            (f"{folder}/nginx.conf", "it was started with -g 'include /dev/null;', which is not looked at"),
            (f"{folder}/httpd.conf", "it was started with -c 'UseCanonicalName On', which is not looked at"),
        }
        unreadable = [one for one in report["findings"] if one["where"].get("path") == f"{folder}/site/index.html"]
        assert unreadable and all("games" in one["message"] for one in unreadable), report["findings"]
