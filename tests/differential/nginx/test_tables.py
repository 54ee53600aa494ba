"""Variables out of tables: map with host names, geo with networks and with ranges, split_clients, geoip2."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from differential.nginx.duel import Ask
from differential.nginx.influence import Influence, plain_labels
from differential.nginx.measured import hold
from differential.nginx.routing_generator import words
from servers.need import need_nginx_module
from servers.nginx import main_config
from servers.ports import free_port, has_ipv6

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit403.nginx.read.tree import Directive

_REQUESTS = 40
_KEYS = words(
    "a.test .a.test *.a.test a.* www.a.* *.test B.Test b c a.b.* *.c .c x.a.test \\~b \\default É é a.test. a.b.c "
    "*.b.c default2 ab 1"
)
_PATTERNS = words(r"~^(.+)\.a\.test$ ~*^A ~b ~\.$ ~*(?<n>x)")
_TEXTS = words(
    "a.test x.a.test y.x.a.test b B.TEST www.a.x a.x a. www.a. a.b.c a.b c x.c ~b default É é .a.test a.test. "
    "a.test.. AB ab 1 *.a.test q"
)
_NETWORKS = words(
    "127.0.0.0/8 127.0.0.1 127.0.0.0/30 127.0.0.2/31 10.0.0.0/8 10.1.0.0/16 10.1.2.3 0.0.0.0/0 0.0.0.0/1 "
    "128.0.0.0/1 ::/0 ::1 2001:db8::/32 2001:db8::1/128 ::ffff:0:0/96 255.255.255.255 10.1.2.0/24 10.9.9.9/8 "
    "fe80::/10 ::ffff:10.0.0.1 1..2.3"
)
_ADDRESSES = words(
    "127.0.0.1 127.0.0.2 10.0.0.1 10.1.2.3 10.1.2.4 10.2.0.0 255.255.255.255 0.0.0.0 1.2.3.4 200.1.1.1 ::1 "
    "2001:db8::1 2001:db8:1::2 ::ffff:10.1.2.3 fe80::1 ::2 x 1.2.3 1.2.3.4.5 10.1.2.3:80 [::1]:80 [::1] 1..2.3 "
    "10.0.255.255 10.1.255.255 10.2.255.254 :: ::: 1:2:3:4:5:6:7:8 1::10.1.2.3 ::10.1.2.3 010.1.2.3 256.1.1.1 "
    "10.1.2.3, 10.0.0.1,10.1.2.3"
)
_GOOD = words("10.1.2.3 10.2.0.1 127.0.0.2")
_RANGES = words(
    "127.0.0.1-127.0.0.1 127.0.0.0-127.0.0.3 127.0.0.2-127.0.0.2 10.0.0.0-10.255.255.255 10.1.0.0-10.1.255.255 "
    "10.1.2.3-10.1.2.4 10.0.0.0-10.0.255.255 10.0.0.0-10.1.255.255 1.0.0.0-1.2.3.4 200.0.0.0-255.255.255.254 "
    "0.0.0.0-0.0.0.9 10.1.2.3-10.1.2.3"
)
_FIELDS: dict[str, object] = {"city": "Köln", "n": 7, "big": 2**40, "minus": -3, "yes": True, "no": False, "part": 0.5}
_FIELDS |= {"list": ["p", "q"], "in": {"x": "deep"}}
_JUDGED = words("m0 m1 g0 g1 g2 s0 s1 city n deep item")
_CODES = {"1": 403, "2": 402, "3": 410, "d": 405, "included": 406, "Köln": 407, "e": 409}
_CODES |= dict.fromkeys(("7", "deep", "a", "p"), 403)
WANTED = (
    *words("map map/hostnames map/default split_clients geoip2 geoip2_proxy geoip2_proxy_recursive"),
    *words("geo geo/network geo/range geo/default geo/delete geo/proxy geo/proxy_recursive geo/include"),
)


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    yield from plain_labels(directive, parent)
    if parent is not None and parent.name == "geo" and "." in directive.name:
        yield "geo/range" if "-" in directive.name else "geo/network"


def test_the_variables_of_tables(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    module = need_nginx_module("ngx_http_geoip2_module", "libnginx-mod-http-geoip2")
    port = free_port()
    _write_database(server_dir / "some.mmdb")
    influence = Influence(rng, WANTED, labels=labels)

    def conf() -> str:
        (server_dir / "geo.inc").write_text(f"{rng.choice(_NETWORKS)} included;\n10.1.2.3 {rng.randrange(9)};\n")
        (server_dir / "map.inc").write_text("q included;\nb2 $uri;\n")
        (server_dir / "ranges.inc").write_text(f"{rng.choice(_RANGES)} included;\n")
        return main_config(server_dir, _tables(rng, port), top=f"load_module {module};")

    hold(server_dir, influence, cases(3_000), conf, lambda: [_ask(rng, port) for _ in range(_REQUESTS)])


def _tables(rng: random.Random, port: int) -> str:
    names = words("m0 m1 g0 g1 g2 s0 s1 city n big minus yes no part item last deep none built")
    echo = "|".join(f"${name}" for name in names)
    listens = f"listen 127.0.0.1:{port};" + (f" listen [::1]:{port};" if has_ipv6() else "")
    judged = "\n".join(f"location = /{name} {{ {_judge(name)} }}" for name in _JUDGED)
    locations = f'location / {{ return 200 "{echo}|$n0"; }}\n{judged}'
    tables = [_map(rng, "m0", "$http_x"), _map(rng, "m1", "$host"), _geo(rng, "g0", ""), _geo(rng, "g1", "$arg_ip ")]
    tables.append(_ranges(rng, "g2", rng.choice(("", "$arg_ip "))))
    tables += [_split(rng, "s0", "$arg_ip$http_x"), _split(rng, "s1", "$uri$args")]
    tables.append(_geoip2(rng))
    rng.shuffle(tables)
    return "\n".join([*tables, f'server {{ {listens} if ($host ~ "^never(?<n0>x)") {{ }} {locations} }}'])


def _judge(name: str) -> str:
    """A status for each value."""
    return " ".join(f'if (${name} = "{value}") {{ return {code}; }}' for value, code in _CODES.items()) + " return 200;"


def _value(rng: random.Random) -> str:
    return rng.choice(("1", "2", "3"))


def _map(rng: random.Random, name: str, source: str) -> str:
    keys = (*rng.sample(_KEYS, 4), *rng.sample(_PATTERNS, rng.randrange(3)))
    lines = [f"{key} {rng.choice((_value(rng), _value(rng), '<$1>'))};" for key in keys]
    lines += [line for line in ("hostnames;", "default d;", "include map.inc;", '"" e;') if rng.random() < 0.5]
    rng.shuffle(lines)
    if "hostnames;" in lines and rng.random() < 0.7:
        lines.insert(0, lines.pop(lines.index("hostnames;")))
    return f"map {source} ${name} {{ {' '.join(lines)} }}"


def _geo(rng: random.Random, name: str, variable: str) -> str:
    lines = [f"{network} {_value(rng)};" for network in rng.sample(_NETWORKS, rng.randrange(1, 7))]
    lines += [line for line in ("default d;", "include geo.inc;") if rng.random() < 0.4]
    if not variable:
        proxies = ("proxy 127.0.0.0/8;", "proxy 10.0.0.0/8;", "proxy ::1;", "proxy_recursive;")
        lines += [line for line in proxies if rng.random() < 0.7]
    lines += [f"delete {rng.choice(_NETWORKS)};" for _ in range(rng.choice((0, 0, 1, 2)))]
    rng.shuffle(lines)
    return f"geo {variable}${name} {{ {' '.join(lines)} }}"


def _ranges(rng: random.Random, name: str, variable: str) -> str:
    found = sorted(rng.sample(_RANGES, rng.randrange(1, 5)), key=_size, reverse=True)
    lines = [f"{network} {_value(rng)};" for network in found]
    deletes = [f"delete {rng.choice(_RANGES)};" for _ in range(2)]
    for line in ("default d;", "proxy 127.0.0.0/8;", "include ranges.inc;", *deletes):
        if rng.random() < 0.4:
            lines.insert(rng.randrange(len(lines) + 1), line)
    return f"geo {variable}${name} {{ ranges; {' '.join(lines)} }}"


def _size(text: str) -> int:
    first, _, last = text.partition("-")
    return int(ip_network(last).network_address) - int(ip_network(first).network_address)


def _split(rng: random.Random, name: str, source: str) -> str:
    few = ("50% *", "0.5% 99.5%", "33.33% 33.3%", "100%", "*", "12.5% 12.50% 25.0% *")
    parts = [f"{part} {index + 1};" for index, part in enumerate(words(rng.choice(few)))]
    return f'split_clients "{source}" ${name} {{ {" ".join(parts)} }}'


def _geoip2(rng: random.Random) -> str:
    source = rng.choice(("", "", "source=$arg_ip ", "source=$remote_addr "))
    default = rng.choice(("", "default=none "))
    lines = [f"${name} {source}{default}{name};" for name in words("city n big minus yes no part")]
    lines += [f"$item {default}{source}list 0;", "$last list -1;", f"$deep {source}in x;"]
    lines += ["$none default=none what;", "$built metadata build_epoch;"]
    proxies = [f"geoip2_proxy {network};" for network in ("127.0.0.0/8", "10.0.0.0/8", "::1") if rng.random() < 0.7]
    recursive = rng.choice(("", *2 * ("geoip2_proxy_recursive on;",))) if proxies else ""
    return f"geoip2 some.mmdb {{ {' '.join(lines)} }} {' '.join(proxies)} {recursive}"


def _write_database(path: Path) -> None:
    writer = MMDBWriter(6, "Test", ipv4_compatible=True, float_type="f64")
    writer.insert_network(IPSet(["10.1.0.0/16", "127.0.0.2/32", "2001:db8::/32"]), _FIELDS)
    writer.insert_network(IPSet(["10.2.0.0/16", "127.0.0.1/32", "::1/128"]), {"city": "a", "n": 1, "in": {"x": "1"}})
    writer.to_db_file(str(path))


def _ask(rng: random.Random, port: int) -> Ask:
    headers = [("X", rng.choice(_TEXTS))] if rng.random() < 0.8 else []
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        addresses = [rng.choice((rng.choice(_ADDRESSES), *_GOOD)) for _ in range(rng.randrange(1, 4))]
        headers.append(("X-Forwarded-For", rng.choice((", ", ",", " ")).join(addresses)))
    path = rng.choice((*_JUDGED, "g0", "g0", "city", str(rng.randrange(9))))
    target = f"/{path}?ip={rng.choice(_ADDRESSES).replace(' ', '')}" if rng.random() < 0.9 else f"/{path}"
    client = rng.choice(("127.0.0.1", "127.0.0.2", "127.0.0.3", *(("::1",) if has_ipv6() else ())))
    return Ask(port, target, "GET", rng.choice(_TEXTS), tuple(headers), client)
