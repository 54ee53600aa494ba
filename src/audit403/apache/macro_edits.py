"""Edits of a `<Macro>` that is used more than once: what one use has in place of an argument is not what others have.

Exploration meets a macro's lines with the values of one use, so an edit that a rule makes of them may hold such a
value; what it would do to the other uses is not meant.
"""

from collections.abc import Iterable

from audit403.apache.read.configuration import Configuration
from audit403.apache.read.tree import Directive
from audit403.core.edit import Edit, TextEdit

_SHORTEST_VALUE = 3


def writes_one_use(configuration: Configuration, edits: Iterable[Edit]) -> bool:
    """Whether one of the edits puts what one use of a macro says into the macro itself."""
    macros = [one for one in configuration.executed if one.name == "<macro" and len(one.args) > 1]
    if not macros:
        return False
    return any(_is_for_one(edit, macro, configuration) for edit in edits for macro in macros if _is_in(edit, macro))


def _is_in(edit: Edit, macro: Directive) -> bool:
    if not isinstance(edit, TextEdit) or edit.file != macro.source.path:
        return False
    return macro.start <= edit.start and edit.end <= macro.end


def _is_for_one(edit: Edit, macro: Directive, configuration: Configuration) -> bool:
    name, *arguments = (word.rstrip(">") for word in macro.args)
    uses = {
        tuple(one.args[1:])
        for one in configuration.executed
        if one.name == "use" and one.args and one.args[0].lower() == name.lower()
    }
    if len(uses) < 2 or not isinstance(edit, TextEdit):
        return False
    replaced = macro.source.data[edit.start : edit.end].decode("utf-8", "replace")
    if any(argument in replaced and argument not in edit.text for argument in arguments if argument):
        return True
    values = {value for use in uses for value in use if len(value) >= _SHORTEST_VALUE}
    return any(value in edit.text or value in edit.text.replace("\\", "") for value in values)
