"""`explain --requests`: every answer in its place, however many processes work, and at once when somebody waits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from servers.command import audit403, environment

CONF = """\
events {}
http {
    server {
        listen 80;
        location /no { return 403; }
        location /odd { deny 192.0.2.0/24; return 204; }
        location / { return 200; }
    }
}
"""


def _command(folder: Path) -> list[str]:
    (folder / "nginx.conf").write_text(CONF)
    return ["explain", "--server", "nginx", "--config", str(folder / "nginx.conf"), "--requests", "-"]


def _line(number: int) -> str:
    return json.dumps({"id": number, "url": f"http://a.example/{('no', 'odd', 'x')[number % 3]}/{number}"})


def test_many_answers_keep_their_order(tmp_path: Path) -> None:
    lines = [_line(number) for number in range(6_000)]
    lines[1_234] = "{broken"
    lines[5_000] = "[]"
    result = audit403(*_command(tmp_path), stdin="\n".join(lines))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 2, result.stderr
    assert len(answers) == len(lines)
    for number, answer in enumerate(answers):
        if number in (1_234, 5_000):
            assert answer["error"].startswith(f"line {number + 1}")
        else:
            assert answer["id"] == number
            assert answer["status"] == (403, 204, 200)[number % 3]


def test_blank_lines_are_passed_over_and_the_last_needs_no_line_break(tmp_path: Path) -> None:
    result = audit403(*_command(tmp_path), stdin=f"\n{_line(0)}\n\n{_line(1)}")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [0, 1]


def test_each_line_is_answered_before_the_next_is_sent(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "audit403", *_command(tmp_path)]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(_line(number) + "\n")
            assert json.loads(process.stdout.readline())["id"] == number
        # Far more than are answered by one process alone, and then one more, asked for only when those are there.
        process.stdin.write("".join(_line(number) + "\n" for number in range(3, 903)))
        for number in range(3, 903):
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.write(_line(903) + "\n")
        assert json.loads(process.stdout.readline())["id"] == 903
        process.stdin.close()
        assert process.wait(20) == 0
