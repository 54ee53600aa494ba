"""Findings that somebody has decided to leave, each with a reason.

`# audit403: ignore[rule] reason` in a configuration, `[[ignore]]` in the settings. A comment covers its own line, and
one that stands alone on its line the next line that is no comment.
"""

import os
import re
from collections.abc import Iterable, Iterator

from audit403.core.fact import DocumentFault
from audit403.core.family import Comment, Site
from audit403.core.finding import Finding
from audit403.core.place import PathPlace, Place, Span
from audit403.engine.selection import OWN_FAMILY, Selection, names_rule
from audit403.engine.settings import IgnoreEntry, Settings

UNUSED = "unused-ignore"
_MARK = b"audit403:"
_COMMENT = r"#\s*audit403:\s*ignore\s*(?:\[([^\]]*)\])?"


class Ignore:
    """One decision to leave something: a comment with the lines it covers, or an entry of the settings."""

    __slots__ = ("entry", "line", "rules", "settings", "used", "where")

    def __init__(self, where: Span, rules: tuple[str, ...], line: int = 0) -> None:
        self.where = where
        self.rules = rules
        self.line = line
        self.entry: IgnoreEntry | None = None
        self.settings: Settings | None = None
        self.used: set[str] = set()

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is the one meant; it then counts as used."""
        matching = [selector for selector in self.rules if names_rule((selector,), finding.rule)]
        if not matching and (self.rules or self.entry is None):
            return False
        if not (self._covers_entry(finding) if self.entry is not None else self._covers_line(finding)):
            return False
        self.used.update(matching or ("",))
        return True

    def _covers_line(self, finding: Finding) -> bool:
        spans = [place for place in places_of(finding) if isinstance(place, Span)]
        return any(span.file == self.where.file and span.line <= self.line <= span.end_line for span in spans)

    def _covers_entry(self, finding: Finding) -> bool:
        entry, settings = self.entry, self.settings
        if entry is None or settings is None or _is_over(entry):
            return False
        return entry.path is None or _matches(entry.path, finding.where, settings.folder)

    def unused(self, selection: Selection) -> str | None:
        """What to say when nothing was left because of it (None: it was of use, or its rules were not asked for)."""
        if self.entry is not None and _is_over(self.entry):
            return f"this ignore held until {self.entry.until}: nothing is ignored because of it any more"
        if self.entry is None and not self.rules:
            return "this ignore names no rule: write `# audit403: ignore[family/rule] reason`"
        idle = [rule for rule in self.rules if rule not in self.used and selection.takes(rule)]
        if not self.rules and not self.used and selection.whole():
            return "this ignore matches nothing"
        return f"this ignore matches no finding of {', '.join(idle)}" if idle else None


class Ignores:
    """All ignores of one run; a file that several sites include has its comments counted once."""

    def __init__(self) -> None:
        self.ignored = 0
        self._comments: dict[tuple[str, int], Ignore] = {}
        self._entries: dict[tuple[str, int], Ignore] = {}

    def kept(self, findings: Iterable[Finding], site: Site, settings: Settings) -> list[Finding]:
        """The findings of a site that nothing tells to leave."""
        ignores = [*self._of_comments(site), *self._of_settings(settings)]
        if not ignores:
            return list(findings)
        kept = []
        for finding in findings:
            # Every one is asked: each of two that cover one finding is of use.
            if any([ignore.covers(finding) for ignore in ignores]):  # noqa: C419
                self.ignored += 1
            else:
                kept.append(finding)
        return kept

    def unused(self, selection: Selection) -> Iterator[DocumentFault]:
        """A fault for each ignore that was of no use."""
        for ignore in (*self._comments.values(), *self._entries.values()):
            said = ignore.unused(selection)
            if said is not None:
                yield DocumentFault(OWN_FAMILY, UNUSED, ignore.where, said)

    def _of_comments(self, site: Site) -> list[Ignore]:
        marked = {path for path in site.files if _MARK in (site.source(path) or b"")}
        if not marked:
            return []
        comments = [comment for comment in site.comments() if comment.where.file in marked]
        found = []
        for comment, rules, line in _ignoring(comments):
            key = (comment.where.file, comment.where.start)
            found.append(self._comments.setdefault(key, Ignore(comment.where, rules, line)))
        return found

    def _of_settings(self, settings: Settings) -> list[Ignore]:
        found = []
        for number, entry in enumerate(settings.ignores):
            key = (settings.file or "", number)
            ignore = self._entries.get(key)
            if ignore is None:
                ignore = self._entries[key] = Ignore(entry.where, () if entry.rule is None else (entry.rule,))
                ignore.entry, ignore.settings = entry, settings
            found.append(ignore)
        return found


def places_of(finding: Finding) -> list[Place]:
    """Every place that a finding names."""
    return [finding.where, *(link.where for link in finding.because)]


def place_name(place: Place) -> str:
    """The file, path or bucket of a place."""
    if isinstance(place, Span):
        return place.file
    return place.path if isinstance(place, PathPlace) else place.bucket


def _ignoring(comments: list[Comment]) -> Iterator[tuple[Comment, tuple[str, ...], int]]:
    """The comments that ignore something, with their rules and the line that they cover."""
    alone = {(comment.where.file, comment.where.line) for comment in comments if comment.own_line}
    #: The first line behind each line that has nothing but a comment.
    behind: dict[tuple[str, int], int] = {}
    for file, line in sorted(alone, reverse=True):
        behind[file, line] = behind.get((file, line + 1), line + 1)
    for comment in comments:
        match = re.search(_COMMENT, comment.text)
        if match is None:
            continue
        line = comment.where.line
        if comment.own_line:
            line = behind[comment.where.file, line]
        rules = tuple(rule.strip() for rule in (match[1] or "").split(",") if rule.strip())
        yield comment, rules, line


def _is_over(entry: IgnoreEntry) -> bool:
    if entry.until is None:
        return False
    from time import strftime

    return strftime("%Y-%m-%d") > entry.until


def _matches(pattern: str, place: Place, folder: str) -> bool:
    from fnmatch import fnmatchcase

    path = place_name(place)
    pattern = pattern.rstrip("/")
    names = [path]
    if path.startswith("/") and not pattern.startswith("/"):
        names.append(os.path.relpath(path, folder))
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}/*") for name in names)
