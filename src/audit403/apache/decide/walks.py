"""The walks through sections that need no file system: locations, names of files, conditions.

What matches in a walk is merged among itself first and then laid over what is in effect. Truth: ap_location_walk,
ap_file_walk and ap_if_walk_sub in server/request.c.
"""

import re
from typing import Any

from audit403.apache import fnmatch
from audit403.apache.decide.choose_vhost import MOST_KEPT
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK
from audit403.apache.model.core_config import CORE, CoreConfig
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import LOCATION, OTHERWISE, OTHERWISE_WHEN, WHEN, Section
from audit403.apache.model.server import Server
from audit403.core.decision import Step
from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import Captured

_WALKS, _FILES_WALK, _IF_WALKS = "location-walks", "files-walk", "if-walks"
_TOLD = "locations-told"
_SLASHES = re.compile("/{2,}")
_DEEPEST_CONDITIONS = 50


class Walked(NamedTuple):
    """What a walk through the locations of a server comes to for one URI."""

    steps: tuple[Step, ...]
    found: PerDir | None
    variables: tuple[tuple[str, str], ...]


class LocationWalk(NamedTuple):
    """What one walk leaves for the next ones: what was found for which URI, and what that was laid over."""

    uri: str
    sections: list[Section]
    found: PerDir | None
    base: PerDir
    result: PerDir


class IfWalk(NamedTuple):
    """The same of a walk through conditions."""

    met: list[Section]
    base: PerDir
    result: PerDir


def location_walk(exchange: Exchange) -> None:
    """Lay every location that matches the URI over what is in effect."""
    sections = exchange.server.sections[LOCATION]
    if not sections:
        return
    uri = exchange.uri
    known: dict[tuple[Server, str], Walked] = exchange.evaluator.kept.setdefault("locations", {})
    walked = known.get((exchange.server, uri))
    if walked is None:
        if len(known) >= MOST_KEPT:
            known.clear()
        walked = known[exchange.server, uri] = _locations(exchange.server, sections, uri)
    told: Walked | None = exchange.extra.get(_TOLD)
    if told is not walked:
        exchange.extra[_TOLD] = walked
        exchange.steps += walked.steps
    for name, value in walked.variables:
        exchange.env.set(name, value)
    _lay_over(exchange, sections, walked.found)


def _lay_over(exchange: Exchange, sections: list[Section], found: PerDir | None) -> None:
    """Where a walk before came to the same, its very object is taken, so that nobody is asked again who may come in.

    That is the walk of the same number in the request before (prep_walk_cache), otherwise the last one of this request.
    """
    uri, base = exchange.uri, exchange.per_dir
    walks: list[LocationWalk] = exchange.extra.setdefault(_WALKS, [])
    before: LocationWalk | None = _walk_before(exchange, _WALKS)
    if before is not None:
        is_same = before.sections is sections and before.uri == uri
        if is_same and base is before.result:
            walks.append(before)
            return
        is_same = is_same or (before.found is found and exchange.evaluator.trusts_same_configuration)
        if is_same and base is before.base:
            exchange.per_dir = before.result
            walks.append(before._replace(uri=uri))
            return
    if found is not None:
        exchange.per_dir = laid_over(exchange, base, found)
    walks.append(LocationWalk(uri, sections, found, base, exchange.per_dir))


def laid_over(exchange: Exchange, base: PerDir, found: PerDir) -> PerDir:
    """What a walk has found, laid over what was in effect; another object than in any request before this one."""
    merged = base.merged(found)
    return merged if exchange.main is None and exchange.prev is None else PerDir(merged.slots)


def _walk_before(exchange: Exchange, kind: str) -> Any:
    """The walk of that kind and of the same number in the request before, otherwise this request's own last one."""
    own: list[Any] = exchange.extra[kind]
    for other in (exchange.prev, exchange.main):
        walks: list[Any] = [] if other is None else other.extra.get(kind, [])
        if walks:
            if len(walks) > len(own):
                return walks[len(own)]
            break
    return own[-1] if own else None


def _locations(server: Server, sections: list[Section], uri: str) -> Walked:
    merged_uri = uri if server.core.merge_slashes is not False else _SLASHES.sub("/", uri)
    found: PerDir | None = None
    steps: list[Step] = []
    variables: list[tuple[str, str]] = []
    for section in sections:
        if section.regex is not None:
            captured = section.captures(uri)
            met = captured is not None
            variables += () if captured is None else _named(section, captured)
            operator = "matches"
        elif section.is_pattern:
            met = fnmatch.matches(section.text, merged_uri, pathname=True)
            operator = "like"
        else:
            met = is_below(section.text, merged_uri)
            operator = "prefix"
        steps.append(Step("location", section.label(), section.directive.span, met, "uri", operator, section.text))
        if met:
            found = section.per_dir if found is None else found.merged(section.per_dir)
    return Walked(tuple(steps), found, tuple(variables))


