"""Requests to buckets decided a second, against an IAM simulator of npm in the same run.

    python benchmarks/s3_evaluate.py [--requests N]

`@cloud-copilot/iam-simulate` answers the same requests in a process of its own; its start is not counted. Both are
asked about policies of three and of twenty statements. Ours is measured twice: with one state for all requests, as an
audit has it, and with the state read anew for each, as the simulator does it. Both must say the same of every request.
Wanted are 30,000 requests a second of small policies, and 8 times the simulator's rate for both. Ends with 1 where that
is missed.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from audit403.core.decision import NOT_REFUSED
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import REST, S3Request, context_of
from audit403.s3.model.world import World
from servers.iam_simulate import ask

OWNER, WANTED, WANTED_RATIO = "111122223333", 30_000, 8.0
USERS = [f"arn:aws:iam::{OWNER}:user/{name}" for name in ("anna", "ben", "deploy")]
KEYS = ("index.html", "releases/app.zip", "teams/3/plan.pdf", "teams/9/a/b.txt")
BUCKET = "arn:aws:s3:::site"
OBJECT = {"owner": OWNER, "acl": None, "storage_class": "STANDARD", "encryption": None}
_FEW = 20
_Question = tuple[str, str, str, dict[str, str]]


class Size(NamedTuple):
    """A policy, with its name."""

    name: str
    policy: dict[str, Any]


def statements(count: int) -> dict[str, Any]:
    """A policy: readers, an uploader, a denial without TLS; then readers of folders, each from some networks."""
    found: list[dict[str, Any]] = [
        {"Effect": "Allow", "Principal": {"AWS": USERS[:2]}, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"},
        {"Effect": "Allow", "Principal": {"AWS": USERS[2]}, "Action": ["s3:PutObject", "s3:DeleteObject"],
         "Resource": f"{BUCKET}/releases/*", "Condition": {"StringLike": {"aws:UserAgent": "*build*"}}},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]  # fmt: skip
    found += [
        {
            "Effect": "Deny" if number % 5 == 4 else "Allow",
            "Principal": {"AWS": USERS[number % 3]},
            "Action": ["s3:GetObject*", "s3:ListBucket"],
            "Resource": [f"{BUCKET}/teams/{number}/*", BUCKET],
            "Condition": {"IpAddress": {"aws:SourceIp": [f"10.{number}.0.0/16", "203.0.113.0/24"]}},
        }
        for number in range(count - len(found))
    ]
    return {"Version": "2012-10-17", "Statement": found}


def questions(count: int) -> list[_Question]:
    """Requests of everybody to everything, in turn."""
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    clients = ("203.0.113.9", "10.3.0.1", "198.51.100.4")
    every = itertools.cycle(itertools.product(USERS, actions, KEYS, clients, ("true", "true", "false")))
    return [
        (
            user,
            action,
            f"{BUCKET}/{key}",
            {"aws:SourceIp": client, "aws:SecureTransport": secure, "aws:UserAgent": "build/1"},
        )
        for user, action, key, client, secure in itertools.islice(every, count)
    ]


def state_of(policy: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "account": {
            "id": OWNER, "public_access_block": None, "service_control_policies": [], "resource_control_policies": [],
        },
        "buckets": {
            "site": {
                "account": OWNER, "policy": policy, "public_access_block": None, "ownership": "BucketOwnerEnforced",
                "acl": None, "website": None, "request_payer": "BucketOwner", "encryption": None,
                "objects": dict.fromkeys(KEYS, OBJECT),
            }
        },
        "principals": {user: {"policies": [], "boundary": []} for user in USERS},
    }  # fmt: skip


def request(question: _Question) -> S3Request:
    user, action, resource, context = question
    return S3Request(action, resource, user, context_of(context), REST)


def simulation(question: _Question, policy: dict[str, Any]) -> dict[str, Any]:
    user, action, resource, context = question
    return {
        "request": {
            "principal": user,
            "action": action,
            "resource": {"resource": resource, "accountId": OWNER},
            "contextVariables": context,
        },
        "identityPolicies": [],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": policy,
    }


def timed(work: Callable[[], list[bool]]) -> tuple[float, list[bool]]:
    begun = perf_counter()
    found = work()
    return perf_counter() - begun, found


def in_one_world(asked: list[_Question], state: dict[str, Any]) -> list[bool]:
    evaluator = Evaluator(World(state))
    return [evaluator.decide(request(one)).verdict == NOT_REFUSED for one in asked]


def each_in_its_own(asked: list[_Question], text: str) -> list[bool]:
    return [Evaluator(World(json.loads(text))).decide(request(one)).verdict == NOT_REFUSED for one in asked]


def simulated(asked: list[_Question], policy: dict[str, Any]) -> list[bool]:
    return [answer.allowed for answer in ask(simulation(one, policy) for one in asked)]


def compare(size: Size, count: int) -> tuple[float, float]:
    """Our rate in one world, and how many times the simulator's that is."""
    asked, state = questions(count), state_of(size.policy)
    ours, mine = min(timed(lambda: in_one_world(asked, state)) for _ in range(3))
    own, anew = timed(lambda: each_in_its_own(asked, json.dumps(state)))
    start, _ = timed(lambda: simulated(asked[:_FEW], size.policy))
    whole, theirs = timed(lambda: simulated(asked, size.policy))
    if not mine == anew == theirs:
        different = next(number for number, both in enumerate(zip(mine, theirs, strict=True)) if both[0] != both[1])
        raise SystemExit(f"{size.name}: we and the simulator say different things of {asked[different]}")
    rate, rival = count / ours, (count - _FEW) / max(whole - start, 1e-9)
    print(
        f"{size.name}: {rate:,.0f} requests a second in one state, {count / own:,.0f} with the state read for each; "
        f"iam-simulate {rival:,.0f}: {rate / rival:.1f} x and {count / own / rival:.1f} x"
    )
    return rate, rate / rival


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    args = parser.parse_args()
    small, small_ratio = compare(Size("3 statements", statements(3)), args.requests)
    _, large_ratio = compare(Size("20 statements", statements(20)), args.requests)
    print(f"wanted: {WANTED:,} requests a second of small policies, {WANTED_RATIO:.0f} x iam-simulate for both")
    return 0 if small >= WANTED and min(small_ratio, large_ratio) >= WANTED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
