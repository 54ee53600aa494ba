"""The rewrite code of a server block, level by level."""

from collections.abc import Iterator

from audit403.core.place import Span
from audit403.nginx.model.rewrite_code import If, Instruction
from audit403.nginx.model.server import Server


def codes_of(server: Server) -> Iterator[tuple[Instruction, ...]]:
    """The rewrite code of a server block and of each location in it."""
    yield server.code
    pending = [*server.tree.all()]
    while pending:
        location = pending.pop()
        yield location.code
        pending += location.tree.all()


def if_around(server: Server, where: Span) -> tuple[tuple[Instruction, ...], If] | None:
    """The `if` in whose body something stands, and the code that it is a part of."""
    for code in codes_of(server):
        for instruction in code:
            block = instruction.directive
            is_in = block.source.path == where.file and block.start <= where.start < block.end
            if isinstance(instruction, If) and is_in:
                return code, instruction
    return None
