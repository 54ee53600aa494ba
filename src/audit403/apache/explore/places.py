"""The places of a configuration from which exploration starts: one ordinary request and more a section and an alias.

Every start says why it is asked, because a refusal of a home page is not judged like that of a made-up file.
"""

from collections.abc import Iterator
from itertools import islice

from audit403.apache.explore.doors import Door, visit
from audit403.apache.explore.mounts import Mount, url_of
from audit403.apache.explore.wishes import glob_texts
from audit403.apache.model.aliases import ALIAS, AliasServer
from audit403.apache.model.core_config import CORE, CoreConfig
from audit403.apache.model.pattern import Pattern
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.rewrite import REWRITE, RewriteServer
from audit403.apache.model.rewrite_rule import STATUS
from audit403.apache.model.section import DIRECTORY, LOCATION, Section
from audit403.apache.model.server import Server
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.ordinary import CHALLENGE, PROBE, quoted
from audit403.explore.ordinary_names import ordinary_names_for
from audit403.explore.regex_witness import Matcher, exceptions, witnesses
from audit403.explore.subject import (
    PURPOSE_CERTIFICATE,
    PURPOSE_EXCEPTION,
    PURPOSE_HOME,
    PURPOSE_ORDINARY,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
)

_MOST_TEXTS = 4


class Start(NamedTuple):
    """One request to begin with, why it is asked, the server and section that it is for, the page that asks for it."""

    request: Request
    purpose: str
    server: Server
    meant: Section | None = None
    page: str | None = None


def starts(server: Server, doors: list[Door], mounts: list[Mount]) -> Iterator[Start]:
    """Every start of a server that its configuration names, without the tree."""
    for door in doors:
        yield Start(visit(door, "/"), PURPOSE_HOME, server)
    door = doors[0]
    seen = {"/"}
    for uri, purpose, section in _uris(server, mounts):
        target = quoted(uri)
        if target not in seen:
            seen.add(target)
            yield Start(visit(door, target), purpose, server, section)


def _uris(server: Server, mounts: list[Mount]) -> Iterator[tuple[str, str, Section | None]]:
    yield f"/{PROBE}", PURPOSE_PROBE, None
    yield CHALLENGE, PURPOSE_CERTIFICATE, None
    for mount in mounts:
        if mount.url != "/":
            stem = mount.url.rstrip("/")
            yield mount.url, PURPOSE_PAGE, None
            yield from ((f"{stem}/", PURPOSE_PAGE, None), (f"{stem}/{PROBE}", PURPOSE_PROBE, None))
    for section in server.sections[LOCATION]:
        yield from ((uri, purpose, section) for uri, purpose in _of_location(section))
        yield from ((uri, purpose, section) for uri, purpose in taken_along(section.regex))
    for section in server.sections[DIRECTORY]:
        yield from ((uri, purpose, section) for uri, purpose in _of_directory(section, mounts))
    for section, base in _files_of(server, mounts):
        yield from ((f"{base}{uri}", purpose, section) for uri, purpose in _of_files(section))
    aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
    for mapping in aliases.redirects:
        if mapping.status == 403:
            yield from ((uri, purpose, None) for uri, purpose in taken_along(mapping.pattern))
    rewriting: RewriteServer = server.slots.get(REWRITE, RewriteServer())
    for rule in rewriting.rules if rewriting.engine else ():
        if rule.has(STATUS) and rule.status == 403 and not rule.negated:
            yield from ((uri, purpose, None) for uri, purpose in taken_along(rule.pattern))


def _of_location(section: Section) -> Iterator[tuple[str, str]]:
    """URIs that a location takes: its own name and something below it, or what its pattern matches."""
    if section.regex is not None:
        for text in islice(witnesses(section.regex, "/"), _MOST_TEXTS):
            if text.startswith("/"):
                yield text, PURPOSE_PROBE
    elif section.is_pattern:
        yield from ((text, PURPOSE_PROBE) for text in glob_texts(section.text) if text.startswith("/"))
    elif section.text.startswith("/"):
        stem = section.text.rstrip("/")
        yield section.text, PURPOSE_PAGE
        yield f"{stem}/", PURPOSE_PAGE
        yield f"{stem}/{PROBE}", PURPOSE_PROBE


