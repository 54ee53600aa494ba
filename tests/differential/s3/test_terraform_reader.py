"""Random configurations of Terraform: what our reader says that policies come to, against the engine of trivy."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from tfparse import load_from_path

from differential.s3.terraform_generator import Generator
from s3.read.in_words import terraform
from servers.plenty import cases, rng
from servers.told import tell

if TYPE_CHECKING:
    from pathlib import Path

_AT_ONCE = 40
_NOT_KNOWN = object()
#: What Terraform refuses, and our reader works out nevertheless; of that the type may be another.
_MOST_TAKEN = 0.01


def test_expressions_come_to_the_same(tmp_path: Path) -> None:
    generator = Generator(rng("expressions of Terraform"))
    counts: Counter[str] = Counter()
    shown: list[str] = []
    for number in range(cases(3_000) // _AT_ONCE):
        text, expressions = generator.configuration(_AT_ONCE)
        ours, theirs = _both(tmp_path / str(number), {"main.tf": text})
        for at, expression in enumerate(expressions):
            one, other = ours.get(f"site-{at}", _NOT_KNOWN), theirs.get(f"site-{at}", _NOT_KNOWN)
            kind = _compared(one, other)
            counts[kind] += 1
            if kind in ("another", "not known to us"):
                shown.append(f"{expression}\n  we: {one}\n  tfparse: {other}")
    tell(", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
    assert not shown, "\n".join(shown[:20])
    assert counts["the same"] > 0.9 * counts.total(), "too few values to say anything"
    assert counts["known to us alone"] + counts["of another type"] <= _MOST_TAKEN * counts.total()


def test_blocks_stand_as_often(tmp_path: Path) -> None:
    generator = Generator(rng("blocks of Terraform"))
    several = 0
    for number in range(cases(120)):
        files = generator.repeated()
        ours, theirs = _both(tmp_path / str(number), files)
        assert ours == theirs, "\n".join((f"{ours.items() ^ theirs.items()}", *files.values()))
        several += len(theirs) > 10
    assert several > 3, "too few blocks that stand several times"


def _compared(ours: Any, theirs: Any) -> str:
    if ours is _NOT_KNOWN:
        return "not known to either" if theirs is _NOT_KNOWN else "not known to us"
    if theirs is _NOT_KNOWN:
        return "known to us alone"
    if ours == theirs:
        return "the same"
    are_single = not isinstance(ours, list | dict) and not isinstance(theirs, list | dict)
    return "of another type" if are_single and str(ours).lower() == str(theirs).lower() else "another"


def _both(folder: Path, files: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """By the name of its bucket the Id of each policy, as our reader has it, and as tfparse does."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    described = terraform(files)
    assert described is not None
    ours = {
        name: bucket["policy"].get("Id") for name, bucket in described.state["buckets"].items() if "policy" in bucket
    }
    found = load_from_path(str(folder)).get("aws_s3_bucket_policy", ())
    theirs = {one["bucket"]: json.loads(one["policy"]).get("Id") for one in found if one.get("policy")}
    return _known(ours), _known(theirs)


def _known(values: dict[str, Any]) -> dict[str, Any]:
    known = ((name, value) for name, value in values.items() if value is not None)
    return {name: value for name, value in known if "⟨" not in json.dumps(value, ensure_ascii=False)}
