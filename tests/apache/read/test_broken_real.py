"""Broken files before the real httpd: the reader has a problem exactly where `apache2 -t` refuses to start."""

import random
import re
from collections.abc import Callable
from pathlib import Path

from apache.read.generator import Generator
from audit403.apache.read.configuration import Configuration, Settings, read_configuration
from audit403.apache.read.lines import join
from audit403.core.source import Problem, Source
from audit403.evidence.local import LocalEvidence
from servers.apache import USUAL, Apache, main_config

REFUSED = {"syntax", "bytes", "limit", "include", "context", "arguments", "module", "directive"}
_PLACE = re.compile(
    r"Syntax error on line (\d+) of (?:macro '\S*' \(defined on line (\d+) of \"([^\"]+)\"\) used on[^:]*|([^\s:]+)):"
)
STRAY = [
    "</Directory>", "</IfModule>", "</Nope>", "</Directory", "< Directory /x>", "</ Directory>", "<Directory", "<>",
    "</>", "Nonsense on", "Require all granted", "ServerAdmin", "ServerAdmin a b", "KeepAlive maybe",
    "AllowOverride None",
    "Include no/such.conf", "Include none/*.conf", "Include", "IncludeOptional a b", "Define", "Define a b c",
    "UnDefine", "Define a:b c", "LoadModule nope_module", "Use", "Use nothing", "<Macro>", "UndefMacro nothing",
    "<IfModule>", "<IfModule mod_so.c", "<IfVersion 2.x>", "<IfVersion ?? 2.4>", "<IfVersion", "<IfDefine ONE TWO>",
    "SSLEngine on", "WSGIScriptAlias / /x", "<VirtualHost *:1>", "<If \"true\">", "</If>", "<Files x>", "<Limit GET>",
    "DocumentRoot", "User a", "Listen", "ErrorDocument 404", "\ufeffServerAdmin a", "Server\u00a0Admin a",
    "ServerAdmin\u00a0a", '"ServerAdmin" a', "ServerAdmin> a", "Alias /a", "RewriteCond a", "DirectoryIndex",
    "IndexIgnore", 'IndexIgnore ""', "Order deny,allow", "</VirtualHost>", "Options -Indexes +Foo>", "SetEnv a b c",
]  # fmt: skip

MEANING = (
    "Unknown Authz provider", "specifies methods", "Illegal option", "should", "ultiple", "must be", "bad argument",
    "bad user name", "contains no authorization", "condition clause",
)  # fmt: skip


def test_what_httpd_refuses_is_refused(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    head = main_config(server_dir, "Listen 127.0.0.1:1\nInclude main.conf\n", modules=USUAL, extra=["macro"])
    refused = elsewhere = 0
    for number in range(cases(120)):
        root = server_dir / f"case{number}"
        files = Generator(rng, root).make(rng.randint(3, 15))
        break_one(files, rng)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        (root / "apache.conf").write_text(head.replace(f"ServerRoot {server_dir}\n", f"ServerRoot {root}\n"))
        said = Apache(root, root / "apache.conf").check()
        configuration = read_configuration(str(root / "apache.conf"), LocalEvidence(), Settings(environment={}))
        found = [problem for problem in configuration.problems if problem.kind in REFUSED]
        places = _places(said or "", configuration)
        if said is not None and not _is_about_reading(said):
            continue  # what the words mean is not the reader's
        assert bool(found) == (said is not None), (root, said, found)
        if places and not any(_is_there(problem, configuration, *places[-1]) for problem in found):
            elsewhere += 1
        refused += said is not None
    assert refused >= 0.3 * cases(120)
    assert elsewhere <= 0.1 * refused


def _is_about_reading(said: str) -> bool:
    """Whether httpd's complaint is about the form: not about the values of the generated words."""
    return not any(words in said for words in MEANING) or "must be On or Off" in said


def _places(said: str, configuration: Configuration) -> list[tuple[str, str]]:
    """The lines and files that httpd names, from the main file on; of a macro's line the one that it was read from."""
    places = []
    for line, opening, of_macro, file in _PLACE.findall(said):
        if file:
            places.append((line, file))
        elif of_macro in configuration.files:
            text = configuration.files[of_macro].source
            places.append((str(_line_of_macro(text, int(opening), int(line))), of_macro))
    return places


def _line_of_macro(source: Source, opening: int, number: int) -> int:
    """The last line that a macro's nth line takes up; blank lines count, comments and continuations do not."""
    at = sum(len(line) + 1 for line in source.text.split("\n")[:opening])
    while number:
        pieces, after, _ = join(source.text, at)
        number -= not "".join(source.text[piece.start : piece.end] for piece in pieces).strip().startswith("#")
        at = after
    return source.position(at - 1)[0]


def _is_there(problem: Problem, configuration: Configuration, line: str, file: str) -> bool:
    """Whether a problem is where httpd says: on the last line of a directive, or of a section that is passed over."""
    if file not in configuration.files:
        return True  # a macro's text, which has no lines of its own
    span = problem.span
    source = configuration.files[file].source
    passed_over = [
        directive.stated[1]
        for directive in configuration.executed
        if directive.holds is False and directive.source is source and directive.start <= span.start <= directive.end
    ]
    end = source.position(join(source.text, span.start)[1] - 1)[0] if span.file == file else 0
    return span.file == file and (span.line <= int(line) <= end or int(line) in passed_over)


def break_one(files: dict[str, bytes], rng: random.Random) -> None:
    """Break one line of one file, or do no harm to it."""
    path = rng.choice([path for path, data in files.items() if data.strip()] or ["main.conf"])
    lines = files[path].decode("utf-8", "surrogateescape").split("\n")
    tags = [index for index, line in enumerate(lines) if line.strip().startswith("<")]
    index = rng.choice(tags) if tags and rng.random() < 0.6 else rng.randrange(len(lines))
    line = lines[index]
    choice = rng.random()
    if choice < 0.2:
        del lines[index]
    elif choice < 0.5:
        lines.insert(index, rng.choice(STRAY))
    elif choice < 0.6:
        lines[index] = line.replace(">", "", 1) if rng.random() < 0.5 else line + ">"
    elif choice < 0.7:
        lines[index] = line.replace("</", "<", 1) if "</" in line else line.replace("<", "</", 1)
    elif choice < 0.8 and line:
        at = rng.randrange(len(line))
        lines[index] = line[:at] + rng.choice(["", "x", " ", "\\", '"', "\u00a0"]) + line[at + 1 :]
    elif choice < 0.9:
        del lines[index:]
    else:
        other = rng.randrange(len(lines))
        lines[index], lines[other] = lines[other], lines[index]
    files[path] = "\n".join(lines).encode("utf-8", "surrogateescape")
