"""An example laid out on disk: once as it is written, for audit403, and once as the real server can run it here.

The two differ in their sockets (a free port on loopback for each port) and in that the real one is told by a header
who the client is, so that requests from any address can be sent. What is a server's own is in `laid_out_nginx` and
`laid_out_apache`.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .http import Tls
from .laid_out_apache import ApacheLayout
from .laid_out_nginx import NginxLayout
from .live import CLIENT_HEADER, STAND_IN, Live, write
from .need import need
from .php_fpm import running_pool
from .process import IS_ROOT, server_directory
from .recorded_world import RecordedWorld, world_of
from .rule_examples import Ask, Example, ExampleError
from .sandbox import Sandbox, sandbox_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    from .apache import Apache
    from .certificates import Certificates
    from .nginx import Nginx

IN_DOCROOT = "root/"
"""The files of an example that begin with this lie in the docroot."""


class Layout(Protocol):
    """What is a server's own about an example: what stands around it, and how a copy of it is run here."""

    folder: str

    def around(self, text: str) -> str:
        """The text of site.conf as a file of the configuration."""

    def main(self, example: Example, conf: Path, run: Path) -> Path:
        """The main configuration of an example whose files have been written."""

    def live(self, live: Path, main: Path) -> Live:
        """Make a copy one that can run here."""

    def server(self, run: Path, main: Path) -> Nginx | Apache:
        """The real server."""


LAYOUTS: dict[str, Layout] = {"nginx": NginxLayout(), "apache": ApacheLayout()}


class LaidOut(NamedTuple):
    """Where an example lies: its main configuration as written, its docroot, and the folder that holds everything."""

    layout: Layout
    base: Path
    conf: Path
    root: Path
    main: Path
    certificates: Certificates | None
    sandbox: Sandbox | None = None
    world: RecordedWorld | None = None
    pool: str = ""

    def refusal_to_start(self) -> str | None:
        """What the real server has against the configuration, None where nothing."""
        return self.layout.server(self.base / "run", self._live().main).check()

    @contextlib.contextmanager
    def running(self, unhidden: Container[str] = ()) -> Iterator[Running]:
        """The real server with the configuration as it now lies there, in its sandbox but for some points of it."""
        live = self._live()
        server = self.layout.server(self.base / "run", live.main)
        if self.sandbox is not None:
            server.within = self.sandbox.within(unhidden)
        beside = running_pool(self.base / "run", self.pool) if self.pool else contextlib.nullcontext()
        with beside, server:
            yield Running(server, live, self.certificates)

    def _live(self) -> Live:
        """A copy of the configuration that can run here."""
        live = self.conf.with_name("live")
        if live.exists():
            shutil.rmtree(live)
        _copy(self.conf, live)
        return self.layout.live(live, live / self.main.relative_to(self.conf))


class Running(NamedTuple):
    """A server that is running, and how its requests get there."""

    server: Nginx | Apache
    live: Live
    certificates: Certificates | None

    def can_ask(self, ask: Ask) -> bool:
        """Whether a request can come from that client: where the example itself says whom it believes, only from this
        machine's. Where it trusts all of those, one of them can stand in for a proxy of a private network.
        """
        is_here = ask.client.startswith("127.") or ask.client == "::1"
        stands_in = self.live.has_stand_in and ask.client.startswith(("10.", "192.168."))
        return self.live.by_header or is_here or stands_in

    def status(self, ask: Ask) -> int:
        """What it answers."""
        wants_six = ":" in ask.client
        addresses = self.live.ports.get(ask.port)
        if not addresses:
            raise ExampleError(f"nothing listens on port {ask.port} (it needs a listen directive of its own)")
        address, port = next(
            (place.rsplit(":", 1) for place in addresses.values() if place.startswith("[") == wants_six),
            next(iter(addresses.values())).rsplit(":", 1),
        )
        headers = list(ask.headers)
        source = None
        if self.live.by_header:
            headers.append((CLIENT_HEADER, ask.client))
        elif self.can_ask(ask):
            source = ask.client if ask.client.startswith(("127.", "::1")) else STAND_IN
        else:
            raise ExampleError(
                f"{ask.client} cannot ask: an example that believes proxies itself has clients of 127.0.0.0/8"
            )
        answer = self.server.client.ask(
            int(port), ask.method, ask.target, headers, host=ask.host,
            address=address.strip("[]"), source=source, tls=self._tls(ask),
        )  # fmt: skip
        return answer.status

    def _tls(self, ask: Ask) -> Tls | None:
        if ask.scheme != "https":
            return None
        if ask.certificate == "none" or self.certificates is None:
            return Tls(ask.host)
        return getattr(self.certificates, ask.certificate)(ask.host)  # type: ignore[no-any-return]


