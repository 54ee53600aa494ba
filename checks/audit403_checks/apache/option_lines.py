"""Fixes that switch an option on where a request was refused."""

from audit403.apache.explore.subject import Subject
from audit403.apache.model.section import DIRECTORY
from audit403.apache.read.tree import Directive
from audit403.core.finding import UNSAFE, Fix
from audit403_checks.apache.edits import insert_inside
from audit403_checks.support import replace


def with_option(subject: Subject, option: str, without: str = "") -> tuple[Fix, ...]:
    """The line that is in effect with the option put to it; a line of its own in the innermost section without one.

    `without` is an option that would stand in its way.
    """
    directive = subject.core.options_directive or _in_a_section(subject)
    if directive is not None:
        return (_changed(directive, option, without),)
    section = next((one for one in reversed(subject.sections) if one.kind == DIRECTORY and one.text != "/"), None)
    if section is None:
        return ()
    edit = insert_inside(section.directive, f"Options +{option}")
    return (Fix(f"put `Options +{option}` into {section.label()}", UNSAFE, (edit,)),)


def _in_a_section(subject: Subject) -> Directive | None:
    """The last Options line of the sections that held: where a walk was cut short its result is not known."""
    found = (one for section in reversed(subject.sections) for one in reversed(section.directive.block or ()))
    return next((one for one in found if one.name == "options"), None)


def _changed(directive: Directive, option: str, without: str) -> Fix:
    gone = {"none", option.lower(), f"-{option.lower()}", without.lower(), f"+{without.lower()}"}
    kept = [word for word in directive.args if word.lower() not in gone]
    is_relative = all(word.startswith(("+", "-")) for word in directive.args)
    words = [*kept, *([f"-{without}"] if without and is_relative else []), f"+{option}" if is_relative else option]
    return Fix(f"switch {option} on", UNSAFE, (replace(directive.span, f"{directive.written} {' '.join(words)}"),))
