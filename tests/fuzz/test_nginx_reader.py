"""The reader on anything: it never fails or hangs, and what it says about places is so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from audit403.core.source import every_directive
from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import Directive, ParsedFile
from fuzz.bounds import Within, fuzzed
from fuzz.nginx_texts import configurations

pytestmark = pytest.mark.differential
_GAP = re.compile(rb"(?:[ \t\r\n]|#[^\n]*(?:\n|\Z))*\Z")


@fuzzed(400)
@given(configurations)
def test_whatever_the_bytes_are(data: bytes) -> None:
    with Within(2):
        file = parse("/x", data)
        again = parse("/x", data)
    assert list(map(repr, every_directive(file.directives))) == list(map(repr, every_directive(again.directives)))
    assert [problem.message for problem in file.problems] == [problem.message for problem in again.problems]
    _places_are_right(file, data)
    if not file.problems:
        _nothing_is_lost(file.directives, data, 0, len(data))


def _places_are_right(file: ParsedFile, data: bytes) -> None:
    for problem in file.problems:
        assert 0 <= problem.span.start <= problem.span.end <= len(data)
        assert problem.span.line >= 1 and problem.span.column >= 1
        assert problem.message
    for directive in every_directive(file.directives):
        assert 0 <= directive.start < directive.end <= len(data)
        assert len(directive.offsets) == len(directive.quoted) == len(directive.args) + 1
        position = directive.start
        for start, end in directive.offsets:
            assert position <= start < end <= directive.end
            position = end
        assert directive.line == data.count(b"\n", 0, directive.start) + 1
        for inner in directive.block or ():
            assert directive.block_start < inner.start and inner.end <= directive.end


def _nothing_is_lost(directives: list[Directive], data: bytes, start: int, end: int) -> None:
    """Between the statements of a file without problems there are spaces and comments and nothing else."""
    for directive in directives:
        assert _GAP.match(data, start, directive.start), data[start : directive.start]
        if directive.block is not None and directive.body is None:
            _nothing_is_lost(directive.block, data, directive.block_start + 1, directive.end - 1)
        start = directive.end
    assert _GAP.match(data, start, end), data[start:end]
