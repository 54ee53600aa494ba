"""Where a test is put in other words, and where that would do something else than the test was for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.edit import edited
from audit403.core.finding import UNSAFE
from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.finding import Fix

PASSWORD = "auth_basic x; auth_basic_user_file /srv/users;"
NETWORK = "if ($remote_addr != 10.0.0.0/8) { return 403; }"
USER = "if ($remote_user != alice) { return 403; }"


def proposed(tmp_path: Path, rule: str, inside: str, *, above: str = "") -> tuple[Fix | None, str]:
    """The fix of the one finding of a rule, and the configuration with it."""
    path = tmp_path / "nginx.conf"
    path.write_text(f"events {{}}\nhttp {{\n{above}\nserver {{\nlisten 80;\nserver_name a.example;\n{inside}\n}}\n}}\n")
    report = audit([str(path)], Asked(tree="none", no_settings=True))
    (finding,) = {judged.finding for judged in report.findings if judged.finding.rule == rule}
    assert finding.fix is not None
    text = edited(path.read_bytes(), finding.fix.edits)
    assert text is not None
    return (finding.fix if finding.fix.edits else None), text.decode()


@pytest.mark.parametrize(
    "inside",
    [
        f"location / {{ {NETWORK} }}",
        f"location / {{ set $a 1; {NETWORK} set $b 2; location /in/ {{ root /srv; }} }}",
        f"{NETWORK} location /in/ {{ root /srv; }}",
    ],
)
def test_a_network_becomes_a_list(tmp_path: Path, inside: str) -> None:
    fix, text = proposed(tmp_path, "nginx/condition-nobody-passes", inside)
    assert fix is not None and fix.proven and fix.applicability == UNSAFE
    assert "allow 10.0.0.0/8; deny all;" in text.replace("\n", " ") and "if" not in text


@pytest.mark.parametrize(
    "inside",
    [
        f"location / {{ {NETWORK} rewrite ^/x$ https://b.example/; }}",
        f"{NETWORK} location /in/ {{ return 200 in; }}",
        f"{NETWORK} location /in/ {{ allow 192.0.2.7; deny all; }}",
        f"{NETWORK} location /in/ {{ limit_except GET {{ deny all; }} }}",
        f"allow 192.168.0.0/16; deny all; location / {{ {NETWORK} }}",
        f"location / {{ satisfy any; {PASSWORD} {NETWORK} }}",
        f"location / {{ {NETWORK} }} location /app/ {{ auth_request /; }}",
        "location / { if ($remote_addr != 10.0.0.0/8) { return 403 'go away'; } }",
        "location / { if ($remote_addr != 10.0.0.0/64) { return 403; } }",
        "location / { if ($realip_remote_addr != 10.0.0.0/8) { return 403; } }",
    ],
)
def test_a_list_that_would_do_something_else_is_not_written(tmp_path: Path, inside: str) -> None:
    fix, _ = proposed(tmp_path, "nginx/condition-nobody-passes", inside)
    assert fix is None


@pytest.mark.parametrize(
    ("source", "lines", "geo"),
    [
        ("$remote_addr", "default 0; 10.0.0.0/8 1;", "geo $known {"),
        ("$realip_remote_addr", "default 0; 10.0.0.0/8 1; fd00::/8 1;", "geo $realip_remote_addr $known {"),
        ("$remote_addr", "default 0; 10.0.0.0/8 1; unix: 0;", None),
        ("$remote_addr", "default 0; 10.0.0.0/8 1; localhost 0;", None),
        ("$remote_addr", "default 0; 10.0.0.0/8 1; 10.1.0.0/16 $arg_a;", None),
        ("$remote_addr", "volatile; default 0; 10.0.0.0/8 1;", None),
        ("$remote_addr", "default 0; 10.0.0.0/8 1; ~^192 0;", None),
    ],
)
def test_a_map_of_networks_becomes_a_geo_block(tmp_path: Path, source: str, lines: str, geo: str | None) -> None:
    above = f"map {source} $known {{ {lines} }}"
    inside = "location / { if ($known = 0) { return 403; } }"
    fix, text = proposed(tmp_path, "nginx/condition-nobody-passes", inside, above=above)
    assert (fix is not None) == (geo is not None)
    assert geo is None or (geo in text and fix is not None and fix.proven)


def test_several_tests_in_a_row_become_one(tmp_path: Path) -> None:
    tests = " set $a 1; ".join(f"if ($http_x_key != {key}) {{ return 403; }}" for key in ("a.b", "c+d", "e"))
    fix, text = proposed(tmp_path, "nginx/condition-nobody-passes", f"location / {{ {tests} }}")
    assert fix is not None and fix.proven
    assert text.count("if (") == 1 and r'if ($http_x_key !~ "^(a\.b|c\+d|e)$")' in text


@pytest.mark.parametrize("behind", ["", "return 200 in;"])
def test_addresses_in_a_row_become_a_list_where_nothing_answers_before_it(tmp_path: Path, behind: str) -> None:
    tests = " ".join(f"if ($remote_addr != 192.0.2.{number}) {{ return 403; }}" for number in (1, 2, 3))
    fix, text = proposed(tmp_path, "nginx/condition-nobody-passes", f"location / {{ {tests} {behind} }}")
    assert fix is not None and fix.proven and any("from 192.0.2.2" in line for line in fix.also_opens)
    assert ("allow 192.0.2.1; allow 192.0.2.2; allow 192.0.2.3; deny all;" in text) == (not behind)
    assert (r"(192\.0\.2\.1|192\.0\.2\.2|192\.0\.2\.3)" in text) == bool(behind)


@pytest.mark.parametrize("name", ["uri", "x"])
def test_what_may_hold_a_line_break_gets_no_pattern(tmp_path: Path, name: str) -> None:
    tests = " ".join(f"if (${name} != {text}) {{ return 403; }}" for text in ("/a", "/b"))
    fix, _ = proposed(tmp_path, "nginx/condition-nobody-passes", f"set $x $uri; location / {{ {tests} }}")
    assert fix is None


@pytest.mark.parametrize(
    ("test", "instead"),
    [
        (USER, 'if ($remote_user !~ "^(alice)?$")'),
        ('if ($remote_user !~ "^(alice|bob)$") { return 403; }', 'if ($remote_user !~ "^$|^(alice|bob)$")'),
        ('if ($remote_user = "") { return 403; }', ""),
        ('if ($http_authorization = "") { return 403; }', ""),
    ],
)
def test_whoever_was_not_asked_is_let_through_to_the_question(tmp_path: Path, test: str, instead: str) -> None:
    fix, text = proposed(tmp_path, "nginx/password-never-asked", f"location /in/ {{ {PASSWORD} {test} }}")
    assert fix is not None and fix.applicability == UNSAFE
    assert instead in text and text.count("if (") == bool(instead)


@pytest.mark.parametrize(
    "inside",
    [
        f"location /in/ {{ {PASSWORD} {USER} return 200 secret; }}",
        f"location /in/ {{ {PASSWORD} {USER} rewrite ^ /out last; }} location = /out {{ root /srv; }}",
        f"location /in/ {{ satisfy any; allow 10.0.0.0/8; deny all; {PASSWORD} {USER} }}",
        f"{PASSWORD} {USER} location /open/ {{ auth_basic off; }}",
        f"location /in/ {{ {PASSWORD} {USER} }} location /app/ {{ auth_request /in/; }}",
    ],
)
def test_nobody_is_let_through_where_not_everything_asks(tmp_path: Path, inside: str) -> None:
    fix, _ = proposed(tmp_path, "nginx/password-never-asked", inside)
    assert fix is None


def test_a_pattern_is_put_into_the_prefix_with_its_own_list(tmp_path: Path) -> None:
    inner = "    location ~ ^/api/v\\d/ {\n        # all\n        proxy_pass http://127.0.0.1:9;\n    }"
    inside = f"    location ^~ /api/ {{\n        deny all;\n    }}\n{inner}"
    fix, text = proposed(tmp_path, "nginx/location-behind-refusal", inside)
    assert fix is not None and fix.proven
    block = inner.replace("\n    ", "\n        ").replace(
        "        proxy_pass", "        allow all;\n            proxy_pass"
    )
    assert f"        deny all;\n    {block}\n    }}\n" in text


@pytest.mark.parametrize(
    ("outer", "pattern"),
    [("deny all; root /srv;", "~ ^/api/v"), ("deny all;", "~ /api/v")],
)
def test_a_pattern_that_would_lose_or_take_over_something_stays(tmp_path: Path, outer: str, pattern: str) -> None:
    inside = f"location ^~ /api/ {{ {outer} }} location {pattern} {{ proxy_pass http://127.0.0.1:9; }}"
    fix, _ = proposed(tmp_path, "nginx/location-behind-refusal", inside)
    assert fix is None
