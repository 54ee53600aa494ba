"""`audit403 host` and httpd with mpm-itk, whose virtual hosts are other users: each file is judged by its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from servers.apache import load_modules
from servers.broken_host import AUDIT, BrokenHost, findings_of
from servers.foreign_modules import load_foreign
from servers.need import need, need_root
from servers.own_processes import OwnProcesses
from servers.ports import free_port

CONF = """\
ServerRoot {folder}
ServerName a.test
PidFile {folder}/httpd.pid
ErrorLog {folder}/httpd.log
User www-data
Group www-data
{modules}TypesConfig /etc/mime.types
Listen 127.0.0.1:{port}
<Directory {folder}>
    Require all granted
</Directory>
"""
SITE = """\
<VirtualHost *:{port}>
    ServerName {user}.test
    DocumentRoot {folder}/{user}
    AssignUserID {user} {user}
</VirtualHost>
"""
MODULES = ("mpm_prefork", "authn_core", "authz_core", "dir", "mime")
USERS = ("games", "backup")


def test_each_virtual_host_is_judged_as_its_user() -> None:
    need_root()
    with tempfile.TemporaryDirectory(prefix="audit403-") as name, OwnProcesses() as place:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        for user in USERS:
            (folder / user).mkdir()
            (folder / user / "index.html").write_text("hello")
            for owner in (*USERS, "www-data"):
                page = folder / user / f"{owner}.html"
                page.write_text("hello")
                page.chmod(0o600)
                place.run("chown", owner, str(page))
        text = CONF.format(folder=folder, port=port, modules=load_modules(MODULES) + load_foreign("mpm_itk"))
        text += "".join(SITE.format(folder=folder, port=port, user=user) for user in USERS)
        (folder / "httpd.conf").write_text(text)
        place.start_daemon(f"{need('apache2')} -f {folder}/httpd.conf", folder / "httpd.pid")
        host = BrokenHost(folder, place)
        report = findings_of(place.run(*AUDIT, "host", "local", "--format", "json", check=False).stdout)
        told = {}
        for one in report["findings"]:
            assert one["rule"] == "files/file-unreadable" and host.asked(one["request"]) == 403
            user = one["request"]["url"].partition("://")[2].partition(".")[0]
            assert f"cannot be read by {user}" in one["message"], one["message"]
            told[one["where"]["path"]] = user
        for user in USERS:
            for owner in (*USERS, "www-data"):
                url = f"http://{user}.test:{port}/{owner}.html"
                status = 200 if owner == user else 403
                assert host.asked({"method": "GET", "url": url, "headers": {}}) == status
        assert {path.rpartition("/")[0] for path in told} == {f"{folder}/{user}" for user in USERS}
