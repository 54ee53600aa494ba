"""Input that is meant to break Apache's reader costs one problem and little time."""

import os
import random
import time
from pathlib import Path

import pytest

from audit403.apache.read.configuration import Configuration, parse_htaccess, read_configuration
from audit403.apache.read.expand import MOST_INCLUSIONS, MOST_LINES
from audit403.apache.read.fragment import read_folder, read_lone
from audit403.apache.read.parse import LARGEST_FILE, parse
from audit403.core.source import Problem
from audit403.evidence.local import LocalEvidence

SECONDS = 10


def read(path: Path, seconds: float = SECONDS) -> Configuration:
    start = time.monotonic()
    configuration = read_configuration(str(path), LocalEvidence())
    problems = configuration.problems
    assert time.monotonic() - start < seconds
    assert len(problems) <= 400
    return configuration


def one_problem(path: Path, seconds: float = SECONDS) -> Problem:
    configuration = read(path, seconds)
    [problem] = configuration.problems
    assert configuration.not_read or problem.kind in ("syntax", "suspicious")
    return problem


def test_a_directory_a_fifo_a_missing_and_a_huge_file(tmp_path: Path) -> None:
    conf = tmp_path / "apache2.conf"
    assert "no such file" in one_problem(conf).message
    conf.mkdir()
    assert "Is a directory" in one_problem(conf).message
    conf.rmdir()
    os.mkfifo(conf)
    assert "Not a regular file" in one_problem(conf).message
    conf.unlink()
    with conf.open("wb") as file:
        file.truncate(1 << 30)
    assert "larger than" in one_problem(conf).message


def test_the_same_as_included_files(tmp_path: Path) -> None:
    conf = tmp_path / "apache2.conf"
    conf.write_text("Include fifo\nInclude huge\nServerAdmin a\n")
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 30)
    configuration = read(conf)
    assert [(problem.span.line, problem.kind) for problem in configuration.problems] == [
        (1, "include"),
        (2, "not-collected"),
    ]
    assert [directive.name for directive in configuration.directives] == ["serveradmin"]


