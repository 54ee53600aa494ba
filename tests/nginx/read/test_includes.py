"""Includes: where nginx looks, in what order, and what keeps hostile ones finite."""

from pathlib import Path

import pytest

from audit403.evidence.interface import FILE, Entry
from audit403.evidence.local import LocalEvidence
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.read.configuration import Configuration, read_configuration
from audit403.nginx.read.dump import read_dump
from audit403.nginx.read.tree import Directive
from servers.nginx import Nginx, main_config
from servers.ports import free_port
from servers.process import server_directory


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(folder: Path, files: dict[str, str], main: str = "nginx.conf", **options: object) -> Configuration:
    write(folder, files)
    return read_configuration(str(folder / main), LocalEvidence(), **options)  # type: ignore[arg-type]


def expanded(configuration: Configuration) -> list[object]:
    def inner(directives: list[Directive]) -> list[object]:
        return [
            (d.name, *d.args) if d.block is None else ((d.name, *d.args), inner(d.block))
            for d in configuration.expand(directives)
        ]

    return inner(configuration.directives)


def test_includes_start_at_the_main_files_directory_and_come_in_byte_order(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        {
            "nginx.conf": "user a; include sub/x.conf; user z;",
            "sub/x.conf": "include parts/*.conf;",
            "parts/b.conf": "user b;",
            "parts/B.conf": "user B;",
            "parts/é.conf": "user e;",
            "parts/.hidden.conf": "user hidden;",
            "parts/10.conf": "user ten;",
            "parts/9.conf": "user nine;",
        },
    )
    assert configuration.problems == []
    assert [line[1] for line in expanded(configuration)] == ["a", "ten", "nine", "B", "b", "e", "z"]  # type: ignore[index]


def test_nginx_reads_the_same_files_in_the_same_order() -> None:
    with server_directory() as prefix:
        port = free_port()
        server = (
            f"server {{ listen 127.0.0.1:{port}; set $x 1; include 'a b/*.inc'; include last.inc; include l*t.inc;"
            " location / { include nothing/*.inc; return 200 $x; } }"
        )
        write(
            prefix,
            {
                "nginx.conf": main_config(prefix, f"include mime; {server}"),
                "mime": "types { include mi[m]e.d/*; }",
                "mime.d/one": "a/b c;",
                "a b/z.inc": 'set $x "${x}z"; include "a b/deep/*";',
                "a b/_.inc": 'set $x "${x}_";',
                "a b/deep/1": 'set $x "${x}d";',
                "last.inc": 'set $x "${x}!";',
            },
        )
        with Nginx(prefix, prefix / "nginx.conf") as nginx:
            served = nginx.client.get(port, "/").body.decode()
            dump = nginx.dump()
        configuration = read_configuration(str(prefix / "nginx.conf"), LocalEvidence())
        assert configuration.problems == []
        [http] = [d for d in configuration.expand(configuration.directives) if d.name == "http"]
        [block] = [d for d in configuration.expand(http.block or []) if d.name == "server"]
        sets = [d.args[1].replace("${x}", "") for d in configuration.expand(block.block or []) if d.name == "set"]
        assert "".join(sets) == served == "1_zd!!"

        dumped = read_dump(dump)
        assert dumped.problems == []
        assert list(dumped.files) == list(configuration.files)
        assert [f.source.data for f in dumped.files.values()] == [f.source.data for f in configuration.files.values()]
        assert expanded(dumped) == expanded(configuration)


def test_a_missing_file_is_a_problem_and_an_empty_pattern_is_none(tmp_path: Path) -> None:
    configuration = read(tmp_path, {"nginx.conf": "include none/*.conf;\ninclude absent.conf;\nuser a;"})
    [problem] = configuration.problems
    assert (problem.kind, problem.span.line, problem.span.column) == ("include", 2, 9)
    assert str(tmp_path / "absent.conf") in problem.message
    assert [target for target, _ in configuration.not_read] == ["absent.conf"]
    assert expanded(configuration) == [("user", "a")]


def test_a_directory_that_a_pattern_matches_is_a_problem_as_it_is_to_nginx() -> None:
    with server_directory() as prefix:
        write(prefix, {"d/sub/x": "", "nginx.conf": main_config(prefix, "include d/*;")})
        assert "Is a directory" in (Nginx(prefix, prefix / "nginx.conf").check() or "")
        [problem] = read_configuration(str(prefix / "nginx.conf"), LocalEvidence()).problems
        assert "Is a directory" in problem.message


@pytest.mark.parametrize(
    "files",
    [
        {"nginx.conf": "include nginx.conf;"},
        {"nginx.conf": "include a;", "a": "include b;", "b": "include a;"},
        {"nginx.conf": "http { include a; }", "a": "server { location / { include nginx.conf; } }"},
    ],
)
def test_a_cycle_is_one_problem(tmp_path: Path, files: dict[str, str]) -> None:
    configuration = read(tmp_path, files)
    [problem] = configuration.reading
    assert "includes itself" in problem.message
    assert configuration.not_read
    expanded(configuration)


