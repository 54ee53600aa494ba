"""Random requests about a site's files, with the headers that gzip_static, Range and If-* look at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from differential.nginx.file_duel import FileAsk
from differential.nginx.tree_generator import quoted, random_path

if TYPE_CHECKING:
    import random

    from differential.nginx.file_generator import Site

METHODS = ("GET",) * 50 + (
    "HEAD",
    "HEAD",
    "POST",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PROPFIND",
    "PATCH",
    "MKCOL",
    "BREW",
)
ARGUMENTS = (
    "i=html", "i=index.htm", "t=/a.txt", "t=d", "t=/d/a.txt", "slash=/a.txt", "root=/d", "root=/s1", "root=",
    "start=3", "end=5",
    "start=x", "callback=f", "callback=a-b", "CALLBACK=1", "start=0", "start=9999",
)  # fmt: skip
TIMES = (
    "Tue, 14 Nov 2023 22:13:20 GMT", "Thu, 16 Nov 2023 02:00:00 GMT", "Tuesday, 14-Nov-23 22:13:20 GMT",
    "Tue Nov 14 22:13:20 2023", "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", "yesterday", "",
    "Tue, 31 Feb 2023 22:13:20 GMT", "Tue Nov  4 22:13:20 2023",
)  # fmt: skip
RANGES = (
    "bytes=0-4", "bytes=5-", "bytes=-3", "bytes=100-", "bytes=0-0,2-3", "bytes=5-2", "bytes=", "bytes=x", "bytes=0-",
    "bytes=-0",
    "bytes=0-9,0-9", "Bytes= 1 - 2 , 4-", "lines=1-2", "bytes=99999999999999999999-", "bytes=0-4,", "bytes=2-9,0-9",
    "bytes=--1", "bytes=1-2x",
)  # fmt: skip
ENCODINGS = (
    "gzip", "gzip, deflate", "GZIP", "deflate, gzip", "gzip;q=0", "gzip;q=0.5", "gzip; q=1.000", "gzip;q=1.001",
    "x-gzip",
    "deflate", "gzip;q=0.0001", "xgzip, gzip", "gzip;", "gzip;q", "gzip;q=x", "gzip,;q=0", "*", "gzipgzip", "gzip;q=0.",
)  # fmt: skip


def random_ask(rng: random.Random, site: Site, methods: tuple[str, ...] = METHODS) -> FileAsk:
    """One request for the site."""
    prefix, docroot = rng.choice(site.prefixes)
    if rng.random() < 0.15:
        docroot = rng.choice(site.tree.directories)
    path = random_path(rng, site.tree, docroot)
    target = quoted(prefix + path)
    if rng.random() < 0.03:
        target = quoted(prefix + "..") + target
    # What mp4 makes of a position hangs on the film itself, which only the file can tell.
    if rng.random() < (0.02 if path.endswith(".mp4") else 0.35):
        target += "?" + "&".join(rng.choices(_arguments(site, rng), k=rng.randint(1, 2)))
    method = rng.choice(methods)
    if path.endswith((".mp4", ".flv")) and rng.random() < 0.5:
        # What these two handlers do otherwise than others.
        method = rng.choice(("GET", "POST", "POST", "PUT"))
        target = target.partition("?")[0] + rng.choice(("", "", "?start=x", "?xstart=1", "?end=0", "?start="))
        if path.endswith(".flv") and method == "GET":
            target = target.partition("?")[0] + rng.choice(("?start=3", "?a&START=5", "?start=900"))
    body = rng.choice((None, b"", b"abc")) if method in ("POST", "PUT") else None
    return FileAsk(site.port, target, method, site.next_host(), tuple(_headers(rng, site)), body)


def _arguments(site: Site, rng: random.Random) -> list[str]:
    return [*ARGUMENTS, f"from={quoted(rng.choice(site.tree.directories))}"]


def _headers(rng: random.Random, site: Site) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    if rng.random() < 0.2:
        headers.append(("Accept-Encoding", rng.choice(ENCODINGS) if rng.random() < 0.5 else "gzip"))
        if rng.random() < 0.2:
            headers.append(("Via", "1.1 x"))
        if rng.random() < 0.2:
            headers.append(("Authorization", "Basic eDp5"))
        if rng.random() < 0.3:
            headers.append(
                ("User-Agent", rng.choice(("curl/8", "Mozilla/4.0 (compatible; MSIE 6.0; x)", "MSIE 6.0; SV1; y")))
            )
    if rng.random() < 0.08:
        headers.append(("Range", rng.choice(RANGES)))
        if rng.random() < 0.4:
            headers.append(("If-Range", rng.choice((*TIMES, *_etags(rng, site)))))
    if rng.random() < 0.08:
        names = rng.sample(("If-Modified-Since", "If-Unmodified-Since"), rng.choice((0, 1, 1, 2)))
        headers += [(name, rng.choice(TIMES)) for name in names]
        tags = ("*", "x", ", ".join(_etags(rng, site)), "W/" + _etags(rng, site)[0], "")
        names = rng.sample(("If-Match", "If-None-Match"), rng.choice((0, 1, 1, 2)))
        headers += [(name, rng.choice(tags)) for name in names]
    return headers


def _etags(rng: random.Random, site: Site) -> list[str]:
    """Tags of files that are there."""
    found = [os.lstat(path) for path in rng.sample(site.tree.files, min(3, len(site.tree.files)))]
    return [f'"{int(status.st_mtime):x}-{status.st_size:x}"' for status in found] or ['"x"']