def test_a_file_over_the_readers_own_limit() -> None:
    file = parse("/x", b"a b\n" * (LARGEST_FILE // 4 + 1))
    assert [problem.kind for problem in file.problems] == ["limit"]
    assert file.lines.lines == []


@pytest.mark.parametrize("data", [os.urandom(1 << 20), b"\x7fELF\0\0" + os.urandom(1 << 16), b"\0" * 100_000 + b"}"])
def test_binary(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "apache2.conf").write_bytes(data)
    assert "not text" in one_problem(tmp_path / "apache2.conf").message


@pytest.mark.parametrize(
    ("opening", "kind"),
    [
        ("<RequireAny>", "syntax"),
        ("<IfDefine !NOPE>", "suspicious"),
        ("<IfDefine NOPE>", "syntax"),
        ("<Macro a>", "syntax"),
        ("<Perl>", "syntax"),
    ],
)
def test_ten_thousand_levels_and_their_lack_of_ends(tmp_path: Path, opening: str, kind: str) -> None:
    conf = tmp_path / "apache2.conf"
    conf.write_text("<Directory />\n" + f"{opening}\n" * 10_000)
    configuration = read(conf)
    assert 1 <= len(configuration.reading) <= 25
    assert kind in {problem.kind for problem in configuration.reading}


def test_ten_thousand_levels_with_their_ends(tmp_path: Path) -> None:
    conf = tmp_path / "apache2.conf"
    many = 10_000
    for name, argument in (("IfDefine", "!NOPE"), ("IfDefine", "NOPE"), ("RequireAny", "")):
        conf.write_text(
            "<Directory />\n" + f"<{name} {argument}>\n" * many + "Require all granted\n" + f"</{name}>\n" * many
            + "</Directory>\n"
        )  # fmt: skip
        assert read(conf).reading == []


def test_ten_thousand_levels_closed_by_one_tag(tmp_path: Path) -> None:
    conf = tmp_path / "apache2.conf"
    conf.write_text("<Directory />\n" + "<IfDefine !NOPE>\n<Files x>\n" * 10_000 + "</Directory>\n")
    assert 1 <= len(read(conf).reading) <= 25


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    conf = tmp_path / "apache2.conf"
    conf.write_text("ServerAdmin a\nInclude apache2.conf\nInclude apache2.conf\nServerName b\n")
    configuration = read(conf)
    assert {problem.message for problem in configuration.reading} == {
        f'"{conf}" includes itself: httpd would go too deep'
    }
    assert [directive.name for directive in configuration.directives] == ["serveradmin", "servername"]


def test_a_file_that_includes_itself_until_it_has_enough(tmp_path: Path) -> None:
    conf = tmp_path / "apache2.conf"
    conf.write_text("<IfDefine !ENOUGH>\nDefine ENOUGH\nInclude apache2.conf\n</IfDefine>\nServerName b\n")
    configuration = read(conf)
    assert configuration.reading == []
    assert len(configuration.directives) == 2


def test_includes_that_multiply(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.conf").write_text(f"Include {number + 1}.conf\n" * 3)
    (tmp_path / "40.conf").write_text("ServerName x\n")
    (tmp_path / "apache2.conf").write_text("Include 0.conf\n")
    configuration = read(tmp_path / "apache2.conf", 60)
    assert "limit" in {problem.kind for problem in configuration.reading}
    assert len(configuration.files) == 42
    assert MOST_INCLUSIONS < MOST_LINES


def test_macros_that_multiply(tmp_path: Path) -> None:
    text = "LoadModule macro_module modules/mod_macro.so\n<Macro m0>\nServerName x\n</Macro>\n"
    for number in range(1, 40):
        text += f"<Macro m{number}>\n" + f"Use m{number - 1}\n" * 3 + "</Macro>\n"
    (tmp_path / "apache2.conf").write_text(text + "Use m39\n")
    configuration = read(tmp_path / "apache2.conf", 60)
    assert "limit" in {problem.kind for problem in configuration.reading}


def test_an_argument_that_grows_a_macro_without_end(tmp_path: Path) -> None:
    text = "LoadModule macro_module modules/mod_macro.so\n<Macro m @a>\nServerName @a\n</Macro>\nUse m 'x\\\\@a'\n"
    (tmp_path / "apache2.conf").write_text(text)
    assert "limit" in {problem.kind for problem in read(tmp_path / "apache2.conf").reading}


def test_folders_that_lead_round_in_circles(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / name).symlink_to(".")
    (tmp_path / "apache2.conf").write_text("IncludeOptional d\n")
    configuration = read(tmp_path / "apache2.conf", 60)
    assert "limit" in {problem.kind for problem in configuration.reading}


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(500):
        (tmp_path / "d" / str(number)).write_bytes(b"\0" * 1000)
    (tmp_path / "apache2.conf").write_text("Include d\nServerName x\n")
    configuration = read(tmp_path / "apache2.conf")
    assert len(configuration.files) < 60
    assert "limit" in {problem.kind for problem in configuration.reading}
    assert [directive.name for directive in configuration.directives] == ["servername"]


@pytest.mark.parametrize(
    "text",
    [
        '"', "'", "a\\", "\\", '"\\', "a b", "#" * 10, "$", "${", "<", ">", "<>", "</", "</>", "</x", "<x", "<x>",
        "<If", "", "\ufeff", "<IfModule", "<IfModule>", "<IfModule !>", "<Macro", "<Macro>", "Use", "Include",
        "Include ''", "Define", "<IfVersion>", "<IfVersion >", "\u00a0", "\r", "\\\n", "\\\r\n\\", "x\\\n", "<Perl",
        "LoadModule", 'Include ""', "ServerRoot", 'ServerRoot ""', "<IfFile", "< x", "</ x", "${x", "${x}", "Include .",
    ],
)  # fmt: skip
def test_every_end_of_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "apache2.conf").write_text(text)
    configuration = read(tmp_path / "apache2.conf", 60)
    for directive in configuration.every() + configuration.executed:
        assert repr(directive)
        assert directive.name_span.end <= len(text.encode())
        assert len(directive.quoted) == len(directive.args)
        assert all(directive.arg_span(index) for index in range(len(directive.args)))
    parse_htaccess("/x/.htaccess", text.encode())


@pytest.mark.parametrize(
    "line",
    [
        'x "\n', "<x>\n", "</x>\n", "x\\\n", "\\\n", "# \\\n", "<IfModule x>\n", "</IfModule>\n", "<Macro a>\n",
        "Use a\n", "Define a ${a}${a}\n", "Include nope\n", "<Directory>\n<Location>\n</Directory>\n", "${a}\n",
        "\u00a0", "< x>\n", "LoadModule a b\n", "<IfDefine !a>\n<x>\n", "<VirtualHost *>\n<Directory>\n", " ",
        "\r", '"a"', "x\r",
    ],
)  # fmt: skip
def test_many_mistakes_take_little_time(tmp_path: Path, line: str) -> None:
    data = line.encode() * (500_000 // len(line))
    (tmp_path / "apache2.conf").write_bytes(data)
    configuration = read(tmp_path / "apache2.conf", 30)
    assert len(configuration.reading) <= 250
    start = time.monotonic()
    parse_htaccess("/x/.htaccess", data)
    assert time.monotonic() - start < 30


def test_random_lines_never_break_it(tmp_path: Path, rng: random.Random) -> None:
    pieces = [
        "<", ">", "</", "If", "Module", "Define", "Macro", "Use", "Include", " ", "\n", "\\\n", '"', "'", "${", "}",
        "$a", "x", "!", "/", "*", "#", "Directory", "VirtualHost", "\t", "\r\n", "\xa0", "é", "Version", "1",
    ]  # fmt: skip
    conf = tmp_path / "apache2.conf"
    for _ in range(300):
        text = "LoadModule macro_module x\n" + "".join(rng.choices(pieces, k=rng.randrange(60)))
        conf.write_text(text)
        configuration = read_configuration(str(conf), LocalEvidence())
        assert configuration.problems is not None
        for directive in configuration.every() + configuration.executed:
            assert 0 <= directive.start <= directive.line_end <= directive.end
            assert repr(directive)
            for index in range(len(directive.args)):
                span = directive.arg_span(index)
                assert directive.start <= span.start <= span.end <= directive.line_end


def test_a_folder_and_lone_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "apache2.conf").write_text("User a\nGroup b\nInclude *.conf\n")
    [configuration] = read_folder(str(tmp_path), LocalEvidence()).configurations
    assert len(configuration.reading) == 1
    assert read_lone(str(tmp_path / "x.conf"), LocalEvidence()).not_read