def is_below(prefix: str, uri: str) -> bool:
    """Whether a location without wildcards is about a URI: the URI itself, or what lies below it."""
    if not uri.startswith(prefix):
        return False
    return not prefix or prefix.endswith("/") or uri[len(prefix) : len(prefix) + 1] in ("", "/")


def files_walk(exchange: Exchange) -> int:
    """Lay every `<Files>` that matches the last part of the file name over what is in effect."""
    sections = exchange.core.files
    if exchange.filename is None or not sections:
        return OK
    name = exchange.filename.rpartition("/")[2]
    found: PerDir | None = None
    for section in sections:
        if section.regex is not None:
            met = _matches_regex(exchange, section, name)
        elif section.is_pattern:
            met = fnmatch.matches(section.text, name, pathname=True)
        else:
            met = section.text == name
        operator = "matches" if section.regex is not None else "like" if section.is_pattern else "equals"
        exchange.step("files", section.label(), section.directive.span, met, "file-name", operator, section.text)
        if met:
            found = section.per_dir if found is None else found.merged(section.per_dir)
    if found is not None:
        exchange.per_dir = exchange.merged_onto(exchange.per_dir, found, familiar=_was_walked(exchange, name, sections))
    exchange.extra[_FILES_WALK] = (name, sections)
    return OK


def _was_walked(exchange: Exchange, name: str, sections: tuple[Section, ...]) -> bool:
    """Whether the request before went through the same sections with the same name, whatever its file is by now."""
    for other in (exchange.prev, exchange.main):
        walked = None if other is None else other.extra.get(_FILES_WALK)
        if walked is not None:
            return walked[0] == name and walked[1] is sections
    return False


def if_walk(exchange: Exchange) -> int:
    """Lay every `<If>` that holds over what is in effect, and then the conditions inside those.

    Where the walk of the same number in the request before has met the same and laid it over the same, its very object
    is taken; httpd then does not come to the conditions inside.
    """
    sections = exchange.core.ifs
    if not sections:
        return OK
    walks: list[IfWalk] = exchange.extra.setdefault(_IF_WALKS, [])
    for _ in range(_DEEPEST_CONDITIONS):
        if not sections:
            break
        before: IfWalk | None = _walk_before(exchange, _IF_WALKS)
        met = _conditions(exchange, sections)
        base = exchange.per_dir
        is_same = before is not None and before.met == met and before.base is base
        if before is not None and is_same and exchange.evaluator.trusts_same_configuration:
            exchange.per_dir = before.result
            walks.append(before)
            break
        found: PerDir | None = None
        for section in met:
            found = section.per_dir if found is None else found.merged(section.per_dir)
        if found is not None:
            exchange.per_dir = laid_over(exchange, base, found)
        walks.append(IfWalk(met, base, exchange.per_dir))
        inner: CoreConfig | None = None if found is None else found.get(CORE)
        sections = () if inner is None else inner.ifs
    return OK


def _conditions(exchange: Exchange, sections: tuple[Section, ...]) -> list[Section]:
    found: list[Section] = []
    before = False
    for section in sections:
        if section.chain in (OTHERWISE, OTHERWISE_WHEN) and before:
            continue
        if section.chain in (WHEN, OTHERWISE_WHEN):
            from audit403.apache.decide.expression import condition_holds

            before = condition_holds(exchange, section)
            exchange.step("if", section.label(), section.directive.span, before, "expression", "holds", section.text)
            if not before:
                continue
        else:
            before = False
            exchange.step("if", section.label(), section.directive.span)
        found.append(section)
    return found


def _matches_regex(exchange: Exchange, section: Section, subject: str) -> bool:
    captured = section.captures(subject)
    if captured is None:
        return False
    for name, value in _named(section, captured):
        exchange.env.set(name, value)
    return True


def _named(section: Section, captured: Captured) -> list[tuple[str, str]]:
    """The variables that a section's named groups set."""
    assert section.regex is not None
    groups, count = captured.groups, min(captured.count, len(captured.groups))
    return [(f"MATCH_{name.upper()}", groups[number]) for name, number in section.regex.names.items() if number < count]
