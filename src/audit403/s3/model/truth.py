"""Three-valued logic: True, False, or what is missing to know (Kleene's strong logic)."""

from collections.abc import Iterable

from audit403.core.decision import Missing

Truth = bool | Missing


def every(truths: Iterable[Truth]) -> Truth:
    """Whether all hold: one that does not settles it."""
    unsettled: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is not True and unsettled is True:
            unsettled = truth
    return unsettled


def some(truths: Iterable[Truth]) -> Truth:
    """Whether one holds: one that does settles it."""
    unsettled: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is not False and unsettled is False:
            unsettled = truth
    return unsettled


def negated(truth: Truth) -> Truth:
    """The contrary."""
    return (not truth) if truth is True or truth is False else truth
