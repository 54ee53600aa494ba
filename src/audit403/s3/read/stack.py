"""What templates create, gathered into one `Described`: buckets with what AWS gives them by default, policies, places.

Truth of the defaults: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html: since April 2023 a
new bucket blocks public access and has no ACLs, whatever creates it; since April 2026 it takes no keys of clients
(blocking-unblocking-s3-c-encryption-gpb.html).
"""

from typing import Any

from audit403.core.family import NotAudited
from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.model.bucket import ENFORCED
from audit403.s3.model.fields import At
from audit403.s3.model.holes import HOLE_END, HOLE_START, is_whole_hole
from audit403.s3.model.public_access_block import FLAGS
from audit403.s3.read.described import ACCOUNT, UNRESOLVED, Described, hole
from audit403.s3.read.json_tree import Members, Node, NoJson, read_json
from audit403.s3.read.policy_file import is_about_s3
from audit403.s3.read.value import Hole, JsonText, Value, hole_in, is_settled, plain, text_of, truth_of

_DIRECTORY = "--x-s3"
NO_JSON, EATEN = "no-json", "policy-variable-eaten"
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
#: Settings of which names are a part: those may hang on what is known later.
_MAY_HAVE_HOLES = frozenset(("website", "encryption", "cors", "acl"))
#: Policies of AWS's own that say nothing about S3, and those that are all about it.
_AWS = "arn:aws:iam::aws:policy/"
_MANAGED: dict[str, list[dict[str, Any]]] = {
    f"{_AWS}service-role/AWSLambdaBasicExecutionRole": [],
    f"{_AWS}service-role/AWSLambdaVPCAccessExecutionRole": [],
    f"{_AWS}AWSXRayDaemonWriteAccess": [],
    f"{_AWS}AWSXrayWriteOnlyAccess": [],
    f"{_AWS}CloudWatchAgentServerPolicy": [],
    f"{_AWS}AdministratorAccess": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    f"{_AWS}AmazonS3FullAccess": [{"Effect": "Allow", "Action": ["s3:*", "s3-object-lambda:*"], "Resource": "*"}],
    f"{_AWS}AmazonS3ReadOnlyAccess": [
        {
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"],
            "Resource": "*",
        }
    ],
}


