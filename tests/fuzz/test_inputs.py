"""Everything else that is read: settings, requests, questions, password files, ACLs, patterns, names in ignores."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit403.cli.batch import answer_lines
from audit403.cli.request_line import request_of
from audit403.core.errors import BadUsage
from audit403.core.family import Options
from audit403.engine.settings import KEYS, SettingsFinder
from audit403.evidence.acl import parse_acl
from audit403.evidence.local import LocalEvidence
from audit403.explore.regex_witness import witness_of
from audit403.files import answer
from audit403.http.password import password_matches
from audit403.http.regex import InvalidRegex, compile_regex
from audit403.nginx import family
from audit403.nginx.decide.auth_basic import find_user
from files.worlds import SITE
from fuzz.bounds import Within, fuzzed

pytestmark = pytest.mark.differential

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@fuzzed(200)
@given(st.dictionaries(st.sampled_from([*KEYS, "ignore", "selec"]), anything, max_size=4) | anything)
def test_settings_of_any_shape(tmp_path: Path, table: object) -> None:
    _settle(tmp_path, _toml(table))


@fuzzed(200)
@given(st.text(st.sampled_from("[]{}=\"'#.,\\ \nabselectignorepaths10") | st.characters(), max_size=80))
def test_settings_of_any_text(tmp_path: Path, text: str) -> None:
    _settle(tmp_path, text.encode("utf-8", "surrogatepass"))


def _settle(folder: Path, data: bytes) -> None:
    (folder / "audit403.toml").write_bytes(data)
    with Within(2):
        try:
            SettingsFinder().nearest(str(folder))
        except BadUsage as error:
            assert str(error).startswith(str(folder)) and "\n" not in str(error).removesuffix("\n")
        else:
            tomllib.loads(data.decode())


def _toml(value: object) -> bytes:
    """The top table as lines `key = value`; a JSON value is nearly always a TOML one."""
    rows = value.items() if isinstance(value, dict) else [("select", value)]
    return "".join(f"{json.dumps(str(key))} = {_inline(one)}\n" for key, one in rows).encode("utf-8", "replace")


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_inline(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(_inline, value)) + "]" if isinstance(value, list) else json.dumps(value)


TEXT = b"events {} http { server { listen 80; location /a { deny all; } location /b { return 200 $http_x$arg_y; } } }"
REQUEST_KEYS = ["id", "method", "url", "client", "headers", "to", "tls", "body_length", "over_limits", "x"]
URLS = ["http://a/a", "https://[::1]:443/b?y=1", "http://a:0/", "ftp://a/", "http:///", "http://a/b#\x00", "//"]


@fuzzed(300)
@given(
    st.lists(
        st.binary(max_size=30)
        | st.dictionaries(st.sampled_from(REQUEST_KEYS), anything | st.sampled_from(URLS), max_size=6).map(
            lambda row: json.dumps({"url": "http://a/a"} | row).encode()
        ),
        max_size=4,
    )
)
def test_requests(lines: list[bytes]) -> None:
    site = family.read_text(TEXT, LocalEvidence(), Options(None, (), "none"))
    assert site is not None
    rows = [line.replace(b"\n", b" ") for line in lines]
    text, code = answer_lines(lambda row: site.decide(request_of(row)), rows, 1)
    answers = [json.loads(line) for line in text.splitlines()]
    assert len(answers) == sum(1 for row in rows if row.strip())
    assert code == (2 if any("error" in one for one in answers) else 0)
    assert all(one["verdict"] in ("refused", "not-refused", "unknown") for one in answers)


@fuzzed(300)
@given(
    st.lists(
        st.binary(max_size=30)
        | st.dictionaries(
            st.sampled_from(["id", "path", "access", "uid", "gid", "groups"]),
            anything | st.sampled_from(["/", "/srv/www/index.html", "read", 0, [33]]),
        ).map(lambda row: json.dumps(row).encode()),
        max_size=4,
    )
)
def test_questions(lines: list[bytes]) -> None:
    rows = [line.replace(b"\n", b" ") for line in lines]
    answers = list(answer.answer_lines(SITE, rows))
    assert len(answers) == sum(1 for row in rows if row.strip())


@fuzzed(300)
@given(st.binary(max_size=200), st.binary(max_size=10))
def test_password_files(content: bytes, user: bytes) -> None:
    with Within(2):
        find_user(content, user)


@fuzzed(100)
@given(
    st.text(max_size=10),
    st.sampled_from(
        ["", "$apr1$", "{SHA}", "{SSHA}", "{PLAIN}", "$1$", "$5$rounds=1000$", "$6$", "$2y$04$", "$y$", "xx"]
    ),
    st.text(st.characters(codec="ascii"), max_size=30),
)
def test_passwords(password: str, scheme: str, stored: str) -> None:
    with Within(20):
        assert password_matches(password, scheme + stored) in (True, False, None)


@fuzzed(300)
@given(st.binary(max_size=60))
def test_acls(attribute: bytes) -> None:
    parse_acl(b"\x02\x00\x00\x00" + attribute)
    parse_acl(attribute)


PIECES = [
    "^", "$", ".", "\\.", "(", ")", "(?:", "(?=", "(?!", "(?<=", "(?<a>", "(?i)", "(?>", "[a-z]", "[^/]", "[", "]", "*",
    "+", "?", "*?", "++", "{2}", "{2,}", "{99999}", "|", "/", "a", "\\d", "\\w+", "\\1", "\\b", "\\Q", "\\E", "\\x41",
    "\\p{L}", "(?R)", "(?#", "é", "\x00",
]  # fmt: skip


@fuzzed(300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=10), st.booleans())
def test_patterns(pattern: str, caseless: bool) -> None:
    with Within(5):
        try:
            regex = compile_regex(pattern, caseless)
        except InvalidRegex:
            return
        text = witness_of(regex)
        assert text is None or regex.matches(text)
