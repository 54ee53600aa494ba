"""Random `.htaccess` files before the real httpd: the variables that they set are what the reader must have read."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from apache.read.generator import VARIABLES
from audit403.apache.read.check import HTACCESS, check_directives
from audit403.apache.read.configuration import Htaccess, Settings, parse_htaccess, read_configuration
from audit403.apache.read.parse import LONGEST_LINE
from audit403.apache.read.tree import Directive
from audit403.evidence.local import LocalEvidence
from servers.apache import USUAL, Apache, main_config
from servers.ports import free_port

PIECES = ["a", "b-1", ".", "*", "#", "\\", "\\\\", '\\"', "\\'", "'", '"', "$", "{", "}", ">", "<", "=", ":", " ",
          "\t", "|"]  # fmt: skip
ENVIRONMENT = {"FROM_ENV": "the environment's"}
CONDITIONS = [
    ("IfModule", "mod_headers.c"), ("IfModule", "!headers_module"), ("IfModule", "mod_nope.c"), ("IfDefine", "SET"),
    ("IfDefine", "!SET"), ("IfVersion", ">= 2.4"), ("IfVersion", "< 2"), ("IfDirective", "SetEnv"),
    ("IfSection", "!Files"),
]  # fmt: skip
BROKEN = [
    "Nonsense", "</Files>", "<Files x>", "<IfModule>", "Include x", "Define x", "</IfModule>", "<IfModule nope>", "<",
    "<Directory />", "SetEnv", "DocumentRoot /", "\ufeffSetEnv V0 a", "#" * 9000, "Order", "UnsetEnv",
    "LoadModule a_module b", "SetEnv V0 a\\", "ErrorDocument", "<Files x", "AddType",
]  # fmt: skip


def test_words_and_verdicts(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port = free_port()
    docroot = server_dir / "www"
    docroot.mkdir()
    (docroot / "x").write_text("x")
    body = f"""
        Define SET "two words"
        Define ONE one
        Listen 127.0.0.1:{port}
        {" ".join(f"Header always set X-{number} %{{V{number}}}e env=V{number}{chr(10)}" for number in range(6))}
        DocumentRoot {docroot}
        <Directory {docroot}>
            AllowOverride All
            Require all granted
        </Directory>
    """
    conf = main_config(server_dir, body, modules=USUAL)
    refused = compared = 0
    with Apache(server_dir, conf, variables=ENVIRONMENT) as server:
        configuration = read_configuration(str(server.conf), LocalEvidence(), Settings(environment=ENVIRONMENT))
        for _ in range(cases(300)):
            data = generated(rng).encode("utf-8", "surrogateescape")
            (docroot / ".htaccess").write_bytes(data)
            answer = server.client.get(port, "/x")
            ours = parse_htaccess(str(docroot / ".htaccess"), data, configuration.process)
            problems = [
                problem
                for problem in [*ours.problems, *check_directives(ours.directives, configuration.process, HTACCESS)]
                if problem.kind not in ("suspicious", "not-collected")
            ]
            assert (answer.status == 500) == bool(problems), (data, answer.status, problems)
            refused += answer.status == 500
            if answer.status == 200:
                theirs = {name: value for name, value in answer.headers if name.startswith("x-")}
                assert theirs == headers_of(ours), data
                compared += len(theirs)
    assert refused > 0.05 * cases(300)
    assert compared > cases(300)


@pytest.mark.parametrize("before", [b"", b"# short\n", b"SetEnv A b\\\n", b"   \\\r\n"])
def test_the_longest_line(server_dir: Path, before: bytes) -> None:
    port = free_port()
    (server_dir / "x").write_text("x")
    body = f"Listen 127.0.0.1:{port}\nDocumentRoot {server_dir}\n<Directory {server_dir}>\nAllowOverride All\n"
    conf = main_config(server_dir, f"{body}Require all granted\n</Directory>\n")
    verdicts = set()
    with Apache(server_dir, conf) as server:
        for size in (8179, 8180, 8181, 8188, 8189, 8190, 8191, 8192, 8193):
            for end in (b"", b"\n", b"\r\n"):
                data = before + b"#" * size + end
                (server_dir / ".htaccess").write_bytes(data)
                status = server.client.get(port, "/x").status
                problems = parse_htaccess("/.htaccess", data).problems
                assert (status == 500) == bool(problems), (size, end, status, problems)
                verdicts.add(status)
    assert verdicts == {200, 500}


@pytest.mark.parametrize("size", [LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1])
def test_the_longest_line_of_a_configuration(server_dir: Path, size: int) -> None:
    conf = main_config(server_dir, "Listen 127.0.0.1:1\n" + "#" * (size - 1) + "\n")
    server = Apache(server_dir, conf)
    said = server.check()
    problems = read_configuration(str(server.conf), LocalEvidence(), Settings(environment={})).problems
    assert (said is not None) == bool(problems)
    assert bool(problems) == (size > LONGEST_LINE)


def headers_of(htaccess: Htaccess) -> dict[str, str]:
    """The headers that show what a file sets; sections on files come behind what stands outside of them."""
    found: dict[str, str] = {}
    plain = [directive for directive in htaccess.directives if directive.block is None]
    sections = [inner for directive in htaccess.directives for inner in directive.block or []]
    for directive in [*plain, *sections]:
        if directive.name == "setenv":
            found[directive.args[0].lower().replace("v", "x-")] = as_sent(directive)
    return found


def as_sent(directive: Directive) -> str:
    return directive.args[1].encode("utf-8", "surrogateescape").decode("latin-1").strip(" \t")


def generated(rng: random.Random) -> str:
    lines: list[str] = []

    def variable() -> str:
        inner = "x" + "".join(rng.choices(PIECES, k=rng.randint(0, 6)))
        if rng.random() < 0.2:
            inner += rng.choice([*VARIABLES, "${SET}", "${set}"])
        if any(mark in inner for mark in (" ", "\t", "${SET}", "${set}", "${FROM_ENV}")) or rng.random() < 0.3:
            quote = rng.choice("\"'")
            inner = quote + inner.replace(quote, "\\" + quote).replace("\\\\" + quote, quote) + "x" + quote
        elif inner[:1] in "\"'":
            inner = "x" + inner
        # There must be no third word.
        line = f"{rng.choice(['SetEnv', 'setenv', 'SETENV'])} V{rng.randrange(6)} {inner}x"
        return line if not inner.endswith(("'", '"')) else line[:-1]

    def block(depth: int) -> None:
        for _ in range(rng.randint(1, 4)):
            choice = rng.random()
            if choice < 0.6 or depth > 2:
                lines.append(written(variable()))
            elif choice < 0.75:
                lines.extend(["# note", "", "#\\", "SetEnv V0 not"][: rng.randint(1, 4)])
                if lines[-1] == "#\\":
                    lines.append("")
            else:
                name, argument = rng.choice(CONDITIONS)
                lines.append(f"<{name} {argument}>")
                block(depth + 1)
                lines.append(f"</{name}>")

    def written(line: str) -> str:
        while rng.random() < 0.1:
            at = rng.randrange(1, len(line))
            if line[at - 1] != "\\":
                line = line[:at] + "\\\n" + line[at:]
        return rng.choice(["", "  ", "\t"]) + line + rng.choice(["", " ", "\r"])

    block(0)
    if rng.random() < 0.3:
        lines.append("<Files *>")
        lines.append(written(variable()))
        lines.append("</Files>")
    if rng.random() < 0.15:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(BROKEN))
    return "\n".join(lines) + rng.choice(["", "\n"])
