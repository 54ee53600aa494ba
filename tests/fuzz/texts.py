"""Texts for the fuzz tests: configuration that is nearly right, real files with bytes changed, and noise."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st

from audit403.nginx.read import directives
from servers.plenty import SEED, cases

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
#: Every configuration that this repository has, as something to change.
REAL = sorted(
    path.read_bytes()
    for path in (ROOT / "fixtures").rglob("*")
    if path.is_file() and path.suffix in (".conf", ".inc", ".example", "") and path.stat().st_size < 20_000
)
_NAMES = sorted(directives._crossplane_table())
_OF_INTEREST = [
    "allow", "deny", "satisfy", "location", "server", "if", "limit_except", "root", "alias", "index", "try_files",
    "error_page", "return", "rewrite", "set", "internal", "auth_basic", "auth_basic_user_file", "auth_request", "map",
    "geo", "split_clients", "listen", "server_name", "include", "valid_referers", "secure_link", "secure_link_md5",
    "real_ip_header", "set_real_ip_from", "disable_symlinks", "limit_req", "limit_req_status", "ssl_verify_client",
    "proxy_pass", "fastcgi_pass", "dav_methods", "dav_access", "merge_slashes", "autoindex", "http", "events",
]  # fmt: skip
_VALUES = [
    "/", "/a/", "/a", "^~", "~", "~*", "=", "@x", r"\.php$", "^/(a|b)+$", "(", "(?R)", "[", "$uri", "${uri}", "$", "${",
    "$nonexistent", "$1", "all", "10.0.0.0/8", "300.1.2.3", "::1", "::/0", "10.0.0.0/99", "unix:", "403", "=403", "=",
    "80", "443 ssl", "[::]:80", "default_server", "on", "off", "any", "last", "break", "none", "blocked",
    "server_names", "*.a.example", "~^a", '""', "''", "default", "hostnames", "volatile", "50%", "*", "GET", "-", "!=",
    "!~", "-f", "!-e",
    "\\", "\"a b\"", "'a", "é", "\x00", "\xa0", "\x0b", "\ufeff", "%2e%2e", "a" * 300, "1" * 40, "-1", "{", "}",
]  # fmt: skip
_GLUE = [" ", "\n", "\t", "\r\n", "  ", " # note\n", "#", ""]

names = st.sampled_from(_OF_INTEREST) | st.sampled_from(_NAMES) | st.text(max_size=12)
values = st.sampled_from(_VALUES) | st.text(max_size=20)
glue = st.sampled_from(_GLUE)


@st.composite
def statements(draw: Any, depth: int = 0) -> str:
    """A few statements, with blocks among them; mostly well-formed."""
    parts = []
    for _ in range(draw(st.integers(0, 5))):
        words = [draw(names), *draw(st.lists(values, max_size=4))]
        text = draw(glue).join(words) if draw(st.integers(0, 9)) == 0 else " ".join(words)
        if depth < 4 and draw(st.booleans()):
            end = "" if draw(st.integers(0, 19)) == 0 else "}"
            parts.append(f"{text} {{{draw(glue)}{draw(statements(depth + 1))}{end}")
        else:
            parts.append(text + ("" if draw(st.integers(0, 19)) == 0 else ";"))
    return draw(glue).join(parts)


@st.composite
def nearly_right(draw: Any) -> bytes:
    """A whole configuration, or a part."""
    text = draw(statements())
    if draw(st.booleans()):
        text = f"events {{}}\nhttp {{\nserver {{ listen 80; server_name a.example;\n{text}\n}}\n}}\n"
    return text.encode("utf-8", "surrogateescape")


@st.composite
def changed(draw: Any) -> bytes:
    """A real file with some of its bytes lost, doubled or replaced."""
    data = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        pieces = st.binary(max_size=4) | st.sampled_from(
            [b"{", b"}", b";", b'"', b"'", b"\\", b"$", b"#", b"\0", b"\n"]
        )
        data[at : at + draw(st.integers(0, 8))] = draw(pieces | st.sampled_from([bytes(data[at : at + 40])]))
    return bytes(data)


configurations = nearly_right() | changed() | st.binary(max_size=400)


def fuzzed(examples: int) -> Callable[[Any], Any]:
    """So many examples (AUDIT403_CASES changes it), from the run's seed; a failure is shrunk and printed."""

    def apply(test: Any) -> Any:
        checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
        options = settings(
            max_examples=cases(examples), deadline=None, database=None, suppress_health_check=checks, print_blob=True
        )
        return seed(int(SEED))(options(test))

    return apply


class Within:
    """A block of code that may use so many seconds of the processor."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        self.start = time.process_time()

    def __exit__(self, *_: object) -> None:
        used = time.process_time() - self.start
        assert used < self.seconds, f"{used:.1f} s of processor time"
