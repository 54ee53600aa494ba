"""Which rules a run is about: `--select` and `--ignore` with rule ids and families."""

from collections.abc import Iterable

from audit403.core.errors import BadUsage
from audit403.core.named_tuple import NamedTuple

OWN_FAMILY = "audit403"
DELIBERATE = f"{OWN_FAMILY}/deliberate-refusal"
"""The family of the rules on what is written for audit403 itself; no site is of it."""


class Selection(NamedTuple):
    """Selected are all rules, or those of `select`; those of `ignore` are taken away."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def takes(self, rule: str) -> bool:
        """Whether the findings of a rule are asked for."""
        if self.select and not names_rule(self.select, rule):
            return False
        return not names_rule(self.ignore, rule)

    def whole(self) -> bool:
        """Whether every rule is asked for."""
        return not self.select and not self.ignore


def names_rule(selectors: Iterable[str], rule: str) -> bool:
    """Whether one of the selectors is the rule's id or its family."""
    family = rule.partition("/")[0]
    return any(selector in (rule, family) for selector in selectors)


def split_selectors(values: Iterable[str]) -> tuple[str, ...]:
    """The selectors of an option that may be given several times, each with commas."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def require_known(selectors: Iterable[str], settings: str | None = None) -> None:
    """Raise BadUsage, naming the nearest, for a selector that is no rule and no family; `settings` is their file."""
    wanted = list(selectors)
    if not wanted:
        return
    from audit403.core.registry import rule_pages

    ids = [rule for rule, _ in rule_pages()]
    known = sorted({*ids, *(rule.partition("/")[0] for rule in ids)})
    for selector in wanted:
        if selector not in known:
            from audit403.engine.settings import did_you_mean

            where = "There" if settings is None else f"{settings}: there"
            raise BadUsage(f'{where} is no rule or family "{selector}"{did_you_mean(selector, known)}.')
