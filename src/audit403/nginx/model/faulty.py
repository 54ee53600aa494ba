"""What nginx refuses at its start, with the place and nginx's own words."""

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.nginx.read.tree import Directive

NAME = -1
WHOLE = -2


class Faulty(NamedTuple):
    """A directive with which nginx would not start; `word` is the argument at fault, or NAME, or WHOLE.

    `dropped`: whether what is left makes sense without this directive; a block stays, with what is sound in it.
    """

    directive: Directive
    message: str
    word: int = WHOLE
    dropped: bool = True

    def where(self) -> Span:
        """The place to show."""
        if self.word == NAME:
            return self.directive.name_span
        if 0 <= self.word < len(self.directive.args):
            return self.directive.arg_span(self.word)
        return self.directive.span
