"""Whole audits of anything that may pass for Apache's, and requests to it: nothing breaks or hangs, all is printed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit403.apache import family
from audit403.apache.read.parse import parse
from audit403.apache.site import ApacheSite
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.core.source import every_directive
from audit403.engine.audit import Asked
from audit403.evidence.local import LocalEvidence
from fuzz.apache_texts import changed, configurations, nearly_right
from fuzz.bounds import Within, fuzzed
from fuzz.whole import is_answered, is_audited, lay_out_that_include_each_other, requests

pytestmark = pytest.mark.differential


@fuzzed(150)
@given(configurations)
def test_the_reader(data: bytes) -> None:
    with Within(2):
        file = parse("/x", data)
    for problem in file.problems:
        assert problem.message
        assert 0 <= problem.span.start <= problem.span.end <= len(data)
    site = family.read_text(data, LocalEvidence(), Options(None, (), "none"))
    assert site is None or isinstance(site, ApacheSite)
    for directive in () if site is None else every_directive(site.configuration.directives):
        if directive.source.data is data or directive.source.data == data:
            assert 0 <= directive.start <= directive.line_end <= directive.end <= len(data)
            assert directive.line == data.count(b"\n", 0, directive.start) + 1


@fuzzed(30)
@given(configurations, st.sampled_from(["apache2.conf", ".htaccess", "site.conf"]))
def test_an_audit(tmp_path: Path, data: bytes, name: str) -> None:
    folder = tmp_path / name.strip(".").partition(".")[0]
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    is_audited(folder, Asked(tree="none", strict=True, no_settings=True))


@fuzzed(5)
@given(st.lists(changed | nearly_right(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_files_that_include_each_other(tmp_path: Path, parts: list[bytes], chance: random.Random) -> None:

    def include(path: str) -> str:
        return f"\n{chance.choice(['Include', 'IncludeOptional'])} {path}\n"

    main = tmp_path / "apache2.conf"
    lay_out_that_include_each_other(main, parts, chance, (b">\n", b"\n"), include)
    main.write_text(
        f"ServerRoot {tmp_path}\nListen 80\nInclude part0.conf\n"
        "<VirtualHost *:80>\nInclude part1.conf\n</VirtualHost>\n"
    )
    is_audited(main, Asked(tree="none", no_settings=True))


@fuzzed(20)
@given(st.lists(changed | nearly_right(), min_size=1, max_size=3))
def test_access_files_in_a_tree(tmp_path: Path, parts: list[bytes]) -> None:
    folder = tmp_path / "www"
    for data in parts:
        folder.mkdir(exist_ok=True)
        (folder / ".htaccess").write_bytes(data)
        (folder / "index.html").write_text("home")
        folder /= "below"
    (tmp_path / "apache2.conf").write_text(
        f"ServerRoot {tmp_path}\nListen 80\nDocumentRoot {tmp_path}/www\n"
        f"<Directory {tmp_path}/www>\nAllowOverride All\nRequire all granted\n</Directory>\n"
    )
    is_audited(tmp_path / "apache2.conf", Asked(tree="here", strict=True, no_settings=True))


@fuzzed(30)
@given(nearly_right() | changed, requests(), st.booleans())
def test_a_decision(data: bytes, request: Request, here: bool) -> None:
    is_answered(family, data, request, here=here)
