"""Which of two lines httpd lays over the other: sections and `.htaccess` files in the order in which they held."""

from audit403.apache.explore.trail import until_answered
from audit403.apache.read.tree import Directive
from audit403.core.decision import Decision
from audit403.core.place import PathPlace

_LAYERS = {"directory": 0, "htaccess": 0, "files": 1, "location": 2, "if": 3}
"""Locations are looked up before there is a file, too, and then again when they are laid over what it has."""
_NO_SECTIONS = ("<require", "<limit")


def section_of(directive: Directive) -> Directive | None:
    """The section around a line; containers of Require and limits are none."""
    around = directive.parent
    while around is not None and around.name.startswith(_NO_SECTIONS):
        around = around.parent
    return around


def is_beside(one: Directive, other: Directive) -> bool:
    """Whether two lines stand in the same section, or in the same file outside of any."""
    return section_of(one) is section_of(other) and one.source is other.source


def is_laid_over(inner: Directive, outer: Directive, decision: Decision) -> bool:
    """Whether the section or file of the first was laid over that of the second when a request was decided."""
    above, below = _position(inner, decision), _position(outer, decision)
    return above is not None and below is not None and below < above


def place_of(directive: Directive) -> str:
    """Where a line stands, in words: its section, or the name of its file."""
    section = section_of(directive)
    if section is None:
        return directive.source.path.rpartition("/")[2]
    return f"{section.written} {section.raw.strip()}>"


def _position(directive: Directive, decision: Decision) -> tuple[int, int] | None:
    section = section_of(directive)
    found: tuple[int, int] | None = None
    for index, step in enumerate(until_answered(decision)):
        if step.phase == "redirect":
            found = None  # what held for another address
        if step.phase not in _LAYERS or step.met is False:
            continue
        if section is not None:
            is_it = step.where == section.span
        else:
            is_it = isinstance(step.where, PathPlace) and step.where.path == directive.source.path
        if is_it:
            found = _LAYERS[step.phase], index
    return found
