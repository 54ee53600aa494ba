"""What is known while one file is being read: its statements so far, the blocks that are open, the problems."""

from audit403.nginx.read.tree import Directive, Problem, Source


class State:
    """One file in the middle of being read."""

    __slots__ = ("lists", "opened", "problems", "source", "text", "top")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.top: list[Directive] = []
        #: The open blocks; None stands for a stray `{`, whose statements stay in the block around it.
        self.opened: list[Directive | None] = []
        #: The statement lists of the file and of every open block, the innermost last.
        self.lists: list[list[Directive]] = [self.top]
        self.problems: list[Problem] = []

    def report(self, start: int, end: int, message: str, kind: str = "syntax") -> None:
        """Note a problem at a byte range."""
        self.problems.append(Problem(self.source.span(start, end), message, kind))

    def open(self, directive: Directive, brace: int) -> None:
        """A block begins at the offset of its `{`."""
        directive.block_start = brace
        directive.block = []
        self.opened.append(directive)
        self.lists.append(directive.block)

    def close(self, end: int) -> None:
        """The innermost block ends."""
        directive = self.opened.pop()
        self.lists.pop()
        if directive is not None:
            directive.end = end
