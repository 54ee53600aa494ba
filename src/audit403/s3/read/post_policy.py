"""POST policies, which say what a form may upload until when: recognised by what they hold, held against themselves.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html: all conditions must be met,
and each field of the form must be among them. (A file of the wrong size is 400, not 403.)
"""

from collections.abc import Iterator
from time import time

from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.model.operators import moment
from audit403.s3.read.described import Described
from audit403.s3.read.json_tree import Members, Node, NoJson, read_json, span

POST_POLICY = "POST policy"
EXPIRED, REFUSES = "post-policy-has-expired", "post-policy-refuses"
_RANGE, _STARTS, _EQUAL = "content-length-range", "starts-with", "eq"
#: Fields of forms for other stores, which have policies of the same shape.
_OF_OTHERS = ("x-goog-", "x-oss-", "x-obs-")
#: How many conditions are held against one another: S3 takes no policy with so many.
_MOST = 200
_Fault = tuple[str, Span, str]


def read_post_policy(source: Source) -> Described | None:
    """What a file says; None where it holds none of S3."""
    try:
        root = read_json(source)
    except NoJson:  # other files have such words too
        return None
    ends, conditions = root.member("expiration"), root.member("conditions")
    if ends is None or conditions is None or not isinstance(ends.value, str) or not isinstance(conditions.value, list):
        return None
    found = [one for each in conditions.each() for one in _conditions(each)]
    names = [one[1] for one in found]
    if not any(name in ("key", "bucket", "acl", _RANGE) for name in names):
        return None
    if any(name.startswith(_OF_OTHERS) for name in names):
        return None
    faults = [*_end(source, ends), *_contradictions(source, found)]
    if "key" not in names:
        message = "the POST policy has no condition on key, a field of every form: S3 refuses all of them (extra input)"
        faults.append((REFUSES, span(source, conditions), message))
    sources = {source.path: source}
    return Described(POST_POLICY, source.path, sources, {"version": 1, "buckets": {}}, {}, tuple(faults))


_Condition = tuple[str, str, tuple[str, ...], Node]


def _conditions(node: Node) -> Iterator[_Condition]:
    """How a condition compares, which field, with what, and where it stands."""
    if isinstance(node.value, Members):
        for member in node.value:
            yield _EQUAL, member.key.lower(), (_text(member.node),), node
    elif isinstance(node.value, list) and len(node.value) == 3:
        how, field, value = (_text(each) for each in node.value)
        if how == _RANGE:
            yield _RANGE, _RANGE, (field, value), node
        else:
            yield how.lower(), field.removeprefix("$").lower(), (value,), node


def _text(node: Node) -> str:
    return node.value if isinstance(node.value, str) else str(node.plain())


def _end(source: Source, ends: Node) -> Iterator[_Fault]:
    at = moment(str(ends.value))
    if at is not None and at < time():
        message = f"the POST policy was good until {ends.value}: every form that has it gets 403 (Policy expired)"
        yield EXPIRED, span(source, ends), message


def _contradictions(source: Source, found: list[_Condition]) -> Iterator[_Fault]:
    """Fields of which two conditions cannot be met at once; what is filled in later is none of them."""
    found = found[:_MOST]
    for number, (how, field, values, node) in enumerate(found):
        for other_how, other_field, other_values, _ in found[:number]:
            if other_field == field and _are_exclusive((other_how, *other_values), (how, *values)):
                first, second = _words(other_how, other_values), _words(how, values)
                message = f"the POST policy refuses every form: {field} cannot be {first} and {second}"
                yield REFUSES, span(source, node), message


def _are_exclusive(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    (how, *first), (other_how, *second) = one, other
    if any(mark in text for text in (*first, *second) for mark in ("${", "{{", "<%")):
        return False
    if how == other_how == _EQUAL:
        return first != second
    if how == other_how == _STARTS:
        return not first[0].startswith(second[0]) and not second[0].startswith(first[0])
    if {how, other_how} == {_EQUAL, _STARTS}:
        equal, start = (first[0], second[0]) if how == _EQUAL else (second[0], first[0])
        return not equal.startswith(start)
    return False


def _words(how: str, values: tuple[str, ...]) -> str:
    return f'one that starts with "{values[0]}"' if how == _STARTS else f'"{values[0]}"'
