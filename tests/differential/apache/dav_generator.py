"""Random WebDAV sites and requests for httpd. All of them stay inside their tree: they delete for real."""

from __future__ import annotations

import os
import shutil
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

from differential.nginx.dav_generator import build_dav_tree
from differential.nginx.duel import Ask
from differential.nginx.tree_generator import Tree, quoted, random_path
from servers.ports import free_port

if TYPE_CHECKING:
    from random import Random

METHODS = (
    "GET", "HEAD", "POST", "PUT", "PUT", "PUT", "DELETE", "DELETE", "MKCOL", "MKCOL", "COPY", "COPY", "COPY", "MOVE",
    "MOVE", "PROPFIND", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK", "OPTIONS", "REPORT", "VERSION-CONTROL", "MERGE",
    "SEARCH", "ACL", "PATCH", "TRACE", "BIND", "CHECKOUT", "MKCALENDAR",
)  # fmt: skip
_XML = '<?xml version="1.0"?><D:{0} xmlns:D="DAV:" xmlns:Z="urn:z">{1}</D:{0}>'
BODIES = {
    "PROPFIND": _XML.format("propfind", "<D:allprop/>"),
    "PROPPATCH": _XML.format("propertyupdate", "<D:set><D:prop><Z:a>x</Z:a></D:prop></D:set>"),
    "LOCK": _XML.format(
        "lockinfo", "<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>me</D:owner>"
    ),
    "OPTIONS": _XML.format("options", "<D:supported-method-set/>"),
    "REPORT": _XML.format("expand-property", "<D:property/>"),
}
DEPTHS = ("0", "1", "infinity", "Infinity", "2", "")
TOKEN = "opaquelocktoken:4c9a3b60-0001-0002-0003-0123456789ab"
IFS = (
    f"(<{TOKEN}>)", f"(Not <{TOKEN}>)", "(<urn:x>)", "(Not <urn:x>)", '(["x"])', '(Not ["x"])', "x", "(", "(<urn:x>",
    "()", "(Not Not <urn:x>)", "(Nut)", "(<opaquelocktoken:x>)", f"<http://s/none> (<{TOKEN}>)", "<http://s/d> ([x])",
    "</d/> (<urn:x>) (Not <urn:y>)", "<urn:x> (<urn:x>)", "</%zz> (<urn:x>)", "</../x> (<urn:x>)",
    '(["x"]) </d> (["y"])',
    "([])", "</> ([])", "</d> (Not <urn:x>)\t", "<http://s> ([x])",
)  # fmt: skip
TOKENS = (f"<{TOKEN}>", f"<{TOKEN}>", TOKEN, "<urn:x>", "<opaquelocktoken:x>", "<", "<>")
RANGES = ("bytes 0-1/3", "bytes 0-1/*", "bytes 1-0/3", "bytes 0-3/3", "x", "bytes 0-", "Bytes 0-0/1")
DATES = tuple(formatdate(time, usegmt=True) for time in (1_000_000_000, 4_000_000_000))
CONDITIONS = (
    ("If-Match", "*"), ("If-Match", '"x"'), ("If-None-Match", "*"), ("If-None-Match", '"x"'),
    ("If-Unmodified-Since", DATES[0]), ("If-Unmodified-Since", DATES[1]), ("If-Modified-Since", DATES[1]),
    ("If-Modified-Since", DATES[0]), ("If-Match", 'W/"x", *'),
)  # fmt: skip
SETTINGS = (
    "DavDepthInfinity On", "DavDepthInfinity Off", "LimitRequestBody 100", "LimitXMLRequestBody 50",
    "LimitXMLRequestBody 0", "DirectoryIndex disabled", "DirectorySlash Off", "Options None", "Options Indexes",
    "Options Indexes FollowSymLinks", "ErrorDocument 403 /d/a.txt", "ErrorDocument 409 none", "Dav Off", "Dav On",
    "<Limit PUT DELETE>\nRequire all denied\n</Limit>",
    "<LimitExcept GET PROPFIND MOVE>\nRequire all denied\n</LimitExcept>",
    "<Limit MKCOL COPY MOVE LOCK UNLOCK>\nRequire ip 127.0.0.2\n</Limit>", "Require all denied", "Require all granted",
    "AllowMethods GET PROPFIND DELETE", "DavMinTimeout 600", "DavLockDiscovery Off", "SetHandler none",
    "AddHandler cgi-script .txt", "AcceptPathInfo Off", "<Limit BIND PATCH ACL>\nRequire all denied\n</Limit>",
    "DirectoryIndex a.txt d", "FallbackResource /d/a.txt", "AllowMethods reset", "Redirect 403 /d/a.txt",
    "RewriteEngine On\nRewriteRule a.txt$ - [F]", "RewriteEngine On\nRewriteRule b.html$ /d/a.txt",
)  # fmt: skip


