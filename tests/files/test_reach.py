import io
import json
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from audit403.cli import reach
from audit403.cli.main import main
from audit403.files.answer import answer_lines
from files.worlds import SITE


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    reach.add_arguments(parser)
    return reach.run(parser.parse_args(arguments))


def test_the_contract() -> None:
    line = {"id": "a", "path": "/srv/www/index.html", "access": "read", "uid": 33, "gid": 33, "groups": [33]}
    lines = [line, {**line, "groups": [1000]}, {**line, "path": "/srv/dark"}, {**line, "path": "/none", "id": None}]
    answers = list(answer_lines(SITE, [json.dumps(line).encode() for line in lines]))
    assert answers == [
        {
            "id": "a",
            "verdict": "denied",
            "errno": "EACCES",
            "where": {"path": "/home/ann", "mode": "0750", "owner": "ann", "group": "ann"},
        },
        {
            "id": "a",
            "verdict": "allowed",
            "errno": "OK",
            "where": {"path": "/home/ann/my site/index.html", "mode": "0644", "owner": "ann", "group": "ann"},
        },
        {
            "id": "a",
            "verdict": "unknown",
            "errno": None,
            "where": {"path": "/srv/dark", "mode": None, "owner": None, "group": None},
            "missing": [{"reason": "file-not-collected", "name": "/srv/dark"}],
        },
        {
            "id": None,
            "verdict": "denied",
            "errno": "ENOENT",
            "where": {"path": "/none", "mode": None, "owner": None, "group": None},
        },
    ]


GOOD = '"path": "/", "uid": 1, "gid": 1, "groups": []'


@pytest.mark.parametrize(
    ("line", "identifier", "words"),
    [
        (b"garbage", None, "it is not JSON"),
        (b"\xff\xfe", None, "it is not JSON"),
        (b"[" * 100_000, None, "it is not JSON"),
        (b"9" * 10_000, None, "it is not JSON"),
        (b"[1]", None, "it is not a JSON object"),
        (b'{"id": 5}', 5, '"path" must be a string'),
        (b'{"id": [5], "path": "x"}', [5], '"path" must be absolute'),
        (b'{"path": "/\\u0000", "uid": 1, "gid": 1}', None, "no file name can have"),
        (b'{"path": "/\\ud800", "uid": 1, "gid": 1}', None, "no file name can have"),
        (f'{{"access": "write", {GOOD}}}'.encode(), None, '"access" must be'),
        (f'{{"access": ["read"], {GOOD}}}'.encode(), None, '"access" must be'),
        (b'{"path": "/", "uid": true, "gid": 1}', None, '"uid" must be a number'),
        (b'{"path": "/", "uid": 1, "gid": 4294967295}', None, '"gid" must be a number'),
        (b'{"path": "/", "uid": 1, "gid": 1, "groups": 1}', None, '"groups" must be a list'),
        (b'{"path": "/", "uid": 1, "gid": 1, "groups": [-1]}', None, '"groups" must be a list'),
    ],
)
def test_a_malformed_line_is_answered_and_the_next_one_too(line: bytes, identifier: object, words: str) -> None:
    good = f'{{"id": 2, {GOOD}}}'.encode()
    first, second = answer_lines(SITE, [line + b"\n", b"\n", good])
    assert first["id"] == identifier
    assert first["verdict"] == "unknown"
    assert first["error"].startswith("Line 1: ")
    assert words in first["error"]
    assert (second["id"], second["verdict"]) == (2, "allowed")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["/", "--as", "root"], 0),
        (["/", "--uid", "33", "--groups", "1,2"], 0),
        ([".", "--as", "root", "--access", "search"], 0),
        (["/none", "--as", "root"], 1),
        (["/proc/self", "--as", "root"], 3),
        ([], 2),
        (["/", "--as", "root", "--uid", "0"], 2),
        (["/", "--as", "no-such-user"], 2),
        (["/", "--as", "root:no-such-group"], 2),
        (["/", "--uid", "1", "--groups", "x"], 2),
        (["/", "--uid", "-1"], 2),
        (["--paths", "/none"], 2),
        (["--paths", "/"], 2),
        (["/", "--paths", "-"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", *arguments]) == code
    error = capsys.readouterr().err
    assert error.count("\n") == (1 if code == 2 else 0)


def test_a_batch_keeps_its_order_and_reports_bad_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "questions"
    file.write_text(f'{{"id": 1, {GOOD}}}\nbad\n{{"id": 3, {GOOD}}}\n')
    assert run("--paths", str(file), "--format", "jsonl") == 2
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [1, None, 3]


def test_one_path_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/", "--as", "root", "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out)["errno"] == "OK"


def test_a_name_that_the_terminal_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert run("/\udcff/é", "--as", "root") == 1
    sys.stdout.flush()
    assert b"/\\xff/\\xe9" in written.getvalue()


def test_importing_the_command_is_cheap() -> None:
    program = "import sys; from audit403.cli import reach; print(*sys.modules)"
    # -S: what a virtual environment's own .pth files import is not counted.
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    loaded = set(done.stdout.split())
    assert "audit403.cli.reach" in loaded
    assert not loaded & {"dataclasses", "pathlib", "subprocess", "json", "pwd", "grp", "shlex"}
