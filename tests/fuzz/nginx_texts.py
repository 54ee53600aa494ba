"""Texts for the fuzz tests of nginx: configuration that is nearly right, real files with bytes changed, and noise."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from audit403.nginx.read import directives
from fuzz.bounds import changed_of

ROOT = Path(__file__).resolve().parents[2]
#: Every configuration that this repository has, as something to change.
REAL = sorted(
    path.read_bytes()
    for path in (ROOT / "fixtures").rglob("*")
    if "apache" not in path.parts
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
def statements(draw: st.DrawFn, depth: int = 0) -> str:
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
def nearly_right(draw: st.DrawFn) -> bytes:
    """A whole configuration, or a part."""
    text = draw(statements())
    if draw(st.booleans()):
        text = f"events {{}}\nhttp {{\nserver {{ listen 80; server_name a.example;\n{text}\n}}\n}}\n"
    return text.encode("utf-8", "surrogateescape")


changed = changed_of(REAL)
configurations = nearly_right() | changed | st.binary(max_size=400)
