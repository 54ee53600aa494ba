"""The users that httpd touches files as: its children's, those of mpm-itk, and whom suexec runs scripts as."""

from collections.abc import Iterator

from audit403.apache.model.model import Model
from audit403.core.family import RunsAs
from audit403.core.source import every_directive

_OTHERS = {
    "assignuserid": ("mpm_itk", "httpd's children, which mpm-itk has go on as this user"),
    "suexecusergroup": ("suexec", "scripts that suexec starts"),
}


def runs_as(model: Model) -> Iterator[RunsAs]:
    """The children's user first, then the others, each once."""
    worker = model.worker
    if worker.user is not None:
        where = None if worker.directive is None else worker.directive.span
        yield RunsAs(worker.user, worker.group, "httpd's children", where)
    seen = set()
    for directive in every_directive(model.configuration.directives):
        module, what = _OTHERS.get(directive.name, ("", ""))
        key = (what, *directive.args)
        if module and model.has(module) and len(directive.args) == 2 and key not in seen:
            seen.add(key)
            yield RunsAs(directive.args[0], directive.args[1], what, directive.span)