class DavSites:
    """One random tree and configuration after another, below one folder."""

    def __init__(self, rng: Random, top: Path) -> None:
        self.rng = rng
        self.top = top
        self.port = free_port()
        self.number = 0
        self.tree: Tree
        self.docroot = ""
        self.prefixes: list[tuple[str, str]] = []
        self.lock_directory = top / "locks"

    def make(self) -> None:
        """Build a tree; what was there is gone."""
        rng = self.rng
        shutil.rmtree(self.top / "site", ignore_errors=True)
        self.tree = build_dav_tree(rng, f"{self.top}/site", special=0)
        for _ in range(rng.choice((0, 1, 2))):
            self._state_directory(rng.choice(self.tree.directories))
        self._locks()
        self.docroot = rng.choice((self.tree.root, self.tree.root, rng.choice(self.tree.directories)))

    def _state_directory(self, folder: str) -> None:
        state = Path(folder) / ".DAV"
        if state.exists():
            return
        if self.rng.random() < 0.1:
            state.write_text("")
            return
        state.mkdir()
        for name in os.listdir(folder):
            if name != ".DAV" and self.rng.random() < 0.5:
                (state / name).write_text("")
        os.chown(state, *self.rng.choice(((33, 33), (33, 33), (0, 0))))
        state.chmod(self.rng.choice((0o755, 0o755, 0o700)))

    def _locks(self) -> None:
        shutil.rmtree(self.lock_directory, ignore_errors=True)
        roll = self.rng.random()
        if roll < 0.04:
            return
        self.lock_directory.mkdir()
        if roll > 0.1:
            os.chown(self.lock_directory, 33, 33)
        if roll < 0.2:
            file = self.lock_directory / "lock"
            file.write_text("")
            os.chown(file, *self.rng.choice(((33, 33), (0, 0))))
            file.chmod(self.rng.choice((0o644, 0o600, 0o444)))

    def forget_locks(self) -> None:
        """Take away what a LOCK has left: which locks there are is no evidence."""
        file = self.lock_directory / "lock"
        if file.exists() and file.stat().st_size:
            file.unlink()
        for folder, _, names in os.walk(self.top / "site"):
            if ".locknull" in names:
                os.unlink(os.path.join(folder, ".locknull"))

    def body(self) -> str:
        """The configuration."""
        rng = self.rng
        self.prefixes = [("", self.docroot)]
        lines = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.docroot}"']
        if rng.random() < 0.93:
            lines.append(f"DavLockDB {rng.choice(('locks', str(self.lock_directory)))}/lock")
        on = ["Dav On"] if rng.random() < 0.92 else ["Dav filesystem"] if rng.random() < 0.5 else []
        lines += self._section(f'Directory "{self.top}/site"', ["Require all granted", *on, *self._settings(0.5)])
        for index in range(rng.choice((0, 0, 1, 2))):
            folder = rng.choice(self.tree.directories)
            lines.append(f'Alias /p{index} "{folder}"')
            self.prefixes.append((f"/p{index}", folder))
            lines += self._section(f"Location /p{index}", self._settings(0.7))
        if rng.random() < 0.5:
            lines += self._section(f'Directory "{rng.choice(self.tree.directories)}"', self._settings(0.9))
        if rng.random() < 0.2:
            lines += self._section("Location /d", self._settings(0.9))
        return "\n".join(lines) + "\n"

    def _settings(self, share: float) -> list[str]:
        found: list[str] = []
        while self.rng.random() < share and len(found) < 4:
            found.append(self.rng.choice(SETTINGS))
        return found

    def _section(self, name: str, lines: list[str]) -> list[str]:
        return [f"<{name}>", *lines, f"</{name.partition(' ')[0]}>"]

    def asks(self, number: int) -> list[Ask]:
        """Some requests."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        """One request, a plausible one mostly."""
        rng = self.rng
        method = rng.choice(METHODS)
        path = self.path(method)
        headers: list[tuple[str, str]] = []
        if rng.random() < (0.8 if method == "PROPFIND" else 0.2):
            headers.append(("Depth", rng.choice(DEPTHS)))
        if method in ("COPY", "MOVE"):
            headers += self._transfer(path)
        if rng.random() < 0.06:
            headers.append(("If", rng.choice(IFS)))
        if rng.random() < 0.06:
            headers.append(rng.choice(CONDITIONS))
        if method == "PUT" and rng.random() < 0.15:
            headers.append(("Content-Range", rng.choice(RANGES)))
        if rng.random() < (0.8 if method == "UNLOCK" else 0.02):
            headers.append(("Lock-Token", rng.choice(TOKENS)))
        host = rng.choice(("localhost", "own.test"))
        return Ask(self.port, path, method, host, tuple(headers), body=self._body(method))

    def _body(self, method: str) -> bytes | None:
        rng = self.rng
        if method in BODIES:
            return BODIES[method].encode() if rng.random() < 0.7 else None
        if method == "PUT":
            return rng.choice((b"", b"abc", b"x" * 99, b"x" * 101, b"x" * 3000, None))
        return rng.choice((b"", b"abc", b"x" * 200)) if rng.random() < 0.06 else None

    def path(self, method: str) -> str:
        """A URI in the tree or near it."""
        rng = self.rng
        prefix, docroot = rng.choice(self.prefixes)
        path = random_path(rng, self.tree, docroot)
        if method == "PUT" and rng.random() < 0.7:
            path = path.rstrip("/") or "/f"
        if method in ("MKCOL", "PUT", "LOCK") and rng.random() < 0.4:
            path = path.rpartition("/")[0] + rng.choice(("/new", "/new", "/new/", "/new/newer", "/new/newer/f"))
        if rng.random() < 0.03:
            path = path.rpartition("/")[0] + rng.choice(("/.DAV", "/.DAV/", "/.DAV/x", "/.DAV/x/y", "/.davfs.tmpx"))
        path = quoted(prefix + path)
        if rng.random() < 0.02:
            path += rng.choice(("#x", "?x", "/..", "/.", "/%2e%2e/", "//x"))
        return path

    def _transfer(self, path: str) -> list[tuple[str, str]]:
        rng = self.rng
        headers: list[tuple[str, str]] = []
        target = self.path(rng.choice(("", "PUT")))
        choice = rng.random()
        if choice < 0.35:
            target = target.rstrip("/") + "-new"
        elif choice < 0.4:
            target = path
        elif choice < 0.45:
            target = path.rstrip("/") + "/inside"
        elif choice < 0.5:
            target = path.rstrip("/").rpartition("/")[0] + "/"
        if rng.random() < 0.97:
            headers.append(("Destination", self._written(target)))
        if rng.random() < 0.25:
            headers.append(("Overwrite", rng.choice(("T", "F", "F", "t", "f", "x", "", "TT"))))
        return headers

    def _written(self, target: str) -> str:
        rng = self.rng
        if rng.random() < 0.9:
            return f"http://{rng.choice(('localhost', 'other.test', f'own.test:{self.port}'))}{target}"
        return rng.choice((
            f"https://own.test{target}", f"ftp://own.test{target}", target, f"HTTP://own.test{target}", "http://own.test",
            f"http://own.test{target}?x", f"http://own.test{target}#x", "", f"http://own.test:x{target}", "http:///d/new",
            f"http://a@own.test{target}", f"http://[::1]{target}", "http://own.test/../x", "http://own.test/d/../new",
            "http://own.test/%2e/%00", "http://own.test//d//new",
        ))  # fmt: skip