class Stack:
    """Gathers. `account` is the number of the account, or the hole that stands for it."""

    def __init__(self, kind: str, main: str, account: str = ACCOUNT) -> None:
        self.kind = kind
        self.main = main
        self.account = account
        self.sources: dict[str, Source] = {}
        self.state: dict[str, Any] = {"version": 1, "account": {"id": account}, "buckets": {}}
        self.places: dict[At, Span] = {}
        self.by_default: set[At] = set()
        self.faults: dict[tuple[str, Span, str], None] = {}
        self.not_audited: list[NotAudited] = []
        #: The policies of each principal as they are written, and those that somebody has by their name.
        self._written: dict[str, list[Value]] = {}
        self.attached: set[str] = set()

    def described(self) -> Described:
        """All that was gathered."""
        return Described(
            self.kind,
            self.main,
            self.sources,
            self.state,
            self.places,
            tuple(self.faults),
            tuple(dict.fromkeys(self.not_audited)),
            frozenset(self.by_default),
        )

    def is_about_s3(self) -> bool:
        """Whether there is anything to judge: a bucket, or a policy that speaks of some."""
        if self.state["buckets"] or self.state.get("access_points") or self.state.get("vpc_endpoints"):
            return True
        of_principals = (one.get("policies") or () for one in self.state.get("principals", {}).values())
        return any(is_about_s3(policy) for policies in of_principals for policy in policies)

    def fault(self, kind: str, where: Span | None, message: str) -> None:
        """Something that cannot be read, or is not what was meant."""
        if where is not None:
            self.faults[kind, where, message] = None

    def create_bucket(self, name: str, where: Span | None) -> None:
        """A bucket that is created: everything of it is known, and by default what AWS gives."""
        bucket = self.state["buckets"].setdefault(name, {})
        for field, value in (
            ("account", self.account),
            ("policy", None),
            ("public_access_block", dict.fromkeys(FLAGS, True)),
            ("ownership", ENFORCED),
            ("acl", None),
            ("website", None),
            ("request_payer", None),
            ("encryption", {"algorithm": "AES256", "blocked_encryption_types": ["SSE-C"]}),
            ("cors", None),
        ):
            if field not in bucket:
                bucket[field] = value
                self.by_default.add(("buckets", name, field))
                self.place(("buckets", name, field), where)
        self.place(("buckets", name), where)

    def bucket(self, name: str) -> dict[str, Any]:
        """What is gathered of a bucket; of one that other documents create, no more than is said here."""
        found: dict[str, Any] = self.state["buckets"].setdefault(name, {})
        return found

    def setting(self, name: str, field: str, value: Value | None, where: Span | None = None) -> None:
        """What a bucket is told; what cannot be known is left out."""
        if value is None:
            return
        at: At = ("buckets", name, field)
        bucket = self.bucket(name)
        self.by_default.discard(at)
        where = where or value.span
        algorithm = value.get("algorithm")
        unknown = value.is_hole or (algorithm is not None and algorithm.is_hole)
        if unknown or (field not in _MAY_HAVE_HOLES and not is_settled(value)):
            bucket.pop(field, None)
            self.unresolved(where, f"{field.replace('_', ' ')} of {name}", value)
        else:
            bucket[field] = plain(value)
        self.place(at, where)

    def distribution(
        self, id_: str, arn: str | None, domain: str | None, found: dict[str, Any], where: Span | None
    ) -> None:
        """A distribution of CloudFront; where its own domain is not known yet, its id stands in it."""
        account = arn.split(":")[4] if arn is not None and arn.count(":") == 5 else self.account
        domains = [*found.pop("domains"), domain or f"{id_}.cloudfront.net"]
        self.state.setdefault("distributions", {})[id_] = {"account": account, "domains": domains, **found}
        self.place(("distributions", id_), where)

    def lifecycle(self, name: str, rules: list[tuple[Value, dict[str, Any]]], where: Span | None) -> None:
        """The rules of a bucket that archive objects."""
        if rules and name in self.state["buckets"]:
            every = self.state["buckets"][name].setdefault("lifecycle", [])
            for rule, found in rules:
                self.place(("buckets", name, "lifecycle", len(every)), rule.span or where)
                every.append(found)

    def delivery(
        self, kind: str, bucket: str | None, prefix: str | None, source: str | None, where: Span | None
    ) -> None:
        """A service that is told to write into a bucket."""
        if bucket is None or (source is not None and source.endswith(_DIRECTORY)):
            return  # of directory buckets another service, s3express.amazonaws.com, writes the lists
        every = self.state.setdefault("deliveries", [])
        self.place(("deliveries", len(every)), where)
        name = bucket.removeprefix("arn:aws:s3:::")
        every.append({"kind": kind, "bucket": name, "prefix": prefix, "source": source, "account": self.account})

    def flags(self, name: str | None, written: dict[str, Value | None], where: Span | None) -> None:
        """Block Public Access: of a bucket, or of the account; a flag that is not written is off."""
        holder: dict[str, Any] = self.state["account"] if name is None else self.bucket(name)
        at: At = ("account", "public_access_block") if name is None else ("buckets", name, "public_access_block")
        self.by_default.discard(at)
        found = {}
        for flag in FLAGS:
            value = written.get(flag)
            on = False if value is None else truth_of(value)
            if on is None:
                self.unresolved(value.span if value is not None else where, flag, value)
                holder.pop("public_access_block", None)
                break
            found[flag] = on
            if value is not None:
                self.place((*at, flag), value.span)
        else:
            holder["public_access_block"] = found
        self.place(at, where)

    def policy(self, holder: dict[str, Any], at: At, document: Value | None, where: Span | None = None) -> None:
        """A policy: `at` ends with the key that it has in its holder."""
        if document is None:
            return
        self.by_default.discard(at)
        where = where or document.span
        self.place(at, where)
        known = self.policy_document(document, at)
        if known is None:
            holder.pop(str(at[-1]), None)
        else:
            holder[str(at[-1])] = known

    def bucket_policy(self, name: str, document: Value | None, where: Span | None = None) -> None:
        """The policy of a bucket."""
        if document is not None and name in self.state["buckets"]:
            self.state["buckets"][name].setdefault("account", self.account)
        self.policy(self.bucket(name), ("buckets", name, "policy"), document, where)

    def policy_document(self, document: Value, at: At) -> dict[str, Any] | None:
        """A policy in plain values, its statements' places noted; None where a part of its structure is not known."""
        parsed = self._parsed(document)
        if parsed is None:
            return None
        statements = parsed.value.get("Statement") if isinstance(parsed.value, dict) else None
        for number, statement in enumerate([] if statements is None else statements.each()):
            self.place((*at, number), statement.span or document.span)
            unknown = _unknown_structure(statement)
            if unknown is not None:
                self.unresolved(statement.span or document.span, "this statement", Value(unknown))
                return None
        if not isinstance(parsed.value, dict):
            self.unresolved(document.span, "this policy", parsed)
            return None
        return dict(plain(parsed))

    def principal(self, arn: str, where: Span | None) -> dict[str, Any]:
        """A user or a role that is created: all its policies are known as far as nothing takes them away again."""
        found: dict[str, Any] = self.state.setdefault("principals", {}).setdefault(arn, {})
        found.setdefault("policies", [])
        found.setdefault("boundary", [])
        self.place(("principals", arn), where)
        return found

    def attach(self, arn: str, document: Value | None, where: Span | None = None) -> None:
        """One more policy of a principal; of one that cannot be known all become so."""
        found = self.principal(arn, None)
        policies = found.get("policies")
        if document is not None:
            self._written.setdefault(arn, []).append(document)
        if not isinstance(policies, list) or document is None:
            self._forget(arn)
            return
        at: At = ("principals", arn, "policies", len(policies))
        known = self.policy_document(document, at)
        self.place(at, where or document.span)
        if known is None:
            self._forget(arn)
        else:
            policies.append(known)

    def _forget(self, arn: str) -> None:
        """Not all that a principal may do is known any more; its policies are judged by themselves then."""
        self.principal(arn, None).pop("policies", None)
        for document in self._written.pop(arn, ()):
            self.unattached(f"one of {arn}", document)

    def unattached(self, reference: str, document: Value | None) -> None:
        """A policy of somebody whom other documents create, where it speaks of S3: judged by itself."""
        if document is None or document.is_hole or (isinstance(document.value, str) and "s3:" not in document.value):
            return
        parsed = self._parsed(document)
        written = None if parsed is None else plain(parsed)
        if not isinstance(written, dict) or not is_about_s3(written):
            return
        holders = self.state.setdefault("principals", {})
        number = sum(1 for name in holders if name.startswith(HOLE_START))
        self.attach(hole(f"{number} {reference}"), document)

    def bound_by(self, arn: str, policy: str, known: dict[str, Value]) -> None:
        """The permissions boundary of a principal: a policy of the same documents, or one of AWS's own."""
        found = self.principal(arn, None)
        at: At = ("principals", arn, "boundary", 0)
        if policy in known:
            self.attached.add(policy)
            document = self.policy_document(known[policy], at)
            self.place(at, known[policy].span)
        else:
            statements = _MANAGED.get(policy)
            document = None if statements is None else {"Version": "2012-10-17", "Statement": statements}
        if document is None:
            found.pop("boundary", None)
        else:
            found["boundary"] = [document]

    def attach_managed(self, arn: str, policy: str, known: dict[str, Value], where: Span | None) -> None:
        """A policy that is attached by its name: one of the same documents, or one of AWS's own."""
        if policy in known:
            self.attached.add(policy)
            self.attach(arn, known[policy], where)
        elif policy in _MANAGED:
            found = self.principal(arn, None)
            if isinstance(found.get("policies"), list):
                found["policies"].append({"Version": "2012-10-17", "Statement": _MANAGED[policy]})
        else:
            self.attach(arn, None)

    def unresolved(self, where: Span | None, what: str, value: Value | None) -> None:
        """Something hangs on a value that nobody knows before it is deployed."""
        found = None if value is None else hole_in(value)
        reason = f": {found.text} is not known before it is deployed" if found is not None else ""
        self.fault(UNRESOLVED, where, f"{what} cannot be worked out{reason}")

    def _parsed(self, document: Value) -> Value | None:
        """A policy that may be written as JSON in a text."""
        if document.is_hole:
            self.unresolved(document.span, "this policy", document)
            return None
        if isinstance(document.value, JsonText):
            return document.value.document
        if not isinstance(document.value, str):
            return document
        data = document.value.encode("utf-8", "surrogatepass")
        source = Source(self.main, data)
        try:
            return _inside(read_json(source), document, source)
        except NoJson as error:
            if not is_settled(document):
                self.unresolved(document.span, "this policy", Value(Hole("a part of its text")))
                return None
            at = _character(source, error.offset)
            self.fault(NO_JSON, document.inner_span(at, at + 1), f"this policy is no JSON: {error}")
            return None

    def place(self, at: At, where: Span | None) -> None:
        """Where something of the state is written."""
        if where is not None:
            self.places[at] = where


