"""What is known while one file is being read: its statements so far, the blocks that are open, the problems."""

from audit403.core.source import Problem, Source
from audit403.nginx.read.tree import Directive

MOST_PROBLEMS = 20
#: What the names of blocks of Lua end with (see `opaque`).
LUA_BLOCK = "_by_lua_block"


class State:
    """One file in the middle of being read."""

    __slots__ = ("lists", "mistakes", "opened", "problems", "source", "text", "top")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.top: list[Directive] = []
        #: The open blocks; None stands for a stray `{`, whose statements stay in the block around it.
        self.opened: list[Directive | None] = []
        #: The statement lists of the file and of every open block, the innermost last.
        self.lists: list[list[Directive]] = [self.top]
        self.problems: list[Problem] = []
        self.mistakes = 0

    def report(self, start: int, end: int, message: str, kind: str = "syntax") -> None:
        """Note a problem at a byte range, unless there are too many already."""
        if kind == "suspicious":
            if len(self.problems) >= 2 * MOST_PROBLEMS:
                return
        else:
            self.mistakes += 1
            if self.mistakes > MOST_PROBLEMS + 1:
                return
            if self.mistakes > MOST_PROBLEMS:
                kind = "limit"
                message = (
                    f"this file has more than {MOST_PROBLEMS} mistakes: the others are not listed, nor all of it read"
                )
        self.problems.append(Problem(self.source.span(start, end), message, kind))

    @property
    def given_up(self) -> bool:
        """Whether there were so many problems that mending makes no sense any more."""
        return self.mistakes > MOST_PROBLEMS

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