def test_multiplying_includes_are_cut(tmp_path: Path) -> None:
    files = {f"f{n}": f"include f{n + 1};\n" * 10 for n in range(12)}
    configuration = read(tmp_path, files | {"nginx.conf": "include f0;", "f12": "user a;"})
    assert any(problem.kind == "limit" for problem in configuration.reading)
    assert sum(1 for _ in configuration.expand(configuration.directives)) < 300_000


def test_one_file_in_two_contexts_is_read_once_and_judged_in_both(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        {
            "nginx.conf": "events {}\nhttp { server { include s; location / { include s; } } }",
            "s": "listen 80;",
        },
    )
    assert len(configuration.files) == 2
    [problem] = configuration.problems
    assert problem.message.startswith('"listen" directive is not allowed here')


def test_an_include_among_the_data_of_split_clients_is_data(tmp_path: Path) -> None:
    configuration = read(tmp_path, {"nginx.conf": "events {}\nhttp { split_clients $a $b { include x; * y; } }"})
    assert configuration.problems == []


def test_prefix_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, {"nginx.conf": ""}, prefix="/srv/nginx").prefix == "/srv/nginx"


REPOSITORY = {
    "nginx.conf": "events {}\nhttp { include /etc/nginx/mime.types; include /etc/nginx/sites-enabled/*; }",
    "mime.types": "types { a/b c; }",
    "sites-available/x": "server { listen 80; include /etc/nginx/snippets/y.conf; include /srv/missing.conf; }",
    "snippets/y.conf": "index y;",
}


@pytest.mark.parametrize("folder", ["", "etc/nginx", "deploy/nginx"])
def test_a_repository_stands_for_the_target(tmp_path: Path, folder: str) -> None:
    (tmp_path / ".git").mkdir()
    configuration = read(tmp_path / folder, REPOSITORY)
    assert sorted(Path(name).name for name in configuration.files) == ["mime.types", "nginx.conf", "x", "y.conf"]
    [problem] = configuration.problems
    assert (problem.kind, "/srv/missing.conf" in problem.message) == ("not-collected", True)
    assert [target for target, _ in configuration.not_read] == ["/srv/missing.conf"]


def test_links_made_for_the_target_are_followed_in_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled/10-x").symlink_to("/etc/nginx/sites-available/x")
    write(tmp_path, REPOSITORY | {"sites-available/off": "server { listen 81; }"})
    configuration = read(tmp_path, {})
    assert "x" in {Path(name).name for name in configuration.files}
    assert "off" not in {Path(name).name for name in configuration.files}


def test_a_path_map_says_where_the_targets_paths_are(tmp_path: Path) -> None:
    configuration = read(
        tmp_path,
        {"main/nginx.conf": "include /opt/conf/*.conf; include /opt/conf/sites-enabled/a;", "there/x.conf": "user a;",
         "there/sites-available/a": "user b;"},
        "main/nginx.conf",
        path_map={"/opt/conf": str(tmp_path / "there")},
    )  # fmt: skip
    assert configuration.problems == []
    assert expanded(configuration) == [("user", "a"), ("user", "b")]


def test_a_live_folder_gets_no_stand_ins(tmp_path: Path) -> None:
    configuration = read(tmp_path, {"nginx.conf": "include sites-enabled/*;", "sites-available/x": "user a;"})
    assert expanded(configuration) == []


def test_a_directory_that_was_not_collected_is_not_silently_empty() -> None:
    evidence = MemoryEvidence(
        {"/nginx.conf": Entry(FILE, 0o644, 0, 0)}, {"/nginx.conf": b"include x/*;"}, complete=False
    )
    configuration = read_configuration("/nginx.conf", evidence)
    [problem] = configuration.problems
    assert problem.kind == "not-collected"
    assert configuration.not_read


def test_what_the_package_brings_may_be_missing_from_a_folder_that_stands_for_the_target(tmp_path: Path) -> None:
    text = "events {} http { include mime.types; include /etc/nginx/koi-win; include snippets/fastcgi-php.conf;"
    configuration = read(tmp_path, {"nginx.conf": text + " include own.conf; }"})
    assert [problem.kind for problem in configuration.problems] == ["include"]
    (tmp_path / ".git").mkdir()
    configuration = read(tmp_path, {"nginx.conf": text + " include own.conf; include /etc/nginx/other.conf; }"})
    assert [problem.kind for problem in configuration.problems] == ["include-in-repository", "not-collected"]


def test_the_servers_own_folder_must_hold_what_the_package_brings() -> None:
    main = "/etc/nginx/nginx.conf"
    evidence = MemoryEvidence({main: Entry(FILE, 0o644, 0, 0)}, {main: b"events {} http { include mime.types; }"})
    assert [problem.kind for problem in read_configuration(main, evidence).problems] == ["include"]
