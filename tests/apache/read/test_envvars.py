"""Debian's envvars, and scripts like it, before a real shell: the same variables."""

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from audit403.apache.read.envvars import DEBIAN, read_envvars
from servers.need import need

OF_THE_SHELL = {"PWD", "SHLVL", "_", "OLDPWD"}


def shell(script: Path) -> dict[str, str]:
    """What a shell exports after reading the script."""
    command = f". {script}; env -0"
    environment = {"PATH": "/usr/bin:/bin"}
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, env=environment, check=True)
    pairs = (line.partition("=") for line in result.stdout.decode().split("\0") if line)
    return {name: value for name, _, value in pairs if name not in OF_THE_SHELL and name != "PATH"}


def test_debians_own() -> None:
    need("apache2")
    path = Path("/etc/apache2/envvars")
    environment = read_envvars(path.read_text())
    assert environment.complete
    assert environment.variables == shell(path) == DEBIAN


@pytest.mark.parametrize(
    "text",
    [
        ": ${APACHE_RUN_USER:=web}\nexport APACHE_RUN_USER\n",
        "A=1; export A; B=$A$A\nexport B C=${B}c\n",
        "export A=x\nunset A\nexport B=${A:-none} C=${A-none} D=${B:+set} E=${A:+set}\n",
        'export A="two words" B=\'q\'\nexport C="$A"\n',
        'A=\nif [ -n "$A" ]; then\nexport B=1\nelse\nexport B=2\nfi\n',
        'A=x\nif [ "$A" = x ] ; then\n  export B=1\nelif [ "$A" = y ]; then\n export B=2\nelse\n export B=3\nfi\n',
        "export A=/etc/apache2-two\nexport B=${A##/etc/apache2-} C=${A#/etc} D=${A%two} E=${A%%nope}\n",
        "export A=a\\\nb # comment\n# export B=1\n",
        "export APACHE_ARGUMENTS='-D Foo -DBar'\numask 022\nulimit -n 10\n",
    ],
)
def test_like_a_shell(tmp_path: Path, text: str) -> None:
    script = tmp_path / "envvars"
    script.write_text(text)
    environment = read_envvars(text)
    assert environment.complete
    assert environment.variables == shell(script)


def test_what_is_not_understood_is_not_run(tmp_path: Path) -> None:
    environment = read_envvars(
        f"export A=$(touch {tmp_path}/x)\nexport B=`touch {tmp_path}/x`\nexport C=1\n. /etc/passwd\n"
    )
    assert environment.variables == {"C": "1"}
    assert not environment.complete
    assert not (tmp_path / "x").exists()


def test_the_command_lines_defines() -> None:
    environment = read_envvars('export APACHE_ARGUMENTS="-D Foo -DBar -k start"\n')
    assert environment.defines == ("Foo", "Bar")


def test_nothing_breaks_it(rng: random.Random, cases: Callable[[int], int]) -> None:
    pieces = [
        "export",
        " ",
        "A",
        "=",
        "$",
        "{",
        "}",
        ":",
        "-",
        "if",
        "[",
        "]",
        "then",
        "fi",
        "else",
        "\n",
        '"',
        "'",
        "#",
        "\\",
    ]
    for _ in range(cases(500)):
        read_envvars("".join(rng.choices(pieces, k=rng.randrange(40))))
