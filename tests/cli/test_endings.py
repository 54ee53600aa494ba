"""How a run ends when something outside of it does: a closed pipe, a full disk, Ctrl-C, streams that are not there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from servers.command import audit403, environment

REFUSING = """\
events {}
http {
    server {
        listen 80;
        server_name a.example;
        location /a {
            deny all;
            allow 10.0.0.0/8;
            proxy_pass http://127.0.0.1:8080;
        }
    }
}
"""
COMMANDS = {
    "check": ["check", "nginx.conf", "--strict"],
    "json": ["check", "nginx.conf", "--format", "json"],
    "concise": ["check", "nginx.conf", "--format", "concise"],
    "diff": ["check", "nginx.conf", "--diff", "--unsafe-fixes"],
    "explain": ["explain", "--config", "nginx.conf", "http://a.example/a"],
    "explain json": ["explain", "--config", "nginx.conf", "http://a.example/a", "--format", "json"],
    "batch": ["explain", "--config", "nginx.conf", "--requests", "requests"],
    "reach": ["reach", "/", "--as", "root"],
    "paths": ["reach", "--paths", "paths"],
    "rules": ["rules"],
    "page": ["rules", "nginx/syntax"],
    "names": ["rules", "--format", "names"],
    "completion": ["completion", "bash"],
    "help": ["check", "--help"],
    "version": ["--version"],
}
each_command = pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nginx.conf").write_text(REFUSING)
    (tmp_path / "requests").write_text('{"id": 1, "url": "http://a.example/a"}\n')
    (tmp_path / "paths").write_text('{"id": 1, "path": "/", "uid": 1, "gid": 1, "groups": []}\n')
    return tmp_path


def in_shell(line: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a line of sh in which "$@" is the command."""
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "audit403", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=60)


@each_command
def test_a_reader_that_has_enough(folder: Path, arguments: list[str]) -> None:
    result = in_shell('{ "$@"; echo "ended with $?" >&2; } | true', folder, *arguments)
    # The reader may have gone before the first byte or after the last.
    assert re.fullmatch(r"ended with (0|1|141)\n", result.stderr), result.stderr


@each_command
def test_a_full_disk(folder: Path, arguments: list[str]) -> None:
    result = in_shell('"$@" > /dev/full', folder, *arguments)
    assert result.returncode == 2
    assert result.stderr == "audit403: the output cannot be written: No space left on device.\n"


@each_command
def test_no_output_at_all(folder: Path, arguments: list[str]) -> None:
    result = in_shell('"$@" >&-', folder, *arguments)
    assert (result.returncode, result.stderr) == (2, "audit403: the standard output is closed.\n")


def test_nobody_to_complain_to(folder: Path) -> None:
    assert in_shell('"$@" 2>&-', folder, "check", "absent").returncode == 3
    assert in_shell('"$@" 2>&-', folder, "check", "--nonsense").returncode == 2
    assert in_shell('"$@" 2>/dev/full', folder, "check", "--nonsense").returncode == 2


def test_no_input_at_all(folder: Path) -> None:
    result = in_shell('"$@" <&-', folder, "check", "-")
    assert (result.returncode, result.stderr) == (3, "")
    assert result.stdout.startswith("not audited: standard input: it is closed\n")
    for arguments in (["explain", "--config", "nginx.conf", "--requests", "-"], ["reach", "--paths", "-"]):
        result = in_shell('"$@" <&-', folder, *arguments)
        assert (result.returncode, result.stderr) == (2, "audit403: The standard input is closed.\n")


def test_a_folder_that_is_gone(folder: Path) -> None:
    (folder / "gone").mkdir()
    result = in_shell('cd gone && rmdir ../gone && "$@"', folder, "check")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "audit403: the current folder is not there any more.\n"


class TestOutputFile:
    def test_one_that_cannot_be_written_is_said_before_the_work(self, folder: Path) -> None:
        for name, why in (
            ("absent/x", "No such file or directory"), (".", "Is a directory"), ("nginx.conf/x", "Not a directory")
        ):  # fmt: skip
            result = audit403("check", "nginx.conf", "--output", name, cwd=folder)
            assert (result.returncode, result.stdout) == (2, "")
            assert result.stderr == f"audit403: {name} cannot be written: {why}.\n"

    def test_a_full_disk(self, folder: Path) -> None:
        for form in ("full", "json", "concise"):
            result = audit403("check", "nginx.conf", "--output", "/dev/full", "--format", form, cwd=folder)
            assert (result.returncode, result.stdout) == (2, "")
            assert result.stderr == "audit403: /dev/full cannot be written: No space left on device.\n"

    def test_an_old_report_is_replaced_and_survives_bad_usage(self, folder: Path) -> None:
        (folder / "report").write_text("x" * 100_000)
        assert audit403("check", "--select", "nothing", "--output", "report", cwd=folder).returncode == 2
        assert (folder / "report").read_text() == "x" * 100_000
        assert audit403("check", "--format", "json", "--output", "report", cwd=folder).returncode == 1
        assert json.loads((folder / "report").read_text())["version"] == 1

    def test_what_is_audited_is_not_overwritten(self, folder: Path) -> None:
        (folder / "link").symlink_to("nginx.conf")
        for name in ("nginx.conf", "link"):
            result = audit403("check", ".", "--output", name, cwd=folder)
            assert result.returncode == 2
            assert result.stderr == f"audit403: --output {name} would overwrite a file that was audited.\n"
        assert (folder / "nginx.conf").read_text() == REFUSING

    def test_a_pipe(self, folder: Path) -> None:
        result = in_shell('"$@" | head -c 3', folder, "check", "--format", "json", "--output", "/dev/stdout")
        assert (result.stdout, result.stderr) == ("{\n ", "")