def _of_directory(section: Section, mounts: list[Mount]) -> Iterator[tuple[str, str]]:
    """URLs that lead into a directory, where there are any."""
    for path in islice(_directories(section, mounts), _MOST_TEXTS):
        uri = url_of(mounts, path.rstrip("/") or "/")
        if uri is not None:
            stem = uri.rstrip("/")
            yield f"{stem}/", PURPOSE_PAGE
            yield f"{stem}/{PROBE}", PURPOSE_PROBE


def _directories(section: Section, mounts: list[Mount]) -> Iterator[str]:
    if section.regex is not None:
        for mount in mounts:
            for text in islice(witnesses(section.regex, mount.directory), _MOST_TEXTS):
                yield text
                yield text.rpartition("/")[0]
    elif section.is_pattern:
        for text in glob_texts(section.text):
            yield text
        for mount in mounts:
            yield from _below(section.text, mount.directory)
    else:
        yield section.text


def _below(pattern: str, directory: str) -> Iterator[str]:
    """A directory that a shell pattern matches and that begins like a known one."""
    parts, known = pattern.rstrip("/").split("/"), directory.rstrip("/").split("/")
    joined = [here if "*" in part or "?" in part else part for part, here in zip(parts, known, strict=False)]
    rest = "/".join(parts[len(known) :])
    yield "/".join(joined) + ("/" + next(glob_texts(rest)) if rest else "")


def _files_of(server: Server, mounts: list[Mount]) -> Iterator[tuple[Section, str]]:
    """Every `<Files>` of a server and of its sections, and the URL of the directory that it is for."""
    for section in files_in(server.lookup_defaults):
        yield section, "/"
    for outer in server.sections[DIRECTORY]:
        if outer.regex is None and not outer.is_pattern:
            uri = url_of(mounts, outer.text.rstrip("/") or "/")
            for section in files_in(outer.per_dir):
                yield section, "/" if uri is None else f"{uri.rstrip('/')}/"


def files_in(per_dir: PerDir) -> tuple[Section, ...]:
    """The `<Files>` sections directly in a section."""
    core: CoreConfig | None = per_dir.get(CORE)
    return () if core is None else core.files


def _of_files(section: Section) -> Iterator[tuple[str, str]]:
    """Names that a `<Files>` means, and ordinary ones that it takes along."""
    yield from ((text, PURPOSE_PROBE) for text in names_meant_by(section))
    if section.regex is None:
        return
    named = NameOf(section.regex)
    for uri in ordinary_names_for(named):
        yield uri[1:], PURPOSE_ORDINARY
    for uri in exceptions(named):
        yield uri[1:], PURPOSE_EXCEPTION


def names_meant_by(section: Section) -> Iterator[str]:
    """Names that a `<Files>` is about."""
    if section.regex is not None:
        texts = witnesses(section.regex)
    else:
        texts = glob_texts(section.text) if section.is_pattern else iter((section.text,))
    yield from (text for text in islice(texts, _MOST_TEXTS) if text and "/" not in text)


def taken_along(pattern: Matcher | None) -> Iterator[tuple[str, str]]:
    """Ordinary addresses that a pattern of a URI matches, and those that it names as its exceptions."""
    if pattern is not None:
        yield from ((uri, PURPOSE_ORDINARY) for uri in ordinary_names_for(pattern))
        yield from ((uri, PURPOSE_EXCEPTION) for uri in exceptions(pattern))


class BelowFolder:
    """A pattern that is held against a path below a folder, which has no slash at its beginning."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern

    @property
    def pattern(self) -> str:
        """What is written, told apart from the same pattern for whole paths."""
        return self._pattern.pattern + "(?#below)"

    @property
    def caseless(self) -> bool:
        """Whether case does not matter."""
        return self._pattern.caseless

    def matches(self, subject: str) -> bool:
        """Whether it is found in the path without its first slash."""
        return self._pattern.matches(subject.removeprefix("/"))


class NameOf:
    """A pattern that is held against the last part of a path."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern

    @property
    def pattern(self) -> str:
        """What is written, told apart from the same pattern for whole paths."""
        return self._pattern.pattern + "(?#name)"

    @property
    def caseless(self) -> bool:
        """Whether case does not matter."""
        return self._pattern.caseless

    def matches(self, subject: str) -> bool:
        """Whether it is found in the name at the end of a path."""
        return self._pattern.matches(subject.rpartition("/")[2])
