"""Nothing that a target holds crashes, hangs or fills the run: one clear line about it, and the others are audited.

Every run here is held to a few seconds of processor time and 200 MB (`servers.bounded`).
"""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from servers.bounded import Run, bounded
from servers.need import need_root

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

GOOD = "events {}\nhttp { server { listen 80; server_name a.example; location /a/ { deny all; allow 10.0.0.0/8; } } }\n"


def run(*targets: str | Path, **options: Any) -> Run:
    """One run, which has to end with a report."""
    found = bounded("check", "--format", "json", "--tree", "none", *targets, **options)
    assert found.code in (0, 1, 3), found.errors
    return found


def check(*targets: str | Path, **options: Any) -> dict[str, Any]:
    """The report of one run."""
    return run(*targets, **options).report


def reasons(report: dict[str, Any]) -> str:
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


class TestUnreadable:
    """As a user who may not read everything."""

    @pytest.fixture
    def good(self, server_dir: Path) -> Path:
        (server_dir / "good").mkdir()
        (server_dir / "good/nginx.conf").write_text(GOOD)
        return server_dir / "good/nginx.conf"

    def test_a_file(self, server_dir: Path, good: Path) -> None:
        (server_dir / "nginx.conf").write_text(GOOD)
        (server_dir / "nginx.conf").chmod(0)
        report = check(server_dir / "nginx.conf", good, nobody=True)
        assert reasons(report) == f"{server_dir}/nginx.conf: it cannot be read: Permission denied"
        assert len(report["findings"]) == 1

    def test_a_folder(self, server_dir: Path, good: Path) -> None:
        (server_dir / "closed").mkdir()
        (server_dir / "closed/nginx.conf").write_text(GOOD)
        (server_dir / "closed").chmod(0)
        report = check(server_dir / "closed", server_dir / "closed/nginx.conf", good, nobody=True)
        assert reasons(report).count("Permission denied") == 2
        assert len(report["findings"]) == 1

    def test_an_include(self, server_dir: Path, good: Path) -> None:
        (server_dir / "closed.conf").write_text("deny all;\n")
        (server_dir / "closed.conf").chmod(0)
        good.write_text(GOOD.replace("listen 80;", f"listen 80; include {server_dir}/closed.conf;"))
        report = check(good, nobody=True)
        assert f"{server_dir}/closed.conf: Permission denied" in reasons(report)
        assert "nginx/allow-behind-deny" in {row["rule"] for row in report["findings"]}

    def test_a_part_of_the_tree(self, server_dir: Path, good: Path) -> None:
        (server_dir / "www/closed").mkdir(parents=True)
        (server_dir / "www/closed").chmod(0o700)
        good.write_text(f"events {{}}\nhttp {{ server {{ listen 80; root {server_dir}/www; }} }}\n")
        found = bounded("check", "--format", "json", "--tree", "here", good, nobody=True)
        assert found.code in (1, 3)
        assert f"{server_dir}/www/closed" in reasons(found.report)

    def test_settings(self, server_dir: Path, good: Path) -> None:
        (server_dir / "audit403.toml").write_text("strict = true\n")
        (server_dir / "audit403.toml").chmod(0)
        found = bounded("check", good, nobody=True)
        assert found.code == 2
        said = f"The settings {server_dir}/audit403.toml cannot be read: Permission denied."
        assert found.errors == f"audit403: {said}\n"
        assert f"not audited: {good}: its settings cannot be used: {said}" in found.output.decode()


def test_a_block_device(server_dir: Path, good: Path) -> None:
    need_root()
    try:
        os.mknod(server_dir / "nginx.conf", 0o060600, os.makedev(7, 250))
    except PermissionError:
        # A container without CAP_MKNOD: none can be made, so none can be met.
        return
    assert "Not a regular file" in reasons(check(server_dir / "nginx.conf", server_dir, good))