@contextlib.contextmanager
def lay_out_example(example: Example, certificates: Certificates | None = None) -> Iterator[LaidOut]:
    """Write an example's files and tree below a directory that a server's workers can reach."""
    layout = LAYOUTS[example.family]
    with server_directory() as base:
        conf, root = base / layout.folder, base / "srv/www"
        for folder in (conf, root, base / "run"):
            folder.mkdir(parents=True)
        _open_up(base)
        words = {"@ROOT@": str(root), "@CONF@": str(conf), "@BASE@": str(base)}
        if certificates is not None:
            words |= {"@CERT@": str(certificates.server), "@KEY@": str(certificates.server_key)}
            words |= {"@CA@": str(certificates.authority)}
        for name, text in example.files.items():
            path = root / name.removeprefix(IN_DOCROOT) if name.startswith(IN_DOCROOT) else conf / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, _filled(layout.around(text) if name == "site.conf" else text, words))
        main = layout.main(example, conf, base / "run")
        (base / "run/tmp").mkdir()
        _open_up(conf)
        _open_up(root)
        _grow(example.tree, root, words)
        sandbox = sandbox_of(_filled(example.mounts, words), str(base / "run/systemd")) if example.mounts else None
        if sandbox is not None:
            (base / "run/systemd").mkdir()
        world = world_of(_filled(example.world, words)) if example.world else None
        yield LaidOut(layout, base, conf, root, main, certificates, sandbox, world, _filled(example.pool, words))


def needs_root(example: Example) -> bool:
    """Whether laying it out takes files of other users."""
    return (not IS_ROOT and bool(example.mounts)) or _has_other_owners(example)


def _has_other_owners(example: Example) -> bool:
    return not IS_ROOT and any(line.split()[1] != "-" for line in _lines(example.tree)) and bool(_other_owners(example))


def _other_owners(example: Example) -> list[str]:
    return [line for line in _lines(example.tree) if line.split()[1] not in ("-", "root:root")]


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _grow(tree: str, root: Path, words: dict[str, str]) -> None:
    late: list[tuple[Path, str, str]] = []
    for line in _lines(tree):
        mode, owner, name, *rest = line.split(None, 3)
        content = rest[0] if rest else ""
        name = _filled(name, words)
        path = root / name.rstrip("/")  # an absolute name stays what it is
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            path.symlink_to(_filled(content[3:].strip(), words))
        elif name.endswith("/") or name == ".":
            path.mkdir(exist_ok=True)
        elif content or not path.exists():
            path.write_text(content and _filled(content, words) + "\n")
        late.append((path, mode, owner))
    # From the leaves up: a directory that is closed early could not be filled by its own owner.
    for path, mode, owner in sorted(late, key=lambda entry: -len(entry[0].parts)):
        if owner != "-" and IS_ROOT:
            user, _, group = owner.partition(":")
            os.chown(path, _uid(user), _gid(group or user), follow_symlinks=False)
        if not path.is_symlink():
            bits, _, acl = mode.partition("+")
            path.chmod(int(bits, 8))
            if acl:
                subprocess.run([need("setfacl"), "-n", "-m", acl, path], check=True)


def _lines(tree: str) -> list[str]:
    return [line for line in tree.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _uid(name: str) -> int:
    return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid


def _gid(name: str) -> int:
    return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid


def _open_up(folder: Path) -> None:
    """Modes as a package sets them, whatever the umask is."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True)
    if IS_ROOT:
        for path in source.rglob("*"):
            status = path.lstat()
            os.chown(target / path.relative_to(source), status.st_uid, status.st_gid, follow_symlinks=False)
