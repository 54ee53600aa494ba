"""Fixes that switch an option on where a request was refused."""

from audit403.apache.explore.subject import Subject
from audit403.apache.model.section import DIRECTORY
from audit403.apache.read.tree import Directive
from audit403.core.finding import UNSAFE, Fix
from audit403_checks.apache.edits import insert_inside, with_option


def switched_on(subject: Subject, option: str) -> tuple[Fix, ...]:
    """The line that is in effect with the option put to it; a line of its own in the innermost section without one."""
    directive = subject.core.options_directive or _in_a_section(subject)
    if directive is not None:
        return (Fix(f"switch {option} on", UNSAFE, (with_option(directive, option),)),)
    section = next((one for one in reversed(subject.sections) if one.kind == DIRECTORY and one.text != "/"), None)
    if section is None:
        return ()
    edit = insert_inside(section.directive, f"Options +{option}")
    return (Fix(f"put `Options +{option}` into {section.label()}", UNSAFE, (edit,)),)


def _in_a_section(subject: Subject) -> Directive | None:
    """The last Options line of the sections that held: where a walk was cut short its result is not known."""
    found = (one for section in reversed(subject.sections) for one in reversed(section.directive.block or ()))
    return next((one for one in found if one.name == "options"), None)
