"""The actions of S3 and of what belongs to it, and the condition keys that count with them.

Truth: AWS's Service Authorization Reference, by way of actions.json (scripts/build-s3-actions makes it, its licence is
LICENSE.iam-data), and for global condition keys
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. Read when it is first asked.
"""

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from os.path import dirname, join
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.data.operations import permissions_of
from audit403.s3.model.pattern import matcher, parts_of

_MOST_REMEMBERED = 512
_ALIKE = 0.82
_VERB = re.compile(r"[A-Z]?[a-z]+")
_VERBS = {
    "set": "Put", "write": "Put", "upload": "Put", "update": "Put", "add": "Put", "read": "Get", "download": "Get",
    "fetch": "Get", "describe": "Get", "remove": "Delete",
}  # fmt: skip
_OPEN = "${"
"""What begins the part of a key's name that is the user's own: `aws:PrincipalTag/${TagKey}`."""


class Action(NamedTuple):
    """An action: the types of resources that it takes (`bucket`, `object`, …), and the condition keys of its own.

    What takes none is written with the resource `*`.
    """

    name: str
    resources: tuple[str, ...]
    keys: frozenset[str]

    @property
    def is_of_account(self) -> bool:
        """Whether it is about no resource at all, as ListAllMyBuckets is."""
        return not self.resources


class ConditionKey(NamedTuple):
    """A condition key; `kind` is String, ARN, Bool, Date, IPAddress, Numeric …, `many`: it may have several values."""

    name: str
    kind: str
    many: bool

    @property
    def is_global(self) -> bool:
        """Whether it is of every service."""
        return self.name.startswith("aws:")


def action(name: str) -> Action | None:
    """The action of a name, in any case; None where there is none."""
    written = _table()["names"].get(name.lower())
    if written is None:
        return None
    resources, keys = _table()["actions"][written]
    every = list(_table()["keys"])
    kinds = tuple(one.partition(":")[2] for one in resources)
    return Action(written, kinds, frozenset(every[number] for number in keys))


def actions_matching(pattern: str) -> tuple[str, ...]:
    """The names of the actions that a pattern such as `s3:Get*` means."""
    test = matcher(parts_of(pattern, False), True)
    return tuple(name for name in _table()["actions"] if test(name))


def condition_key(name: str) -> ConditionKey | None:
    """The condition key of a name, in any case, a tag's key with the tag's name behind; None where there is none."""
    lower = name.lower()
    written = _table()["key names"].get(lower)
    if written is not None:
        return _key(written, _table()["keys"][written])
    for before, key in _table()["open names"].items():
        if lower.startswith(before) and len(lower) > len(before):
            return _key(key.partition(_OPEN)[0] + name[len(before) :], _table()["keys"][key])
    return None


def resource_pattern(kind: str, service: str = "s3") -> str | None:
    """How the ARN of a type of resource is built: `arn:${Partition}:s3:::${BucketName}`."""
    found: str | None = _table()["resources"].get(f"{service}:{kind}")
    return found


@lru_cache(maxsize=_MOST_REMEMBERED)
def nearest(name: str) -> tuple[str, ...]:
    """What somebody meant who wrote an action that there is not.

    The permissions of the operation of that name, or else the actions of the most similar names, the best first.
    """
    service, colon, rest = name.rpartition(":")
    for meant in _respelled(rest):
        needed = permissions_of(meant) or tuple(filter(None, [_table()["names"].get(f"s3:{meant}".lower())]))
        if needed:
            return needed
    names = {
        one.partition(":")[2]: one for one in _table()["actions"] if not colon or one.startswith(f"{service.lower()}:")
    }
    return tuple(names[one] for one in _nearest(rest, list(names)))


def _respelled(name: str) -> Iterator[str]:
    """A name with the verb that S3 has for such, in the singular, and with or without the word for settings."""
    verb = _VERB.match(name)
    verbs = [name]
    if verb is not None and verb[0].lower() in _VERBS:
        verbs.append(f"{_VERBS[verb[0].lower()]}{name[verb.end() :]}")
    for one in verbs:
        yield one
        yield one[:-1] if one.endswith("s") else f"{one}s"
        yield one.removesuffix("Configuration")
        yield f"{one}Configuration"


@lru_cache(maxsize=_MOST_REMEMBERED)
def nearest_key(name: str) -> tuple[str, ...]:
    """The condition keys of the most similar names, the best first."""
    return _nearest(name, [one.partition(_OPEN)[0] for one in _table()["keys"]])


def _nearest(name: str, names: list[str]) -> tuple[str, ...]:
    import difflib

    written = {one.lower(): one for one in names}
    return tuple(written[one] for one in difflib.get_close_matches(name.lower(), written, 3, _ALIKE))


def _key(name: str, kind: str) -> ConditionKey:
    return ConditionKey(name, kind.removeprefix("ArrayOf"), kind.startswith("ArrayOf"))


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_read("actions.json"))
    found["names"] = {name.lower(): name for name in found["actions"]}
    found["key names"] = {key.lower(): key for key in found["keys"] if _OPEN not in key}
    found["open names"] = {key.partition(_OPEN)[0].lower(): key for key in found["keys"] if _OPEN in key}
    return found


def _read(name: str) -> bytes:
    with open(join(dirname(__file__), name), "rb") as file:
        return file.read()