def principal_arn(account: str, kind: str, name: str, path: str = "/") -> str:
    """The ARN of a user, role or policy."""
    return f"arn:aws:iam::{account}:{kind}{path or '/'}{name}"


def _unknown_structure(statement: Value) -> Hole | None:
    """What of a statement is not known that decides what kind of statement it is."""
    if isinstance(statement.value, Hole):
        return statement.value
    if isinstance(statement.value, str) and is_whole_hole(statement.value):
        return Hole(statement.value.strip(f"{HOLE_START}{HOLE_END}…"))
    for key, value in statement.items():
        if key in ("Effect", "Condition", "Principal", "NotPrincipal") and isinstance(value.value, Hole):
            return value.value
        if key == "Condition":
            found = next((tests.value for _, tests in value.items() if isinstance(tests.value, Hole)), None)
            if found is not None:
                return found
    return None


def _inside(node: Node, document: Value, source: Source) -> Value:
    start, end = _character(source, node.start), _character(source, node.end)
    span = document.inner_span(start, end)
    inner: Any = node.value
    if isinstance(inner, Members):
        inner = {member.key: _inside(member.node, document, source) for member in inner}
    elif isinstance(inner, list):
        inner = [_inside(each, document, source) for each in inner]
    if span is None or document.source is None:
        return Value(inner)
    return Value(inner, document.source, span.start, span.end)


def _character(source: Source, offset: int) -> int:
    return offset if source.data.isascii() else len(source.data[:offset].decode("utf-8", "replace"))


__all__ = ["EATEN", "NO_JSON", "UNRESOLVED", "Stack", "principal_arn", "text_of"]
