"""Rules of lifecycles that archive objects, as a state has them, out of Terraform's words and CloudFormation's.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html and API_Transition.html.
"""

from collections.abc import Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.read.value import Value, hole_in, is_settled, text_of

_ARCHIVES = {"GLACIER": "GLACIER", "DEEP_ARCHIVE": "DEEP_ARCHIVE"}


class Words(NamedTuple):
    """What a language calls the parts of a rule; `narrower` are filters beside the prefix."""

    status: str
    on: tuple[str, ...]
    prefixes: tuple[tuple[str, ...], ...]
    narrower: tuple[tuple[str, ...], ...]
    transitions: tuple[str, ...]
    storage_class: str
    days: str


TERRAFORM = Words(
    "status", ("enabled",), (("filter", "prefix"), ("prefix",)),
    (("filter", "tag"), ("filter", "and"), ("filter", "object_size_greater_than"), ("filter", "object_size_less_than")),
    ("transition",), "storage_class", "days",
)  # fmt: skip
OLD_TERRAFORM = Words("enabled", ("true",), (("prefix",),), (("tags",),), ("transition",), "storage_class", "days")
CLOUDFORMATION = Words(
    "Status", ("enabled",), (("Prefix",),), (("TagFilters",), ("ObjectSizeGreaterThan",), ("ObjectSizeLessThan",)),
    ("Transitions", "Transition"), "StorageClass", "TransitionInDays",
)  # fmt: skip


def archiving(rules: Value | None, words: Words) -> list[tuple[Value, dict[str, Any]]]:
    """The rules that archive what they name by its prefix alone; one of which anything is not known is left out."""
    return [] if rules is None or rules.is_hole else [found for rule in rules.each() for found in _of(rule, words)]


def _of(rule: Value, words: Words) -> Iterator[tuple[Value, dict[str, Any]]]:
    if rule.is_hole or (text_of(rule.get(words.status)) or "").lower() not in words.on:
        return
    if any(_is_said(rule.get(*path)) for path in words.narrower):
        return
    prefixes = [one for one in (rule.get(*path) for path in words.prefixes) if one is not None]
    if any(hole_in(one) is not None or not is_settled(one) for one in prefixes):
        return
    for name in words.transitions:
        written = rule.get(name)
        for one in [] if written is None else written.each():
            storage_class, days = (text_of(one.get(word)) or "" for word in (words.storage_class, words.days))
            if storage_class.upper() in _ARCHIVES and days.isdigit():
                prefix = text_of(prefixes[0]) if prefixes else ""
                yield rule, {"prefix": prefix or "", "days": int(days), "storage_class": storage_class.upper()}


def _is_said(value: Value | None) -> bool:
    return value is not None and bool(value.each())
