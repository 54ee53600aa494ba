"""The directive table: complete enough that nginx's own directives are known, and used as nginx uses its own."""

import subprocess
import sys

import pytest

from audit403.evidence.interface import FILE, Entry
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.read import directives
from audit403.nginx.read.configuration import read_configuration


def said(text: str) -> list[str]:
    evidence = MemoryEvidence({"/nginx.conf": Entry(FILE, 0o644, 0, 0)}, {"/nginx.conf": text.encode()})
    return [f"{problem.kind}: {problem.message}" for problem in read_configuration("/nginx.conf", evidence).problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http { root /x; }", []),
        ("root /x;", ['context: "root" directive is not allowed here, at the top of the file']),
        ("http { upstream a { root x; } }", ['context: "root" directive is not allowed here, in "upstream"']),
        ("http { server { if ($a) { allow all; } } }", ['context: "allow" directive is not allowed here, in "if"']),
        ("http { server { location / { if ($a) { proxy_pass http://x; return 403; } } } }", []),
        ("http { server { location / { limit_except GET { deny all; } } } }", []),
        ("http { server { location / { limit_except GET { include /x*; } } } }", []),
        ("http { root /a /b; }", ['arguments: invalid number of arguments in "root" directive']),
        ("http { sendfile yes; }",
         ['arguments: invalid value "yes" in "sendfile" directive, it must be "on" or "off"']),
        ("http { SENDFILE on; }",
         ['directive: unknown directive "SENDFILE": nginx starts only with a module that has it']),
        ("http { sendfile ON; }", []),
        ("http { root /x { } }", ['syntax: directive "root" is not terminated by ";": it has no block']),
        ("http { server; }", ['syntax: directive "server" has no opening "{"']),
        ("http { denny all; }", ['directive: unknown directive "denny": nginx starts only with a module that has it']),
        ("http { map $a $b { default 1; ~x 2; volatile; include /x*; a { } } }",
         ['syntax: unexpected "{": the block of "map" holds no blocks']),
        ("http { map $a $b { x 1 2; } }",
         ["arguments: invalid number of the map parameters: expected a key and one value"]),
        ("http { geo $a { ranges; 1.1.1.1-2.2.2.2 x; proxy 1.1.1.1; } }", []),
        ("http { types { a/b c d e; x/y; } }", []),
        ("http { server { http2 on; ssl_reject_handshake on; listen 443 quic; } }", []),
        ("http { lua_shared_dict a 1m; server { access_by_lua_block { x } } }", []),
        ("http { more_set_headers a; brotli on; geoip2 /x { auto_reload 5m; $a country; } }", []),
        ("stream { server { listen 1; set $a b; pass x; proxy_pass y; } upstream a { server b; } }", []),
        ("mail { server { listen 1; protocol imap; } }", []),
        ("rtmp { server { application x { live on; } } }", []),
    ],
)  # fmt: skip
def test_what_nginx_says_at_its_start(text: str, expected: list[str]) -> None:
    assert said(text) == expected


def test_crossplanes_table_is_there_without_the_rest_of_crossplane() -> None:
    code = (
        "import sys; from audit403.nginx.read import directives as d; assert d.masks('root'), 'no table';"
        "assert 'crossplane' not in sys.modules and 'json' not in sys.modules, sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_reading_a_file_imports_little() -> None:
    code = (
        "import sys; from audit403.nginx.read.configuration import read_configuration;"
        "from audit403.evidence.local import LocalEvidence; read_configuration('/nothing', LocalEvidence());"
        "bad = {'dataclasses', 'pathlib', 'crossplane', 'typing_extensions', 'inspect'} & set(sys.modules);"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_every_entry_of_the_table_has_a_context_and_a_form() -> None:
    directives.masks("root")
    for name, masks in directives._table.items():
        for mask in masks:
            assert mask >> 16, name
            assert mask & 0xFFFF & ~directives.BLOCK, name
