"""Random words through the real nginx: what `return 200 WORD` sends is what the reader must have read."""

import random
from pathlib import Path

from audit403.nginx.read.parse import parse
from servers.nginx import Nginx, main_config
from servers.plenty import SEED, cases, rng
from servers.ports import free_ports
from servers.process import server_directory

PIECES = [
    *"abcXYZ019_/.-:=~^*+?|()[]<>@%&!,",
    *"}#'\"",
    *[" ", "\t", "\r\n", "\n", "\v", "\f"],
    *["\\\\", '\\"', "\\'", "\\t", "\\n", "\\r", "\\a", "\\ ", "\\;", "\\{", "\\}", "\\#", "\\\n", "\\é"],
    *["é", "ü", "\u00a0", "\u200b", "\u2028", "\udc80", "\udcff", "日本"],
    *[";", "{", "${v}", "${v}"],
]
#: Most words must be ones that nginx accepts; what it rejects is the business of test_broken_real.
BARE_PIECES = [piece for piece in PIECES if piece not in (" ", "\t", "\n", "\r\n", ";", "{")]


def random_word(numbers: random.Random) -> str:
    kind = numbers.randrange(3)
    length = numbers.choice((1, 2, 3, 5, 8, 20))
    if kind == 0:
        first: str = numbers.choice([piece for piece in BARE_PIECES if piece not in "}#'\""])
        return first + "".join(numbers.choice(BARE_PIECES) for _ in range(length))
    mark = '"' if kind == 1 else "'"
    return mark + "".join(numbers.choice([piece for piece in PIECES if piece != mark]) for _ in range(length)) + mark


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def test_words_are_those_that_nginx_reads() -> None:
    numbers = rng("words")
    wanted = cases(3000)
    compared = mismatches = 0
    with server_directory() as prefix:
        while compared < wanted:
            words = [random_word(numbers) for _ in range(min(1000, wanted - compared))]
            compared += len(words)
            mismatches += mismatching(prefix, words)
    assert mismatches == 0, f"{mismatches} of {compared} words differ, AUDIT403_SEED={SEED}"


def mismatching(prefix: Path, words: list[str]) -> int:
    [port] = free_ports(1)
    lines = [f"location = /{number} {{ return 200 {word}; }}" for number, word in enumerate(words)]
    body = "\n".join(["server {", f"listen 127.0.0.1:{port};", "set $v <value>;", *lines, "}"])
    conf = main_config(prefix, body)
    file = parse(str(prefix / "nginx.conf"), encoded(conf))
    assert {problem.kind for problem in file.problems} <= {"suspicious"}
    http = next(directive for directive in file.directives if directive.name == "http")
    server = next(directive for directive in http.block or [] if directive.name == "server")
    read = [location.block[0].args[1] for location in server.block or [] if location.block]
    assert len(read) == len(words)
    wrong = 0
    with Nginx(prefix, conf) as nginx:
        for number, value in enumerate(read):
            answer = nginx.client.get(port, f"/{number}")
            if answer.body != encoded(value.replace("${v}", "<value>")):
                wrong += 1
                print(f"{words[number]!r}: nginx {answer.body!r}, reader {value!r}")
    return wrong
