"""`audit403 s3` of 10,000 buckets behind a latency of 40 ms, against boto3 in a loop.

    python benchmarks/s3_collect.py [--buckets N] [--sample N] [--jobs N]

The server runs in a process of its own, answers eight calls a bucket (policy, Block Public Access, ownership, ACL,
website, request payment, encryption, CORS) and the list, and takes no part of what is counted but its latency. The
rival asks the same of a sample of the buckets, one call after the other. Ends with 1 where the audit, findings and all,
takes more than three minutes, or misses a bucket.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from servers.ports import free_port

HERE = Path(__file__).resolve().parent
LATENCY, WANTED = 0.04, 180.0
BUCKETS, SAMPLE, JOBS = 10_000, 60, 32
OPERATIONS = (
    "get_bucket_policy", "get_public_access_block", "get_bucket_ownership_controls", "get_bucket_acl",
    "get_bucket_website", "get_bucket_request_payment", "get_bucket_encryption", "get_bucket_cors",
)  # fmt: skip
PARTS = frozenset(
    ("policy", "public_access_block", "ownership", "acl", "website", "request_payer", "encryption", "cors")
)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}  # fmt: skip


def took(work: Callable[[], Any]) -> float:
    """The seconds that something takes."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def in_a_loop(url: str, count: int) -> None:
    """What a script does that was written in five minutes."""
    import boto3
    from botocore.exceptions import ClientError

    s3 = boto3.client("s3", endpoint_url=url)
    names = [bucket["Name"] for page in s3.get_paginator("list_buckets").paginate() for bucket in page["Buckets"]]
    for name in names[:count]:
        for operation in OPERATIONS:
            with suppress(ClientError):
                getattr(s3, operation)(Bucket=name)


def audited(url: str, jobs: int, state: Path) -> subprocess.CompletedProcess[str]:
    """The audit, as it is called."""
    command = [str(Path(sys.executable).parent / "audit403"), "s3", "--endpoint-url", url, "--jobs", str(jobs)]
    return subprocess.run([*command, "--save", str(state)], capture_output=True, text=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--buckets", type=int, default=BUCKETS)
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("--jobs", type=int, default=JOBS)
    args = parser.parse_args()
    os.environ.update(CREDENTIALS)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, str(HERE / "_s3_server.py"), str(port), str(args.buckets), str(LATENCY)],
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None and server.stdout.readline()
        return compared(f"http://127.0.0.1:{port}", args)
    finally:
        server.terminate()
        server.wait()


def compared(url: str, args: argparse.Namespace) -> int:
    """Both, with what they took."""
    naive = took(lambda: in_a_loop(url, args.sample)) / args.sample
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.json"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = perf_counter()
        ended = audited(url, args.jobs, state)
        own = perf_counter() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        buckets = json.loads(state.read_text())["buckets"]
    whole = sum(1 for bucket in buckets.values() if bucket.keys() >= PARTS)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    minutes = naive * args.buckets / 60
    print(f"boto3 in a loop:  {naive * 1000:8.1f} ms a bucket ({minutes:.0f} minutes for {args.buckets:,})")
    spent = f"{processor:.0f} s of a processor, {used.ru_maxrss // 1024} MB"
    print(f"audit403 s3:      {own / args.buckets * 1000:8.1f} ms a bucket ({own:.0f} s for {args.buckets:,}, {spent})")
    print(f"ratio:            {naive * args.buckets / own:8.1f}")
    if whole != args.buckets:
        print(f"only {whole:,} of {args.buckets:,} buckets were collected: {ended.stdout[-500:]}{ended.stderr[-500:]}")
        return 1
    most = WANTED * args.buckets / BUCKETS
    return 0 if own <= most else 1


if __name__ == "__main__":
    sys.exit(main())
