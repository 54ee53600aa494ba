"""Broken files before the real nginx: the reader has a problem exactly where `nginx -t` refuses to start."""

import random
import re

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.configuration import read_configuration
from servers.nginx import Nginx, main_config
from servers.plenty import SEED, cases, rng
from servers.process import server_directory

REFUSED = {"syntax", "bytes", "limit", "include", "context", "arguments", "directive"}
#: What nginx says when it cannot read a file, as against a value that it does not like.
READING = re.compile(
    r"unexpected|unknown directive|not terminated|no opening|number of arguments|not allowed here|too long"
    r"|it must be \"on\" or \"off\"|open\(\) "
)
BODY = """
    add_header X-A "a b";
    index  a.html b.html; # comment; {
    server {
        add_header X-B 'c"d' always;
        proxy_set_header A "b;}{";
        location /a { index x; proxy_hide_header B; }
        location /b
        {
            sendfile on;
            add_header C d\\;e;
            location /b/c { index "z z"
                y; }
        }
    }
    types { a/b c d; e/f
        g; }
    server { index q; }
"""
PIECES = [
    ";",
    "{",
    "}",
    '"',
    "'",
    "\\",
    " ",
    "\n",
    "#",
    "index",
    "\ufeff",
    "\u00a0",
    "x",
    "server {",
    "a b c;",
    "\x0b",
    "${",
]


def broken(numbers: random.Random) -> str:
    text = BODY
    for _ in range(numbers.choice((1, 1, 1, 2, 3))):
        at = numbers.randrange(len(text))
        if numbers.random() < 0.5:
            marks = [place for place, mark in enumerate(text) if mark in ";{}\"'\\#\n "]
            at = numbers.choice(marks)
            text = text[:at] + text[at + 1 :]
        else:
            text = text[:at] + numbers.choice(PIECES) + text[at:]
    return text


def test_what_nginx_refuses_has_a_problem_and_nothing_else_has() -> None:
    numbers = rng("broken")
    wrong = []
    refused = 0
    wanted = cases(300)
    with server_directory() as prefix:
        nginx = Nginx(prefix, "")
        for _ in range(wanted):
            conf = main_config(prefix, broken(numbers))
            said = nginx.check(conf)
            configuration = read_configuration(str(prefix / "nginx.conf"), LocalEvidence())
            found = [problem for problem in configuration.problems if problem.kind in REFUSED]
            if said is not None and not found and not READING.search(said):
                continue
            refused += said is not None
            if (said is not None) != bool(found):
                wrong.append((conf, said, found))
    assert refused > wanted / 4, "too few of the files are broken for this test to mean anything"
    for conf, said, found in wrong[:3]:
        print(conf, said, found, sep="\n", end="\n\n")
    assert not wrong, f"{len(wrong)} of {wanted} files differ, AUDIT403_SEED={SEED}"


def test_the_token_limit_is_nginx_own() -> None:
    checked = 0
    with server_directory() as prefix:
        nginx = Nginx(prefix, "")
        for length in (4092, 4093, 4094, 4095, 4096, 4097, 5000):
            word = "a" * length
            for statement in (
                f"index {word};",
                f"index {word} ;",
                f'index "{word}";',
                f'index "{word}" b;',
                f"#{word}\n",
                f"index a #{word}\n b;",
                f"index a;#{word}\n",
                f"\n{word} b;",
            ):
                if statement.startswith("\n"):
                    statement = "types {" + statement + "}"
                # The buffer must not end with the file, where nginx sees the end before it sees the length.
                said = nginx.check(main_config(prefix, statement) + "#\n" * 5000)
                found = read_configuration(str(prefix / "nginx.conf"), LocalEvidence()).problems
                assert (said is not None) == bool(found), (length, statement[:10], said, found)
                checked += said is not None
    assert checked > 10


def test_a_comment_that_ends_the_file_may_be_as_long_as_the_buffer() -> None:
    with server_directory() as prefix:
        nginx = Nginx(prefix, "")
        for length in (4094, 4095, 4096, 4097, 9000):
            said = nginx.check(main_config(prefix, "") + "#" * length)
            found = read_configuration(str(prefix / "nginx.conf"), LocalEvidence()).problems
            assert (said is not None) == bool(found), (length, said, found)
