"""One entry of a Condition block: an operator, a key and its values, asked of what a request brings.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
and …_condition-single-vs-multi-valued-context-keys.html.
"""

from collections.abc import Callable, Mapping
from typing import Any

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.holes import is_open, not_known
from audit403.s3.model.operators import CannotCompare, Matches, Operator, operator_of
from audit403.s3.model.pattern import Context, has_variables, parts_of, resolved
from audit403.s3.model.truth import Truth, every, negated, some

FOR_ALL, FOR_ANY = "forallvalues:", "foranyvalue:"
_IF_EXISTS = "ifexists"


class Condition(NamedTuple):
    """An entry as it is written, and the test that it is."""

    operator: str
    key: str
    values: tuple[str, ...]
    test: Callable[[Context], Truth]


class BadCondition(ValueError):
    """What S3 does not take as a condition; the text says why."""


def conditions_in(block: Any, variables: bool) -> tuple[Condition, ...]:
    """The entries of a Condition element. Raises BadCondition."""
    if not isinstance(block, dict):
        raise BadCondition("Condition is no object")
    found = []
    for operator, entries in block.items():
        if not isinstance(entries, dict):
            raise BadCondition(f"the operator {operator} has no keys")
        for key, values in entries.items():
            texts = tuple(_text(value) for value in (values if isinstance(values, list) else [values]))
            found.append(Condition(operator, key, texts, _test(operator, str(key).lower(), texts, variables)))
    return tuple(found)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadCondition("a value of a condition is neither text nor a number nor true or false")


def _test(written: str, key: str, values: tuple[str, ...], variables: bool) -> Callable[[Context], Truth]:
    name = written.lower()
    qualifier = next((one for one in (FOR_ALL, FOR_ANY) if name.startswith(one)), "")
    name = name[len(qualifier) :]
    if name == "null":
        return _null(key, values)
    if_exists = name.endswith(_IF_EXISTS)
    operator = operator_of(name.removesuffix(_IF_EXISTS))
    if operator is None:
        raise BadCondition(f"there is no operator {written}")
    matches = _matches(operator, values, variables)
    absent = _when_absent(operator, qualifier, if_exists, written)

    def test(context: Context) -> Truth:
        have = context.get(key)
        if isinstance(have, Missing):
            maybe: Mapping[str, tuple[str, ...]] = getattr(context, "maybe", {})
            agreed = {of(one, context) for one in ((), maybe[key])} if key in maybe else set()
            return agreed.pop() if len(agreed) == 1 else have
        return of(have, context)

    def of(have: tuple[str, ...] | None, context: Context) -> Truth:
        if not have:
            return absent
        if len(have) > 1 and not qualifier:
            return False
        try:
            found = matches(context)
            if len(have) == 1:
                return _holds(have[0], found, operator.negated)
            of_each = (_holds(value, found, operator.negated) for value in have)
            return every(of_each) if qualifier == FOR_ALL else some(of_each)
        except CannotCompare:
            return False

    return test


def _holds(value: str, matches: list[Matches], is_negation: bool) -> Truth:
    found = matches[0](value) if len(matches) == 1 else some([one(value) for one in matches])
    return negated(found) if is_negation else found


def _when_absent(operator: Operator, qualifier: str, if_exists: bool, written: str) -> Truth:
    if qualifier == FOR_ANY:
        return Missing(REASON_UNDOCUMENTED, f"what {written} is of an absent key") if if_exists else False
    return True if qualifier == FOR_ALL or if_exists else operator.negated


def _matches(operator: Operator, values: tuple[str, ...], variables: bool) -> Callable[[Context], list[Matches]]:
    if any(map(is_open, values)):
        return _with_holes(operator, values, variables)
    every_part = [parts_of(value, variables and operator.variables, operator.wildcards) for value in values]
    if not any(has_variables(parts) for parts in every_part):
        fixed = [operator.make(parts) for parts in every_part]
        return lambda context: fixed

    def made(context: Context) -> list[Matches]:
        found: list[Matches] = []
        for parts in every_part:
            known = resolved(parts, context)
            if isinstance(known, Missing):
                found.append(_always(known))
            elif known is not None:
                found.append(operator.make(known))
            elif operator.negated:
                # What is not to be had is not "something else", either.
                raise CannotCompare
        return found

    return made


def _with_holes(operator: Operator, values: tuple[str, ...], variables: bool) -> Callable[[Context], list[Matches]]:
    """Of values of which some may still be anything: those match what is equal to them, and perhaps all else."""
    settled = tuple(value for value in values if not is_open(value))
    others = [_perhaps(value) for value in values if is_open(value)]
    known = _matches(operator, settled, variables) if settled else lambda context: []
    return lambda context: [*known(context), *others]


def _perhaps(text: str) -> Matches:
    return lambda value: True if value == text else not_known(text)


def _always(truth: Truth) -> Matches:
    return lambda value: truth


def _null(key: str, values: tuple[str, ...]) -> Callable[[Context], Truth]:
    wanted = {value.lower() for value in values}

    def test(context: Context) -> Truth:
        have = context.get(key)
        if isinstance(have, Missing):
            return have
        return ("false" if have else "true") in wanted

    return test
