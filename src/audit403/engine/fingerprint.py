"""What a finding is told by from one run to the next: its rule and what is written there, never line numbers."""

import os
from collections.abc import Iterable

from audit403.core.family import Site
from audit403.core.finding import Finding
from audit403.core.place import PathPlace, Place, Span

_LENGTH = 32


def fingerprints(findings: Iterable[tuple[Finding, Site | None]]) -> list[str]:
    """One for each finding; of findings that are equal in all that counts, the later ones get a number."""
    findings = list(findings)
    if not findings:
        return []
    from hashlib import sha256

    seen: dict[str, int] = {}
    made = []
    for finding, site in findings:
        content = _content(finding, site)
        count = seen[content] = seen.get(content, 0) + 1
        if count > 1:
            content += f"\0{count}"
        made.append(sha256(content.encode("utf-8", "surrogateescape")).hexdigest()[:_LENGTH])
    return made


def text_at(span: Span, site: Site | None) -> str:
    """What is written at a place, in one line."""
    data = None if site is None else site.source(span.file)
    if data is None:
        return ""
    return " ".join(data[span.start : span.end].decode("utf-8", "surrogateescape").split())


def _content(finding: Finding, site: Site | None) -> str:
    main = "" if site is None else site.main
    host = "" if finding.request is None or finding.request.host is None else finding.request.host
    parts = [finding.rule, _place(finding.where, site, main), finding.anchor or host]
    if not finding.anchor:
        parts += [_place(link.where, site, main) for link in finding.because]
    return "\0".join(parts)


def _place(place: Place, site: Site | None, main: str) -> str:
    if isinstance(place, Span):
        return f"{_beside(place.file, main)}\0{text_at(place, site)}"
    if isinstance(place, PathPlace):
        return place.path
    return f"{place.bucket}\0{place.statement}"


def _beside(path: str, main: str) -> str:
    """The path from the main configuration's folder: a checkout may lie anywhere."""
    if not main.startswith("/") or not path.startswith("/"):
        return path
    return os.path.relpath(path, os.path.dirname(main))
