"""Random server blocks about files: roots and aliases of every kind, index, listings, try_files, symlinks, caches.

Each server block gets some of the features; `weights` says how often. A location never refuses by rule: what refuses
here is the file system, a missing index, or a status that is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from differential.nginx.tree_generator import FILES

if TYPE_CHECKING:
    import random

    from differential.nginx.tree_generator import Tree

_CLONES = 16

INDEXES = (
    "index.html", "index.htm", "home", "a.txt", "missing.html", "d/index.html", "../a.txt", "$arg_i", "index.$arg_i",
    ".x",
    "/index.html", "/d/a.txt", "$arg_slash", "e", "$host", "${uri}x",
)  # fmt: skip
TRIES = (
    "$uri", "$uri/", "$uri.html", "$uri/index.html", "/index.html", "/a.txt", "/d/", "/missing", "$arg_t", "a.txt", "/",
    "$uri.gz", "/d$uri", "$document_root", "/.x", "$uri//", "/d$arg_t",
)  # fmt: skip
LASTS = (
    "=404", "=404", "=403", "=204", "=500", "@named", "@second", "@nobody", "/index.html", "/d/index.html", "/missing",
    "/a.txt?x=1", "$uri/", "/p0$uri", "/d/", "/$arg_t",
)  # fmt: skip


ODDMENTS = (
    ("etag", ("on", "off")),
    ("if_modified_since", ("off", "exact", "before")),
    ("max_ranges", ("0", "1", "2")),
    ("log_not_found", ("off", "on")),
    ("error_page", ("403 /index.html", "404 =403 /a.txt", "403 404 = @named", "412 416 /a.txt")),
)
"""Other directives and their values."""


class Weights(NamedTuple):
    """How likely each feature is in a location or a server block."""

    indexes: float = 0.4
    listing: float = 0.25
    tries: float = 0.25
    symlinks: float = 0.1
    cache: float = 0.08
    gzip: float = 0.1
    rewrite: float = 0.06
    random_index: float = 0.04
    odd: tuple[float, ...] = (0.05, 0.15, 0.3)
    odd_files: float | None = None
    media: float = 0.125
    names: tuple[str, ...] = FILES


class Site:
    """One server block about one tree."""

    def __init__(self, rng: random.Random, tree: Tree, number: int, port: int, weights: Weights) -> None:
        self.rng = rng
        self.tree = tree
        self.weights = weights
        self.port = port
        self.host = f"s{number}"
        self.prefixes: list[tuple[str, str]] = []
        self.docroot = tree.root
        self.names: set[str] = set()
        self.clones = 1
        self._asked = 0

    def next_host(self) -> str:
        """The host to ask: with a cache each request has a block of its own, so that it finds the cache cold."""
        self._asked += 1
        return self.host if self.clones == 1 else f"{self.host}c{self._asked % self.clones}"

    def text(self) -> str:
        """The block; where it has a cache, as often as there will be requests."""
        block = self._block()
        self.clones = _CLONES if "open_file_cache " in block else 1
        if self.clones == 1:
            return block
        name = f"server_name {self.host};"
        return "\n".join(block.replace(name, f"server_name {self.host}c{index};") for index in range(self.clones))

    def _block(self) -> str:
        rng = self.rng
        self.docroot = rng.choice((self.tree.root, rng.choice(self.tree.directories)))
        self.prefixes.append(("", self.docroot))
        lines = [f"listen 127.0.0.1:{self.port};", f"server_name {self.host};"]
        if rng.random() < 0.93:
            lines.append(f"root {self._root(self.docroot)};")
        lines += self._settings(0.5)
        if rng.random() < self.weights.tries / 3:
            lines.append(self._try_files())
        for number in range(rng.randint(0, 4)):
            lines += self._location(number)
        lines += [f"location @named {{ {' '.join(self._settings(0.6))} {self._named_root()} }}"]
        lines += ["location @second { return 403; }"]
        return "server {\n" + "\n".join(lines) + "\n}"

    def _root(self, path: str) -> str:
        """A way to write a root that leads to `path`, or to something like it."""
        rng = self.rng
        choice = rng.random()
        if choice < 0.65:
            return _word(path)
        if choice < 0.8:
            return _word(path + "/")
        if choice < 0.84 and self.tree.links:
            return _word(rng.choice(self.tree.links))
        if choice < 0.88:
            return _word(f"{self.tree.root}/$host")
        if choice < 0.95:
            return _word(f"{path}$arg_root")
        return _word(rng.choice((path + "//", path + "/missing", path + "/index.html", self.tree.root + "/d/../d")))

    def _named_root(self) -> str:
        return f"root {_word(self.rng.choice(self.tree.directories))};" if self.rng.random() < 0.5 else ""

    def _settings(self, share: float) -> list[str]:
        """Some directives that any level can have."""
        rng, weights = self.rng, self.weights
        lines: list[str] = []
        if rng.random() < weights.indexes * share * 2:
            count = rng.choice((1, 1, 1, 2))
            lines += [f"index {' '.join(rng.choices(INDEXES, k=rng.randint(1, 3)))};" for _ in range(count)]
        if rng.random() < weights.listing * share * 2:
            lines.append(f"autoindex {rng.choice(('on', 'on', 'on', 'off'))};")
            if rng.random() < 0.3:
                lines.append(f"autoindex_format {rng.choice(('html', 'json', 'jsonp', 'xml'))};")
        if rng.random() < weights.symlinks * share * 2:
            lines.append(f"disable_symlinks {self._symlinks()};")
        if rng.random() < weights.cache * share * 2:
            lines.append(f"open_file_cache {rng.choice(('max=100', 'max=100 inactive=10s', 'off'))};")
            if rng.random() < 0.5:
                lines.append(f"open_file_cache_errors {rng.choice(('on', 'off'))};")
        if rng.random() < weights.gzip * share * 2:
            lines += self._gzip()
        lines += [f"{name} {rng.choice(values)};" for name, values in ODDMENTS if rng.random() < 0.06]
        return lines

    def _gzip(self) -> list[str]:
        rng = self.rng
        lines = [f"gzip_static {rng.choice(('on', 'on', 'always', 'off'))};"]
        if rng.random() < 0.4:
            lines.append(f"gzip_proxied {rng.choice(('any', 'off', 'auth', 'expired', 'no_etag', 'off any'))};")
        if rng.random() < 0.2:
            lines.append(f"gzip_disable {rng.choice(('msie6', 'curl', 'msie6 curl'))};")
        if rng.random() < 0.2:
            lines.append("gzip_vary on;")
        return lines

    def _symlinks(self) -> str:
        rng = self.rng
        mode = rng.choice(("on", "on", "if_not_owner", "if_not_owner", "off"))
        if mode == "off" or rng.random() < 0.45:
            return mode
        start = rng.choice(
            ("$document_root", "$document_root", "$document_root/", self.tree.root, self.tree.root + "/", "/",
             "$arg_from",
             rng.choice(self.tree.directories), self.tree.root[:-1], "$document_root$uri",
             rng.choice(self.tree.everything()))
        )  # fmt: skip
        return f"{mode} {_word('from=' + start)}"

    def _try_files(self) -> str:
        rng = self.rng
        tries = " ".join(rng.choices(TRIES, weights=[4, 4, *[1] * (len(TRIES) - 2)], k=rng.randint(1, 3)))
        return f"try_files {tries} {rng.choice(LASTS)};"

    def _location(self, number: int) -> list[str]:
        rng = self.rng
        kind = rng.choice(("root", "alias", "alias", "regex root", "regex alias", "regex alias", "exact"))
        if rng.random() < self.weights.media:
            kind = "media"
        directory = rng.choice(self.tree.directories)
        body = self._settings(0.4)
        if rng.random() < self.weights.tries * 2:
            body.append(self._try_files())
        if rng.random() < self.weights.rewrite:
            body.append(
                rng.choice((f"rewrite ^/p{number}/(.*)$ /$1 break;", "rewrite ^ /d/ break;", "rewrite . /a.txt last;"))
            )
        if rng.random() < self.weights.random_index:
            body.append("random_index on;")
        prefix = f"/p{number}"
        if kind == "root":
            name = rng.choice((prefix + "/", "/d/", "/", "/e", "/d"))
            if rng.random() < 0.6:
                body.append(f"root {self._root(directory)};")
            else:
                directory = self.docroot
            body += self._nested(name)
            self.prefixes.append(("", directory))
        elif kind == "alias":
            name = prefix + rng.choice(("/", "/", ""))
            body.append(f"alias {self._alias(directory)};")
            body += self._nested(name)
            self.prefixes.append((prefix, directory))
        elif kind == "exact":
            name = "= " + rng.choice(("/", "/d/", "/a.txt", "/d", prefix, prefix + "/"))
            body.append(rng.choice((f"alias {self._alias(directory)};", f"root {self._root(directory)};", "")))
        elif kind == "regex root":
            name = rng.choice(
                (f"~ ^{prefix}/([^/]+)/(.*)$", r"~ \.(html?)$", "~ ^/([a-z]+)/", f"~ ^{prefix}/(?<dir>[^/]*)")
            )
            body.append(
                f"root {_word(self.tree.root + rng.choice(('/$1', '/$dir' if '?<dir>' in name else '/d', '', '$1')))};"
            )
            self.prefixes.append((prefix, directory))
        elif kind == "regex alias":
            name = f"~ ^{prefix}/(.*?)(/?)$" if rng.random() < 0.7 else f"~ ^{prefix}"
            captured = rng.choice(("/$1", "/$1$2", "/$1/", "$1", "", "/", "/d/$1", "$uri", "/$arg_t"))
            body.append(f"alias {_word(directory + captured)};")
            self.prefixes.append((prefix, directory))
        else:
            name = rng.choice((r"~ \.mp4$", r"~ \.flv$", r"~ \.(mp4|flv)$", "/d/", "/"))
            body.append(rng.choice(("mp4;", "flv;")))
        if name in self.names:
            return []
        self.names.add(name)
        return [f"location {name} {{", *(f"    {line}" for line in body), "}"]

    def _alias(self, directory: str) -> str:
        rng = self.rng
        choice = rng.random()
        if choice < 0.6:
            return _word(directory + "/")
        if choice < 0.75:
            return _word(directory)
        if choice < 0.8:
            return _word(rng.choice(self.tree.everything()))
        if choice < 0.9 and self.tree.links:
            return _word(rng.choice(self.tree.links) + rng.choice(("", "/")))
        return _word(self.tree.root + rng.choice(("/$host/", "$arg_root/", "/d/$arg_t", "//", "/../")))

    def _nested(self, name: str) -> list[str]:
        rng = self.rng
        if rng.random() < 0.7:
            return []
        inside = rng.choice(
            (f"{name}d", f"{name.rstrip('/')}/d/", f"= {name.rstrip('/')}/a.txt", r"~ \.html$", "~ /$", "~ ^(.*)$")
        )
        body = self._settings(0.4)
        if rng.random() < self.weights.tries * 2:
            body.append(self._try_files())
        return [f"location {inside} {{", *(f"    {line}" for line in body), "}"]


def _word(text: str) -> str:
    """A configuration word; a variable's sign stays one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
