"""Which statements include files, and what keeps their number finite: cycles and multiplying includes are cut."""

from typing import TYPE_CHECKING

from audit403.core.source import Problem
from audit403.nginx.read.tree import Directive, ParsedFile

if TYPE_CHECKING:
    from audit403.nginx.read.configuration import Configuration

MOST_FILES = 100_000
#: How many inclusions and statements the configuration may have once every include is replaced by its file.
MOST_INCLUSIONS = 200_000
MOST_STATEMENTS = 2_000_000
#: Blocks of data in which the word `include` is a key like any other.
_NO_INCLUDES = frozenset({"split_clients", "charset_map"})


def includes_of(file: ParsedFile) -> list[Directive]:
    """The include directives of one file, at any depth."""
    if b"include" not in file.source.data:
        return []
    found = []
    pending = [iter(file.directives)]
    while pending:
        for directive in pending[-1]:
            if directive.name == "include":
                found.append(directive)
            if directive.block and directive.name not in _NO_INCLUDES:
                pending.append(iter(directive.block))
                break
        else:
            pending.pop()
    return found


class _Visit:
    """A file on the way from the main file: its inclusions still to look at, and its weight so far."""

    __slots__ = ("bytes", "file", "inclusions", "left", "statements")

    def __init__(self, file: ParsedFile, left: list[tuple[Directive, ParsedFile]]) -> None:
        self.file = file
        self.left = left
        self.inclusions = 1
        data = file.source.data
        self.bytes = len(data)
        self.statements = data.count(b";") + data.count(b"{")


def cut_cycles(configuration: "Configuration") -> None:
    """Take away every inclusion that would lead back to a file that is being included, or multiply without end.

    On the way the files are put in the order in which nginx opens them.
    """
    edges: dict[ParsedFile, list[tuple[Directive, ParsedFile]]] = {}
    for directive, targets in configuration.include_edges().items():
        held = edges.setdefault(configuration.files[directive.source.path], [])
        held.extend((directive, target) for target in targets)
    done: dict[ParsedFile, _Visit] = {}
    opened = {configuration.main.path: configuration.main}
    visits = [_Visit(configuration.main, edges.get(configuration.main, [])[::-1])]
    active = {configuration.main}
    while visits:
        visit = visits[-1]
        if not visit.left:
            visits.pop()
            active.discard(visit.file)
            done[visit.file] = visit
            continue
        directive, target = visit.left[-1]
        if target in active:
            visit.left.pop()
            _drop(
                configuration, directive, target, f'"{target.path}" includes itself: nginx would never come to an end'
            )
        elif target not in done:
            active.add(target)
            opened[target.path] = target
            visits.append(_Visit(target, edges.get(target, [])[::-1]))
        else:
            visit.left.pop()
            _weigh(configuration, visit, directive, done[target])
    configuration.size = done[configuration.main].bytes
    configuration.files = opened | configuration.files


def _weigh(configuration: "Configuration", visit: _Visit, directive: Directive, target: _Visit) -> None:
    inclusions, statements = visit.inclusions + target.inclusions, visit.statements + target.statements
    if inclusions > MOST_INCLUSIONS or statements > MOST_STATEMENTS:
        message = f'"{target.file.path}" is not read here: with all their includes these files grow too large'
        _drop(configuration, directive, target.file, message, "limit")
        return
    visit.inclusions, visit.statements = inclusions, statements
    visit.bytes += target.bytes


def _drop(
    configuration: "Configuration", directive: Directive, target: ParsedFile, message: str, kind: str = "include"
) -> None:
    targets = configuration.included(directive)
    if target not in targets:
        return
    targets[:] = [kept for kept in targets if kept is not target]
    configuration.reading.append(Problem(directive.arg_span(0), message, kind))
    configuration.not_read.append((target.path, message))
