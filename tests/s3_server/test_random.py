"""Random policies and ACLs: what a real S3 server answers to anybody, to its owner and to another account, and we.

An empty prefix is none to the server, so that it is not asked for one. What else it is known to do otherwise with
conditions is proved as in tests/differential/s3/quirks.py: the policy is rewritten into one that means the same for
that request, and the server must then answer what we say.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from audit403.s3.model.condition import conditions_in
from s3_server.laid_out import ALICE, BOB, Ask, Bucket, Json
from s3_server.otherwise import Trial, explanation
from servers import told
from servers.plenty import cases, rng

if TYPE_CHECKING:
    import random

    from audit403.s3.model.pattern import Context
    from servers.radosgw import Gateway

_AGENTS = ("audit403-tests", "curl/8.1")
_REFERERS = ("https://www.example.com/", "https://evil.example/x")
_VALUES = {
    "aws:UserAgent": (*_AGENTS, "curl/*", "audit403-*", "AUDIT403-TESTS"),
    "aws:Referer": (*_REFERERS, "https://www.example.com/*", "*evil*", "https://?ww.example.com/"),
    "s3:prefix": ("img/", "", "other/", "img*"),
    "aws:SourceIp": ("127.0.0.1/32", "127.0.0.0/8", "10.0.0.0/8", "192.0.2.0/24", "0.0.0.0/1"),
}
_STRING = (
    "StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
    "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
)  # fmt: skip
_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:DeleteObject",
    "s3:Get*",
    "s3:*",
    "s3:List*",
    "s3:?etObject",
)
_ACLS = ("private", "private", "private", "public-read", "authenticated-read")
_IGNORE = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}


def test_random_buckets(gateway: Gateway) -> None:
    random = rng("s3 against the gateway")
    planned, asked, refused, unknown = cases(2_000), 0, 0, 0
    explained: Counter[str] = Counter()
    wrong: list[str] = []
    while asked < planned:
        bucket = _bucket(random)
        bucket.put(gateway)
        for ask in _asks(random):
            trial = Trial(bucket, ask, bucket.sent(gateway, ask), bucket.decided(ask))
            asked += 1
            refused += trial.said.status == 403
            unknown += trial.decision.verdict == "unknown"
            if trial.agrees:
                continue
            why = explanation(trial) or _rewritten(gateway, trial)
            if why is None:
                wrong.append(
                    f"{ask}: the server {trial.said.status}, we {trial.decision.verdict} {trial.decision.status} "
                    f"{trial.decision.cause}\n  {json.dumps(bucket.state()['buckets'])}"
                )
            else:
                explained[why] += 1
    told.count(told.Counts(asked, refused, len(wrong), 0, unknown))
    told.tell("\n".join(f"  {count:6}  {name}" for name, count in explained.most_common()))
    assert not wrong, f"{len(wrong)} of {asked} differ and nothing explains it:\n" + "\n".join(wrong[:5])


def _bucket(random: random.Random) -> Bucket:
    statements = [_statement(random) for _ in range(random.choice((1, 1, 2, 3)))]
    return Bucket(
        {"Version": "2012-10-17", "Statement": statements} if random.random() < 0.9 else None,
        random.choice(_ACLS),
        {"k": random.choice(_ACLS), "img/a.png": random.choice(_ACLS)},
        _IGNORE if random.random() < 0.2 else None,
    )


def _statement(random: random.Random) -> Json:
    names: list[Any] = ["*", {"AWS": "*"}, {"AWS": [ALICE]}, {"AWS": BOB}, {"AWS": [ALICE, BOB]}]
    found: Json = {
        "Effect": random.choice(("Allow", "Allow", "Deny")),
        "Principal": random.choices(names, (4, 3, 1, 2, 1))[0],
        "Action": random.sample(_ACTIONS, random.randint(1, 3)),
        "Resource": [f"arn:aws:s3:::{part}" for part in random.sample(("@", "@/*", "@/k", "@/img/*", "@*", "*"), 2)],
    }
    if random.random() < 0.6:
        found["Condition"] = _conditions(random)
    return found


def _conditions(random: random.Random) -> Json:
    found: Json = {}
    for _ in range(random.choice((1, 1, 2))):
        key = random.choice(("aws:UserAgent", "aws:Referer", "aws:SourceIp", "aws:SourceIp", "s3:prefix"))
        operator = random.choice(("IpAddress", "NotIpAddress") if key == "aws:SourceIp" else _STRING)
        found.setdefault(operator, {})[key] = random.sample(_VALUES[key], random.choice((1, 1, 2)))
    return found


def _asks(random: random.Random) -> list[Ask]:
    asks = [
        Ask("s3:GetObject", "k"), Ask("s3:GetObject", "img/a.png"), Ask("s3:GetObject", "missing"),
        Ask("s3:PutObject", "new"),
        Ask("s3:DeleteObject", "x"), Ask("s3:ListBucket", prefix=random.choice(("img/", None, "other/"))),
    ]  # fmt: skip
    found = []
    for ask in asks:
        headers = [("User-Agent", random.choice(_AGENTS))]
        if random.random() < 0.6:
            headers.append(("Referer", random.choice(_REFERERS)))
        found += [ask._replace(who=who, headers=tuple(headers)) for who in ("anonymous", ALICE, BOB)]
    return found


def _rewritten(gateway: Gateway, trial: Trial) -> str | None:
    """Whether the server says what we say of a policy that means the same."""
    policy = trial.bucket.policy
    if policy is None:
        return None
    changed, names = copy.deepcopy(policy), set()
    context = trial.bucket.request(trial.ask).context
    for statement in changed["Statement"]:
        found: Json = {}
        for operator, entries in statement.pop("Condition", {}).items():
            for key, values in entries.items():
                if "Not" in operator and key.lower() not in context:
                    names.add("a negated condition on a key that is absent")
                elif "Not" in operator and len(values) > 1:
                    names.add("a negated condition with several values")
                    found.setdefault(operator, {})[key] = _that_counts(operator, key, values, context)
                else:
                    found.setdefault(operator, {})[key] = values
        if found:
            statement["Condition"] = found
    if not names:
        return None
    text = json.dumps(changed).replace(trial.bucket.name, "@")
    again = Bucket(json.loads(text), trial.bucket.acl, trial.bucket.objects, trial.bucket.block)
    again.put(gateway)
    after = Trial(again, trial.ask, again.sent(gateway, trial.ask), again.decided(trial.ask))
    same = after.decision[:3] == trial.decision[:3]
    return ", ".join(sorted(names)) if same and (after.agrees or explanation(after)) else None


def _that_counts(operator: str, key: str, values: list[str], context: Context) -> str:
    """The one value on which a negated condition hangs: the one that is met, or any where none is."""
    for value in values:
        (alone,) = conditions_in({operator: {key: value}}, True)
        if alone.test(context) is False:
            return value
    return values[0]
