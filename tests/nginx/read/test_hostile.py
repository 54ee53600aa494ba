"""Input that is meant to break a reader costs one problem and little time."""

import os
import time
from pathlib import Path

import pytest

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.configuration import read_configuration
from audit403.nginx.read.fragment import read_folder, read_lone
from audit403.nginx.read.limits import LARGEST_FILE, LARGEST_STATEMENT
from audit403.nginx.read.parse import parse


def one_problem(path: Path) -> str:
    start = time.process_time()
    configuration = read_configuration(str(path), LocalEvidence())
    assert time.process_time() - start < 5
    [problem] = configuration.problems
    assert configuration.not_read
    return problem.message


def test_a_directory_a_fifo_a_missing_and_a_huge_file(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    assert "no such file" in one_problem(conf)
    conf.mkdir()
    assert "Is a directory" in one_problem(conf)
    conf.rmdir()
    os.mkfifo(conf)
    assert "Not a regular file" in one_problem(conf)
    conf.unlink()
    with conf.open("wb") as file:
        file.truncate(1 << 30)
    assert "larger than" in one_problem(conf)


def test_a_file_over_the_readers_own_limit() -> None:
    file = parse("/x", b"a b;" * (LARGEST_FILE // 4 + 1))
    assert [problem.kind for problem in file.problems] == ["limit"]
    assert file.directives == []


@pytest.mark.parametrize("data", [os.urandom(1 << 20), b"\x7fELF\0\0" + os.urandom(1 << 16), b"\0" * 100_000 + b"}"])
def test_binary(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "nginx.conf").write_bytes(data)
    assert "not text" in one_problem(tmp_path / "nginx.conf")


def test_ten_thousand_levels_and_their_lack_of_ends(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_bytes(b"events {}\nhttp { server {" + b"location / {" * 10_000)
    assert "unexpected end of file" in one_problem(conf)


def test_a_statement_without_end(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_bytes(b"index " + b"a " * LARGEST_STATEMENT)
    assert "is not terminated" in one_problem(conf)


@pytest.mark.parametrize(
    "text",
    ['"', "'", "a\\", "\\", '"\\', "a b", "#" * 10, "$", "${", "a {", "}", "{", ";", "", "\ufeff", "x_by_lua_block {"],
)
def test_every_end_of_a_file(text: str) -> None:
    file = parse("/x", text.encode())
    assert bool(file.problems) == (text not in ("", "##########"))
    assert all(directive.offsets and directive.quoted for directive in file.directives)


@pytest.mark.parametrize(
    "line",
    [
        'x "\n',
        "x '\"\n",
        "root /x\n",
        '"a"b;\n',
        'a "b\\\n',
        "{ ",
        "} ",
        "; ",
        "server {\n",
        '"\\" ',
        "#" * 5000 + "\n",
    ],
)
def test_many_mistakes_take_little_time(line: str) -> None:
    start = time.process_time()
    file = parse("/x", line.encode() * (1_000_000 // len(line)))
    assert time.process_time() - start < 5
    assert 1 <= len(file.problems) <= 25


def test_a_file_that_includes_itself_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("http { include *.conf; }")
    folder = read_folder(str(tmp_path), LocalEvidence())
    [configuration] = folder.configurations
    assert len(configuration.reading) == 1


def test_a_lone_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert read_lone(str(tmp_path / "x.conf"), LocalEvidence()).not_read
