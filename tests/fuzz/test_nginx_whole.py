"""Whole audits of anything: every step takes what the one before it made of it, and every format can print it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit403.core.request import Request
from audit403.engine.audit import Asked
from audit403.nginx import family
from fuzz.bounds import fuzzed
from fuzz.nginx_texts import changed, configurations, nearly_right
from fuzz.whole import is_answered, is_audited, lay_out_that_include_each_other, requests

pytestmark = pytest.mark.differential


@fuzzed(60)
@given(configurations)
def test_an_audit(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "nginx.conf").write_bytes(data)
    is_audited(tmp_path, Asked(tree="none", strict=True, no_settings=True))


@fuzzed(40)
@given(st.lists(changed | nearly_right(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_files_that_include_each_other(tmp_path: Path, parts: list[bytes], chance: random.Random) -> None:
    main = tmp_path / "nginx.conf"
    lay_out_that_include_each_other(main, parts, chance, (b"{", b";"), "include {};".format)
    main.write_text("events {}\nhttp { include part0.conf; server { include part1.conf; } }\n")
    is_audited(tmp_path, Asked(tree="none", no_settings=True))


@fuzzed(60)
@given(nearly_right() | changed, requests(), st.booleans())
def test_a_decision(data: bytes, request: Request, here: bool) -> None:
    is_answered(family, data, request, here=here)
