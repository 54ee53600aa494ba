"""A real S3 server: Ceph's object gateway, with a store in memory that ends with the test.

`with running() as gateway: gateway.ask("GET", "/bucket/key"); gateway.ask("PUT", "/bucket", who="alice")`

One monitor, one store, one gateway for the API and one for websites, on free ports of 127.0.0.1.
scripts/install-s3-server installs what it needs. What the gateway does otherwise than S3 is listed in
tests/s3_server/otherwise.py.
"""

from __future__ import annotations

import contextlib
import http.client
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .need import need
from .ports import free_ports
from .process import ending_with_the_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USERS = ("alice", "bob")
_PATIENCE = 90
_REGION = "us-east-1"

# crc: without keys a gateway that insists on encryption towards the monitor, as is its default, waits forever.
_CONFIGURATION = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{mon}/0,v1:127.0.0.1:{old_mon}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
osd max object name len = 460
osd max object namespace len = 64
memstore device bytes = 1073741824
mon max pg per osd = 2000
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail warn = 2
mon data avail crit = 1
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
run dir = {folder}/run
admin socket = {folder}/run/$name.$pid.asok
log file = {folder}/log/$name.log
pid file = {folder}/run/$name.pid
keyring = {folder}/keyring
rgw enable static website = true
rgw dns name = s3.localhost
rgw dns s3website name = web.localhost
rgw run sync thread = false
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw init timeout = 120
[client.rgw.api]
rgw frontends = beast endpoint=127.0.0.1:{api}
[client.rgw.web]
rgw frontends = beast endpoint=127.0.0.1:{web}
rgw enable apis = s3website
"""


class Said(NamedTuple):
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error: AccessDenied, NoSuchKey …"""
        _, _, rest = self.body.partition(b"<Code>")
        return rest.partition(b"</Code>")[0].decode()


class Gateway:
    """A gateway that runs."""

    def __init__(self, api: int, web: int) -> None:
        self._api = api
        self._web = web
        self.url = f"http://127.0.0.1:{api}"

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        who: str | None = None,
    ) -> Said:
        """One request to the API, signed by a user or by nobody."""
        sent = {"Host": f"127.0.0.1:{self._api}", **(headers or {})}
        if who is not None:
            sent |= _signed(method, f"http://{sent['Host']}{target}", sent, body, who)
        return _said(self._api, method, target, sent, body)

    def visit(self, bucket: str, target: str, method: str = "GET") -> Said:
        """One request to the website of a bucket."""
        return _said(self._web, method, target, {"Host": f"{bucket}.web.localhost"}, b"")


def _said(port: int, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Said:
    # A connection each: on one that is kept the gateway's answers come in two pieces, 40 ms apart.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, body=body or None, headers={"Content-Length": str(len(body)), **headers})
        answer = connection.getresponse()
        return Said(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def _signed(method: str, url: str, headers: Mapping[str, str], body: bytes, who: str) -> dict[str, str]:
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
    S3SigV4Auth(Credentials(f"{who}key", f"{who}secret"), "s3", _REGION).add_auth(request)
    return dict(request.headers.items())


@contextlib.contextmanager
def running() -> Iterator[Gateway]:
    """Start one, and stop it."""
    for program in ("ceph-mon", "ceph-osd", "radosgw", "ceph", "radosgw-admin", "monmaptool"):
        need(program)
    mon, old_mon, api, web = free_ports(4)
    folder = Path(tempfile.mkdtemp(prefix="audit403-radosgw-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for name in ("mon", "osd", "rgw", "run", "log"):
            (folder / name).mkdir()
        fsid = str(uuid.uuid4())
        (folder / "keyring").write_text("")
        configuration = folder / "ceph.conf"
        configuration.write_text(
            _CONFIGURATION.format(folder=folder, fsid=fsid, mon=mon, old_mon=old_mon, api=api, web=web)
        )
        start = _Starter(stack, folder, configuration)
        addresses = f"[v2:127.0.0.1:{mon},v1:127.0.0.1:{old_mon}]"
        start.run(
            "monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", addresses, str(folder / "monmap")
        )
        start.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(folder / "monmap"))
        start.keep("ceph-mon", "-i", "a")
        osd = str(uuid.uuid4())
        start.run("ceph", "osd", "new", osd)
        start.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        start.keep("ceph-osd", "-i", "0")
        start.run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=localhost")
        start.keep("radosgw", "-n", "client.rgw.api")
        start.wait_for(api)
        start.keep("radosgw", "-n", "client.rgw.web")
        for user in USERS:
            start.run(
                "radosgw-admin", "-n", "client.admin", "user", "create", f"--uid={user}", f"--display-name={user}",
                f"--access-key={user}key", f"--secret-key={user}secret",
            )  # fmt: skip
        start.wait_for(web)
        yield Gateway(api, web)


class _Starter:
    """Runs Ceph's programs with one configuration."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path, configuration: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._configuration = ["-c", str(configuration)]
        self._kept: list[subprocess.Popen[bytes]] = []

    def run(self, program: str, *arguments: str) -> None:
        """Run to the end."""
        path = need(program)
        options = [] if program == "monmaptool" else self._configuration
        said = subprocess.run(
            [path, *options, *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        if said.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)}: {said.stderr[-2000:]}{self._log()}")

    def keep(self, program: str, *arguments: str) -> None:
        """Start, to be ended with the test."""
        with (self._folder / "log" / f"{program}.out").open("ab") as out:
            command = ending_with_the_tests([need(program), *self._configuration, "-f", *arguments])
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self._kept.append(process)
        self._stack.callback(process.wait)
        # There is nothing to be saved.
        self._stack.callback(process.kill)

    def wait_for(self, port: int) -> None:
        """Wait until a gateway answers."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if any(process.poll() is not None for process in self._kept):
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/")
                connection.getresponse()
                return
            time.sleep(0.05)
        raise RuntimeError(f"the gateway on port {port} does not answer{self._log()}")

    def _log(self) -> str:
        return "".join(f"\n{path.name}: {path.read_text()[-1500:]}" for path in (self._folder / "log").iterdir())
