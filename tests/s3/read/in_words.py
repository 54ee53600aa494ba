"""What tests of the readers share: documents of this folder, and what the evaluator says of what they describe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from audit403.core.source import Source
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import S3Request
from audit403.s3.model.access_list import BUCKET_OWNER
from audit403.s3.model.bucket import Bucket, StoredObject
from audit403.s3.model.encryption import PLAIN
from audit403.s3.model.world import World
from audit403.s3.read.cloudformation.read import read_cloudformation
from audit403.s3.read.described import Described
from audit403.s3.read.terraform.read import read_terraform

DOCUMENTS = Path(__file__).parent / "documents"
_KNOWN_AROUND: dict[str, Any] = {
    "public_access_block": None,
    "service_control_policies": [],
    "resource_control_policies": [],
}


def template(name: str) -> tuple[Described, ...]:
    """A template of this folder."""
    return read_cloudformation(Source(str(DOCUMENTS / name), (DOCUMENTS / name).read_bytes()))


def cloudformation(text: str) -> tuple[Described, ...]:
    """A template."""
    return read_cloudformation(Source("/repo/template.yaml", text.encode()))


def terraform(files: dict[str, str]) -> Described | None:
    """A configuration in memory; its folder is /repo."""
    data = {f"/repo/{name}": text.encode() for name, text in files.items()}
    return read_terraform("/repo", data.get, lambda folder: _names_in(data, folder))


def terraform_folder(name: str) -> Described | None:
    """A configuration of this folder."""

    def read(path: str) -> bytes | None:
        return Path(path).read_bytes() if os.path.isfile(path) else None

    folder = str(DOCUMENTS / name)
    return read_terraform(folder, read, lambda path: os.listdir(path) if os.path.isdir(path) else [])


def _names_in(data: dict[str, bytes], folder: str) -> list[str]:
    return [path.rpartition("/")[2] for path in data if path.rpartition("/")[0] == folder]


def answer(
    described: Described, principal: str, action: str, resource: str, endpoint: str = "rest", **context: str
) -> str:
    """The verdict and its cause, of an ordinary object, in an organization that says nothing."""
    account = {**described.state["account"]}
    account = {**_KNOWN_AROUND, **account}
    world = World({**described.state, "account": account}, described.places)
    name, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
    bucket = world.bucket(name)
    if isinstance(bucket, Bucket) and key:
        bucket.assume(key, StoredObject(BUCKET_OWNER, (), PLAIN, False))
    values = {key.replace("_", ":").lower(): (value,) for key, value in context.items()}
    decision = Evaluator(world).decide(S3Request(action, resource, principal, values, endpoint))
    return f"{decision.verdict} {decision.cause}"


def written(described: Described, *at: str | int) -> str:
    """The text of the file that a place of the state stands at."""
    span = described.places[at]
    return described.sources[span.file].data[span.start : span.end].decode()
