"""Access rules of httpd 2.2 and the `Require` lines that our fix makes of them let the same requests in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.apache.read.configuration import read_configuration
from audit403.core.source import every_directive
from audit403.evidence.local import LocalEvidence
from audit403_checks.apache.old_syntax import NAMES, block_of, converted
from differential.apache.explored import CLIENT_HEADER, TOLD
from servers.apache import USUAL, Apache, main_config
from servers.plenty import cases
from servers.ports import free_ports

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from audit403.core.edit import TextEdit

    _Ask = tuple[str, str, tuple[tuple[str, str], ...]]

_FOLDERS = 40
_WORDS = (
    "all", "10.1.2.3", "10.1.2.0/24", "10.1.", "10", "10.0.0.0/255.0.0.0", "192.168.1.0/24", "2001:db8::/32", "::1",
    "127.0.0.1", "env=A", "env=!A", "env=B", "env=!B", "172.16.0.0/12",
)  # fmt: skip
#: Asked of the DNS each time.
_HOSTS = ("localhost", ".example.com", "cafe.de", "none")
_CLIENTS = (
    "10.1.2.3", "10.1.9.9", "10.200.1.1", "192.168.1.77", "172.16.5.5", "203.0.113.9", "127.0.0.1", "::1",
    "2001:db8::7",
)  # fmt: skip
_HEADERS = ((), (("X-A", "1"),), (("X-B", "1"),), (("X-A", "1"), ("X-B", "1")))
_SET = "SetEnvIf X-A 1 A\nSetEnvIf X-B 1 B\n"


def _rules(rng: Random, with_require: bool) -> str:
    lines = [f"Order {rng.choice(('allow,deny', 'deny,allow', 'Deny,Allow', 'mutual-failure'))}"] * (rng.random() < 0.9)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        words = rng.sample(_WORDS, rng.choice((1, 1, 1, 2, 3)))
        if rng.random() < 0.05:
            words.append(rng.choice(_HOSTS))
        lines.append(f"{rng.choice(('Allow', 'Deny', 'allow', 'deny'))} from {' '.join(words)}")
    if with_require:
        lines = [*(lines or ["Order deny,allow"]), *_beside(rng)]
    if rng.random() < 0.2:
        rng.shuffle(lines)
    return "".join(f"    {line}\n" for line in lines)


def _beside(rng: Random) -> list[str]:
    """Require lines that stand in the same section, and how both count together."""
    lines = rng.sample(
        ("Require ip 10", "Require env A", "Require all granted", "Require ip 127 192.168"), rng.choice((1, 1, 2))
    )
    if rng.random() < 0.3:
        lines = ["<RequireAll>", *(f"    {line}" for line in lines), "    Require not env B", "</RequireAll>"]
        lines = ["\n    ".join(lines)]
    return lines + [f"Satisfy {rng.choice(('any', 'all', 'Any'))}"] * (rng.random() < 0.6)


def _body(rng: Random, root: Path, port: int) -> str:
    """Directories with rules, some with a directory below that has its own or a section for files."""
    parts = [f"Listen 127.0.0.1:{port}\n{_SET}DocumentRoot {root}\n"]
    parts.append(f"<Directory {root}>\n    Require all granted\n</Directory>\n")
    for number in range(_FOLDERS):
        # What has no Require of its own inherits one, and after the conversion it has one.
        with_require = rng.random() < 0.3
        inner = _rules(rng, with_require)
        if rng.random() < 0.2:
            inner += f'    <Files "x*">\n{_rules(rng, with_require)}    </Files>\n'
        parts.append(f"<Directory {root}/d{number}>\n{inner}</Directory>\n")
        if rng.random() < 0.5:
            parts.append(f"<Directory {root}/d{number}/below>\n{_rules(rng, with_require)}</Directory>\n")
    return "".join(parts)


def _with_require(text: str, conf: Path) -> tuple[str, int]:
    """The configuration with every block that can be converted; how many cannot."""
    conf.write_text(text)
    edits: list[TextEdit] = []
    left = 0
    for section in every_directive(read_configuration(str(conf), LocalEvidence()).directives):
        rules = [one for one in section.block or () if one.name in NAMES]
        if rules:
            made = converted(block_of(rules[0], section.block or []), section.block or [])
            edits += made or ()
            left += made is None
    data = text.encode()
    for edit in sorted(edits, key=lambda edit: -edit.start):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode(), left


def test_what_is_converted_lets_in_the_same(server_dir: Path, rng: Random) -> None:
    root = server_dir / "root"
    for number in range(_FOLDERS):
        (root / f"d{number}/below").mkdir(parents=True)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755)
    asked = refused = 0
    server = Apache(server_dir, "")
    wanted = cases(900)
    while asked < wanted:
        (port,) = free_ports(1)
        body = _body(rng, root, port)
        config = main_config(server_dir, f"{TOLD}{body}", modules=(*USUAL, "remoteip"))
        new, left = _with_require(config, server_dir / "converted.conf")
        assert left == 0, "a block that is not converted"
        asks = [
            (f"/d{number}/{below}{name}", client, headers)
            for number in range(_FOLDERS)
            for below in ("", "below/")
            for name in ("x", "y")
            for client in rng.sample(_CLIENTS, 3)
            for headers in rng.sample(_HEADERS, 1)
        ]
        before, after = (_statuses(server, text, port, asks) for text in (config, new))
        for ask, old, now in zip(asks, before, after, strict=True):
            assert old == now, f"{ask}: {old} with Order, {now} with Require\n{config}\n-----\n{new}"
        asked += len(asks)
        refused += before.count(403)
    assert asked / 10 < refused < asked


def _statuses(server: Apache, text: str, port: int, asks: list[_Ask]) -> list[int]:
    server.restart(text)
    try:
        return [
            server.client.ask(port, "GET", target, [*headers, (CLIENT_HEADER, client)]).status
            for target, client, headers in asks
        ]
    finally:
        server.stop()
