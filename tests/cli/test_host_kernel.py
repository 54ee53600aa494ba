"""`audit403 host` has the kernel say what a worker may not use: what only the kernel knows is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from servers.broken_host import AUDIT, BrokenHost, broken_host, findings_of
from servers.fuse import NAME
from servers.sandbox import sandbox_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAR = "user_id=1000,group_id=1000,allow_other"


@pytest.fixture(scope="module")
def host() -> Iterator[BrokenHost]:
    """Beside its site lies a file system in user space, whose program lets its owner alone open its file."""
    with broken_host() as made:
        for name, options in (("far", f"{FAR},strict"), ("free", FAR)):
            (made.folder / "site" / name).mkdir()
            ((_, ((*words, command),)),) = sandbox_of(f"fuse {made.folder}/site/{name} {options}", "").commands
            made.place.run(*words, command.replace("$PPID", "1").replace(" & until", " >/dev/null 2>&1 & until"))
        yield made


def test_what_only_the_kernel_knows(host: BrokenHost, tmp_path: Path) -> None:
    port, snapshot = host.ports["nginx"], str(tmp_path / "snapshot")
    for name, status in (("far", 403), ("free", 200)):
        request = {"method": "GET", "url": f"http://127.0.0.1:{port}/{name}/{NAME.decode()}", "headers": {}}
        assert host.asked(request) == status
    done = host.place.run(*AUDIT, "host", "local", "--format", "json", "--save", snapshot, check=False)
    report = findings_of(done.stdout)
    found = {one["where"]["path"]: one for one in report["findings"] if one["rule"] == "files/kernel-refuses"}
    assert set(found) == {f"{host.folder}/site/far/{NAME.decode()}"}, [one["rule"] for one in report["findings"]]
    (finding,) = found.values()
    assert host.asked(finding["request"]) == 403 == finding["status"] and "no mode, ACL or mount" in finding["message"]
    away = host.place.run(*AUDIT, "check", snapshot, "--format", "json", check=False)
    assert json.dumps(findings_of(away.stdout)) == json.dumps(report)
    told = host.place.run(*AUDIT, "explain", finding["request"]["url"], "--on", "local", check=False)
    assert "403 Forbidden" in told.stdout, told.stdout
