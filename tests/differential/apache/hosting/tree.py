"""The files of the sites, with the traps that sites have: modes, owners, links, what is missing."""

from __future__ import annotations

import base64
import hashlib
import os
import pwd
import shutil
from typing import TYPE_CHECKING

from servers.process import worker_user

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

#: What a site is made of, by its name below `www`.
SITES = {
    "wp": """index.php wp-login.php wp-config.php xmlrpc.php readme.html license.txt wp-admin/index.php
        wp-admin/admin-ajax.php wp-admin/css/a.css wp-includes/version.php wp-includes/js/j.js wp-content/index.php
        wp-content/uploads/2024/a.jpg wp-content/uploads/evil.php wp-content/plugins/akismet/a.php
        wp-content/plugins/akismet/img/a.png .git/config .env .well-known/acme-challenge/tok images/logo.png
        wp-comments-post.php docs/""",
    "app/public": """index.php css/app.css robots.txt favicon.ico docs/readme.txt images/logo.png private/secret.txt
        .well-known/acme-challenge/tok api/v1/list.html .htpasswd""",
    "static": """index.html about.html about.html.en about.html.de about.en.html images/logo.png images/banner.gif
        downloads/a.zip downloads/b.tar.gz private/secret.txt private/index.html private/403.html admin/index.html
        docs/guide.txt docs/index.html.var errors/403.html errors/404.html errors/401.html maintenance.html a.bak
        cgi-bin/run.cgi cgi-bin/closed.cgi cgi-bin/nph-run.cgi run.cgi foo.php secret.txt page.asis .git/config
        .htpasswd two+words.html robots.txt""",
    "old": """index.htm home.html index.php private/index.html private/secret.txt _vti_bin/x.html logs/access.log
        images/logo.png docs/ admin/index.php stats/index.html cgi-bin/run.cgi test.php about.html""",
    "bare": """private/secret.txt images/logo.png docs/readme.txt public/index.html public/images/logo.png""",
}
OUTSIDE = "index.html index.php data.txt closed/index.html closed/secret.txt"
VHOSTS = ("s0.test", "www.s0.test", "s1.test", "s0", "s1", "test")
HOME = "index.html pub/x.html private/secret.txt run.cgi .htpasswd"
#: What the Duel takes for an answer of another program.
SCRIPT = "#!/bin/sh\ncat >/dev/null\nprintf 'Status: 502 Other\\nContent-Type: text/plain\\n\\nx'\n"
WHOLE = (
    "#!/bin/sh\ncat >/dev/null\nprintf 'HTTP/1.1 502 Other\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n'\n"
)
PASSWORD = "secret"
USERS = ("ann", "ben", "root", "www-data")
_MODES = (0o644, 0o644, 0o600, 0o640, 0o000, 0o666)
#: None lets the worker write, which would change the tree while it is asked for.
_FOLDER_MODES = (0o711, 0o700, 0o744, 0o750, 0o000)


class Tree:
    """All files below one folder; `paths` are the URLs of each site that its files and directories have."""

    def __init__(self, rng: Random, top: Path, auth: Path) -> None:
        self.rng = rng
        self.top, self.auth = top, auth
        self.paths: dict[str, list[str]] = {}
        self.make()

    def make(self) -> None:
        """Build it anew, with other traps."""
        shutil.rmtree(self.top, ignore_errors=True)
        for site, names in SITES.items():
            self.paths[site] = self._site(self.top / "www" / site, names.split())
        self._site(self.top / "outside", OUTSIDE.split())
        for user in ("ann", "bob"):
            self._site(self.top / "home" / user / "public_html", HOME.split())
        for name in VHOSTS:
            self._site(self.top / "vhosts" / name / "docs", ["index.html", "page.html", "private/secret.txt"])
            self._site(self.top / "vhosts" / name / "cgi-bin", ["run.cgi"])
        for site in SITES:
            self._links(self.top / "www" / site)
            self._traps(self.top / "www" / site)
        if self.rng.random() < 0.1:
            (self.top / "home" / "ann").chmod(self.rng.choice((0o700, 0o711)))
        self._passwords()

    def _site(self, root: Path, names: list[str]) -> list[str]:
        found = [""]
        for written in names:
            name = written.replace("+", " ")
            path = root / name
            found.append(name)
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            is_script = name.endswith(".cgi")
            text = WHOLE if "nph-" in name else SCRIPT if is_script else f"{name}\n" * 3
            path.write_text("Status: 404 No\nContent-Type: text/plain\n\nx" if name.endswith(".asis") else text)
            path.chmod(0o755 if is_script and "closed" not in name else 0o644)
            parent = os.path.dirname(name)
            while parent and f"{parent}/" not in found:
                found.append(f"{parent}/")
                parent = os.path.dirname(parent)
        return found

    def _links(self, root: Path) -> None:
        outside = self.top / "outside"
        links: dict[str, str | Path] = {
            "current": ".", "ext": outside, "link.html": outside / "index.html", "gone.html": "nowhere",
            "loop": "loop", "in.txt": "private/secret.txt",
        }  # fmt: skip
        user = pwd.getpwnam(worker_user()).pw_uid
        for name, target in links.items():
            (root / name).symlink_to(target)
            if self.rng.random() < 0.3:
                os.lchown(root / name, user, -1)
        self.paths[str(root.relative_to(self.top / "www"))] += [*links, "current/", "current/private/secret.txt"]

    def _traps(self, root: Path) -> None:
        rng = self.rng
        everything = sorted(path for path in root.rglob("*") if not path.is_symlink())
        for path in rng.sample(everything, min(len(everything), rng.choice((0, 1, 2, 3)))):
            path.chmod(rng.choice(_FOLDER_MODES if path.is_dir() else _MODES))
        for path in rng.sample([path for path in everything if path.is_file()], 3):
            shutil.chown(path, worker_user())

    def _passwords(self) -> None:
        self.auth.mkdir(exist_ok=True)
        sha = base64.b64encode(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()
        lines = [f"{name}:{{SHA}}{sha}" for name in USERS]
        (self.auth / "passwd").write_text("\n".join(lines) + "\n")
        (self.auth / "second").write_text("\n".join(lines[1:]) + "\n")
        (self.auth / "groups").write_text("staff: ann\nadmin: ann ben\nwww-data: ben\n")
        (self.auth / "closed").write_text("")
        (self.auth / "closed").chmod(0o600)
        digest = hashlib.md5(f"ann:Old:{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
        (self.auth / "htdigest").write_text(f"ann:Old:{digest}\n")
        (self.auth / "blocked.map").write_text("127.0.0.2 deny\ns0.test deny\nPOST deny\ndocs /docs/\n")
        (self.auth / "blocked.rnd").write_text("127.0.1.1 deny\nPUT deny|deny\ndocs /docs/\n")
        for site in ("static", "app/public"):
            shutil.copy(self.auth / "passwd", self.top / "www" / site / ".htpasswd")
