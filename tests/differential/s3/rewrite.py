"""Cases rewritten: the same by AWS's pages, and without what the simulator gets wrong. quirks.py says what that is.

Each gives None where there is nothing to be rewritten.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from differential.s3.generator import Case, Json
from differential.s3.words import BUCKET, KEYS, OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_OF_POLICY = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")
_NOBODY = {4: "240.0.0.1/32", 6: "100::1/128"}


def _statements(policy: Json) -> list[Json]:
    found = policy["Statement"]
    return found if isinstance(found, list) else [found]


def _conditions(case: Case) -> Iterator[tuple[str, Json, str]]:
    """Every entry: its operator, the object that it is in, and its key."""
    for _, policy in case.policies():
        for statement in _statements(policy):
            for operator, entries in statement.get("Condition", {}).items():
                for key in entries:
                    yield operator, entries, key


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _brought(case: Case, key: str) -> str | list[str] | None:
    """What the request brings for a key, however that is spelt."""
    names = {name.lower(): name for name in case.request["context"]}
    name = names.get(key.lower())
    found: str | list[str] | None = None if name is None else case.request["context"][name]
    return found


def _each_value(case: Case, operators: str, change: Callable[[Case, str, list[str]], list[str]]) -> Case | None:
    """The case with the values of some operators changed."""
    changed = case.copied()
    some = False
    for operator, entries, key in _conditions(changed):
        if re.search(operators, operator):
            before = _listed(entries[key])
            after = change(changed, key, before)
            if after != before:
                entries[key], some = after, True
    return changed if some else None


def other_family(case: Case) -> Case | None:
    def change(case: Case, key: str, values: list[str]) -> list[str]:
        caller = _brought(case, key)
        if not isinstance(caller, str):
            return values
        version = ipaddress.ip_address(caller).version
        own = [value for value in values if ipaddress.ip_network(value, strict=False).version == version]
        return own or [_NOBODY[version]]

    return _each_value(case, "IpAddress", change)


def whole_internet(case: Case) -> Case | None:
    def change(_: Case, __: str, values: list[str]) -> list[str]:
        return [
            part for value in values for part in (("0.0.0.0/1", "128.0.0.0/1") if value == "0.0.0.0/0" else (value,))
        ]

    return _each_value(case, "IpAddress", change)


def bare_address(case: Case) -> Case | None:
    def change(_: Case, __: str, values: list[str]) -> list[str]:
        return [value if "/" in value else f"{value}/{128 if ':' in value else 32}" for value in values]

    return _each_value(case, "IpAddress", change)


def short_arn(case: Case) -> Case | None:
    changed = case.copied()
    some = False
    for _, policy in changed.policies():
        for statement in _statements(policy):
            for element in ("Resource", "NotResource"):
                if element in statement:
                    before = _listed(statement[element])
                    statement[element] = [_whole_arn(text) for text in before]
                    some = some or statement[element] != before
    return changed if some else None


def _whole_arn(text: str) -> str:
    short = text.startswith("arn:") and text.endswith("*") and text.count(":") < 5
    return text + ":*" * (5 - text.count(":")) if short else text


def everybody_but(case: Case) -> Case | None:
    """What NotPrincipal says of this caller, with a Principal that the public could be meant by as well."""
    policy = case.bucket["policy"]
    if not policy or not any("NotPrincipal" in one and one["Effect"] == "Allow" for one in _statements(policy)):
        return None
    changed = case.copied()
    for statement in _statements(changed.bucket["policy"]):
        if "NotPrincipal" in statement and statement["Effect"] == "Allow":
            named = statement.pop("NotPrincipal")
            statement["Principal"] = "*"
            if _means(named, case):
                statement.setdefault("Condition", {}).setdefault("Null", {})["aws:FederatedProvider"] = "false"
    return changed


def _means(named: Any, case: Case) -> bool:
    """Whether a list of principals has the caller, its account or its role."""
    texts = [text for values in named.values() for text in _listed(values)] if isinstance(named, dict) else [named]
    who = {case.caller}
    if case.caller.startswith("arn:"):
        account = case.caller.split(":")[4]
        who |= {account, f"arn:aws:iam::{account}:root"}
        if ":assumed-role/" in case.caller:
            role = case.caller.split("/")[1]
            who |= {
                text for text in texts if text.startswith(f"arn:aws:iam::{account}:role/") and text.endswith(f"/{role}")
            }
    return "*" in texts or any(text in who for text in texts)


def epoch(case: Case) -> Case | None:
    def change(_: Case, __: str, values: list[str]) -> list[str]:
        return [_iso(value) if value.isdigit() else value for value in values]

    changed = _each_value(case, "Date", change)
    brought = case.request["context"].get("aws:EpochTime")
    if brought is None:
        return changed
    # No operator but those of dates is used with it.
    changed = changed or case.copied()
    changed.request["context"]["aws:EpochTime"] = _iso(brought)
    return changed


def _iso(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def old_version(case: Case) -> Case | None:
    changed = case.copied()
    some = False
    for _, policy in changed.policies():
        if policy.get("Version") != "2012-10-17":
            policy["Version"] = "2012-10-17"
            for statement in _statements(policy):
                for element in ("Resource", "NotResource"):
                    if element in statement:
                        statement[element] = [value.replace("${", "${$}{") for value in _listed(statement[element])]
                        some = some or any("${$}{" in value for value in statement[element])
            for operator, entries, key in _conditions(_only(changed, policy)):
                if not operator.startswith("Null"):
                    entries[key] = [value.replace("${", "${$}{") for value in _listed(entries[key])]
                    some = some or any("${$}{" in value for value in entries[key])
    return changed if some else None


def _only(case: Case, policy: Json) -> Case:
    """A case of one policy alone, to walk through its conditions."""
    state = {
        "account": {"service_control_policies": [], "resource_control_policies": []},
        "buckets": {BUCKET: {"policy": policy}},
        "principals": {},
        "vpc_endpoint_policies": [],
    }
    return Case(state, case.request)


def _renamed(case: Case, name: Callable[[str, str, list[str]], str]) -> Case | None:
    """The case with operators renamed: `name` gets one, its key and the values. None where two would become one."""
    changed = case.copied()
    some = False
    for _, policy in changed.policies():
        for statement in _statements(policy):
            found: Json = {}
            for operator, entries in statement.get("Condition", {}).items():
                for key, values in entries.items():
                    new = name(operator, key, _listed(values))
                    some = some or new != operator
                    if key in found.setdefault(new, {}):
                        return None
                    found[new][key] = values
            if found:
                statement["Condition"] = found
    return changed if some else None


def one_of_many(case: Case) -> Case | None:
    def name(operator: str, key: str, _: list[str]) -> str:
        brought = _brought(case, key)
        plain = ":" not in operator and operator != "Null"
        return f"ForAnyValue:{operator}" if plain and isinstance(brought, list) and len(brought) == 1 else operator

    return _renamed(case, name)


def any_of_one(case: Case) -> Case | None:
    def name(operator: str, key: str, _: list[str]) -> str:
        positive = operator.startswith("ForAnyValue:") and "Not" not in operator and not operator.endswith("IfExists")
        single = not isinstance(_brought(case, key), list) and not _has_many(key)
        return operator.removeprefix("ForAnyValue:") if positive and single else operator

    return _renamed(case, name)


def _has_many(name: str) -> bool:
    return any(key.many for written, key in KEYS.items() if written.lower() == name.lower())


def ignoring_case(case: Case) -> Case | None:
    def change(case: Case, key: str, values: list[str]) -> list[str]:
        brought = _brought(case, key)
        if not isinstance(brought, str):
            return values
        return [brought if value.lower() == brought.lower() else value for value in values]

    spelt = _each_value(case, "^StringEqualsIgnoreCase$", change) or case
    return _renamed(spelt, lambda operator, _, __: "StringEquals" if operator == "StringEqualsIgnoreCase" else operator)


def fixed_source(case: Case) -> Case | None:
    """Without the statements that are limited to one source that the request does not have: they let nobody in."""
    policy = case.bucket["policy"]
    if not policy or _brought(case, "aws:SourceArn") is not None:
        return None
    left = [one for one in _statements(policy) if not _is_limited_to_source(one)]
    if len(left) == len(_statements(policy)):
        return None
    changed = case.copied()
    changed.bucket["policy"]["Statement"] = left or [_nothing_public()]
    return changed


def _is_limited_to_source(statement: Json) -> bool:
    return statement["Effect"] == "Allow" and any(
        key.lower() == "aws:sourcearn" and not any(sign in value for value in _listed(values) for sign in "*?$")
        for operator, entries in statement.get("Condition", {}).items()
        if operator in ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
        for key, values in entries.items()
    )


def _nothing_public() -> Json:
    return _nothing() | {"Principal": {"AWS": OWNER}}


def arn_without_a_value(case: Case) -> Case | None:
    def name(operator: str, _: str, values: list[str]) -> str:
        needed = [found for value in values for found in re.findall(r"\$\{([\w:/]+)\}", value)]
        lacking = any(not isinstance(_brought(case, key), str) for key in needed)
        return re.sub("ArnNot(Like|Equals)", "StringNotLike", operator) if lacking else operator

    return _renamed(case, name)


def star_in_equals(case: Case) -> Case | None:
    def name(operator: str, key: str, values: list[str]) -> str:
        brought = _brought(case, key)
        if operator != "StringEquals" or not isinstance(brought, str) or not any("*" in value for value in values):
            return operator
        same = (brought in values) == any(fnmatch.fnmatchcase(brought, value) for value in values)
        return "StringLike" if same else operator

    return _renamed(case, name)


def like_a_fixed_user(case: Case) -> Case | None:
    def name(operator: str, key: str, values: list[str]) -> str:
        is_fixed = key.lower() == "aws:userid" and not any(sign in value for value in values for sign in "*?$")
        return "StringEquals" if operator == "StringLike" and is_fixed else operator

    return _renamed(case, name)


def root(case: Case) -> Case | None:
    if not case.kind.endswith("root"):
        return None
    changed = case.copied()
    changed.own["policies"] = [{"Version": "2012-10-17", "Statement": [_EVERYTHING]}]
    policy = changed.bucket["policy"]
    if case.kind == "root" and policy and case.request["action"].lower() in _OF_POLICY:
        policy["Statement"] = [one for one in _statements(policy) if one["Effect"] == "Allow"] or [_nothing()]
    return changed


def _nothing() -> Json:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nothing-here/*"}


def service(case: Case) -> Case | None:
    if case.kind != "service" or not case.state["account"]["service_control_policies"]:
        return None
    changed = case.copied()
    changed.state["account"]["service_control_policies"] = []
    return changed


def _names(statement: Json, caller: str) -> bool:
    principal = statement.get("Principal")
    return isinstance(principal, dict) and caller in _listed(principal.get("AWS", []))


def named_session(case: Case) -> Case | None:
    """The statements that name the session alone must be enough."""
    if case.kind != "session" or not case.own["session"] or not case.bucket["policy"]:
        return None
    changed = case.copied()
    policy, session = changed.bucket["policy"], changed.own["session"]
    policy["Statement"] = [one for one in _statements(policy) if one["Effect"] == "Deny" or _names(one, case.caller)]
    if all(one["Effect"] == "Deny" for one in policy["Statement"]):
        return None
    # What the caller's own policies allow is not to help, what they deny still counts.
    for own in changed.own["policies"]:
        own["Statement"] = [one for one in _statements(own) if one["Effect"] == "Deny"] or [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nothing-here/*"}
        ]
    session["Statement"] = [*(one for one in _statements(session) if one["Effect"] == "Deny"), _EVERYTHING]
    return changed
