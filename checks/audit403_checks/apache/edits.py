"""Edits of Apache's configuration, which is a matter of lines."""

from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403_checks.support import replace


def insert_inside(section: Directive, text: str) -> TextEdit:
    """An edit that puts a line at the beginning of a section, indented like what stands there."""
    data = section.source.data
    first = next((one for one in section.block or () if one.source is section.source), None)
    like, step = (section, "    ") if first is None else (first, "")
    before = data[data.rfind(b"\n", 0, like.start) + 1 : like.start].decode("latin-1")
    indent = before if not before.strip() else ""
    return TextEdit(section.source.path, section.line_end, section.line_end, f"\n{indent}{step}{text}")


def with_option(options: Directive, option: str) -> TextEdit:
    """The Options line with one more option, written as its other words are."""
    kept = [word for word in options.args if word.lower() not in ("none", option.lower(), f"-{option.lower()}")]
    is_relative = bool(options.args) and all(word.startswith(("+", "-")) for word in options.args)
    words = [*kept, f"+{option}" if is_relative else option]
    return replace(options.span, f"{options.written} {' '.join(words)}")
