"""How an example for Apache is laid out: what stands around it, and the copy that the real httpd can run here.

Around it stands what Debian's package has: nothing is granted, `.ht*` files are refused, no overrides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .apache import SMALL, Apache, load_modules
from .live import CLIENT_HEADER, Addresses, Live, read, texts_of, write
from .process import IS_ROOT, worker_user

if TYPE_CHECKING:
    from pathlib import Path

    from .rule_examples import Example

#: The modules of an example that loads none itself.
MODULES = (
    "mpm_event", "access_compat", "actions", "alias", "allowmethods", "asis", "auth_basic", "auth_digest", "authn_anon",
    "authn_core", "authn_file", "authz_core", "authz_groupfile", "authz_host", "authz_owner", "authz_user", "autoindex",
    "cern_meta",
    "cgid", "dav", "dav_fs", "dav_lock", "dir", "env", "expires", "filter", "deflate", "headers", "info", "macro",
    "mime", "negotiation", "proxy", "proxy_http", "proxy_fcgi", "remoteip", "rewrite", "setenvif", "socache_shmcb",
    "ssl", "status", "suexec", "userdir", "vhost_alias",
)  # fmt: skip
_AS_PACKAGED = """\
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
TypesConfig /etc/mime.types
DirectoryIndex index.html index.cgi index.pl index.php index.xhtml index.htm
"""
#: Of an example that consists of `.htaccess` files.
DOCROOT = """\
<Directory @ROOT@>
    Options FollowSymLinks
    AllowOverride All
    Require all granted
</Directory>
"""
_WHOLE = re.compile(r"^(?:LoadModule|ServerRoot)\s", re.MULTILINE)
_SERVER_LEVEL = re.compile(r"^(?:<VirtualHost\s|Listen\s)", re.MULTILINE)
_LISTENS = re.compile(r"^Listen\s", re.MULTILINE)
_LISTEN = re.compile(r"^([ \t]*Listen[ \t]+)(\S+)", re.MULTILINE | re.IGNORECASE)
_HOST = re.compile(r"^([ \t]*<VirtualHost[ \t]+)([^>\n]+)>", re.MULTILINE | re.IGNORECASE)
_TRUSTS_LOOPBACK = re.compile(r"RemoteIP(?:InternalProxy|TrustedProxy)\s.*\b127\.0\.0\.0/8")


class ApacheLayout:
    """The layout of Apache (`laid_out.Layout`)."""

    folder = "etc/apache2"

    def around(self, text: str) -> str:
        """A virtual host's contents get a virtual host around them; what is of the server level stays as it is."""
        if _WHOLE.search(text):
            return text
        listens = "" if _LISTENS.search(text) else "Listen 80\n"
        if _SERVER_LEVEL.search(text):
            return listens + text
        own = "" if re.search(r"^ServerName\s", text, re.MULTILINE) else "ServerName site.example\n"
        own += "" if re.search(r"^DocumentRoot\s", text, re.MULTILINE) else "DocumentRoot @ROOT@\n"
        return f"{listens}<VirtualHost *:80>\n{own}{text or DOCROOT}</VirtualHost>\n"

    def main(self, example: Example, conf: Path, run: Path) -> Path:
        """The main configuration; written where the example brings none."""
        if _WHOLE.search(example.files.get("site.conf", "")):
            return conf / "site.conf"
        main = conf / "apache2.conf"
        if not main.exists():
            user = f"User {worker_user()}\nGroup {worker_user()}\n" if IS_ROOT else ""
            head = f"ServerRoot {conf}\nServerName localhost\n{load_modules(MODULES)}{user}"
            write(main, f"{head}{_AS_PACKAGED}Include site.conf\n")
        return main

    def live(self, live: Path, main: Path) -> Live:
        """Move every socket of a copy to loopback, and have it told by a header who asks, if it does not ask itself."""
        original = str(live.with_name(self.folder.rpartition("/")[2]))
        places = _move_to_loopback(live, original)
        texts = texts_of(live)
        configured = any("RemoteIP" in text for text in texts)
        run = live.parents[1] / "run"
        own = f"DefaultRuntimeDir {run}\nPidFile {run}/apache.pid\nErrorLog {run}/error.log\n{SMALL['event']}\n"
        if not configured:
            load = "" if "remoteip_module" in read(main) else load_modules(["remoteip"])
            own += f"{load}RemoteIPHeader {CLIENT_HEADER}\nRemoteIPInternalProxy 127.0.0.0/8 ::1\n"
        write(main, f"{read(main)}\n{own}")
        stand_in = configured and any(_TRUSTS_LOOPBACK.search(text) for text in texts)
        return Live(main, places, by_header=not configured, has_stand_in=stand_in)

    def server(self, run: Path, main: Path) -> Apache:
        """The real server."""
        return Apache(run, main, error_log=run / "error.log")


def _move_to_loopback(folder: Path, original: str) -> dict[int, dict[str, str]]:
    """Give every socket a free port on loopback; which address and port each port now has."""
    addresses = Addresses()

    def listen(found: re.Match[str]) -> str:
        address, port = _parted(found[2])
        return f"{found[1]}{addresses.local(address, int(port))}"

    def host(found: re.Match[str]) -> str:
        return f"{found[1]}{' '.join(_host(word) for word in found[2].split())}>"

    def _host(word: str) -> str:
        address, port = _parted(word)
        if not port.isdigit():
            return word
        if address in ("*", "_default_"):
            return f"{address}:{addresses.port(int(port))}"
        return addresses.local(address, int(port))

    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in paths:
        write(path, _HOST.sub(host, _LISTEN.sub(listen, read(path))).replace(original, str(folder)))
    return addresses.places


def _parted(word: str) -> tuple[str, str]:
    """Address and port of a socket; a lone number is a port."""
    if word.isdigit():
        return "", word
    address, colon, port = word.rpartition(":")
    return (address, port) if colon and port.isdigit() else (word, "")
