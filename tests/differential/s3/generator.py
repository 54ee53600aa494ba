"""Random requests to a bucket, with every policy that has a say: as a state and a request of `explain --server s3`.

Only policies (and RestrictPublicBuckets) decide: objects exist and are the bucket owner's, lists are disabled, and
nothing is encrypted with a key of KMS. `as_simulation.py` puts the same case to the simulator.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from differential.s3 import words
from differential.s3.words import BUCKET, FOREIGN, KEYS, OWNER, Key

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

Json = dict[str, Any]

_USERS = (f"arn:aws:iam::{OWNER}:user/alice", f"arn:aws:iam::{OWNER}:user/staff/bob")
_SESSIONS = (f"arn:aws:sts::{OWNER}:assumed-role/app/s1", f"arn:aws:sts::{OWNER}:assumed-role/app/s2")
_STRANGERS = (
    f"arn:aws:iam::{FOREIGN}:user/carol",
    f"arn:aws:iam::{FOREIGN}:user/dave",
    f"arn:aws:sts::{FOREIGN}:assumed-role/reader/s1",
    f"arn:aws:iam::{FOREIGN}:root",
)
_SERVICES = ("cloudfront.amazonaws.com", "logging.s3.amazonaws.com")
_OWNERS_ROOT = f"arn:aws:iam::{OWNER}:root"
_ROLES = {"app": f"arn:aws:iam::{OWNER}:role/app", "reader": f"arn:aws:iam::{FOREIGN}:role/svc/reader"}
_EVERYTHING: Json = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_OBJECT = {"owner": OWNER, "acl": "private", "storage_class": "STANDARD", "encryption": None}
_NOW = {"Version": "2012-10-17"}
_NO_BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)


class Case(NamedTuple):
    """One request, and the world that it is made in."""

    state: Json
    request: Json

    @property
    def caller(self) -> str:
        return str(self.request["principal"])

    @property
    def kind(self) -> str:
        return kind_of(self.caller)

    @property
    def bucket(self) -> Json:
        found: Json = self.state["buckets"][BUCKET]
        return found

    @property
    def own(self) -> Json:
        """What the caller's account says of the caller; empty where there is nothing of the sort."""
        found: Json = self.state["principals"].get(self.caller, {})
        return found

    def copied(self) -> Case:
        """The same, to be changed."""
        return Case(*json.loads(json.dumps(self)))

    def policies(self) -> list[tuple[str, Json]]:
        """Every policy with the name of its layer."""
        found = [("bucket policy", self.bucket["policy"])] if self.bucket["policy"] else []
        found += [("identity policy", policy) for policy in self.own.get("policies") or ()]
        found += [("permissions boundary", policy) for policy in self.own.get("boundary") or ()]
        found += [("session policy", self.own["session"])] if self.own.get("session") else []
        account = self.state["account"]
        found += [
            ("service control policy", policy) for level in account["service_control_policies"] for policy in level
        ]
        found += [
            ("resource control policy", policy) for level in account["resource_control_policies"] for policy in level
        ]
        return found + [("endpoint policy", policy) for policy in self.state["vpc_endpoint_policies"]]


def kind_of(principal: str) -> str:
    """anonymous, user, role, session, root or service, and `foreign` before what belongs to another account."""
    if principal == "anonymous":
        return principal
    if not principal.startswith("arn:"):
        return "service"
    kind = "session" if ":sts:" in principal else "root" if principal.endswith(":root") else "user"
    kind = "role" if ":role/" in principal else kind
    return kind if f"::{OWNER}:" in principal else f"foreign {kind}"


