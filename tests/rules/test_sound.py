"""Sound configurations after well-known templates: the real server answers as they mean it, and nothing is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers.laid_out import lay_out_example, needs_root
from servers.need import need, need_root
from servers.rule_examples import Example, case_examples
from servers.rule_trial import Trial

if TYPE_CHECKING:
    from servers.certificates import Certificates

SOUND = Path(__file__).parents[2] / "fixtures" / "sound"
EXAMPLES = [example for case in sorted(SOUND.glob("*/*/case.toml")) for example in case_examples(case.parent)]


@pytest.mark.parametrize(("family", "wanted"), [("nginx", 11), ("apache", 15)])
def test_there_are_many(family: str, wanted: int) -> None:
    assert sum(example.family == family for example in EXAMPLES) >= wanted


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_nothing_is_found(example: Example, certificates: Certificates) -> None:
    """An error on a sound configuration costs more trust than ten right ones earn."""
    need({"nginx": "nginx", "apache": "apache2"}[example.family])
    if needs_root(example):
        need_root()
    with lay_out_example(example, certificates) as place:
        trial = Trial(example, place, "")
        trial.server_answers_as_written()
        trial.model_agrees()
        trial.findings_are_as_written()
