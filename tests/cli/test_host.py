"""`audit403 host local` on real servers: what is said is what they answer, snapshots say the same, nothing changes."""

from __future__ import annotations

import json
import shutil
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.host import collector, dry_run
from servers.broken_host import AUDIT, BrokenHost, broken_host, findings_of
from servers.need import need
from servers.own_processes import OwnProcesses
from servers.ports import free_port

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
        if finding["request"] is not None:
            assert host.asked(finding["request"]) == finding["status"], finding
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
    reasons = {one["target"]: one["reason"] for one in report["not_audited"]}
    assert done.returncode == 1 and "--sudo" in " ".join(reasons.values())
    assert reasons[f"{host.folder}/site/inner"] == "it cannot be listed: it needs root: run with --sudo"


def test_a_server_whose_configuration_is_hidden_answers_nothing(host: BrokenHost) -> None:
    """The other server, whose configuration can be read, is not asked in its place."""
    login = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *AUDIT, "explain", "--on", "local")
    conf = host.folder / "nginx.conf"
    conf.chmod(0o600)
    try:
        done = host.place.run(*login, f"http://a.test:{host.ports['nginx']}/", check=False)
        assert done.returncode == 3 and not done.stdout
        assert f"local: {conf}: it cannot be read: " in done.stderr and "--sudo" in done.stderr
        other = host.place.run(*login, f"http://b.test:{host.ports['httpd']}/", check=False)
        assert other.returncode == 0 and "not refused" in other.stdout and f"not read: {conf}: " in other.stderr
    finally:
        conf.chmod(0o644)


def test_a_configuration_that_runs_is_taken_as_it_runs(host: BrokenHost) -> None:
    """It was started with -D CLOSED, which the file does not say."""
    url = f"http://b.test:{host.ports['httpd']}/page.html"
    words = ("explain", url, "--on", "local", "--config", f"{host.folder}/httpd.conf", "--format", "json")
    assert json.loads(host.place.run(*AUDIT, *words, check=False).stdout)["verdict"] == "refused"
    report = host.audit("host", "local", "--strict", "--root", f"{host.folder}/httpd.conf")
    assert url in {finding["request"]["url"] for finding in report["findings"] if finding["request"] is not None}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("host", "/etc/nginx"), 2, "host takes names of hosts, and /etc/nginx is none: `audit403 check` takes"),
        (("explain", "http://a/", "--on", "./no.snapshot"), 2, "There is no snapshot ./no.snapshot, and no host"),
        (("explain", "http://a/", "--on", "local", "--config", "/no.conf"), 3, "/no.conf: it cannot be read: "),
        (("reach", "/", "--on", "local", "--as", "nobody-here"), 2, "There is no user nobody-here on local"),
        (("reach", "/", "--on", "local", "--config", "/x"), 2, "no worker that runs with /x was seen on local"),
        (("host", "local", "--connect-timeout", "soon"), 2, "it takes a number of seconds above 0, not 'soon'"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_in_one_sentence(
    host: BrokenHost, words: tuple[str, ...], code: int, said: str
) -> None:
    done = host.place.run(*AUDIT, *words, check=False)
    assert (done.returncode, done.stdout) == (code, "") and said in done.stderr, done.stderr


def test_where_nothing_runs_nothing_is_clean() -> None:
    with OwnProcesses() as place:
        done = place.run(*AUDIT, "host", "local", check=False)
        assert done.returncode == 3 and "--root" in done.stdout
        asked = place.run(*AUDIT, "explain", "http://a/", "--on", "local", check=False)
        assert asked.returncode == 3 and asked.stderr == "audit403: local: no server that audit403 knows runs there.\n"


_INTO_A_JAIL = """
cd "$1"; mkdir -p etc/nginx srv/www var/log/nginx var/lib/nginx run dev usr
for folder in usr dev; do mount --rbind /$folder $folder; done
for folder in bin sbin lib lib64; do [ ! -e /$folder ] || ln -s usr/$folder $folder; done
cp /etc/passwd /etc/group etc; echo page > srv/www/index.html; chmod 600 srv/www/index.html
echo 'user www-data; pid /run/own.pid; events {} http { access_log off; server {' > etc/nginx/own.conf
echo "listen 127.0.0.1:$2; server_name jail.test; root /srv/www; } }" >> etc/nginx/own.conf
"""


def test_a_server_in_a_root_of_its_own_is_read_there(server_dir: Path) -> None:
    jail, port = server_dir / "jail", free_port()
    jail.mkdir()
    with OwnProcesses() as place:
        place.run("sh", "-e", "-c", _INTO_A_JAIL, "sh", str(jail), str(port))
        place.start_daemon(f"chroot {jail} {need('nginx')} -c /etc/nginx/own.conf", jail / "run" / "own.pid")
        report = json.loads(place.run(*AUDIT, "host", "local", "--format", "json", check=False).stdout)
        (finding,) = report["findings"]
        assert finding["rule"] == "files/file-unreadable" and finding["status"] == 403
        page = HTTPConnection("127.0.0.1", port)
        page.request("GET", "/")
        assert page.getresponse().status == 403
        page.close()


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
