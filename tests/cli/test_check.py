"""`audit403 check` as a user runs it: exit codes, options, fixes that are written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from servers.command import audit403

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = """\
events {}
http {
    server {
        listen 80;
        server_name a.example;
        location /status/ {
            deny all;
            allow 10.0.0.0/8;
            proxy_pass http://127.0.0.1:8080;
        }
    }
}
"""
SOUND = BROKEN.replace("            deny all;\n", "").replace("10.0.0.0/8;", "10.0.0.0/8;\n            deny all;")
SERVERLESS = """\
service: site
provider: {name: aws}
resources:
  Resources:
    Site: {Type: "AWS::S3::Bucket", Properties: {BucketName: "site-${sls:stage}"}}
"""
NO_SEMICOLON = SOUND.replace("server_name a.example;", "server_name a.example")


def put(folder: Path, text: str, name: str = "nginx.conf") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def check(*arguments: str | Path, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return audit403("check", *arguments, cwd=cwd, stdin=stdin)


class TestExitCode:
    def test_clean(self, tmp_path: Path) -> None:
        result = check(put(tmp_path, SOUND))
        assert (result.returncode, result.stdout, result.stderr) == (0, "0 findings\n", "")

    def test_findings(self, tmp_path: Path) -> None:
        assert check(put(tmp_path, BROKEN)).returncode == 1

    def test_findings_below_the_line(self, tmp_path: Path) -> None:
        path = put(tmp_path, SOUND.replace("proxy_pass", "strange_directive on; proxy_pass"))
        assert check(path).returncode == 0
        assert check(path, "--strict").returncode == 0
        assert check(path, "--strict", "--fail-on", "note").returncode == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--nonsense"], ["--format", "xml"], ["--select", "nginx/nothing"], ["--config", "/nonexistent.toml"],
            ["--fix", "--diff"], ["--unsafe-fixes"], ["--fix", "-"], ["--output", "/nonexistent/x"],
        ],
    )  # fmt: skip
    def test_bad_usage(self, tmp_path: Path, arguments: list[str]) -> None:
        result = check(put(tmp_path, SOUND), *arguments)
        assert result.returncode == 2
        assert result.stderr and "Traceback" not in result.stderr

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("notes.txt", "hello", "it was not recognised as configuration (apache, nginx, s3)"),
            ("serverless.yml", SERVERLESS, "it is written for the Serverless Framework, which alone knows what its "),
        ],
    )
    def test_a_file_that_is_nothing_to_anybody(self, tmp_path: Path, name: str, text: str, said: str) -> None:
        path = put(tmp_path, text, name)
        result = check(path)
        first, *others = result.stdout.splitlines()
        assert result.returncode == 3 and first.startswith(f"not audited: {path}: {said}"), result.stdout
        assert others == ["0 findings; 1 target not audited"]

    def test_not_audited_and_nothing_worse(self, tmp_path: Path) -> None:
        result = check(put(tmp_path, SOUND), tmp_path / "absent")
        assert result.returncode == 3
        assert result.stdout == (
            f"not audited: {tmp_path}/absent: there is no such file or folder\n0 findings; 1 target not audited\n"
        )
        assert check(put(tmp_path, BROKEN), tmp_path / "absent").returncode == 1


class TestTargets:
    def test_the_current_folder_is_the_default(self, tmp_path: Path) -> None:
        put(tmp_path, BROKEN)
        result = check("--format", "concise", cwd=tmp_path)
        assert result.stdout.startswith("nginx.conf:7:13: error[nginx/allow-behind-deny] ")

    def test_standard_input(self) -> None:
        (finding,) = json.loads(check("-", "--format", "json", stdin=BROKEN).stdout)["findings"]
        assert finding["rule"] == "nginx/allow-behind-deny" and finding["fix"]["proven"] is True
        dump = f"# configuration file /nonexistent/nginx.conf:\n{BROKEN}\n"
        (finding,) = json.loads(check("-", "--format", "json", "--tree", "none", stdin=dump).stdout)["findings"]
        assert finding["where"]["file"] == "/nonexistent/nginx.conf"
        assert finding["fix"]["proven"] is True

    def test_a_part_is_judged_in_its_main_file_and_alone(self, tmp_path: Path) -> None:
        put(tmp_path, "events {}\nhttp { include conf.d/*.conf; }\n")
        (tmp_path / "conf.d").mkdir()
        server = BROKEN[BROKEN.index("    server") : BROKEN.rindex("}")]
        put(tmp_path / "conf.d", server, "a.conf")
        put(tmp_path / "conf.d", server.replace("a.example", "b.example"), "b.conf")
        assert len(json.loads(check(tmp_path, "--format", "json").stdout)["findings"]) == 2
        (finding,) = json.loads(check(tmp_path / "conf.d/a.conf", "--format", "json").stdout)["findings"]
        assert finding["where"]["file"].endswith("a.conf")
        both = check(tmp_path / "conf.d/a.conf", tmp_path / "conf.d/b.conf", "--format", "json")
        assert len(json.loads(both.stdout)["findings"]) == 2


def test_formats_and_output(tmp_path: Path) -> None:
    path = put(tmp_path, BROKEN)
    assert json.loads(check(path, "--format", "json").stdout)["version"] == 1
    assert json.loads(check(path, "--format", "jsonl").stdout)["rule"] == "nginx/allow-behind-deny"
    result = check(path, "--format", "concise", "--output", tmp_path / "report")
    assert result.stdout == "" and "1 finding (1 error)" in (tmp_path / "report").read_text()
    assert check(path, "--quiet", "--format", "concise").stdout.count("\n") == 1


def test_colours_are_forced_and_not_by_default(tmp_path: Path) -> None:
    path = put(tmp_path, BROKEN)
    assert "\033[" not in check(path).stdout
    assert "\033[" in check(path, "--color", "always").stdout


def test_an_ascii_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, BROKEN.replace("a.example", "ä.example"))
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("LC_ALL", "C")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [
        sys.executable,
        "-c",
        "import sys; from audit403.cli.main import main; sys.exit(main(sys.argv[1:]))",
        "check",
        str(path),
    ]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 1 and "-> 403 Forbidden" in result.stdout and result.stdout.isascii()


class TestFixes:
    def test_diff_shows_and_writes_nothing(self, tmp_path: Path) -> None:
        path = put(tmp_path, BROKEN)
        assert check(path, "--diff").stdout == ""
        result = check("nginx.conf", "--diff", "--unsafe-fixes", cwd=tmp_path)
        assert path.read_text() == BROKEN
        command = ["git", "apply", "-p1"]
        patch = subprocess.run(command, cwd=tmp_path, input=result.stdout, text=True, capture_output=True)
        assert patch.returncode == 0, patch.stderr
        assert check(path).returncode == 0

    def test_only_safe_ones_are_written_unasked(self, tmp_path: Path) -> None:
        path = put(tmp_path, BROKEN)
        assert check(path, "--fix").returncode == 1
        assert path.read_text() == BROKEN
        result = check(path, "--fix", "--unsafe-fixes")
        assert (result.returncode, result.stdout) == (0, "0 findings\n")
        assert result.stderr == "audit403: 1 fix written\n"
        assert path.read_text().index("allow") < path.read_text().index("deny")

    def test_one_of_a_site_whose_files_are_not_here(self, tmp_path: Path) -> None:
        """In a repository nothing is claimed about files; a fix is proven as far as the configuration goes."""
        (tmp_path / ".git").mkdir()
        path = put(tmp_path, BROKEN.replace("proxy_pass http://127.0.0.1:8080;", "root /srv/nowhere;"))
        result = check(path, "--fix", "--unsafe-fixes")
        assert (result.returncode, result.stderr) == (0, "audit403: 1 fix written\n")

    def test_a_safe_one_is_written(self, tmp_path: Path) -> None:
        path = put(tmp_path, NO_SEMICOLON)
        assert check(path, "--fix").returncode == 0
        assert path.read_text() == SOUND

    def test_mode_owner_and_line_endings_stay(self, tmp_path: Path) -> None:
        path = put(tmp_path, BROKEN.replace("\n", "\r\n"))
        path.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(path, 33, 33)
        before = path.stat()
        check(path, "--fix", "--unsafe-fixes")
        after = path.stat()
        assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o640, before.st_uid, before.st_gid)
        data = path.read_bytes()
        assert data.count(b"\r\n") == data.count(b"\n") == BROKEN.count("\n")
        assert sorted(os.listdir(tmp_path)) == ["nginx.conf"]

    def test_a_link_stays_one(self, tmp_path: Path) -> None:
        put(tmp_path, BROKEN, "real.conf")
        (tmp_path / "nginx.conf").symlink_to("real.conf")
        check(tmp_path / "nginx.conf", "--fix", "--unsafe-fixes")
        assert (tmp_path / "nginx.conf").is_symlink()
        assert (tmp_path / "real.conf").read_text() != BROKEN

    def test_many_in_one_file(self, tmp_path: Path) -> None:
        server = BROKEN[BROKEN.index("    server") : BROKEN.rindex("}")]
        many = "".join(server.replace("a.example", f"s{number}.example") for number in range(30))
        path = put(tmp_path, f"events {{}}\nhttp {{\n{many}}}\n")
        result = check(path, "--fix", "--unsafe-fixes")
        assert (result.returncode, result.stderr) == (0, "audit403: 30 fixes written\n")


def test_settings_are_found_and_errors_in_them_are_one_sentence(tmp_path: Path) -> None:
    path = put(tmp_path, BROKEN)
    put(tmp_path, 'ignore = ["nginx/allow-behind-deny"]\n', "audit403.toml")
    assert check(path).returncode == 0
    put(tmp_path, "selct = []\n", "audit403.toml")
    result = check(path)
    assert result.returncode == 2
    assert result.stderr == f'audit403: {tmp_path}/audit403.toml: unknown key "selct" (did you mean "select"?).\n'


def test_strict_lists_the_refusals_in_which_no_rule_sees_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "site.conf"
    path.write_text(
        "server {\n listen 80;\n server_name a.example;\n location / { return 200; }\n"
        " location /closed/ { deny all; }\n location ~ /\\. { deny all; }\n}\n"
    )
    name = "audit403/deliberate-refusal"

    def found(*options: str) -> list[tuple[str, int]]:
        report = json.loads(audit403("check", str(path), "--format", "json", *options).stdout)
        return [(row["rule"], row["where"]["line"]) for row in report["findings"]]

    assert name not in dict(found())
    assert (name, 5) in found("--strict")
    assert (name, 6) not in found("--strict"), "nginx/well-known-refused speaks of it"
    assert found("--strict", "--select", name) == [(name, 5)]
    assert name not in dict(found("--strict", "--ignore", name))
