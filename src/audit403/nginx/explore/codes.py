"""The rewrite code of a server block, level by level."""

from collections.abc import Iterator

from audit403.nginx.model.rewrite_code import Instruction
from audit403.nginx.model.server import Server


def codes_of(server: Server) -> Iterator[tuple[Instruction, ...]]:
    """The rewrite code of a server block and of each location in it."""
    yield server.code
    pending = [*server.tree.all()]
    while pending:
        location = pending.pop()
        yield location.code
        pending += location.tree.all()
