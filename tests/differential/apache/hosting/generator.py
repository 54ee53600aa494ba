"""One random installation after another: modules, sites, what is written for them, their `.htaccess` files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.hosting.bundle import file_in_bundle
from differential.apache.hosting.layouts import Parts, lay_out
from differential.apache.hosting.requests import URLS, Requests
from differential.apache.hosting.snippets import Filler, Snippet, snippets
from differential.apache.hosting.tree import SITES, Tree
from servers.apache import SMALL
from servers.ports import free_ports
from servers.process import IS_ROOT, worker_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from servers.certificates import Certificates

SERVER, ACCESS, TLS = snippets("server.txt"), snippets("access.txt"), snippets("tls.txt")
ALWAYS = ("authn_core", "authz_core", "authz_host", "alias", "dir", "mime")
OFTEN = (
    "auth_basic", "authn_file", "authz_user", "authz_groupfile", "authz_owner", "authn_anon", "autoindex", "env",
    "headers", "rewrite", "setenvif", "access_compat", "userdir", "vhost_alias", "remoteip", "allowmethods", "asis",
    "status", "info", "macro", "proxy", "proxy_http", "proxy_fcgi", "proxy_connect", "negotiation", "dav", "dav_fs",
)  # fmt: skip
#: What needs the module before it in the list.
_NEEDS = {"proxy_http": "proxy", "proxy_fcgi": "proxy", "proxy_connect": "proxy", "dav_fs": "dav"}
_ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0", "127", "10.0.0.0/8", "127.0.1.0/24 127.0.0.2", "127.0.0.0/255.0.0.0")
_MACROS = """\
<Macro Closed $url $who>
    <Location "$url">
        Require ip $who
    </Location>
</Macro>
<Macro Rooted $dir>
    <Directory $dir>
        Options -Indexes
        Require all denied
    </Directory>
</Macro>
"""
_ALIASES = """\
<IfModule mod_authn_file.c>
<AuthnProviderAlias file passwords>
    AuthUserFile "@AUTH@/passwd"
