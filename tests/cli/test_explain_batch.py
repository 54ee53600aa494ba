"""`explain --requests`: every answer in its place, however many processes work, and at once when somebody waits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from audit403.core.decision import REASONS
from report.schemas import EXPLAIN
from servers.command import audit403, environment

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

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


MANY_ENDS = """\
user nobody;
events {}
http {
    map $hostname $own { default 0; a 1; }
    limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;
    server {
        listen 80;
        listen 443 ssl;
        ssl_certificate c;
        ssl_certificate_key k;
        ssl_verify_client optional;
        root /srv/www;
        location /no { return 403; }
        location /closed { return 444; }
        location /password { auth_basic a; auth_basic_user_file absent; }
        location /asks { auth_request /auth; }
        location = /auth { proxy_pass http://127.0.0.1:81; }
        location /program { proxy_pass http://127.0.0.1:81; }
        location /state { if ($own) { return 403; } return 200; }
        location /limit { limit_req zone=z; limit_req_status 403; return 200; }
        location /moved { return 301 /no; }
        location /tls { if ($ssl_client_verify != SUCCESS) { return 403; } return 200; }
        location /name { if ($ssl_client_s_dn ~ a) { return 403; } return 200; }
    }
}
"""
PLACES = (
    "no", "closed", "password", "asks", "auth", "program", "state", "limit", "moved", "tls", "name", "files", "../x",
    "%00", "%zz",
)  # fmt: skip
NO_REQUESTS = (
    "{broken",
    "[]",
    "1",
    '"a"',
    '{"id": 1}',
    '{"id": 2, "url": 3}',
    '{"id": [3], "url": "http://a/", "x": 1}',
)


def _any_line(rng: random.Random, number: int) -> str:
    if rng.random() < 0.05:
        return rng.choice(NO_REQUESTS)
    host = rng.choice(("a", "a:81", "[::1]", "192.0.2.1"))
    row: dict[str, object] = {
        "id": rng.choice([number, str(number), None, {"n": number}, [number]]),
        "url": f"{rng.choice(('http', 'https'))}://{host}/{rng.choice(PLACES)}",
        "method": rng.choice(("GET", "HEAD", "POST", "PUT", "ODD", "")),
        "client": rng.choice(("192.0.2.1", "::1", "unix:", "nobody")),
        "headers": rng.choice(
            ({}, {"Host": None}, {"Host": "\u0000"}, {"Authorization": "Basic YTpi"}, {"A": ["b", "c"]})
        ),
        "over_limits": rng.random() < 0.5,
        "tls": {"client_certificate": rng.choice(("none", "verified", "failed"))},
    }
    return json.dumps(row)


def test_every_answer_is_as_the_schema_has_it(tmp_path: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    command = _command(tmp_path)
    (tmp_path / "nginx.conf").write_text(MANY_ENDS)
    lines = [_any_line(rng, number) for number in range(cases(800))]
    answers = [json.loads(line) for line in audit403(*command, stdin="\n".join(lines)).stdout.splitlines()]
    assert len(answers) == len(lines)
    for answer in answers:
        EXPLAIN.validate(answer)
    assert {answer["verdict"] for answer in answers} == {"refused", "not-refused", "unknown"}
    assert (
        {"error" in answer for answer in answers} == {bool(answer["handed_to"]) for answer in answers} == {True, False}
    )


def test_the_answer_to_one_request_too(tmp_path: Path) -> None:
    config = _command(tmp_path)[4]
    for url in ("http://a/no", "http://a/x"):
        for form in ("json", "jsonl"):
            EXPLAIN.validate(json.loads(audit403("explain", url, "--config", config, "--format", form).stdout))


def test_the_schema_knows_the_reasons_for_what_is_unknown() -> None:
    reason = EXPLAIN.schema["properties"]["missing"]["items"]["properties"]["reason"]
    assert reason["enum"] == list(REASONS)
