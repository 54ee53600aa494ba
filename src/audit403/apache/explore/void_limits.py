"""`Require` lines in a `<Limit>` that keep nobody out, because a line beside it lets everybody in whatever the method.

Several `Require` lines are alternatives; what stands in a `<Limit>` is one more of them.
"""

from collections.abc import Iterator

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.places import Start
from audit403.apache.explore.subject import Subject
from audit403.apache.model.authz import OR, Container, Requirement
from audit403.apache.model.methods import ALL
from audit403.apache.read.tree import Directive
from audit403.core.decision import REFUSED
from audit403.core.fact import IdleDirective
from audit403.core.place import Because, Span
from audit403.core.source import every_directive
from audit403.explore.asked import Asked
from audit403.explore.subject import Hit

KIND = "limit-never-counts"
_EXCEPTED = ("DELETE", "PUT", "PATCH", "POST")
_NAME = "something-new"
_UNANSWERED = (401, 404, 405, 501)
"""Nothing is done with the method there, or a password is asked for."""


class VoidLimits:
    """Puts them into what was found, each once with a request of one of its methods that is let through."""

    def __init__(self, family: str, evaluator: Evaluator, found: dict[Span, IdleDirective]) -> None:
        self.family = family
        self.evaluator = evaluator
        self._found = found
        self._seen: set[int] = set()
        every = every_directive(evaluator.model.configuration.directives)
        self._is_written = any(one.name.startswith("<limit") for one in every)

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        if asked and self._may_be_written():
            _, exchange = self.evaluator.followed(asked[0].request)
            root = Subject(start.server, exchange, start.purpose).authz.root
            if root is not None and id(root) not in self._seen:
                self._seen.add(id(root))
                for grant, line in _void(root):
                    self._tell(start, asked[0], grant, line)

    def _tell(self, start: Start, asked: Asked, grant: Requirement, line: Requirement) -> None:
        limit = _limit_around(line.directive)
        if limit is None or limit.span in self._found:
            return
        methods = limit.args if limit.name == "<limit" else [one for one in _EXCEPTED if one not in limit.args]
        targets = dict.fromkeys((asked.request.target, f"{asked.request.target.rstrip('/')}/{_NAME}"))
        for request in (asked.request._replace(method=method, target=one) for method in methods for one in targets):
            decision, exchange = self.evaluator.followed(request)
            if decision.verdict == REFUSED or decision.status in _UNANSWERED:
                continue
            subject = Subject(start.server, exchange, start.purpose, hits=(Hit(request, start.purpose, None),))
            where = f"`{limit.written} {limit.raw.strip()}>`"
            message = (
                f"`{line.directive.written} {line.directive.raw}` in {where} keeps nobody out: "
                f"`{grant.directive.written} {grant.directive.raw}` beside it lets everybody in"
            )
            because = (Because(grant.directive.span, "is enough by itself, for every method"),)
            where_of_line = line.directive.span
            self._found[limit.span] = IdleDirective(self.family, KIND, where_of_line, message, because, subject)
            return

    def _may_be_written(self) -> bool:
        files = self.evaluator.access_files.sources().values()
        return self._is_written or any(b"<limit" in file.source.data.lower() for file in files)


def _void(container: Container) -> Iterator[tuple[Requirement, Requirement]]:
    """A line that lets everybody in, and each line of a `<Limit>` beside it that was to let only some in."""
    if container.op != OR or container.negate:
        return
    lines = [one for one in container.children if isinstance(one, Requirement)]
    grant = next((one for one in lines if one.methods == ALL and _grants_all(one)), None)
    if grant is not None:
        yield from ((grant, one) for one in lines if one.methods != ALL and not _grants_all(one))


def _grants_all(line: Requirement) -> bool:
    return line.provider == "all" and line.argument.lower() == "granted" and not line.negate


def _limit_around(directive: Directive) -> Directive | None:
    return next((one for one in directive.sections if one.name.startswith("<limit")), None)
