"""Folders, lone files and dumps: which main file judges what, and what surrounds the rest."""

from pathlib import Path

import pytest

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.configuration import Configuration
from audit403.nginx.read.dump import is_dump, read_dump
from audit403.nginx.read.fragment import Folder, read_folder, read_lone, read_standard_input
from audit403.nginx.read.tree import Directive


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def lone(folder: Path, name: str, files: dict[str, str]) -> Configuration:
    write(folder, files)
    return read_lone(str(folder / name), LocalEvidence())


def folder_of(path: Path, files: dict[str, str]) -> Folder:
    write(path, files)
    return read_folder(str(path), LocalEvidence())


@pytest.mark.parametrize(
    ("name", "text", "context"),
    [
        ("conf.d/a.conf", "server { listen 80; }", "http"),
        ("conf.d/a.conf", "map $a $b { default 1; }\nlimit_req_zone $a zone=b:1m rate=1r/s;", "http"),
        ("conf.d/a.conf", "deny all;", "http"),
        ("snippets/a.conf", "deny all;", "server"),
        ("snippets/a.conf", "listen 443 ssl;\nssl_certificate x;", "server"),
        ("snippets/a.conf", "proxy_pass http://a;\nproxy_set_header A b;", "location"),
        ("a.conf", "internal;\nalias /x/;", "location"),
        ("a.conf", "server 127.0.0.1:80 weight=3;\nkeepalive 4;", "upstream"),
        ("a.conf", "location / { deny all; }", "server"),
        ("a.conf", "rewrite ^ /x;\nbreak;\nallow all;\nlocation / {}", "server"),
        ("a.conf", "content_by_lua_block { x }\n", "location"),
        ("a.conf", "worker_connections 5;\nmulti_accept on;", "events"),
        ("a.conf", "load_module x.so;\nworker_processes 3;", None),
    ],
)
def test_the_context_of_a_lone_file(tmp_path: Path, name: str, text: str, context: str | None) -> None:
    configuration = lone(tmp_path, name, {name: text})
    assert configuration.assumed == context
    assert configuration.problems == []
    assert str(tmp_path / name) in configuration.files


@pytest.mark.parametrize(
    ("about", "context"),
    [
        ("a.conf", "server"),
        ("b.conf", "location"),
        ("twice.conf", "server"),
        ("all.conf", None),
        ("nothing.conf", "http"),
        ("circle.conf", "server"),
    ],
)
def test_what_a_lone_file_includes_tells_its_context(tmp_path: Path, about: str, context: str | None) -> None:
    files = {
        "a.conf": "include server.conf;\ninclude add.conf;",
        "b.conf": "include add.conf;\ninclude location.conf;",
        "twice.conf": "include a.conf;",
        "all.conf": "include blocks.conf;",
        "nothing.conf": "include *.other;",
        "circle.conf": "include circle.conf;\ninclude server.conf;",
        "server.conf": "location ~ x { deny all; }",
        "location.conf": "internal;",
        "add.conf": "add_header A b;",
        "blocks.conf": "events { }\nhttp { }",
    }
    configuration = lone(tmp_path, about, files)
    assert configuration.assumed == context
    assert not [problem for problem in configuration.problems if "includes itself" not in problem.message]
    assert configuration.about == str(tmp_path / about)


def test_spans_of_a_lone_file_are_its_own(tmp_path: Path) -> None:
    configuration = lone(tmp_path, "conf.d/a.conf", {"conf.d/a.conf": "\n server { listen 80; root; }"})
    [problem] = configuration.problems
    assert problem.span[:3] == (str(tmp_path / "conf.d/a.conf"), 2, 22)


def test_a_relative_include_of_a_lone_file_starts_at_the_folder_of_the_main_file(tmp_path: Path) -> None:
    configuration = lone(
        tmp_path,
        "sites-available/a",
        {
            "sites-available/a": "server { include snippets/b.conf; include snippets/c.conf; }",
            "snippets/b.conf": "index x;",
        },
    )
    assert str(tmp_path / "snippets/b.conf") in configuration.files
    [problem] = configuration.problems
    assert problem.kind == "not-collected"


def test_a_lone_file_that_a_main_file_near_it_includes_is_judged_in_it(tmp_path: Path) -> None:
    files = {"nginx.conf": "events {}\nhttp { server { include snippets/*.conf; } }", "snippets/a.conf": "internal;"}
    configuration = lone(tmp_path, "snippets/a.conf", files)
    assert (configuration.assumed, configuration.main.path) == (None, str(tmp_path / "nginx.conf"))
    [problem] = configuration.problems
    assert "not allowed here" in problem.message


@pytest.mark.parametrize(
    "text", ["foo bar;\nbaz { quux 1; }\n", "<?php\nif (isset($_GET['a'])) { return 403; }\n", "[a]\nlisten = 80;\n"]
)
def test_what_is_no_nginx_configuration_is_not_read(tmp_path: Path, text: str) -> None:
    configuration = lone(tmp_path, "a.conf", {"a.conf": text})
    assert ("it was not recognised as nginx configuration") in [reason for _, reason in configuration.not_read]


