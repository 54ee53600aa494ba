"""Ranges in names and Ansible's `--limit`: what Ansible 2.19 was seen to do, and what holds for any."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from audit403.core.errors import BadUsage
from audit403.host.inventory.groups import Inventory
from audit403.host.inventory.limit import limited
from audit403.host.inventory.ranges import expanded, names_and_port

NAMES = ("web1", "web2", "web10", "db1", "db2", "mail.example.com", "10.0.0.1", "fe80::1")
GROUPS = {"web": ["web1", "web2", "web10"], "db": ["db1", "db2"], "eu": ["web1", "db1"], "prod": []}


def inventory() -> Inventory:
    made = Inventory()
    for name in NAMES:
        made.add_host(name)
    for group, hosts in GROUPS.items():
        for host in hosts:
            made.add_host(host, group)
    made.add_child("prod", "web")
    made.add_child("prod", "db")
    made.finish()
    return made


@pytest.mark.parametrize(
    ("text", "names", "port"),
    [
        ("web1", ["web1"], None),
        ("web1:2222", ["web1"], 2222),
        ("web[1:3]:22", ["web1", "web2", "web3"], 22),
        ("web[01:03].example", ["web01.example", "web02.example", "web03.example"], None),
        ("web[08:10]", ["web08", "web09", "web10"], None),
        ("web[8:10]", ["web8", "web9", "web10"], None),
        ("db-[a:c]", ["db-a", "db-b", "db-c"], None),
        ("db-[y:B]", ["db-y", "db-z", "db-A", "db-B"], None),
        ("r[1:7:3]", ["r1", "r4", "r7"], None),
        ("r[:2]", ["r0", "r1", "r2"], None),
        ("r[5:1]", [], None),
        ("h[1:2]-[a:b]", ["h1-a", "h1-b", "h2-a", "h2-b"], None),
        ("[fe80::1]:22", ["fe80::1"], 22),
        ("fe80::1", ["fe80::1"], None),
        ("10.0.0.[1:2]", ["10.0.0.1", "10.0.0.2"], None),
        ("u@h:22", ["u@h:22"], None),
        ("foo_:22", ["foo_:22"], None),
    ],
)
def test_names_and_ports(text: str, names: list[str], port: int | None) -> None:
    assert names_and_port(text) == (names, port)


@pytest.mark.parametrize(
    "text", ["h[1]", "h[a:", "h[1:2:3:4]", "h[01:2]", "h[c:a]", "h[1:2:0]", "h[1:]", "h[x1:2]", "h:"]
)
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(BadUsage):
        names_and_port(text)


@given(first=some.integers(0, 200), count=some.integers(0, 60), step=some.integers(1, 9), width=some.integers(0, 6))
def test_a_range_counts_as_range_does(first: int, count: int, step: int, width: int) -> None:
    last = first + count
    width = max(width, len(str(last))) if width else 0
    begin, end = str(first).zfill(width), str(last).zfill(width)
    made = expanded(f"h[{begin}:{end}:{step}].x")
    filled = len(begin) if begin[0] == "0" and len(begin) > 1 else 0
    assert made == [f"h{str(number).zfill(filled)}.x" for number in range(first, last + 1, step)]


@given(some.text(alphabet="h[]:0129az.-", max_size=30))
def test_any_name_is_expanded_or_refused_soon(text: str) -> None:
    try:
        made = expanded(text)
    except BadUsage:
        return
    assert all("[" not in name for name in made) and len(made) <= 100_000


@pytest.mark.parametrize(
    ("limit", "hosts"),
    [
        ("all", "web1 web2 web10 db1 db2 mail.example.com 10.0.0.1 fe80::1"),
        ("web", "web1 web2 web10"),
        ("prod", "web1 web2 web10 db1 db2"),
        ("web1", "web1"),
        ("web1,db", "web1 db1 db2"),
        ("web1:db", "web1 db1 db2"),
        ("web:!web1", "web2 web10"),
        ("!web", "db1 db2 mail.example.com 10.0.0.1 fe80::1"),
        ("web:&eu", "web1"),
        ("&eu:!db1", "web1"),
        ("prod:&eu:!db", "web1"),
        ("!web1:web", "web2 web10"),
        ("web?", "web1 web2"),
        ("w*", "web1 web2 web10"),
        ("*.example.com", "mail.example.com"),
        ("~web\\d$", "web1 web2"),
        ("~(web|db)1", "web1 web10 db1"),
        ("web[0]", "web1"),
        ("web[-1]", "web10"),
        ("web[1:]", "web2 web10"),
        ("web[0:1]", "web1 web2"),
        ("web[2:0]", "web10"),
        ("fe80::1", "fe80::1"),
        ("10.0.0.1,fe80::1", "10.0.0.1 fe80::1"),
        ("ungrouped", "mail.example.com 10.0.0.1 fe80::1"),
        ("all:!maintenance", "web1 web2 web10 db1 db2 mail.example.com 10.0.0.1 fe80::1"),
    ],
)
def test_patterns(limit: str, hosts: str) -> None:
    assert sorted(limited(inventory(), limit)) == sorted(hosts.split())


@pytest.mark.parametrize(
    "limit", ["nobody", "web:nobody", "web:!web", "~(((", "web[12]", "!", "&", "", ":", "@/nonexistent"]
)
def test_what_names_nobody_is_said(limit: str) -> None:
    with pytest.raises(BadUsage, match="--limit"):
        limited(inventory(), limit)


def test_a_file_of_patterns(tmp_path: object) -> None:
    path = f"{tmp_path}/retry"
    with open(path, "w") as file:
        file.write("web1\n\ndb*\n")
    assert sorted(limited(inventory(), f"@{path}")) == ["db1", "db2", "web1"]


PLAIN = some.sampled_from([*NAMES, *GROUPS, "all", "w*", "*1", "~.*2$", "?b1"])


def hosts_of(pattern: str) -> set[str]:
    """By the rule as Ansible's documentation has it."""
    if pattern in NAMES:
        return {pattern}
    groups = {**GROUPS, "prod": [*GROUPS["web"], *GROUPS["db"]], "all": list(NAMES)}
    if pattern.startswith("~"):
        return {name for name in NAMES if name.endswith("2")}
    matched = [name for group, hosts in groups.items() if fnmatch.fnmatchcase(group, pattern) for name in hosts]
    return {*matched, *(name for name in NAMES if fnmatch.fnmatchcase(name, pattern))}


@given(
    named=some.lists(PLAIN, max_size=3), also=some.lists(PLAIN, max_size=2), never=some.lists(PLAIN, max_size=2),
    comma=some.booleans(), order=some.randoms(),
)  # fmt: skip
@settings(deadline=None)
def test_patterns_together(named: list[str], also: list[str], never: list[str], comma: bool, order: object) -> None:
    expected = set[str]().union(*map(hosts_of, named)) if named else set(NAMES)
    for pattern in also:
        expected &= hosts_of(pattern)
    for pattern in never:
        expected -= hosts_of(pattern)
    words = [*named, *(f"&{one}" for one in also), *(f"!{one}" for one in never)]
    order.shuffle(words)  # type: ignore[attr-defined]
    separator = "," if comma or any("::" in word for word in words) else ":"
    try:
        found = set(limited(inventory(), separator.join(words) + ("," if separator == "," else "")))
    except BadUsage:
        found = set()
    assert found == (expected if words else set())