def test_a_gigabyte(tmp_path: Path, good: Path) -> None:
    """As a file, as an include, as a password file, as settings and on standard input."""
    for name in ("nginx.conf", "passwords"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(1 << 30)
    report = check(tmp_path / "nginx.conf", good)
    assert "larger than" in reasons(report) and len(report["findings"]) == 1
    good.write_text(GOOD.replace("listen 80;", f"listen 80; include {tmp_path}/nginx.conf;"))
    report = check(good)
    assert "larger than" in reasons(report) and "nginx/allow-behind-deny" in {row["rule"] for row in report["findings"]}
    good.write_text(GOOD.replace("deny all;", f"auth_basic x; auth_basic_user_file {tmp_path}/passwords; deny all;"))
    assert bounded("check", "--format", "json", "--tree", "here", good).code == 1
    with open(tmp_path / "nginx.conf", "rb") as file:
        assert "larger than" in reasons(check("-", good, stdin=file))
    os.rename(tmp_path / "passwords", tmp_path / "audit403.toml")
    found = bounded("check", good)
    assert found.code == 2 and "larger than" in found.errors


def test_lines_without_end_on_standard_input(good: Path) -> None:
    with subprocess.Popen(["yes", "location / {"], stdout=subprocess.PIPE) as endless:
        assert endless.stdout is not None
        report = check("-", good, stdin=endless.stdout, megabytes=300)
        endless.kill()
    assert "standard input: it is larger than" in reasons(report) and len(report["findings"]) == 1


def test_a_gigabyte_of_statements_in_many_files(tmp_path: Path) -> None:
    """The same file again and again: what is included multiplies, what is read does not."""
    (tmp_path / "part.conf").write_text("add_header X y;\n" * 60_000)
    includes = "include part.conf;\n" * 1000
    (tmp_path / "nginx.conf").write_text(GOOD.replace("listen 80;", f"listen 80; {includes}"))
    assert "grow too large" in reasons(check(tmp_path / "nginx.conf", seconds=30, megabytes=400))


class TestDeep:
    """Ten thousand levels, whole and properly closed."""

    LEVELS = 10_000

    @pytest.mark.parametrize(
        "opening", ["location / {", "if ($a) {", "limit_except GET {", "server {", "http {", "map $a $b {", "x {"]
    )
    def test_blocks(self, tmp_path: Path, good: Path, opening: str) -> None:
        text = f"events {{}} http {{ server {{ {opening * self.LEVELS} deny all; {'}' * self.LEVELS} }} }}\n"
        (tmp_path / "nginx.conf").write_text(text)
        assert len(check(tmp_path / "nginx.conf", good)["findings"]) >= 1

    def test_includes(self, tmp_path: Path, good: Path) -> None:
        for level in range(self.LEVELS):
            (tmp_path / f"{level}.inc").write_text(f"include {level + 1}.inc;\n")
        (tmp_path / f"{self.LEVELS}.inc").write_text("deny all; allow 10.0.0.0/8;\n")
        (tmp_path / "nginx.conf").write_text(GOOD.replace("listen 80;", "listen 80; include 0.inc;"))
        check(tmp_path / "nginx.conf", good)

    def test_includes_that_multiply(self, tmp_path: Path, good: Path) -> None:
        for level in range(60):
            (tmp_path / f"{level}.inc").write_text(f"include {level + 1}.inc;\n" * 3)
        (tmp_path / "60.inc").write_text("deny all;\n")
        (tmp_path / "nginx.conf").write_text(GOOD.replace("listen 80;", "listen 80; include 0.inc;"))
        assert "grow too large" in reasons(check(tmp_path / "nginx.conf", good))

    def test_folders(self, tmp_path: Path, good: Path) -> None:
        here = os.open(tmp_path, os.O_RDONLY)
        for _ in range(self.LEVELS // 10):  # deeper than any path may be long
            os.mkdir("directory", dir_fd=here)
            below = os.open("directory", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        try:
            report = check(tmp_path, good)
            assert "File name too long" in reasons(report) and len(report["findings"]) == 1
        finally:
            subprocess.run(["rm", "-rf", "directory"], cwd=tmp_path, check=True)

    @pytest.mark.parametrize("text", ["a = " + "[" * 10_000, "a" + ".a" * 10_000 + " = 1", "a = " + "{b = " * 10_000])
    def test_settings(self, tmp_path: Path, good: Path, text: str) -> None:
        (tmp_path / "audit403.toml").write_text(text)
        found = bounded("check", good)
        assert found.code == 2 and f"audit403: {tmp_path}/audit403.toml" in found.errors

    @pytest.mark.parametrize("line", [b"[" * 10_000, b'{"a":' * 10_000, b"1" * 500_000])
    def test_requests(self, good: Path, line: bytes) -> None:
        question = b'\n{"id": 2, "url": "http://a.example/a/"}\n'
        found = bounded("explain", "--config", good, "--requests", "-", stdin=line + question)
        assert found.code == 2 and found.output.count(b"\n") == 2 and b'{"id": 2, "verdict": "refused"' in found.output


def test_a_line_without_end_in_a_batch(good: Path) -> None:
    with open("/dev/zero", "rb") as zeros:
        found = bounded("explain", "--config", good, "--requests", "-", stdin=zeros)
    assert found.code == 2 and "longer than" in found.errors


@pytest.fixture(params=["fifo", "socket", "directory", "loop"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "thing"
    if request.param == "fifo":
        os.mkfifo(path)
    elif request.param == "directory":
        path.mkdir()
    elif request.param == "loop":
        path.symlink_to("thing")
    with socket.socket(socket.AF_UNIX) as listener:
        if request.param == "socket":
            listener.bind(str(path))
        yield path


def test_what_is_no_file_wherever_one_is_named(tmp_path: Path, good: Path, no_file: Path) -> None:
    """A password file, a geo table, a certificate, a docroot, an index: nothing waits for it."""
    (good.parent / "index.html").symlink_to(no_file)
    good.write_text(
        f"events {{}}\nhttp {{ geo $a {{ include {no_file}; default 1; }} map $uri $b {{ include {no_file}; }}\n"
        f"server {{ listen 80; auth_basic x; auth_basic_user_file {no_file}; root {good.parent};\n"
        f"location /x {{ root {no_file}; try_files {no_file} /y; }}\n"
        f"location /z {{ alias {no_file}; deny all; }} }} }}\n"
    )
    found = bounded("check", "--format", "json", "--tree", "here", good)
    assert found.code in (1, 3)
    assert "internal-error" not in reasons(found.report)
    os.rename(no_file, tmp_path / "audit403.toml")
    found = bounded("check", good)
    assert found.code in (1, 3) if os.path.islink(tmp_path / "audit403.toml") else found.code == 2


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
    assert any(str(row["where"]["file"]).endswith("good/nginx.conf") for row in report["findings"])
    assert "internal-error" not in reasons(report)


@pytest.mark.parametrize(
    "inside",
    [
        "location ~ [[a]x { deny all; }",
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
    assert "\udcff" in finding["where"]["file"]


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


@pytest.mark.parametrize(
    "comments",
    [
        "# audit403: ignore[nginx/x]\n" * 15_000,
        f"# audit403: {'#' * 200_000}\n",
        f"# audit403: ignore[{'a,' * 100_000}\n",
    ],
)
def test_comments_that_ignore(tmp_path: Path, comments: str) -> None:
    (tmp_path / "nginx.conf").write_text(comments + GOOD)
    run(tmp_path / "nginx.conf")