def test_a_folder(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        {
            "one/nginx.conf": "events {}\nhttp { include conf.d/*.conf; include http.conf; }",
            "one/conf.d/a.conf": "server { listen 80; }",
            "one/http.conf": "server { listen 81; }",
            "one/sites-available/lonely": "server { listen 82; }",
            "two/my.conf": "events {}\nhttp {}",
            "php/www.conf": "[www]\nuser = www-data\nlisten = /run/x.sock\n; comment\npm = dynamic\n",
            "apache.conf": "<VirtualHost *:80>\n  DocumentRoot /x\n</VirtualHost>\n",
            "node_modules/x/nginx.conf": "events {}",
            "notes.txt": "server { }",
        },
    )
    assert [c.main.path.removeprefix(str(tmp_path)) for c in folder.configurations] == [
        "/one/nginx.conf",
        "/two/my.conf",
    ]
    assert [list(c.files)[-1].removeprefix(str(tmp_path)) for c in folder.fragments] == ["/one/sites-available/lonely"]
    assert folder.not_read == []


def test_a_part_of_a_lone_file_is_judged_in_it(tmp_path: Path) -> None:
    files = {"conf.d/a.conf": "server { location / { include snippets/b.conf; } }", "snippets/b.conf": "deny all;"}
    folder = folder_of(tmp_path, files)
    assert [configuration.about for configuration in folder.fragments] == [str(tmp_path / "conf.d/a.conf")]


def test_a_file_behind_a_link_is_judged_where_the_link_is_included(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "nginx.conf": "events {}\nhttp { include sites-enabled/*; }",
            "sites-available/a.conf": "server { listen 80; }",
        },
    )
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled/10-a").symlink_to("../sites-available/a.conf")
    folder = read_folder(str(tmp_path), LocalEvidence())
    assert len(folder.configurations) == 1
    assert folder.fragments == []


DUMP = b"""nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
events {}
http { include conf.d/*.conf; include /etc/nginx/gone; }
# configuration file /etc/nginx/conf.d/b.conf:
server { listen 80; }

# configuration file /etc/nginx/conf.d/.hidden.conf:
server { listen 81; }
"""


def test_a_dump() -> None:
    assert is_dump(DUMP)
    configuration = read_standard_input(DUMP, "-", LocalEvidence())
    assert list(configuration.files) == ["/etc/nginx/nginx.conf", "/etc/nginx/conf.d/b.conf"]
    [http] = [d for d in configuration.directives if d.name == "http"]
    servers: list[Directive] = list(configuration.expand(http.block or []))
    assert [server.block[0].args for server in servers if server.block] == [["80"]]
    assert servers[0].span[:3] == ("/etc/nginx/conf.d/b.conf", 1, 1)
    [problem] = configuration.problems
    assert problem.kind == "not-collected"


def test_what_is_no_dump() -> None:
    assert read_dump(b"hello").not_read
    configuration = read_standard_input(b"server { deny all; }", "/srv/conf.d/x.conf", LocalEvidence())
    assert configuration.assumed == "http"
    assert configuration.problems == []


@pytest.mark.parametrize(
    "text",
    [
        "http {\n{% for site in sites %}\nserver { server_name {{ site.name }}; }\n{% endfor %}\n}\n",
        "<% @sites.each do |site| %>\nserver { server_name <%= site %>; }\n<% end %>\n",
        "server {\n  {{#if tls}}\n  listen 443;\n  {{/if}}\n}\n",
    ],
)
def test_a_template_is_not_taken_for_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "nginx.conf").write_text(text)
    configuration = read_lone(str(tmp_path / "nginx.conf"), LocalEvidence())
    assert [problem.kind for problem in configuration.problems] == ["limit"]
    [(path, reason)] = [found for found in configuration.not_read if "template" in found[1]]
    assert path.startswith(str(tmp_path / "nginx.conf")) and "rendered" in reason


def test_regular_expressions_with_braces_make_no_template(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text('server { location ~ "^/{{[a-z]}}$" { return 200 } }\n')
    configuration = read_lone(str(tmp_path / "a.conf"), LocalEvidence())
    assert "syntax" in {problem.kind for problem in configuration.problems}


def test_a_part_beside_a_main_file_that_does_not_include_it(tmp_path: Path) -> None:
    (tmp_path / "parts/security").mkdir(parents=True)
    (tmp_path / "nginx.conf").write_text("events {} http { }\n")
    (tmp_path / "parts/security/headers.conf").write_text("add_header X-A b;\n")
    (tmp_path / "parts/location.conf").write_text("location /x { include parts/security/headers.conf; }\n")
    folder = read_folder(str(tmp_path), LocalEvidence())
    assert [problem.message for one in folder.fragments for problem in one.problems] == []
    assert folder.not_read == []