class Generator:
    """Makes cases."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._random = rng.random

    def case(self) -> Case:
        """The next one."""
        caller = self._caller()
        kind = kind_of(caller)
        action = self._one(words.OBJECT_ACTIONS if self._often(0.7) else words.BUCKET_ACTIONS)
        key = self._one(words.OBJECT_KEYS)
        resource = f"arn:aws:s3:::{BUCKET}" + (f"/{key}" if action in words.OBJECT_ACTIONS else "")
        request = {
            "action": action,
            "resource": resource,
            "principal": caller,
            "context": self._context(caller, kind, action),
            "endpoint": "rest",
        }
        state = {"version": 1, **_Policies(self._rng, request, kind).state(key)}
        return Case(state, request)

    def _caller(self) -> str:
        pools = (
            (("anonymous",), 25),
            (_USERS, 25),
            (_SESSIONS, 20),
            (_STRANGERS, 19),
            (_SERVICES, 10),
            ((_OWNERS_ROOT,), 1),
            ((_ROLES["app"],), 3),
        )
        pool = self._rng.choices([pool for pool, _ in pools], [weight for _, weight in pools])[0]
        return self._one(pool)

    def _context(self, caller: str, kind: str, action: str) -> dict[str, str | list[str]]:
        found: dict[str, str | list[str]] = {}
        for name, key in KEYS.items():
            if not _belongs(key, kind) or (key.actions and action not in key.actions):
                continue
            values = _values_of_caller(name, caller) or key.values
            if values and self._often(0.6 if key.of == "request" else 0.8):
                found[name] = self._rng.sample(values, self._rng.randint(1, 2)) if key.many else self._one(values)
        return found

    def _often(self, chance: float) -> bool:
        return self._random() < chance

    def _one(self, pool: Sequence[str]) -> str:
        return pool[int(self._random() * len(pool))]


def _belongs(key: Key, kind: str) -> bool:
    if key.of == "principal":
        return kind not in ("anonymous", "service")
    return key.of == "request" or kind.endswith(key.of)


def _values_of_caller(name: str, caller: str) -> tuple[str, ...]:
    """The keys that follow from who asks."""
    parts = caller.split(":")
    if name == "aws:PrincipalAccount":
        return (parts[4],)
    if name == "aws:username":
        return (caller.rpartition("/")[2],)
    if name == "aws:PrincipalArn":
        return (_ROLES[parts[5].split("/")[1]] if parts[2] == "sts" else caller,)
    return ()


class _Policies(Generator):
    """The policies of one case."""

    def __init__(self, rng: random.Random, request: Json, kind: str) -> None:
        super().__init__(rng)
        self._request = request
        self._kind = kind
        self._brought: list[str] = list(request["context"])

    def state(self, key: str) -> Json:
        """Everything but the version."""
        rare = self._often
        own: Json = {}
        if self._kind.endswith("root"):
            own[self._request["principal"]] = {"policies": [], "boundary": [], "session": None}
        elif self._kind not in ("anonymous", "service"):
            own[self._request["principal"]] = {
                "policies": [self._policy(self._identity, 0.85) for _ in range(self._rng.choice((0, 1, 1, 1, 2)))],
                "boundary": [self._policy(self._identity, 0.9) for _ in range(1 + rare(0.15))] if rare(0.25) else [],
                "session": self._policy(self._identity, 0.9) if self._kind.endswith("session") and rare(0.4) else None,
            }
        return {
            "account": {
                "id": OWNER,
                "public_access_block": _NO_BLOCK | {"RestrictPublicBuckets": rare(0.12)} if rare(0.5) else None,
                "service_control_policies": self._service_control(),
                "resource_control_policies": [[self._policy(self._resource_control, 0.0) | _NOW]] if rare(0.15) else [],
            },
            "buckets": {
                BUCKET: {
                    "account": OWNER,
                    "policy": self._policy(self._bucket, 0.82) if rare(0.9) else None,
                    "public_access_block": _NO_BLOCK | {"RestrictPublicBuckets": rare(0.15)} if rare(0.7) else None,
                    "ownership": "BucketOwnerEnforced",
                    "acl": "private",
                    "website": None,
                    "request_payer": "BucketOwner",
                    "encryption": None,
                    "objects": {key: dict(_OBJECT)},
                }
            },
            "principals": own,
            "vpc_endpoint_policies": [self._policy(self._endpoint, 0.8)] if rare(0.12) else [],
        }  # fmt: skip

    def _policy(self, statement: Callable[[str], Json], allows: float) -> Json:
        """A policy whose first statement allows with this chance."""
        effects = ["Allow" if self._often(allows) else "Deny"]
        while self._often(0.38):
            effects.append("Allow" if allows and self._often(0.6) else "Deny")
        statements = [statement(effect) for effect in effects]
        for number, each in enumerate(statements):
            if self._often(0.3):
                each["Sid"] = f"S{number}"
        version = self._random()
        found: Json = {} if version < 0.03 else {"Version": "2008-10-17" if version < 0.08 else "2012-10-17"}
        return found | {"Statement": statements[0] if len(statements) == 1 and self._often(0.2) else statements}

    def _service_control(self) -> list[list[Json]]:
        if self._kind.startswith("foreign") or self._often(0.7):
            return []
        return [
            [dict(_EVERYTHING), *([self._policy(self._identity, 0.2)] if self._often(0.5) else [])]
            if self._often(0.75)
            else [self._policy(self._identity, 0.9)]
            for _ in range(self._rng.randint(1, 2))
        ]

    def _identity(self, effect: str) -> Json:
        return {"Effect": effect, **self._what(effect)}

    def _bucket(self, effect: str) -> Json:
        return {"Effect": effect, **self._who(effect), **self._what(effect)}

    def _endpoint(self, effect: str) -> Json:
        return {"Effect": effect, "Principal": "*", **self._what(effect)}

    def _resource_control(self, effect: str) -> Json:
        statement = self._what(effect, plain=True)
        return {"Effect": effect, "Principal": "*", **statement}

    def _who(self, effect: str) -> Json:
        element = "NotPrincipal" if self._often(0.07) else "Principal"
        caller = self._request["principal"]
        if element == "Principal" and self._often(0.4 if self._kind != "anonymous" else 0.75):
            return {element: "*" if self._often(0.5) else {"AWS": self._scalar("*")}}
        if self._kind == "service":
            found: Json = {"Service": self._scalar(caller if self._often(0.75) else self._one(_SERVICES))}
            if self._often(0.2):
                found["AWS"] = self._one(_USERS)
            return {element: found}
        pool = [*_USERS, *_SESSIONS, *_STRANGERS, *_ROLES.values(), OWNER, FOREIGN, _OWNERS_ROOT]
        names = [self._naming(caller) if self._often(0.7) else self._one(pool)]
        while self._often(0.3):
            names.append(self._one(pool))
        aws: Any = names if len(names) > 1 or self._often(0.3) else names[0]
        return {element: {"AWS": aws} | ({"Service": self._one(_SERVICES)} if self._often(0.1) else {})}

    def _naming(self, caller: str) -> str:
        """One of the ways to name a caller."""
        if caller == "anonymous":
            return "*"
        account = caller.split(":")[4]
        ways = [caller, caller, account, f"arn:aws:iam::{account}:root"]
        if ":assumed-role/" in caller:
            ways += [_ROLES[caller.split("/")[1]]] * 2
        return self._one(ways)

    def _what(self, effect: str, *, plain: bool = False) -> Json:
        found: Json = {}
        denies = effect == "Deny"
        action = self._request["action"]
        if not plain and self._often(0.08):
            patterns = [self._one(words.ACTION_PATTERNS[self._one(words.OBJECT_ACTIONS + words.BUCKET_ACTIONS)])]
            found["NotAction"] = self._list(patterns)
        else:
            patterns = [self._action(action, plain)]
            while self._often(0.35):
                patterns.append(
                    self._one(words.ACTION_PATTERNS[self._one(words.OBJECT_ACTIONS + words.BUCKET_ACTIONS)])
                )
            found["Action"] = self._list(patterns)
        resources = [self._resource() for _ in range(self._rng.choice((1, 1, 2)))]
        found["NotResource" if not plain and self._often(0.08) else "Resource"] = self._list(resources)
        conditions: Json = {}
        while self._often((0.85 if denies else 0.4) if not conditions else 0.3):
            self._add_condition(conditions)
        return found | ({"Condition": conditions} if conditions else {})

    def _action(self, action: str, plain: bool) -> str:
        draw = self._random()
        if draw < 0.1:
            return "s3:*" if plain or self._often(0.5) else "*"
        if draw < 0.85:
            return self._one(words.ACTION_PATTERNS[action])
        return self._one(words.ACTION_PATTERNS[self._one(words.OBJECT_ACTIONS + words.BUCKET_ACTIONS)])

    def _resource(self) -> str:
        resource = str(self._request["resource"])
        arn = f"arn:aws:s3:::{BUCKET}"
        key = resource[len(arn) :]
        draw = self._random()
        if draw < 0.25:
            return "*"
        if draw < 0.45:
            return f"{arn}/*" if key else arn
        if draw < 0.6:
            return resource
        return self._one((
            f"{arn}*", f"{arn}/*", arn, "arn:aws:s3:::*", "arn:aws:s3:::sit?", "arn:aws:s3:::sit?/*",
            "arn:aws:s3:::other/*",
            f"{arn}/team/*", f"{arn}/*.html", f"{arn}/INDEX.html", "arn:*:s3:*:*:site*", "arn:aws:s3:*", "arn:aws:*",
            f"{arn}/${{aws:username}}/*", f"{arn}/${{aws:PrincipalTag/team}}/*", f"{arn}/images/a${{*}}",
            f"{arn}/${{aws:PrincipalTag/team, 'red'}}/*", f"{arn}/*/${{aws:PrincipalTag/team, 'red'}}/*",
            f"{arn}/index${{?}}html", f"{arn}/${{aws:username, 'index.html'}}",
        ))  # fmt: skip

    def _add_condition(self, conditions: Json) -> None:
        usable = [
            name
            for name in self._pool()
            if not KEYS[name].actions or self._request["action"] in KEYS[name].actions or self._often(0.1)
        ]
        name = self._one(usable)
        key = KEYS[name]
        operator = self._operator(key)
        written = self._spelt(name) if self._often(0.1) else name
        if operator.startswith("Null"):
            conditions.setdefault(operator, {})[written] = self._scalar(self._one(("true", "false")))
            return
        pool = [*key.values, *key.others]
        values = [self._one(pool)]
        if name in self._request["context"] and self._often(0.5):
            brought = self._request["context"][name]
            values[0] = brought if isinstance(brought, str) else self._one(brought)
        while self._often(0.25):
            values.append(self._one(pool))
        conditions.setdefault(operator, {})[written] = self._list(values)

    def _pool(self) -> Sequence[str]:
        """Mostly keys that the request brings."""
        return self._brought if self._brought and self._often(0.6) else list(KEYS)

    def _operator(self, key: Key) -> str:
        draw = self._random()
        if draw < 0.08:
            return "Null"
        operator = self._one(words.OPERATORS[key.kind])
        if key.many or self._often(0.03):
            operator = self._one(("ForAnyValue:", "ForAllValues:")) + operator
        return operator + ("IfExists" if self._often(0.18) else "")

    def _spelt(self, name: str) -> str:
        return name.upper() if self._often(0.3) else name.lower()

    def _list(self, values: list[str]) -> Any:
        return values if len(values) > 1 or self._often(0.2) else values[0]

    def _scalar(self, value: str) -> Any:
        return [value] if self._often(0.2) else value
