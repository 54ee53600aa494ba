"""Where methods are listed: `<Limit>`, `<LimitExcept>`, `Require method`, a RewriteCond; and edits of them."""

import re
from collections.abc import Iterable, Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite import REWRITE, RewriteServer
from audit403.apache.model.rewrite_rule import REGEX, Condition, word_spans
from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.finding import UNSAFE, Fix
from audit403.core.place import Place
from audit403_checks.methods import listed
from audit403_checks.support import replace

_SEVERAL = re.compile(r"(\^?\()([A-Z]+(?:\|[A-Z]+)*)(\)\$?)")
_ONE = re.compile(r"\^?([A-Z]+)\$?")


def is_named(subject: Subject, where: Iterable[Place | None], method: str) -> bool:
    """Whether a rule says that it is for this very method."""
    for list_ in _lists(subject, where):
        if isinstance(list_, Condition):
            if not list_.negated and method in list_.text:
                return True
        elif list_.name == "<limit" and method in list_.args:
            return True
    return False


def letting_through(subject: Subject, where: Iterable[Place | None], methods: list[str]) -> Fix | None:
    """A fix that takes methods out of those that are refused, or into those that are not."""
    summary = f"let {listed(methods)} through"
    for list_ in _lists(subject, where):
        edit = _in_condition(list_, methods) if isinstance(list_, Condition) else _in_directive(list_, methods)
        if edit is not None:
            return Fix(summary, UNSAFE, (edit,))
    return None


def _lists(subject: Subject, where: Iterable[Place | None]) -> Iterator[Directive | Condition]:
    """What lists the methods, the nearest to the refusal first."""
    places = set(where)
    server: RewriteServer = subject.exchange.server.slots.get(REWRITE, RewriteServer())
    for rule in (*subject.rewriting.rules, *server.rules):
        yield from (one for one in rule.conditions if one.directive.span in places)
    root, access = subject.authz.root, subject.access
    lines = [] if root is None else [leaf.directive for leaf in leaves(root)]
    if access is not None:
        lines += [one.directive for one in (*access.denies, *access.allows)]
        lines += [one.directive for one in access.orders]
    for line in lines:
        if line.span not in places:
            continue
        if line.name == "require" and line.args[:1] == ["method"]:
            yield line
        around = line.parent
        while around is not None:
            if around.name in ("<limit", "<limitexcept"):
                yield around
            around = around.parent


def _in_directive(directive: Directive, methods: list[str]) -> TextEdit | None:
    if directive.name == "<limit":
        left = [word for word in directive.args if word not in methods]
        if not left or len(left) == len(directive.args):
            return None
        first, last = directive.arg_span(0), directive.arg_span(len(directive.args) - 1)
        return TextEdit(first.file, first.start, last.end, " ".join(left))
    end = directive.arg_span(len(directive.args) - 1)
    return TextEdit(end.file, end.end, end.end, "".join(f" {method}" for method in methods))


def _in_condition(condition: Condition, methods: list[str]) -> TextEdit | None:
    if condition.kind != REGEX or condition.subject.upper() != "%{REQUEST_METHOD}":
        return None
    several, one = _SEVERAL.fullmatch(condition.text), _ONE.fullmatch(condition.text)
    if several is None and one is None:
        return None
    before, middle, after = several.groups() if several is not None else ("^(", one[1] if one else "", ")$")
    names = middle.split("|")
    wanted = [*names, *methods] if condition.negated else [name for name in names if name not in methods]
    if not wanted or wanted == names:
        return None
    mark = "!" if condition.negated else ""
    return replace(word_spans(condition.directive)[1], f"{mark}{before}{'|'.join(wanted)}{after}")
