"""What several of nginx's checks need: the subject of a refusal, the condition around it, the list in effect."""

from typing import TYPE_CHECKING

from audit403.core.fact import Fact, Refusal
from audit403.core.place import Span
from audit403.explore.subject import MEANT_NAMES
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.context import AccessRule, Context

if TYPE_CHECKING:
    from audit403.nginx.model.rewrite_code import If, Instruction


def refusal_of(fact: Fact) -> tuple[Refusal, Subject] | None:
    """The fact as a refusal of nginx with its subject, or None when it is something else."""
    if isinstance(fact, Refusal) and isinstance(fact.subject, Subject):
        return fact, fact.subject
    return None


def own_refusal_of(fact: Fact) -> tuple[Refusal, Subject] | None:
    """The same, but not where a request only strayed into this server block because no other has its name."""
    found = refusal_of(fact)
    return None if found is None or found[1].purpose in MEANT_NAMES else found


def refusing_if(refusal: Refusal, subject: Subject) -> "tuple[tuple[Instruction, ...], If] | None":
    """The `if` in whose body the request was refused, and the code that it is a part of."""
    tests = (step for step in refusal.decision.trace if step.phase == "rewrite" and step.met)
    if not isinstance(refusal.where, Span) or next(tests, None) is None:
        return None
    from audit403.nginx.explore.codes import if_around

    return if_around(subject.server, refusal.where)


def names_of(rules: list[AccessRule]) -> str:
    """The networks of some rules in words."""
    names = [rule.directive.args[0] for rule in rules]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def deciding_level(context: Context) -> Context:
    """The level whose allow/deny list is in effect in a context."""
    level = context
    while level.parent is not None and not ({"allow", "deny"} & level.own.keys()):
        level = level.parent
    return level
