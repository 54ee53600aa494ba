"""`audit403 host local` on real servers: what is said is what they answer, snapshots say the same, nothing changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.host import collector, dry_run
from servers.broken_host import AUDIT, BrokenHost, broken_host, findings_of
from servers.own_processes import OwnProcesses

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def host() -> Iterator[BrokenHost]:
    """One host for all tests."""
    with broken_host() as made:
        yield made


def test_what_is_said_is_what_the_servers_answer(host: BrokenHost) -> None:
    before = host.state()
    report = host.audit("host", "local")
    rules = {finding["rule"] for finding in report["findings"]}
    assert {"files/file-unreadable", "files/ancestor-not-searchable", "apache/access-file-unreadable"} <= rules, rules
    for finding in report["findings"]:
        if finding["request"] is not None and finding["request"]["client"].startswith("127."):
            assert host.asked(finding["request"]) == finding["status"], finding
        elif finding["request"] is not None and "IPv6" not in (finding["who"] or ""):
            assert host.asked(finding["request"]) in (finding["status"], 200), finding
    assert not report["not_audited"]
    assert host.state() == before


def test_what_was_started_with_d_counts(host: BrokenHost) -> None:
    report = host.audit("host", "local", "--strict")
    refused = {finding["request"]["url"] for finding in report["findings"] if finding["request"] is not None}
    assert any(url.endswith("/page.html") and str(host.ports["httpd"]) in url for url in refused), refused


def test_a_snapshot_says_the_same(host: BrokenHost) -> None:
    snapshot = str(host.folder.parent / f"{host.folder.name}.snapshot")
    try:
        live = host.place.run(*AUDIT, "host", "local", "--strict", "--save", snapshot, "--format", "json", check=False)
        away = host.place.run(*AUDIT, "check", snapshot, "--strict", "--format", "json", check=False)
        assert json.dumps(findings_of(live.stdout)) == json.dumps(findings_of(away.stdout))
        assert live.returncode == away.returncode
        assert b"0123456789012345678901" not in Path(snapshot).read_bytes()
        before = host.state()
        fixed = host.place.run(*AUDIT, "check", snapshot, "--fix", "--unsafe-fixes", check=False)
        assert "written" not in fixed.stderr and host.state() == before
    finally:
        Path(snapshot).unlink(missing_ok=True)


def test_the_printed_commands_mend_it(host: BrokenHost) -> None:
    report = host.audit("host", "local")
    finding = next(one for one in report["findings"] if one["rule"] == "files/file-unreadable")
    assert host.asked(finding["request"]) == 403
    host.mend(finding["fix"]["commands"])
    assert host.asked(finding["request"]) == 200
    after = host.audit("host", "local")
    assert finding["fingerprint"] not in {one["fingerprint"] for one in after["findings"]}


def test_a_configuration_can_be_named(host: BrokenHost) -> None:
    report = host.audit("host", "local", "--root", f"{host.folder}/nginx.conf")
    assert report["findings"] and all("apache" not in one["rule"] for one in report["findings"])
    other = host.audit("host", "local", "--root", f"{host.folder}/httpd.conf")
    assert other["findings"] and not other["not_audited"]
    missing = host.audit("host", "local", "--root", "/no/such.conf")
    assert {one["target"] for one in missing["not_audited"]} == {"/no/such.conf"}


def test_without_root_what_is_hidden_is_said(host: BrokenHost) -> None:
    done = host.place.run(
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *AUDIT, "host", "local", "--format", "json",
        check=False,
    )  # fmt: skip
    report = findings_of(done.stdout)
    said = " ".join(one["reason"] for one in report["not_audited"])
    assert done.returncode in (1, 3) and "--sudo" in said


def test_where_nothing_runs_nothing_is_clean() -> None:
    with OwnProcesses() as place:
        done = place.run(*AUDIT, "host", "local", check=False)
        assert done.returncode == 3 and "--root" in done.stdout


def test_a_dry_run_prints_what_it_would_run(host: BrokenHost) -> None:
    done = host.place.run(*AUDIT, "host", "local", "--sudo", "--dry-run", "--exclude", "node_modules")
    assert "sudo -n sh" in done.stdout and "node_modules" in done.stdout
    checked = host.place.run("sh", "-n", "-c", done.stdout, check=False)
    assert checked.returncode == 0, checked.stderr
    # Whatever asks something has its script there.
    for script in (name for name in vars(collector) if name.endswith("_script")):
        assert script in dry_run.__dict__, script


def test_what_is_left_out_is_said(host: BrokenHost) -> None:
    conf = host.folder / "conf" / "nginx.conf"  # what lies beside a configuration is looked at with it
    conf.parent.mkdir()
    shutil.copy(host.folder / "nginx.conf", conf)
    excluded = host.audit("host", "local", "--root", str(conf), "--exclude", "up")
    assert all("/up" not in str(finding["where"]) for finding in excluded["findings"])
    assert any("/up" in missed["target"] for missed in excluded["not_audited"])
    cut = host.audit("host", "local", "--root", str(conf), "--max-entries", "2")
    assert any("more than 2 entries" in missed["reason"] for missed in cut["not_audited"])
