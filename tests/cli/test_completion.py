"""Completion in the real shells: it offers what the parser takes, all of it and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.cli.parser import COMMANDS, command_parser
from audit403.cli.shells.described import CHOICES, KINDS, described
from audit403.core.registry import rule_pages
from servers.command import audit403, environment
from servers.need import need
from servers.typed import PROMPT, shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.typed import Shell

RULES = [rule for rule, _ in rule_pages()]
NAMES = {*RULES, *(rule.partition("/")[0] for rule in RULES)}
FLAGS = {
    name: {flag for action in command_parser(name)._actions for flag in action.option_strings} for name in COMMANDS
}
#: Each option with a fixed set of values.
CHOSEN = [
    (command.name, argument.flags[-1], set(argument.choices))
    for command in described().commands
    for argument in command.options
    if argument.kind == CHOICES
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts, `audit403` as a program, and files to complete."""
    made = tmp_path_factory.mktemp("completion")
    (made / "bin").mkdir()
    (made / "bin/audit403").write_text(f'#!/bin/sh\nexec {sys.executable} -m audit403 "$@"\n')
    (made / "bin/audit403").chmod(0o755)
    for name in ("bash", "zsh", "fish"):
        (made / f"script.{name}").write_text(audit403("completion", name).stdout)
    (made / "site one.conf").touch()
    (made / "sub folder").mkdir()
    return made


def environment_in(folder: Path) -> dict[str, str]:
    found = environment()
    return found | {"PATH": f"{folder}/bin:{found['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def in_bash(folder: Path, *words: str) -> set[str]:
    """What bash's own completion function answers for the last word."""
    need("bash")
    line = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _audit403; printf "%s\\n" "${COMPREPLY[@]}"'
    command = ["bash", "--norc", "-c", line, "bash", f"{folder}/script.bash", "audit403", *words]
    done = subprocess.run(command, cwd=folder, env=environment_in(folder), capture_output=True, text=True, check=True)
    assert not done.stderr
    return {row for row in done.stdout.split("\n") if row}


def in_fish(folder: Path, line: str) -> set[str]:
    """What fish offers at the end of a line."""
    program = f"source {folder}/script.fish; complete -C $argv[1]"
    command = [need("fish"), "--no-config", "-c", program, line]
    done = subprocess.run(command, cwd=folder, env=environment_in(folder), capture_output=True, text=True, check=True)
    assert not done.stderr
    return {row.partition("\t")[0] for row in done.stdout.split("\n") if row}


def test_every_value_is_of_a_known_kind() -> None:
    """A new argument says in KINDS (or by its choices) what completes it."""
    unknown = [
        (name, action.dest)
        for name in COMMANDS
        for action in command_parser(name)._actions
        if action.nargs != 0 and action.choices is None and str(action.metavar or action.dest.upper()) not in KINDS
    ]
    assert unknown == []


class TestBash:
    def test_commands(self, folder: Path) -> None:
        assert in_bash(folder, "") == {*COMMANDS, "-h", "--help", "--version"}
        assert in_bash(folder, "ch") == {"check"}

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_option(self, folder: Path, command: str) -> None:
        assert in_bash(folder, command, "-") == FLAGS[command]

    @pytest.mark.parametrize(("command", "flag", "choices"), CHOSEN)
    def test_every_choice(self, folder: Path, command: str, flag: str, choices: set[str]) -> None:
        assert in_bash(folder, command, flag, "") == choices
        # As bash cuts `--flag=`.
        assert in_bash(folder, command, flag, "=") == choices
        assert in_bash(folder, command, flag, "=", min(choices)[:1]) <= choices

    def test_rules(self, folder: Path) -> None:
        assert in_bash(folder, "rules", "") == NAMES
        assert in_bash(folder, "check", "--select", "nginx/syn") == {"nginx/syntax"}
        assert in_bash(folder, "check", "--ignore", "files,nginx/syn") == {"files,nginx/syntax"}

    def test_files_folders_and_users(self, folder: Path) -> None:
        assert in_bash(folder, "check", "--strict", "s") == {
            "site one.conf", "sub folder", "script.bash", "script.zsh", "script.fish",
        }  # fmt: skip
        assert in_bash(folder, "check", "--prefix", "s") == {"sub folder"}
        assert "root" in in_bash(folder, "reach", "/srv", "--as", "ro")

    def test_nothing_where_nobody_knows(self, folder: Path) -> None:
        assert in_bash(folder, "explain", "--from", "") == set()


class TestFish:
    def test_commands(self, folder: Path) -> None:
        assert in_fish(folder, "audit403 ") == set(COMMANDS)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_option(self, folder: Path, command: str) -> None:
        found = in_fish(folder, f"audit403 {command} --") | in_fish(folder, f"audit403 {command} -")
        assert {flag for flag in FLAGS[command] if flag.startswith("--")} == {
            flag for flag in found if flag.startswith("--")
        }

    @pytest.mark.parametrize(("command", "flag", "choices"), CHOSEN)
    def test_every_choice(self, folder: Path, command: str, flag: str, choices: set[str]) -> None:
        assert in_fish(folder, f"audit403 {command} {flag} ") == choices

    def test_rules_files_and_folders(self, folder: Path) -> None:
        assert in_fish(folder, "audit403 rules ") == NAMES
        assert in_fish(folder, "audit403 check --ignore files,nginx/syn") == {"files,nginx/syntax"}
        assert in_fish(folder, "audit403 check si") == {"site one.conf"}
        assert in_fish(folder, "audit403 check --prefix s") == {"sub folder/"}


class TestTyped:
    """At a terminal, as a person does it."""

    @pytest.fixture(params=["bash", "zsh"])
    def typed(self, request: pytest.FixtureRequest, folder: Path) -> Iterator[Shell]:
        if request.param == "bash":
            command = [need("bash"), "--norc", "--noprofile", "-i"]
            start = f"source {folder}/script.bash"
        else:
            command = [need("zsh"), "-f", "-i"]
            start = f"autoload -Uz compinit && compinit -D -u && source {folder}/script.zsh"
        with shell(command, environment_in(folder) | {"PS1": "$ "}, folder) as started:
            started.type(f"PS1='{PROMPT[:3]}''{PROMPT[3:]}'; {start}\r")
            started.shows(PROMPT)
            yield started

    @pytest.mark.parametrize(
        ("keys", "line"),
        [
            ("audit403 che\t", "audit403 check "),
            ("audit403 check --fo\tco\t", "concise"),
            ("audit403 check --format=co\t", "--format=concise"),
            ("audit403 check --fail-on n\t", "--fail-on note"),
            ("audit403 rules nginx/syn\t", "nginx/syntax"),
            ("audit403 check --select files,nginx/syn\t", "files,nginx/syntax"),
            ("audit403 check si\t", "site\\ one.conf"),
            ("audit403 completion f\t", "fish"),
        ],
    )
    def test_tab(self, typed: Shell, keys: str, line: str) -> None:
        typed.type(keys)
        pattern = "".join(f"{character}\r?" for character in [*map(_regex, line)])
        assert typed.shows(pattern)


def _regex(character: str) -> str:
    return f"\\{character}" if character in "\\.+*?^$()[]{}|" else character


def test_an_unknown_shell_is_refused() -> None:
    assert audit403("completion", "tcsh").returncode == 2


def test_the_scripts_are_whole(folder: Path) -> None:
    for name in ("bash", "zsh", "fish"):
        subprocess.run([need(name), "-n", f"{folder}/script.{name}"], check=True)
        assert Path(folder / f"script.{name}").read_text().endswith("\n")
