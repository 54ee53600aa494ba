"""Edits of the patterns of locations."""

from audit403.core.edit import TextEdit
from audit403.nginx.model.location import Location
from audit403_checks.support import replace


def rewritten(location: Location, pattern: str) -> tuple[TextEdit, ...]:
    """The edit that gives a location another pattern; none where the old one is not written as it is."""
    directive = location.directive
    if directive is None or len(directive.args) < 2:
        return ()
    span = directive.arg_span(1)
    written = directive.source.data[span.start : span.end].decode("utf-8", "surrogateescape")
    bare = written.strip("\"'")
    return (replace(span, written.replace(bare, pattern)),) if bare == location.name else ()
