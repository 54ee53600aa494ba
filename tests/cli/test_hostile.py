"""Nothing that a target holds crashes or hangs the run: one clear line about it, and the others are audited."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from servers.command import environment

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

GOOD = "events {}\nhttp { server { listen 80; server_name a.example; location /a/ { deny all; allow 10.0.0.0/8; } } }\n"
TIMEOUT = 60


def check(
    *targets: str | Path, cwd: Path | None = None, stdin: bytes | None = None
) -> dict[str, list[dict[str, object]]]:
    """The report; whatever happens, it is one, and no traceback is seen."""
    command = [sys.executable, "-m", "audit403", "check", "--format", "json", "--tree", "none", *map(str, targets)]
    result = subprocess.run(
        command, cwd=cwd, env=environment(), input=b"" if stdin is None else stdin, capture_output=True, timeout=TIMEOUT
    )
    assert b"Traceback" not in result.stderr, result.stderr.decode()
    assert result.returncode in (0, 1, 3), result.stderr.decode()
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def reasons(report: dict[str, list[dict[str, object]]]) -> str:
    return "\n".join(f"{row['target']}: {row['reason']}" for row in report["not_audited"])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "good").mkdir()
    (tmp_path / "good/nginx.conf").write_text(GOOD)
    return tmp_path / "good/nginx.conf"


def test_a_fifo_and_a_socket(tmp_path: Path, good: Path) -> None:
    os.mkfifo(tmp_path / "fifo.conf")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.conf"))
        report = check(tmp_path / "fifo.conf", tmp_path / "socket.conf", good)
    assert reasons(report).count("Not a regular file") == 2
    assert len(report["findings"]) == 1


def test_devices(good: Path) -> None:
    report = check("/dev/zero", "/dev/null", good)
    assert reasons(report).count("Not a regular file") == 2
    assert len(report["findings"]) == 1


def test_an_include_of_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.conf")
    (tmp_path / "nginx.conf").write_text(
        GOOD.replace("http {", "http { include fifo.conf; include /dev/zero; include .;")
    )
    report = check(tmp_path / "nginx.conf")
    assert {row["rule"] for row in report["findings"]} == {"nginx/missing-include", "nginx/allow-behind-deny"}


def test_an_endless_file(tmp_path: Path, good: Path) -> None:
    with open(tmp_path / "nginx.conf", "wb") as file:
        file.truncate(1 << 40)
    report = check(tmp_path / "nginx.conf", good)
    assert "larger than" in reasons(report)
    assert len(report["findings"]) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path, good: Path) -> None:
    (tmp_path / "nginx.conf").write_text(GOOD)
    (tmp_path / "nginx.conf").chmod(0)
    assert "Permission denied" in reasons(check(tmp_path / "nginx.conf", good))


def test_links_in_a_circle(tmp_path: Path, good: Path) -> None:
    (tmp_path / "a.conf").symlink_to("b.conf")
    (tmp_path / "b.conf").symlink_to("a.conf")
    report = check(tmp_path / "a.conf", good)
    assert len(report["not_audited"]) == 1 and len(report["findings"]) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 5000, bytes(range(256)) * 40, b"\x7fELF" + b"\0" * 100, b"\xff\xfeh\0t\0t\0p\0", b"", b"\n" * 100_000,
        b"{" * 10_000, b"}" * 10_000, b"http {" * 10_000, b"events{}http{server{" + b"location / {" * 10_000,
        b"if ($a) {" * 10_000, b'"' * 10_001, b"a" * 1_000_000, b"${" * 10_000, b"\\" * 10_001, b"#" * 100_000,
        b"include nginx.conf;", b"events {} http { include nginx.conf; }",
        b"events {} http { include *; include */*; }",
    ],
    ids=lambda data: repr(data[:24]),
)  # fmt: skip
def test_garbage(tmp_path: Path, good: Path, data: bytes) -> None:
    (tmp_path / "nginx.conf").write_bytes(data)
    report = check(tmp_path / "nginx.conf", good)
    assert any(str(row["where"]["file"]).endswith("good/nginx.conf") for row in report["findings"])  # type: ignore[index]
    assert "internal-error" not in reasons(report)


@pytest.mark.parametrize(
    "inside",
    [
        "location ~ ( { }", "location ~ (a+)+$ { return 403; }", "allow 300.1.2.3; deny 10.0.0.0/99; allow ::g;",
        "listen 99999999;", "return 403 $nonexistent;", "rewrite ^ / last;", "rewrite ^(.*)$ $1$1 last;",
        "error_page 403 /x; location / { deny all; }", "root $root$root$root;", "set $a $a$a; set $a $a$a; root $a;",
        "try_files /a /b;", "location /a { location /b { } }", 'if ($uri ~ "(?R)") { return 403; }',
        'location ~ "(?R)" { return 403; }', "server_name ~(((((; ",
        "auth_request /a; location /a { auth_request /a; }",
        "alias /x; root /y; alias /z;", "geo $x { default 1; }", "access_log;", "internal;",
        "limit_except GET { allow all; }",
    ],
)  # fmt: skip
def test_nonsense_that_parses(tmp_path: Path, good: Path, inside: str) -> None:
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{ server {{ listen 80; {inside} }} }}\n")
    report = check(tmp_path / "nginx.conf", good)
    assert "internal-error" not in reasons(report)
    assert report["findings"]


def test_a_map_in_a_circle(tmp_path: Path) -> None:
    maps = "map $a $b { default $b; } map $c $d { default $e; } map $d $e { default $d; }"
    text = f"events {{}}\nhttp {{ {maps} server {{ listen 80; root /$b/$d; if ($e) {{ return 403; }} }} }}\n"
    (tmp_path / "nginx.conf").write_text(text)
    assert "internal-error" not in reasons(check(tmp_path / "nginx.conf"))


def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/n\xffginx.conf"
    with open(name, "wb") as file:
        file.write(GOOD.encode())
    (finding,) = check(tmp_path)["findings"]
    assert "\udcff" in finding["where"]["file"]  # type: ignore[index]


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 100, b"# configuration file /x:\n", b"{"])
def test_standard_input(data: bytes) -> None:
    assert "internal-error" not in reasons(check("-", stdin=data))


def test_mutations_of_a_good_file(tmp_path: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    """Bytes changed, lost and doubled at random; all in one run, so that each must leave the others alone."""
    pieces = [
        b"{",
        b"}",
        b";",
        b'"',
        b"'",
        b"\\",
        b"$",
        b"#",
        b"\0",
        b"\xff",
        b"http {",
        b"location ~ ",
        b"include ",
        b"/",
        b"allow ",
    ]
    for number in range(cases(150)):
        data = bytearray(GOOD.encode())
        for _ in range(rng.randrange(1, 12)):
            at = rng.randrange(len(data) + 1)
            data[at : at + rng.randrange(4)] = rng.choice(pieces) if rng.random() < 0.7 else rng.randbytes(3)
        folder = tmp_path / f"site{number}"
        folder.mkdir()
        (folder / "nginx.conf").write_bytes(data)
    assert "internal-error" not in reasons(check(tmp_path))
