"""Random WebDAV sites and requests. All of them stay inside their tree: they delete for real."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from differential.nginx.file_duel import FileAsk
from differential.nginx.tree_generator import Tree, build_tree, quoted, random_path

if TYPE_CHECKING:
    import random

WORKERS = ("www-data", "www-data", "www-data nogroup", "www-data team", "nobody nogroup")
"""Never root: what this deletes, it deletes."""

METHODS = ("PUT", "DELETE", "MKCOL", "COPY", "MOVE")
_WORKER_UIDS = (33, 33, 65534)


def build_dav_tree(rng: random.Random, root: str, special: float = 0.03) -> Tree:
    """A tree of which the worker owns a good part, with sticky directories among the rest."""
    os.mkdir(root)
    os.chmod(root, 0o755)
    # A level of its own, for a location that an alias without a slash lets a request out of by one.
    tree = build_tree(rng, f"{root}/tree", odd=0.15, links=6, special=special, size=10, contained=True)
    for path in tree.everything():
        choice = rng.random()
        if choice < 0.55:
            os.chown(path, rng.choice(_WORKER_UIDS), 33, follow_symlinks=False)
        elif choice < 0.65 and path in tree.directories:
            os.chown(path, rng.choice((0, 2001)), 33)
            os.chmod(path, rng.choice((0o1770, 0o1775, 0o775, 0o2775, 0o770)))
    return tree


class DavSite:
    """One server block with dav_methods, and where its URIs lead."""

    def __init__(self, rng: random.Random, tree: Tree, number: int, port: int) -> None:
        self.rng = rng
        self.tree = tree
        self.port = port
        self.host = f"s{number}.test"
        self.docroot = rng.choice((tree.root, tree.root, rng.choice(tree.directories)))
        self.prefixes = [("", self.docroot)]

    def text(self) -> str:
        lines = [
            f"listen 127.0.0.1:{self.port};",
            f"server_name {self.host};",
            f'root "{self.docroot}";',
            *self._dav(0.95),
        ]
        for number in range(self.rng.randint(0, 3)):
            directory = self.rng.choice(self.tree.directories)
            name, alias = self._alias(number, directory)
            lines += [f"location {name} {{", *self._dav(0.3), f'alias "{alias}";', "}"]
            self.prefixes.append((f"/p{number}", directory))
        return "server {\n" + "\n".join(lines) + "\n}"

    def _alias(self, number: int, directory: str) -> tuple[str, str]:
        return self.rng.choice((
            (f"/p{number}/", directory + "/"), (f"/p{number}/", directory + "/"), (f"/p{number}", directory),
            (f"/p{number}/", directory), (f"/p{number}", directory + "/"), (f"~ ^/p{number}/(.*)$", directory + "/$1"),
            (f"~ ^/p{number}", self.rng.choice(self.tree.everything())),
        ))  # fmt: skip

    def _dav(self, share: float) -> list[str]:
        rng = self.rng
        lines: list[str] = []
        if rng.random() < share:
            methods = METHODS if rng.random() < 0.8 else rng.sample(METHODS, rng.randint(1, 4))
            lines.append(f"dav_methods {'off' if rng.random() < 0.04 else ' '.join(methods)};")
        if rng.random() < 0.55:
            lines.append(f"create_full_put_path {rng.choice(('on', 'on', 'on', 'off'))};")
        if rng.random() < 0.25:
            lines.append(f"min_delete_depth {rng.randint(0, 4)};")
        if rng.random() < 0.6:
            access = rng.choice(
                ("user:r", "user:r", "user:r", "user:rw", "group:rw all:r", "user:r group:rw", "all:rw")
            )
            lines.append(f"dav_access {access};")
        return lines


def random_dav_ask(rng: random.Random, site: DavSite) -> FileAsk:
    """One request, a plausible one mostly."""
    method = rng.choice((*METHODS, "PUT", "DELETE"))
    path = _path(rng, site, method)
    headers: list[tuple[str, str]] = []
    if rng.random() < 0.15:
        headers.append(("Depth", rng.choice(("0", "1", "infinity", "infinity", "Infinity", "2", ""))))
    if method in ("COPY", "MOVE"):
        headers += _transfer_headers(rng, site, path)
    if method == "PUT" and rng.random() < 0.03:
        headers.append(("Content-Range", "bytes 0-1/2"))
    if method == "PUT" and rng.random() < 0.1:
        headers.append(("Date", "Tue, 14 Nov 2023 22:13:20 GMT"))
    body = None
    if method == "PUT":
        body = rng.choice((b"", b"abc", b"abc", None if rng.random() < 0.2 else b"x" * 3000))
    elif rng.random() < 0.05:
        body = rng.choice((b"", b"abc"))
    return FileAsk(site.port, path, method, site.host, tuple(headers), body)


def _path(rng: random.Random, site: DavSite, method: str) -> str:
    prefix, docroot = rng.choice(site.prefixes)
    path = random_path(rng, site.tree, docroot)
    if method == "PUT" and rng.random() < 0.8:
        path = path.rstrip("/") or "/f"
    if method == "MKCOL" and rng.random() < 0.8:
        path = path.rstrip("/") + "/new" * rng.randint(0, 1) + "/"
    if method == "PUT" and rng.random() < 0.3:
        path = path.rpartition("/")[0] + "/new/newer/f"
    return quoted(prefix + path)


def _transfer_headers(rng: random.Random, site: DavSite, path: str) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    target = _path(rng, site, "")
    choice = rng.random()
    if choice < 0.3:
        target = target.rstrip("/") + "-new"
    elif choice < 0.35:
        target = path
    elif choice < 0.4 and not path.endswith("/"):  # a directory into itself makes nginx go as deep as a path can be
        target = path + "/inside"
    if rng.random() < 0.9:
        # Both with a slash, or both without.
        target = target.rstrip("/") + "/" if path.endswith("/") else target.rstrip("/") or "/f"
    if rng.random() < 0.97:
        headers.append(("Destination", _written(rng, site, target)))
    if rng.random() < 0.3:
        headers.append(("Overwrite", rng.choice(("T", "F", "F", "t", "f", "x", "", "TT"))))
    return headers


def _written(rng: random.Random, site: DavSite, target: str) -> str:
    choice = rng.random()
    if choice < 0.5:
        return target
    if choice < 0.8:
        return f"http://{site.host}{rng.choice(('', f':{site.port}'))}{target}"
    odd = rng.choice((
        f"https://{site.host}{target}", f"http://other.test{target}", f"http://{site.host.upper()}{target}",
        f"http://{site.host}", f"http://{site.host}.evil{target}", target + "?x=1", target + "#x", "d/a.txt", "", "?",
        "/d/../a.txt", "/d/..", "/d/%2e%2e/a.txt", "/..x/y", "/a%zz%4", "/d/./x", "//d//x", "/d%2Fx%00y",
        f"http://{site.host}?/x",
        "/p0../new",
    ))  # fmt: skip
    return odd
