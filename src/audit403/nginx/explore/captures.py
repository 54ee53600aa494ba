"""Variables that a regular expression captures: texts for which a group matches what is wanted."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.fields import with_target
from audit403.explore.ordinary import quoted
from audit403.explore.regex_witness import candidates
from audit403.explore.wish import Wish, exactly
from audit403.http.regex import Captured, MatchFailed, Regex
from audit403.nginx.decide.normalise_uri import normalise_path
from audit403.nginx.explore.codes import codes_of
from audit403.nginx.explore.point import Point
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.rewrite_code import If, Instruction, Rewrite
from audit403.nginx.model.server import Server
from audit403.nginx.model.template import VARIABLE, Part, Template

if TYPE_CHECKING:
    from audit403.nginx.explore.reach import Reach

_MOST_PATTERNS = 8
_MOST_TEXTS = 8
_URI = Template("$uri", (Part(VARIABLE, "uri"),), None)


class Group(NamedTuple):
    """A group of a pattern, and the text that the pattern is held against."""

    regex: Regex
    number: int
    subject: Template


class Captures:
    """The patterns of one server block, by what they capture."""

    def __init__(self, model: Model, server: Server) -> None:
        self._named: dict[str, list[Group]] = {}
        self._numbered: dict[int, list[Group]] = {}
        for regex, subject in _patterns(model, server):
            self._note(regex, subject)

    def requests(self, reach: "Reach", at: Point, name: str, wish: Wish) -> Iterator[Request]:
        """Requests for which `$name`, or `$1`, may be what is wanted."""
        groups = self._numbered.get(int(name), []) if name.isdigit() else self._named.get(name, [])
        for group in groups[:_MOST_PATTERNS]:
            if group.subject is _URI:
                yield from _with_other_path(at.request, group, wish)
            for text in islice(_texts(group, wish), _MOST_TEXTS):
                yield from islice(reach.of_template(at, group.subject, exactly(text)), 2)

    def _note(self, regex: Regex, subject: Template) -> None:
        for number in range(1, regex.group_count + 1):
            self._numbered.setdefault(number, []).append(Group(regex, number, subject))
        for name, number in regex.numbers.items():
            self._named.setdefault(name.lower(), []).append(Group(regex, number, subject))


def _texts(group: Group, wish: Wish) -> Iterator[str]:
    """Texts that the pattern matches with a group that is what is wanted."""
    for text in wish.texts:
        for made in candidates(group.regex.pattern, {group.number: text}):
            captured = _captured(group, made)
            if captured is not None and wish.accepts(captured):
                yield made
    for made in candidates(group.regex.pattern):
        captured = _captured(group, made)
        if captured is not None and wish.accepts(captured):
            yield made


def _with_other_path(request: Request, group: Group, wish: Wish) -> Iterator[Request]:
    """The request's own path with another text where the group is, so that other patterns still match."""
    path, mark, arguments = request.target.partition("?")
    path = normalise_path(path, True)
    now = _captured(group, path)
    if not now:
        return
    for text in wish.fitting(tuple(_other_texts(group))):
        changed = path.replace(now, text, 1)
        if _captured(group, changed) == text:
            yield with_target(request, quoted(changed) + mark + arguments)


def _other_texts(group: Group) -> Iterator[str]:
    for made in candidates(group.regex.pattern):
        captured = _captured(group, made)
        if captured is not None:
            yield captured


def _captured(group: Group, text: str) -> str | None:
    found: Captured | None = None
    try:
        found = group.regex.search(text)
    except MatchFailed:
        return None
    return None if found is None else found.groups[group.number]


def _patterns(model: Model, server: Server) -> Iterator[tuple[Regex, Template]]:
    """Every pattern that may capture, with what it is held against."""
    pending = [*server.tree.all()]
    while pending:
        location: Location = pending.pop()
        if location.regex is not None:
            yield location.regex, _URI
        pending += location.tree.all()
    for name in server.names:
        if name.regex is not None:
            yield name.regex, Template("$host", (Part(VARIABLE, "host"),), None)
    for code in codes_of(server):
        yield from _in_code(code)
    for definition in model.maps.values():
        for regex, _ in definition.regexes:
            if regex.group_count:
                yield regex, definition.source


def _in_code(code: tuple[Instruction, ...]) -> Iterator[tuple[Regex, Template]]:
    for instruction in code:
        if isinstance(instruction, Rewrite):
            yield instruction.regex, _URI
        elif isinstance(instruction, If):
            condition = instruction.condition
            if condition.regex is not None:
                yield condition.regex, Template("", (Part(VARIABLE, condition.variable),), None)
            yield from _in_code(instruction.body)
