"""Files that hold one policy, or a recorded state: recognised by what is in them, described with their places.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html; a policy may also stand in what
`aws s3api get-bucket-policy` prints.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from audit403.core.family import NotAudited
from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.model.fields import At
from audit403.s3.model.resource import resource_of
from audit403.s3.read.described import Described, hole
from audit403.s3.read.json_tree import Members, Node, NoJson, read_json, repeated, span

POLICY, STATE = "policy", "state"
_RECORDED = re.compile(rb'\s*\{\s*"recorded"\s*:')
_LOOKS = re.compile(rb'"(?:Statement\\?|buckets)"\s*:')
_VARIABLE_OF_TEMPLATE = re.compile(r"\$\{\s*([A-Za-z_][\w.\-]*)\s*\}|\{\{\s*([\w.\-]+)\s*\}\}|<([A-Za-z][\w -]*)>")
_SERVICES = ("s3:", "s3express:")
_WRAPPERS = (("Policy",), ("PolicyDocument",), ("PolicyVersion", "Document"))
UNNAMED = hole("the bucket")
CALLER = hole("the principal")


def looks_like_policy(data: bytes) -> bool:
    """Whether a file may hold a policy or a state; cheap, and true of every one that does."""
    return _LOOKS.search(data) is not None


def read_policy_file(source: Source) -> Described | None:
    """What a file says; None where it holds neither a policy about S3 nor a state. Raises NoJson."""
    recorded = _recorded(source)
    if recorded is not None:
        return recorded
    root = read_json(source)
    faults = tuple(
        (
            "duplicate-key",
            span(source, member),
            f'the key "{member.key}" comes again further on, and only the last counts',
        )
        for member in repeated(root)
    )
    plain = root.plain()
    sources = {source.path: source}
    if is_state(plain):
        missed = tuple(not_audited_of(plain))
        return Described(STATE, source.path, sources, plain, dict(_places_of_state(source, root)), faults, missed)
    node = _policy_in(root)
    if node is None:
        return None
    document = without_template(node.plain())
    places = [span(source, each) for each in _statements(node)]
    if not is_about_s3(document):
        return None
    if is_of_organization(document):
        account = {"resource_control_policies": [[document]]}
        return Described(POLICY, source.path, sources, {"version": 1, "account": account, "buckets": {}}, {}, faults)
    if not names_principals(document):
        at: tuple[At, ...] = tuple(("principals", CALLER, "policies", 0, number) for number in range(len(places)))
        state: dict[str, Any] = {"version": 1, "principals": {CALLER: {"policies": [document]}}}
        return Described(POLICY, source.path, sources, state, dict(zip(at, places, strict=True)), faults)
    if _is_of_organization(document):
        return None
    name = bucket_of(document) or UNNAMED
    at = tuple(("buckets", name, "policy", number) for number in range(len(places)))
    state = {"version": 1, "buckets": {name: {"policy": document}}}
    return Described(POLICY, source.path, sources, state, dict(zip(at, places, strict=True)), faults)


def is_recorded(data: bytes) -> bool:
    """Whether a file is what `audit403 s3 --save` has written; cheap."""
    return _RECORDED.match(data) is not None


def _recorded(source: Source) -> Described | None:
    """A state that was recorded of an account. It is no file that somebody edits: its findings are the account's own,
    without places in the file, and so the plain reader will do, which takes a tenth of the time.
    """
    if not is_recorded(source.data):
        return None
    try:
        plain = json.loads(source.data)
    except (ValueError, RecursionError):
        return None  # the other reader says where
    if not is_state(plain):
        return None
    return Described(STATE, source.path, {source.path: source}, plain, {}, (), tuple(not_audited_of(plain)))


def is_state(plain: Any) -> bool:
    """Whether a document is a recorded state."""
    return isinstance(plain, dict) and isinstance(plain.get("buckets"), dict) and plain.get("version") == 1


def not_audited_of(state: dict[str, Any]) -> Iterator[NotAudited]:
    """What whoever recorded a state could not look at, and has written down there."""
    for row in _listed(state.get("not_audited")):
        if isinstance(row, dict) and isinstance(row.get("target"), str) and isinstance(row.get("reason"), str):
            yield NotAudited(row["target"], row["reason"])


def is_policy(plain: Any) -> bool:
    """Whether a document is a policy: it has statements, and one of them has an Effect."""
    if not isinstance(plain, dict) or "Statement" not in plain:
        return False
    return any(isinstance(each, dict) and "Effect" in each for each in _listed(plain["Statement"]))


def is_about_s3(document: dict[str, Any]) -> bool:
    """Whether one of its statements is about actions of S3, or about everything."""
    for statement in _listed(document.get("Statement")):
        if isinstance(statement, dict):
            actions = [*_listed(statement.get("Action")), *_listed(statement.get("NotAction"))]
            if any(isinstance(one, str) and one.lower().startswith(_SERVICES) for one in actions):
                return True
    return False


def is_of_organization(document: dict[str, Any]) -> bool:
    """Whether it is a resource control policy: for everybody it denies what is done with further services as well."""
    statements = [each for each in _listed(document.get("Statement")) if isinstance(each, dict)]
    if any(each.get("Effect") != "Deny" or each.get("Principal") != "*" for each in statements):
        return False
    actions = [one for each in statements for one in _listed(each.get("Action")) if isinstance(one, str)]
    return any(":" in one and not one.lower().startswith("s3") for one in actions)


def names_principals(document: dict[str, Any]) -> bool:
    """Whether it is attached to a resource: then its statements say for whom they are."""
    statements = [each for each in _listed(document.get("Statement")) if isinstance(each, dict)]
    return any("Principal" in each or "NotPrincipal" in each for each in statements)


def _is_of_organization(document: dict[str, Any]) -> bool:
    """Whether it is a resource control policy: all of it denies everybody something, and not of S3 alone."""
    statements = [each for each in _listed(document.get("Statement")) if isinstance(each, dict)]
    if not all(each.get("Effect") == "Deny" and each.get("Principal") == "*" for each in statements):
        return False
    actions = [one for each in statements for name in ("Action", "NotAction") for one in _listed(each.get(name))]
    return any(isinstance(one, str) and ":" in one and not one.lower().startswith(_SERVICES) for one in actions)


def bucket_of(document: dict[str, Any]) -> str | None:
    """The bucket that most of the resources of a policy name; None where they name none by its whole name."""
    found: Counter[str] = Counter()
    for statement in _listed(document.get("Statement")):
        if isinstance(statement, dict):
            for text in (*_listed(statement.get("Resource")), *_listed(statement.get("NotResource"))):
                name = resource_of(text).bucket if isinstance(text, str) else None
                if name is not None and "*" not in name and "?" not in name:
                    found[name] += 1
    # Names have had no capitals since 2018: where two are as frequent, the one in small letters is the bucket's.
    return max(found, key=lambda name: (found[name], name.islower()), default=None)


def without_template(value: Any) -> Any:
    """The same document with holes for what a template language fills in: `${bucket}` is nothing that a policy has."""
    if isinstance(value, str):
        return _VARIABLE_OF_TEMPLATE.sub(lambda found: hole(found[1] or found[2] or found[3]), value)
    if isinstance(value, list):
        return [without_template(each) for each in value]
    if isinstance(value, dict):
        return {without_template(key): without_template(each) for key, each in value.items()}
    return value


def _policy_in(root: Node) -> Node | None:
    if is_policy(root.plain()):
        return root
    for names in _WRAPPERS:
        inner: Node | None = root
        for name in names:
            inner = None if inner is None else inner.member(name)
        if inner is not None and isinstance(inner.value, str):
            inner = _in_text(inner)
        if inner is not None and is_policy(inner.plain()):
            return inner
    return None


def _in_text(node: Node) -> Node | None:
    """The policy in a text, as `aws s3api get-bucket-policy` prints it: all of it has the place of the text."""
    try:
        found = read_json(Source("", node.value.encode("utf-8", "surrogatepass")))
    except NoJson:
        return None
    pending = [found]
    while pending:
        each = pending.pop()
        each.start, each.end = node.start, node.end
        if isinstance(each.value, Members):
            pending += [member.node for member in each.value]
        elif isinstance(each.value, list):
            pending += each.value
    return found


def _statements(policy: Node) -> list[Node]:
    found = policy.member("Statement")
    return [] if found is None else found.each()


def _places_of_state(source: Source, root: Node) -> list[tuple[At, Span]]:
    found: list[tuple[At, Span]] = []
    buckets = root.member("buckets")
    for member in buckets.value if buckets is not None and isinstance(buckets.value, list) else ():
        policy = member.node.member("policy")
        if policy is not None and isinstance(policy.value, str):
            policy = _in_text(policy)
        for number, statement in enumerate([] if policy is None else _statements(policy)):
            found.append((("buckets", member.key, "policy", number), span(source, statement)))
        for name in ("public_access_block", "acl", "ownership", "website", "request_payer", "encryption", "cors"):
            setting = member.node.member(name)
            if setting is not None:
                found.append((("buckets", member.key, name), span(source, setting)))
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


__all__ = ["NoJson", "looks_like_policy", "read_policy_file"]