</AuthnProviderAlias>
</IfModule>
<AuthzProviderAlias ip office "127.0.0.2 127.0.1">
</AuthzProviderAlias>
<IfModule mod_authz_user.c>
<AuthzProviderAlias user chief ann>
</AuthzProviderAlias>
</IfModule>
"""


class Hosting:
    """One random installation after another below a prefix."""

    def __init__(self, rng: Random, prefix: Path, certificates: Certificates) -> None:
        self.rng = rng
        self.prefix = prefix
        self.certificates = certificates
        self.plain, self.tls, self.closed = free_ports(3)
        self.tree = Tree(rng, prefix / "srv", prefix / "auth")
        self.requests = Requests(rng, (self.plain, self.tls), certificates)
        self.modules: tuple[str, ...] = ()

    def preamble(self) -> str:
        """What every main configuration begins with."""
        run_as = f"User {worker_user()}\nGroup {worker_user()}\n" if IS_ROOT else ""
        prefix = self.prefix
        return (
            f"ServerRoot {prefix}\nDefaultRuntimeDir {prefix}\nPidFile {prefix}/apache.pid\n"
            f"ErrorLog {prefix}/error.log\nLogLevel warn authz_core:debug\nServerName localhost\n"
            f"LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n{run_as}{SMALL['event']}\n"
        )

    def bundle(self) -> str:
        """Everything behind the preamble."""
        rng = self.rng
        self.modules = self.chosen_modules()
        filler = Filler(rng, self.modules, next((name for name in self.modules if name.startswith("cgi")), "cgid"))
        names = rng.sample(sorted(SITES), rng.choice((1, 2, 2, 3, 4)))
        self.requests.hosts = [f"s{number}.test" for number in range(len(names))]
        self.requests.has_tls = "ssl" in self.modules
        self.requests.paths = [path for name in names for path in self.tree.paths[name]]
        self.requests.likely = []
        sites = [self.site(filler, number, name) for number, name in enumerate(names)]
        conf = [_ALIASES, *([_MACROS] if "macro" in self.modules else [])]
        places = self.places("localhost", names[0])
        conf += [filler.fill(piece, places) for piece in self.some(SERVER, (0, 0, 1, 2))]
        if rng.random() < 0.2:
            conf.append(f'DocumentRoot "@TOP@/www/{names[0]}"')
        if "mime" in self.modules:
            conf.append("TypesConfig /etc/mime.types")
        listens = [f"Listen 127.0.0.1:{self.plain}"]
        if self.requests.has_tls:
            listens.append(f"<IfModule ssl_module>\nListen 127.0.0.1:{self.tls}\nSSLSessionCache none\n</IfModule>")
            conf.append(f"SSLCACertificateFile {self.certificates.authority}")
        text = lay_out(rng, Parts(self.modules, listens, conf, sites, names[0]))
        for number, name in enumerate(names):
            text += self.access_files(filler, f"s{number}.test", name)
        for mark, value in (("@TOP@", "srv"), ("@ETC@", "etc"), ("@AUTH@", "auth")):
            text = text.replace(mark, f"{self.prefix}/{value}")
        return text

    def chosen_modules(self) -> tuple[str, ...]:
        """The modules that are loaded."""
        rng = self.rng
        found = [*ALWAYS]
        for name in OFTEN:
            if rng.random() < 0.88 and _NEEDS.get(name, "dir") in found:
                found.append(name)
        if rng.random() < 0.8:
            found.append(rng.choice(("cgi", "cgid", "cgid")))
        if rng.random() < 0.5:
            found += ["socache_shmcb", "ssl"]
        if rng.random() < 0.5:
            found.remove("allowmethods") if "allowmethods" in found else None
        return tuple(found)

    def some(self, pieces: tuple[Snippet, ...], numbers: tuple[int, ...]) -> list[Snippet]:
        """Some pieces, mostly such as the modules allow."""
        rng = self.rng
        known = (*self.modules, "SCRIPTS")
        fit = [piece for piece in pieces if set(piece.needs) <= set(known) or rng.random() < 0.1]
        return [rng.choice(fit) for _ in range(rng.choice(numbers))]

    def site(self, filler: Filler, number: int, name: str) -> str:
        """A site's virtual hosts."""
        rng = self.rng
        host = f"s{number}.test"
        places = self.places(host, name)
        kinds = ["plain"]
        if "ssl" in self.modules and rng.random() < 0.7:
            kinds = rng.choice((["plain", "tls"], ["tls"], ["plain", "tls"]))
        common = [filler.fill(piece, places) for piece in self.some(SERVER, (0, 1, 1, 2))]
        return "\n".join(self.vhost(filler, kind, host, name, common) for kind in kinds)

    def vhost(self, filler: Filler, kind: str, host: str, name: str, common: list[str]) -> str:
        rng = self.rng
        places = self.places(host, name)
        lines = [f"ServerName {host}", f'DocumentRoot "@TOP@/www/{name}"', *common]
        if rng.random() < 0.4:
            lines.insert(1, f"ServerAlias {rng.choice((f'www.{host}', f'*.{host}', 'localhost', 'other.test'))}")
        lines += [filler.fill(piece, places) for piece in self.some(SERVER, (1, 2, 3, 4))]
        port = self.plain
        if kind == "tls":
            port = self.tls
            lines.append(f"SSLEngine {rng.choice(('on', 'On'))}")
            lines.append(f"SSLCertificateFile {self.certificates.server}")
            lines.append(f"SSLCertificateKeyFile {self.certificates.server_key}")
            lines += [filler.fill(piece, places) for piece in self.some(TLS, (0, 1, 2))]
        address = rng.choice(("*", "*", "*", "127.0.0.1", "_default_"))
        inside = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
        return f"<VirtualHost {address}:{port}>\n{inside}\n</VirtualHost>"

    def access_files(self, filler: Filler, host: str, name: str) -> str:
        """The `.htaccess` files of a site."""
        rng = self.rng
        folders = ["", *{path.rstrip("/") for path in self.tree.paths[name] if path.endswith("/")}]
        folders = [folder for folder in sorted(folders) if folder not in ("current", "loop", "ext")]
        places = self.places(host, name)
        text = ""
        for folder in {rng.choice((folders[0], rng.choice(folders))) for _ in range(rng.choice((0, 1, 1, 2, 3)))}:
            pieces = "\n".join(filler.fill(piece, places) for piece in self.some(ACCESS, (1, 1, 2)))
            mode = rng.choice(("644",) * 25 + ("600",))
            text += file_in_bundle(
                "/".join(part for part in ("srv/www", name, folder, ".htaccess") if part), pieces, mode
            )
        return text

    def about(self, url: str) -> str:
        """A URL that something is about: it will be asked for more often than others."""
        self.requests.likely.append(url)
        return url

    def places(self, host: str, name: str) -> dict[str, Callable[[], str]]:
        """What the marks of a piece stand for."""
        rng = self.rng
        paths = [path for path in self.tree.paths[name] if path and " " not in path]
        folders = [path.rstrip("/") for path in paths if path.endswith("/")] or ["docs"]
        opened = ("Require all granted",) * 12 + ("", "Require ip 127", "Require all denied", "Require method GET POST")
        old = "Order allow,deny\n    Allow from all"
        return {
            "ROOT": lambda: f"@TOP@/www/{name}",
            "TOP": lambda: "@TOP@",
            "AUTH": lambda: "@AUTH@",
            "HOST": lambda: host,
            "PORT": lambda: str(self.plain),
            "CLOSED": lambda: str(self.closed),
            "IP": lambda: rng.choice(_ADDRESSES),
            "DIR": lambda: f"@TOP@/www/{name}{self.about(f'/{rng.choice(folders)}')}",
            "URL": lambda: self.about(
                rng.choice((f"/{rng.choice(paths)}", f"/{rng.choice(folders)}", rng.choice(URLS[:40])))
            ),
            "OPEN": lambda: rng.choice((*opened, *((old,) * 2 if "access_compat" in self.modules else ()))),
        }
