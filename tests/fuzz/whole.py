"""What must hold of an audit of anything: nothing in it broke, and every format can print it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from audit403.core.family import Family, Options
from audit403.core.request import Request
from audit403.engine.audit import Asked, Report, audit
from audit403.engine.write_fixes import plan
from audit403.evidence.local import LocalEvidence
from audit403.report.concise import write_concise
from audit403.report.decision_json import decision_json
from audit403.report.decision_text import decision_text
from audit403.report.diff import write_diff
from audit403.report.finding_json import write_json
from audit403.report.full import write_full
from audit403.report.shown import Paths
from audit403.report.terminal import Style
from fuzz.bounds import Within
from report.schemas import CHECK, EXPLAIN

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

PATHS = Paths(["."])


def is_whole(found: Report) -> None:
    """No target is given up because of a fault of ours."""
    assert not [missed for missed in found.not_audited if missed.reason.startswith("internal-error")], found.not_audited


def is_printed(found: Report) -> None:
    """Text of all kinds is printable, JSON is as its schema says, fixes can be shown."""
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


def is_audited(target: Path, asked: Asked) -> None:
    """An audit ends in time, gives up nothing because of a fault of ours, and every format can print it."""
    with Within(20):
        found = audit([str(target)], asked)
    is_whole(found)
    is_printed(found)


def lay_out_that_include_each_other(
    main: Path, parts: list[bytes], chance: random.Random, ends: tuple[bytes, ...], include: Callable[[str], str]
) -> None:
    """Lay the parts out beside `main` as part0.conf and so on, each with a line that includes any of them, or `main`.

    It stands at the beginning, at the end, or behind the first sign of what a statement may end with.
    """
    names = [f"part{number}.conf" for number in range(len(parts))]
    for name, data in zip(names, parts, strict=True):
        at = chance.choice([0, len(data), *(data.find(end) + 1 for end in ends)])
        line = include(chance.choice([*names, "*.conf", main.name, "absent", "/"])).encode()
        main.with_name(name).write_bytes(data[:at] + line + data[at:])


_TARGETS = st.text(st.characters(codec="latin-1"), max_size=30).map(lambda text: f"/{text}") | st.sampled_from(
    ["/", "/a/", "/a", "/%2e%2e/", "/..", "//", "/?", "*", "/a/../..", "/%00", "/%", "/.git/x", "/x.php", "/%3f", "/~a"]
)
_HEADERS = st.sampled_from(
    ["Referer", "User-Agent", "Cookie", "Authorization", "X-Forwarded-For", "Range", "Depth", "If"]
)


def requests() -> st.SearchStrategy[Request]:
    """Requests of which hardly anything need make sense."""
    return st.builds(
        lambda method, host, target, client, headers: Request(method, "http", host, 80, target, client, tuple(headers)),
        st.sampled_from(["GET", "HEAD", "PUT", "PROPFIND", "X", ""]),
        st.none() | st.text(max_size=10),
        _TARGETS,
        st.sampled_from(["10.1.2.3", "::1", "203.0.113.9", "unix:", "nobody", ""]),
        st.lists(st.tuples(_HEADERS, st.text(max_size=20)), max_size=3),
    )


def is_answered(family: Family, data: bytes, request: Request, *, here: bool) -> None:
    """A request to a configuration has an answer in time, and every format can print it."""
    site = family.read_text(data, LocalEvidence(), Options(None, (), "here" if here else "none"))
    if site is None:
        return
    with Within(5):
        decision = site.decide(request)
    EXPLAIN.validate(json.loads(json.dumps(decision_json(None, decision))))
    assert decision_text(request, decision, PATHS, Style(True, 80, True))
