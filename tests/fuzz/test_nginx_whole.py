"""Whole audits of anything: every step takes what the one before it made of it, and every format can print it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit403.core.request import Request
from audit403.engine.audit import Asked, audit
from audit403.nginx import family
from fuzz.bounds import Within, fuzzed
from fuzz.nginx_texts import changed, configurations, nearly_right
from fuzz.whole import is_answered, is_printed, is_whole, requests

pytestmark = pytest.mark.differential


@fuzzed(60)
@given(configurations)
def test_an_audit(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "nginx.conf").write_bytes(data)
    with Within(20):
        found = audit([str(tmp_path)], Asked(tree="none", strict=True, no_settings=True))
    is_whole(found)
    is_printed(found)


@fuzzed(40)
@given(st.lists(changed | nearly_right(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_files_that_include_each_other(tmp_path: Path, parts: list[bytes], chance: random.Random) -> None:
    names = [f"part{number}.conf" for number in range(len(parts))]
    for name, data in zip(names, parts, strict=True):
        at = chance.choice([0, len(data), data.find(b"{") + 1, data.find(b";") + 1])
        include = f"include {chance.choice([*names, '*.conf', 'nginx.conf', 'absent', '/'])};".encode()
        (tmp_path / name).write_bytes(data[:at] + include + data[at:])
    (tmp_path / "nginx.conf").write_text("events {}\nhttp { include part0.conf; server { include part1.conf; } }\n")
    with Within(20):
        found = audit([str(tmp_path)], Asked(tree="none", no_settings=True))
    is_whole(found)
    is_printed(found)


@fuzzed(60)
@given(nearly_right() | changed, requests(), st.booleans())
def test_a_decision(data: bytes, request: Request, here: bool) -> None:
    is_answered(family, data, request, here=here)
