"""How an example for nginx is laid out: what stands around it, and the copy of it that the real nginx can run here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .live import CLIENT_HEADER, Addresses, Live, read, texts_of, write
from .nginx import Nginx, main_config

if TYPE_CHECKING:
    from pathlib import Path

    from .rule_examples import Example

_REAL_IP = f"set_real_ip_from 127.0.0.0/8; set_real_ip_from ::1; real_ip_header {CLIENT_HEADER};"
_TRUSTS_LOOPBACK = "set_real_ip_from 127.0.0.0/8"
_LISTEN = re.compile(r"((?:^|(?<=[;{]))[ \t]*listen[ \t]+)([^;\s]+)", re.MULTILINE)
_TOP_BLOCK = re.compile(r"^(?:http|events)\s*\{", re.MULTILINE)
_HTTP_LEVEL = re.compile(r"^server\s*\{", re.MULTILINE)
_HTTP_OPENS = re.compile(r"^http\s*\{", re.MULTILINE)
_OWN_ROOT = re.compile(r"^root\s", re.MULTILINE)


class NginxLayout:
    """The layout of nginx (`laid_out.Layout`)."""

    folder = "etc/nginx"

    def around(self, text: str) -> str:
        """A server's contents get a server around them; what is on the http level, or whole, stays as it is."""
        if _TOP_BLOCK.search(text) or _HTTP_LEVEL.search(text):
            return text
        own = "" if re.search(r"^listen\s", text, re.MULTILINE) else "listen 80; "
        own += "" if re.search(r"^server_name\s", text, re.MULTILINE) else "server_name site.example; "
        own += "" if _OWN_ROOT.search(text) else "root @ROOT@; "
        return f"server {{ {own}\n{text}}}\n"

    def main(self, example: Example, conf: Path, run: Path) -> Path:
        """The main configuration; written where the example brings none."""
        if _TOP_BLOCK.search(example.files.get("site.conf", "")):
            return conf / "site.conf"
        main = conf / "nginx.conf"
        if not main.exists():
            write(main, main_config(run, "    include site.conf;"))
        return main

    def live(self, live: Path, main: Path) -> Live:
        """Move every socket of a copy to loopback, and have it told by a header who asks, if it does not ask itself."""
        ports = _move_to_loopback(live)
        texts = texts_of(live)
        configured = any("real_ip" in text for text in texts)
        if not configured:
            write(main, _HTTP_OPENS.sub(lambda found: f"{found[0]} {_REAL_IP}", read(main), count=1))
        trusts_all_here = any(_TRUSTS_LOOPBACK in text for text in texts)
        return Live(main, ports, by_header=not configured, has_stand_in=configured and trusts_all_here)

    def server(self, run: Path, main: Path) -> Nginx:
        """The real server."""
        return Nginx(run, main, error_log=run / "error.log")


def _move_to_loopback(folder: Path) -> dict[int, dict[str, str]]:
    """Give every `listen` a free port on loopback; which address and port each port now has."""
    addresses = Addresses()

    def place(found: re.Match[str]) -> str:
        value = found[2]
        if value.startswith("unix:"):
            return found[0]
        address, _, port = value.rpartition(":") if not value.endswith("]") else (value, "", "80")
        if not port.isdigit():
            address, port = value, "80"
        return f"{found[1]}{addresses.local(address, int(port))}"

    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            write(path, _LISTEN.sub(place, read(path)))
    return addresses.places