class TestInterrupt:
    """Ctrl-C, which reaches every process of the terminal's foreground group."""

    def started(self, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "audit403", *arguments],
            cwd=folder, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
            # A shell's background job, as a test runner may be one, would hand down that it is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert (process.returncode, said) == (130, b"")
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)

    @pytest.mark.parametrize("seconds", [0.3, 0.8, 1.5])
    def test_a_long_audit(self, folder: Path, seconds: float) -> None:
        server = (
            "server {{ listen 80; server_name s{0}.example; root /srv/{0}; location ~ ^/{0}(a|b)+$ {{ deny all; }} "
            "location /{0}/ {{ deny 10.{1}.0.0/16; allow 10.0.0.0/8; deny all; }} }}\n"
        )
        text = "".join(server.format(number, number % 256) for number in range(4000))
        (folder / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{text}}}\n")
        process = self.started(folder, "check", "nginx.conf")
        while _processor_time(process.pid) < seconds:
            assert process.poll() is None, "the audit is too short for this test"
            time.sleep(0.01)
        self.ended(process)

    def test_a_batch_on_all_processors(self, folder: Path) -> None:
        process = self.started(folder, "explain", "--config", "nginx.conf", "--requests", "-")
        assert process.stdin is not None and process.stdout is not None
        lines = (folder / "requests").read_bytes() * 20_000
        feeder = threading.Thread(target=_feed, args=(process.stdin.fileno(), lines))
        feeder.start()
        for _ in range(5_000):  # far behind where other processes are started
            assert process.stdout.readline()
        self.ended(process)
        feeder.join()

    def test_waiting_for_input(self, folder: Path) -> None:
        process = self.started(folder, "reach", "--paths", "-")
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write((folder / "paths").read_bytes())
        process.stdin.flush()
        # The answer comes before more is asked for.
        assert json.loads(process.stdout.readline())["verdict"] == "allowed"
        self.ended(process)


def _feed(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]


def _processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["chek"], 'There is no command "chek" (did you mean "check"?).'),
            (["nginx.conf"], 'There is no command "nginx.conf"; to lint that: audit403 check nginx.conf.'),
            (["check", "--selct", "x"], 'check takes no argument --selct (did you mean "--select"?).'),
            (["check", "--stric=1"], 'check takes no argument --stric=1 (did you mean "--strict"?).'),
            (["rules", "a", "b"], "rules takes no argument b."),
            (["explain", "--config", "nginx.conf"], "explain takes either a URL or --requests FILE."),
            (["explain", "--config", "nginx.conf", "a.example", "--from", "me"],
             'the client must be an IP address, not "me".'),
            (["explain", "--config", "none.conf", "a.example"], "none.conf is not there."),
            (["explain", "--config", "empty", "a.example"],
             "empty is a folder, and must hold one main configuration: it has none."),
            (["reach", "/", "--config", "none.conf"], "none.conf is not there."),
        ],
    )  # fmt: skip
    def test_one_sentence(self, folder: Path, arguments: list[str], said: str) -> None:
        (folder / "empty").mkdir()
        result = audit403(*arguments, cwd=folder)
        assert (result.returncode, result.stdout, result.stderr) == (2, "", f"audit403: {said}\n")

    def test_no_command_lists_them(self, folder: Path) -> None:
        result = audit403(cwd=folder)
        assert result.returncode == 2 and "completion" in result.stdout

    def test_a_fault_of_our_own_says_so(self, folder: Path) -> None:
        program = (
            "import sys; from audit403.cli import main, rules\n"
            "def boom(args): raise KeyError('x')\n"
            "rules.run = boom; sys.exit(main.main(['rules']))"
        )
        command = [sys.executable, "-c", program]
        result = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
        assert result.returncode == 2
        assert "KeyError: 'x'\naudit403: this is a fault of audit403 itself" in result.stderr


def test_explain_takes_the_folder_of_a_configuration(folder: Path) -> None:
    result = audit403("explain", "--config", ".", "a.example/a", cwd=folder)
    assert result.returncode == 1 and "→ 403 Forbidden" in result.stdout
