"""Whole audits of anything: every step takes what the one before it made of it, and every format can print it."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit403.core.family import Options
from audit403.core.request import Request
from audit403.engine.audit import Asked, Report, audit
from audit403.engine.write_fixes import plan
from audit403.evidence.local import LocalEvidence
from audit403.nginx import family
from audit403.report.concise import write_concise
from audit403.report.decision_json import decision_json
from audit403.report.decision_text import decision_text
from audit403.report.diff import write_diff
from audit403.report.finding_json import write_json
from audit403.report.full import write_full
from audit403.report.shown import Paths
from audit403.report.terminal import Style
from fuzz.texts import Within, changed, configurations, fuzzed, nearly_right
from report.schemas import CHECK, EXPLAIN

pytestmark = pytest.mark.differential
PATHS = Paths(["."])


@fuzzed(60)
@given(configurations)
def test_an_audit(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "nginx.conf").write_bytes(data)
    with Within(20):
        found = audit([str(tmp_path)], Asked(tree="none", strict=True, no_settings=True))
    _is_whole(found)
    _is_printed(found)


@fuzzed(40)
@given(st.lists(changed() | nearly_right(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_files_that_include_each_other(tmp_path: Path, parts: list[bytes], chance: random.Random) -> None:
    names = [f"part{number}.conf" for number in range(len(parts))]
    for name, data in zip(names, parts, strict=True):
        at = chance.choice([0, len(data), data.find(b"{") + 1, data.find(b";") + 1])
        include = f"include {chance.choice([*names, '*.conf', 'nginx.conf', 'absent', '/'])};".encode()
        (tmp_path / name).write_bytes(data[:at] + include + data[at:])
    (tmp_path / "nginx.conf").write_text("events {}\nhttp { include part0.conf; server { include part1.conf; } }\n")
    with Within(20):
        found = audit([str(tmp_path)], Asked(tree="none", no_settings=True))
    _is_whole(found)
    _is_printed(found)


targets = st.text(st.characters(codec="latin-1"), max_size=30).map(lambda text: f"/{text}") | st.sampled_from(
    ["/", "/a/", "/a", "/%2e%2e/", "/..", "//", "/?", "*", "/a/../..", "/%00", "/%", "/.git/x", "/x.php"]
)
names = st.sampled_from(["Referer", "User-Agent", "Cookie", "Authorization", "X-Forwarded-For", "Range", "Depth", "If"])


@fuzzed(60)
@given(
    nearly_right() | changed(), targets, st.sampled_from(["GET", "HEAD", "PUT", "PROPFIND", "X", ""]),
    st.sampled_from(["10.1.2.3", "::1", "203.0.113.9", "unix:", "nobody", ""]),
    st.none() | st.text(max_size=10), st.lists(st.tuples(names, st.text(max_size=20)), max_size=3), st.booleans(),
)  # fmt: skip
def test_a_decision(
    data: bytes, target: str, method: str, client: str, host: str | None, headers: list[tuple[str, str]], here: bool
) -> None:
    site = family.read_text(data, LocalEvidence(), Options(None, (), "here" if here else "none"))
    assert site is not None
    request = Request(method, "http", host, 80, target, client, tuple(headers))
    with Within(5):
        decision = site.decide(request)
    EXPLAIN.validate(json.loads(json.dumps(decision_json(None, decision))))
    assert decision_text(request, decision, PATHS, Style(True, 80, True))


def _is_whole(found: Report) -> None:
    assert not [missed for missed in found.not_audited if missed.reason.startswith("internal-error")], found.not_audited


def _is_printed(found: Report) -> None:
    for style in (Style(), Style(True, 40, True)):
        for form in (write_full, write_concise):
            stream = io.StringIO()
            form(found, PATHS, stream, style, False)
            plain = stream.getvalue().replace("\033[", "")
            assert all(character == "\n" or character.isprintable() for character in plain)
    stream = io.StringIO()
    write_json(found, PATHS, stream)
    CHECK.validate(json.loads(stream.getvalue()))
    for change in plan(found.findings, True).changes:
        write_diff(io.StringIO(), change.file, change.before, change.after, Style(terminal=True))
