"""The user and group that nginx's workers run as.

Truth: ngx_set_user in src/core/nginx.c and ngx_worker_process_init in src/os/unix/ngx_process_cycle.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.read.tree import Directive

COMPILED_DEFAULT = "nobody"


class Worker(NamedTuple):
    """`group` None means the group that has the user's name; `directive` None that no `user` line stands anywhere."""

    user: str
    group: str | None
    directive: Directive | None


def worker_of(directives: list[Directive]) -> Worker:
    """The worker that the main level's `user` directive names."""
    if not directives or not directives[0].args:
        return Worker(COMPILED_DEFAULT, None, None)
    directive = directives[0]
    return Worker(directive.args[0], directive.args[1] if len(directive.args) > 1 else None, directive)
