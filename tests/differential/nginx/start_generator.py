"""Configurations that nginx takes, and one change in each: a word, a directive twice, a directive elsewhere.

The changes know nothing of what nginx likes: words come from a pool and from the configuration itself, directives from
crossplane's table, blocks are those that stand there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audit403.core.source import every_directive
from audit403.nginx.read import directives as table
from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import Directive

if TYPE_CHECKING:
    import random

#: Words of all kinds, odd ones among them; what is valid for one directive is not for another.
_WORDS = r"""
0 1 2 3 7 8 9 10 15 64 80 99 100 128 255 256 299 300 301 400 403 404 444 494 499 500 503 599 600 999 1000 1024 4096
8080 65535 65536 99999 2147483648 9223372036854775807 9223372036854775808 -1 +1 1.5 007 0x10 1e3 1k 4k 8K 10m 10M 1g
1G 512k 4096k 1t 10kb 10mb k m 1.5m 16k 32k 9999999999999999g 30s 500ms 5m 1h 1h30m 90m10s 1d 2w 1M 1y 1y6M 10x 1s1h
-1s 1d12h 30sec 10ms5s ms s on off On OFF yes no true false auto none all any default always max epoch modified @5h
@25h -1d +2h 1.0 1.1 2 TLSv1.2 tlsv1.3 SSLv2 TLSv1.4 error timeout http_500 http_502 http_418 updating
invalid_header GET get POST PUT BREW HEAD PROPFIND put delete build exact before clean optional optional_no_ca leaf
info notice warn debug json html xml if_not_owner from=$document_root from=/x expired no-cache 10.0.0.0/8 10.0.0.1/8
10.0.0.0/33 300.1.1.1 1.2.3 1.2.3.4 1.2.3.4/0 1.2.3.4.5 ::1 ::/0 ::/129 2001:db8::/32 2001:db8::1/32 [::1] [::]:80
[::1]:8080 [::1 ::g unix: unix:/tmp/x.sock unix:relative 255.255.255.255 127.0.0.1 127.0.0.1:8080 127.0.0.1:0
127.0.0.1:99999 *:8081 *:80 *.*: :80 8080-8090 8090-8080 8081-x 127.0.0.1:81-83 10.0.0.0-10.0.0.255
10.0.0.255-10.0.0.0 10.0.0.128-10.0.1.128 1-2 50% 0.5% 100% 101% 33.333% % * a.test *.b.test b.test.* .c.test *.*.d
*a.test a..b a.*.b ~^x ~^(x ~* ~*\.PHP$ ~ \~x $ $x $1 ${x $host ${host} $http_x $arg_a $uri $unknown_one
$no_such$uri $9 $- a$ $host$ $args $realip_remote_addr / /a /a/ /a/b/ = == =403 =404 =1000 =x =200 @n @none ~ ^~ !~
!~* != -f !-d -z -x last break redirect permanent if_not_empty http://127.0.0.1:8080 http://127.0.0.1:8080/x
https://127.0.0.1 http://127.0.0.1:99999/ http:// ftp://x HTTP://127.0.0.1/ http://300.1.1.1/ http://up http://up:80
http://up/x up up:90 https://up http://[::1]:80/ http://[::1/ http://unix:/x.sock http://unix:/x.sock:/y
grpc://127.0.0.1:90 grpc://127.0.0.1 zone=one zone=two:1m zone=none zone=one:10k zone=one:10m burst=5 burst=0
burst=x nodelay delay=3 delay=0 rate=5r/s rate=5r/m rate=x rate=0r/s keys_zone=c:1m keys_zone=d:1m keys_zone=c
levels=1:2 levels=1:2:3 levels=3 inactive=5m inactive=x max_size=1g use_temp_path=on use_temp_path=maybe
shared:SSL:1m shared:SSL:10m shared:X builtin builtin:1000 builtin:x one two none weight=2 weight=0 max_fails=3
max_fails=x fail_timeout=30s fail_timeout=x backup down max_conns=5 consistent least_conn ssl http2 default_server
proxy_protocol reuseport deferred bind backlog=100 backlog=0 rcvbuf=8k sndbuf=x ipv6only=on ipv6only=off
ipv6only=yes ipv6only=of so_keepalive=on so_keepalive=30m::10 so_keepalive=x so_keepalive=:: fastopen=5 fastopen=x
buffer=32k buffer=0 buffer=x flush=5s flush=0 gzip gzip=5 gzip=10 if=$host if=$ main combined nolog max=100 max=0
max=x min_uses=2 valid=30s valid=x ipv6=off ipv6=maybe user:rw group:r all:x group:rw all:rwx threads threads=p
transparent secure httponly samesite=strict syslog:server=127.0.0.1
syslog:server=127.0.0.1,facility=local7,tag=nginx syslog:server=127.0.0.1,facility=x syslog:tag=a-b,server=127.0.0.1
syslog:x syslog: memory:32m memory:1 escape=json escape=xml utf-8 koi8-r windows-1251 gzip,deflate text/html
text/plain application/vnd.openxmlformats-officedocument.wordprocessingml.document msie6 safari opera 8.0 x.y
unlisted blocked server_names x xx '' é a/b a:b a=b (x) x) (x [a-z] (?<n>x) (?<n>x)(?<n>y) (?<host>x) \d+ .* (a)(b)
*x +
"""
POOL = _WORDS.split()
QUOTED = ('"a b"', '"x;y"', "'a{2,1}'", '"$host $uri"', '"no-cache $foo"', '"1d 12h"', '"1m 30s "', '" "', "'~^/{2}'")
LONG = ("a" * 47, "a" * 46, "x" * 60 + ".test", "X-" + "y" * 50, "/" + "p" * 110, "unix:/" + "p" * 110)


class Change(NamedTuple):
    """A configuration after one change, and what was done."""

    text: str
    what: str


def change(rng: random.Random, text: str) -> Change:
    """One change somewhere in a configuration."""
    file = parse("/x", text.encode("utf-8", "surrogateescape"))
    found = [
        directive for directive in every_directive(file.directives) if directive.name not in ("load_module", "pid")
    ]
    directive = rng.choice(found)
    how = rng.choices((_word, _twice, _moved, _added, _dropped, _swapped, _new), weights=(40, 14, 8, 8, 6, 4, 20))[0]
    changed = how(rng, text.encode("utf-8", "surrogateescape"), directive, found)
    if changed is None:
        return change(rng, text)
    after = changed.decode("utf-8", "surrogateescape")
    new = set(after.splitlines()) - set(text.splitlines())
    return Change(after, f"{how.__name__[1:]} {directive!r}: {' '.join(sorted(new))[:200]}")


def any_word(rng: random.Random, found: list[Directive]) -> str:
    """A word as it is written."""
    choice = rng.random()
    if choice < 0.7:
        return rng.choice(POOL)
    if choice < 0.74:
        return rng.choice(LONG)
    if choice < 0.77:
        return rng.choice(QUOTED)
    other = rng.choice(found)
    return _written(other, rng.randrange(len(other.args))) if other.args else rng.choice(POOL)


def _written(directive: Directive, word: int) -> str:
    start, end = directive.offsets[word + 1]
    return directive.source.data[start:end].decode("utf-8", "surrogateescape")


def _altered(rng: random.Random, word: str) -> str:
    """Nearly what was there."""
    at = rng.randrange(len(word) + 1)
    kind = rng.random()
    if kind < 0.4:
        return word[:at] + word[at + 1 :]
    if kind < 0.8:
        return word[:at] + rng.choice("0123456789akmsx.:/*$~^()[]{}=-_") + word[at:]
    return word.swapcase()


def _put(data: bytes, start: int, end: int, text: str) -> bytes:
    return data[:start] + text.encode("utf-8", "surrogateescape") + data[end:]


def _word(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    if not directive.args or directive.body is not None:
        return None
    word = rng.randrange(len(directive.args))
    start, end = directive.offsets[word + 1]
    old = _written(directive, word)
    new = _altered(rng, old) if rng.random() < 0.35 else any_word(rng, found)
    if rng.random() < 0.2 and "=" in old:
        new = old.partition("=")[0] + "=" + any_word(rng, found).rpartition("=")[2]
    return _put(data, start, end, new)


def _whole(directive: Directive) -> str:
    return directive.source.data[directive.start : directive.end].decode("utf-8", "surrogateescape")


def _twice(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    text = _whole(directive)
    if rng.random() < 0.3 and directive.args and directive.block is None:
        words = [_written(directive, word) for word in range(len(directive.args))]
        words[rng.randrange(len(words))] = any_word(rng, found)
        text = f"{directive.name} {' '.join(words)};"
    return _put(data, directive.end, directive.end, f"\n{text}")


def _moved(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    blocks = [other for other in found if other.block_start >= 0 and not directive.start <= other.start < directive.end]
    if not blocks or directive.name in ("http", "events", "stream"):
        return None
    target = rng.choice(blocks)
    copy = rng.random() < 0.5
    text = _whole(directive)
    at = target.block_start + 1
    if copy:
        return _put(data, at, at, f"\n{text}")
    if at <= directive.start:
        return _put(_put(data, directive.start, directive.end, ""), at, at, f"\n{text}")
    return _put(_put(data, at, at, f"\n{text}"), directive.start, directive.end, "")


def _added(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    at = directive.offsets[-1][1]
    return _put(data, at, at, f" {any_word(rng, found)}")


def _dropped(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    if directive.args and rng.random() < 0.5:
        start, end = directive.offsets[1 + rng.randrange(len(directive.args))]
        return _put(data, start, end, "")
    return None if directive.name in ("http", "events") else _put(data, directive.start, directive.end, "")


def _swapped(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    if len(directive.args) < 2:
        return None
    first = rng.randrange(len(directive.args) - 1)
    (start, middle), (after, end) = directive.offsets[first + 1 : first + 3]
    gap = data[middle:after].decode("utf-8", "surrogateescape")
    return _put(data, start, end, f"{_written(directive, first + 1)}{gap}{_written(directive, first)}")


_CONTEXTS = {
    "http": table.HTTP, "server": table.SERVER, "location": table.LOCATION, "upstream": table.UPSTREAM,
    "if": table.LOCATION_IF, "limit_except": table.LIMIT_EXCEPT, "events": table.EVENTS,
}  # fmt: skip


def _new(rng: random.Random, data: bytes, directive: Directive, found: list[Directive]) -> bytes | None:
    """A directive that nobody wrote, with as many words as it takes, in a block that takes it."""
    blocks = [other for other in found if other.block_start >= 0 and other.name in _CONTEXTS]
    target = rng.choice(blocks)
    bit = _CONTEXTS[target.name]
    name = rng.choice(known_in(bit))
    mask = rng.choice([mask for mask in table.masks(name) or () if mask & bit and not mask & table.BLOCK])
    words = [any_word(rng, found) for _ in range(_count(rng, mask))]
    if mask & table.FLAG:
        words = [rng.choice(("on", "off", "on", "yes", "ON"))]
    at = target.block_start + 1
    return _put(data, at, at, f"\n{' '.join([name, *words])};")


_known: dict[int, list[str]] = {}


def known_in(bit: int) -> list[str]:
    """The names of all directives without a block that may stand in a context."""
    if bit not in _known:
        table.masks("listen")
        _known[bit] = [
            name
            for name, masks in table._table.items()
            if any(mask & bit and not mask & table.BLOCK for mask in masks) and name not in _NOT_HERE
        ]
    return _known[bit]


#: What reads files at once, or runs programs.
_NOT_HERE = frozenset(("include", "load_module", "ssl_engine"))


def _count(rng: random.Random, mask: int) -> int:
    if mask & table.ANY:
        return rng.randrange(4)
    if mask & table.ONE_OR_MORE:
        return rng.randint(1, 3)
    if mask & table.TWO_OR_MORE:
        return rng.randint(2, 4)
    return rng.choice([count for count in range(8) if mask >> count & 1] or [1])
