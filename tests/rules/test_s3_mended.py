"""The rules about mistakes in policies mend what their pages show as broken, in each form of a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.finding import MANUAL
from audit403.engine.audit import Asked, audit
from servers.s3_examples import S3Example, s3_examples

if TYPE_CHECKING:
    from audit403.core.finding import Finding

PAGES = Path(__file__).parents[2] / "checks/audit403_checks/s3"
MENDED = {
    "unknown_action": {"broken", "broken list", "broken yaml", "broken hcl"},
    "action_of_another_resource": {
        "broken", "broken list", "broken yaml", "broken yaml list", "broken hcl", "broken hcl list", "broken policy",
    },
    "resource_of_another_bucket": {"broken", "broken yaml", "broken policy"},
    "resource_is_no_arn": {"broken", "broken url", "broken yaml"},
    "unknown_condition_key": {"broken", "broken deny", "broken yaml", "broken hcl"},
    "operator_of_another_type": {"broken", "broken deny"},
    "wildcard_without_like": {"broken", "broken deny", "broken yaml", "broken hcl"},
    "resource_without_wildcard": {"broken", "broken yaml", "broken hcl"},
    "value_of_another_kind": {"broken", "broken deny"},
    "invalid_principal": {"broken session"},
    "policy_variable_eaten": {"broken", "broken hcl"},
    "set_operator_missing": {"broken"},
    "signature_age_in_seconds": {"broken", "broken allow"},
    "key_written_as_in_url": {"broken", "broken encoded", "broken yaml"},
    "resource_of_another_partition": {"broken", "broken region"},
    "variable_never_filled": {"broken name"},
    "principal_of_another_path": {"broken", "broken condition"},
}  # fmt: skip
EXAMPLES = [
    example
    for page, titles in MENDED.items()
    for example in s3_examples(PAGES / f"{page}.md")
    if example.title in titles
]


def of_rule(example: S3Example, path: Path) -> list[Finding]:
    path.write_text(example.text)
    report = audit([str(path)], Asked(no_settings=True, allow_public=True))
    return [one.finding for one in report.findings if one.finding.rule == example.rule]


def test_each_of_them_is_there() -> None:
    assert len(EXAMPLES) == sum(map(len, MENDED.values()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_it_has_a_fix_that_is_proven(example: S3Example, tmp_path: Path) -> None:
    (finding,) = of_rule(example, tmp_path / example.file)
    fix = finding.fix
    assert fix is not None
    assert fix.applicability != MANUAL
    assert fix.proven
    if '"buckets"' in example.text:
        assert fix.commands
    else:
        assert fix.edits


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_nothing_of_it_is_left_then(example: S3Example, tmp_path: Path) -> None:
    path = tmp_path / example.file
    (finding,) = of_rule(example, path)
    assert finding.fix is not None
    data = path.read_bytes()
    for edit in sorted(finding.fix.edits, key=lambda one: one.start, reverse=True):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    if finding.fix.edits:
        assert not of_rule(example._replace(text=data.decode()), path)
