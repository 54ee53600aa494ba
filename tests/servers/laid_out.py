"""An example laid out on disk: once as it is written, for audit403, and once as the real nginx can run it here.

The two differ in their sockets (a free port on loopback for each port) and in that the real one is told by a header
who the client is, so that requests from any address can be sent.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from .http import Tls
from .nginx import Nginx, main_config
from .ports import free_ports
from .process import IS_ROOT, server_directory
from .rule_examples import Ask, Example, ExampleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .certificates import Certificates

CLIENT_HEADER = "X-Audit403-Client"
_REAL_IP = f"set_real_ip_from 127.0.0.0/8; set_real_ip_from ::1; real_ip_header {CLIENT_HEADER};"
_TRUSTS_LOOPBACK, _STAND_IN = "set_real_ip_from 127.0.0.0/8", "127.0.0.5"
_LISTEN = re.compile(r"((?:^|(?<=[;{]))[ \t]*listen[ \t]+)([^;\s]+)", re.MULTILINE)
_TOP_BLOCK = re.compile(r"^(?:http|events)\s*\{", re.MULTILINE)
_HTTP_LEVEL = re.compile(r"^server\s*\{", re.MULTILINE)
_HTTP_OPENS = re.compile(r"^http\s*\{", re.MULTILINE)
_OWN_ROOT = re.compile(r"^root\s", re.MULTILINE)


class LaidOut(NamedTuple):
    """Where an example lies: its main configuration as written, its docroot, and the folder that holds everything."""

    base: Path
    conf: Path
    root: Path
    main: Path
    certificates: Certificates | None

    def refusal_to_start(self) -> str | None:
        """What `nginx -t` has against the configuration, None where nothing."""
        main, _, _ = self._live()
        return Nginx(self.base / "run", main, error_log=self.base / "run/error.log").check()

    @contextlib.contextmanager
    def running(self) -> Iterator[Running]:
        """The real nginx with the configuration as it now lies there."""
        main, ports, by_header = self._live()
        texts = [_read(path) for path in main.parent.rglob("*") if path.is_file()]
        trusts_all_here = any(_TRUSTS_LOOPBACK in text for text in texts)
        with Nginx(self.base / "run", main, error_log=self.base / "run/error.log") as server:
            yield Running(server, ports, by_header, trusts_all_here and not by_header, self.certificates)

    def _live(self) -> tuple[Path, dict[int, dict[str, str]], bool]:
        """A copy of the configuration that can run here; its ports, and whether a header names the client."""
        live = self.base / "live"
        if live.exists():
            shutil.rmtree(live)
        _copy(self.conf, live)
        ports = _move_to_loopback(live)
        main = live / self.main.relative_to(self.conf)
        text = _read(main)
        configured = any("real_ip" in _read(path) for path in live.rglob("*") if path.is_file())
        if not configured:
            text = _HTTP_OPENS.sub(lambda found: f"{found[0]} {_REAL_IP}", text, count=1)
        _write(main, text)
        return main, ports, not configured


class Running(NamedTuple):
    """A server that is running, and how its requests get there."""

    server: Nginx
    ports: dict[int, dict[str, str]]
    by_header: bool
    has_stand_in: bool
    certificates: Certificates | None

    def can_ask(self, ask: Ask) -> bool:
        """Whether a request can come from that client: where real_ip is the example's own, only from this machine's.

        Where it trusts all of those, one of them can stand in for a proxy of a private network.
        """
        is_here = ask.client.startswith("127.") or ask.client == "::1"
        return self.by_header or is_here or (self.has_stand_in and ask.client.startswith(("10.", "192.168.")))

    def status(self, ask: Ask) -> int:
        """What it answers."""
        wants_six = ":" in ask.client
        addresses = self.ports.get(ask.port)
        if not addresses:
            raise ExampleError(f"nothing listens on port {ask.port} (a server needs its own listen directive)")
        address, port = next(
            (place.rsplit(":", 1) for place in addresses.values() if place.startswith("[") == wants_six),
            next(iter(addresses.values())).rsplit(":", 1),
        )
        headers = list(ask.headers)
        source = None
        if self.by_header:
            headers.append((CLIENT_HEADER, ask.client))
        elif self.can_ask(ask):
            source = ask.client if ask.client.startswith(("127.", "::1")) else _STAND_IN
        else:
            raise ExampleError(
                f"{ask.client} cannot ask: an example with real_ip directives of its own has clients of 127.0.0.0/8"
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
    with server_directory() as base:
        conf, root = base / "etc/nginx", base / "srv/www"
        for folder in (conf, root, base / "run"):
            folder.mkdir(parents=True)
        _open_up(base)
        words = {"@ROOT@": str(root), "@CONF@": str(conf), "@BASE@": str(base)}
        if certificates is not None:
            words |= {"@CERT@": str(certificates.server), "@KEY@": str(certificates.server_key)}
            words |= {"@CA@": str(certificates.authority)}
        for name, text in example.files.items():
            path = conf / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == "site.conf":
                text = _as_http(text)
            _write(path, _filled(text, words))
        main = conf / "nginx.conf"
        whole = example.files.get("site.conf", "")
        if _TOP_BLOCK.search(whole):
            main = conf / "site.conf"
        elif not main.exists():
            _write(main, main_config(base / "run", "    include site.conf;"))
        (base / "run/tmp").mkdir()
        _open_up(conf)
        _grow(example.tree, root, words)
        yield LaidOut(base, conf, root, main, certificates)


def needs_root(example: Example) -> bool:
    """Whether laying it out takes files of other users."""
    return not IS_ROOT and any(line.split()[1] != "-" for line in _lines(example.tree)) and bool(_other_owners(example))


def _other_owners(example: Example) -> list[str]:
    return [line for line in _lines(example.tree) if line.split()[1] not in ("-", "root:root")]


def _as_http(text: str) -> str:
    """A server's contents get a server around them; what is on the http level, or whole, stays as it is."""
    if _TOP_BLOCK.search(text) or _HTTP_LEVEL.search(text):
        return text
    own = "" if re.search(r"^listen\s", text, re.MULTILINE) else "listen 80; "
    own += "" if re.search(r"^server_name\s", text, re.MULTILINE) else "server_name site.example; "
    own += "" if _OWN_ROOT.search(text) else "root @ROOT@; "
    return f"server {{ {own}\n{text}}}\n"


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _grow(tree: str, root: Path, words: dict[str, str]) -> None:
    late: list[tuple[Path, int, str]] = []
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
        else:
            path.write_text(content and _filled(content, words) + "\n")
        late.append((path, int(mode, 8), owner))
    # From the leaves up: a directory that is closed early could not be filled by its own owner.
    for path, mode, owner in sorted(late, key=lambda entry: -len(entry[0].parts)):
        if owner != "-" and IS_ROOT:
            user, _, group = owner.partition(":")
            os.chown(path, _uid(user), _gid(group or user), follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(mode)


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


def _move_to_loopback(folder: Path) -> dict[int, dict[str, str]]:
    """Give every `listen` a free port on loopback; which address and port each port now has."""
    places: dict[int, dict[str, str]] = {}
    new_ports: dict[int, int] = {}

    def place(found: re.Match[str]) -> str:
        value = found[2]
        if value.startswith("unix:"):
            return found[0]
        address, _, port = value.rpartition(":") if not value.endswith("]") else (value, "", "80")
        if not port.isdigit():
            address, port = value, "80"
        number = int(port)
        if number not in new_ports:
            new_ports[number] = next(port for port in free_ports(len(new_ports) + 1) if port not in new_ports.values())
        known = places.setdefault(number, {})
        if address not in known:
            if address.startswith("["):
                local = "[::1]"
            else:
                wild = address in ("", "*", "0.0.0.0")
                local = "127.0.0.1" if wild else f"127.0.1.{len(known) + 1}"
            known[address] = f"{local}:{new_ports[number]}"
        return f"{found[1]}{known[address]}"

    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            _write(path, _LISTEN.sub(place, _read(path)))
    return places


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
