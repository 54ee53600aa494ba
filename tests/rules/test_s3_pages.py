"""Every page of an S3 rule: what it says is answered, its rule speaks of what is broken and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.decision import NOT_REFUSED, REFUSED
from audit403.core.family import NotAudited, Options
from audit403.core.finding import MANUAL, NOTE
from audit403.engine.audit import Asked, audit
from audit403.evidence.local import LocalEvidence
from audit403.s3 import family
from audit403.s3.site import S3Site
from servers.s3_examples import S3Example, s3_examples

if TYPE_CHECKING:
    from audit403.core.finding import Finding

PAGES = sorted(Path(__file__).parents[2].glob("checks/audit403_checks/s3/*.md"))
EXAMPLES = [example for page in PAGES for example in s3_examples(page)]


def laid_out(example: S3Example, folder: Path) -> Path:
    path = folder / example.file
    path.write_text(example.text)
    (folder / "audit403.toml").write_text(example.settings)
    return path


def found_in(path: Path) -> list[Finding]:
    report = audit([str(path)], Asked(strict=True, allow_public=True))
    assert not [missed for missed in report.not_audited if "internal-error" in missed.reason], report.not_audited
    return [judged.finding for judged in report.findings]


def site_of(path: Path) -> S3Site:
    (site,) = family.find([str(path)], LocalEvidence(), Options())
    assert isinstance(site, S3Site) and not isinstance(site, NotAudited)
    return site


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_all_its_states(page: Path) -> None:
    states = {example.state for example in s3_examples(page)}
    assert {"broken", "fixed", "sound"} <= states
    assert page.with_suffix(".py").exists()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_what_a_page_says_is_answered(example: S3Example, tmp_path: Path) -> None:
    site = site_of(laid_out(example, tmp_path))
    for ask in example.asks:
        decision = site.decide(ask.request)
        if ask.status == 403:
            assert decision.verdict == REFUSED, (ask, decision)
        else:
            assert decision.verdict == NOT_REFUSED, (ask, decision)
            assert decision.status in (None, ask.status), (ask, decision)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_the_rule_speaks_of_what_is_broken(example: S3Example, tmp_path: Path) -> None:
    found = [one for one in found_in(laid_out(example, tmp_path)) if one.rule == example.rule]
    if example.state == "broken":
        assert found, "the rule does not speak"
    else:
        assert not [one for one in found if one.severity != NOTE], found


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.state == "sound"], ids=lambda example: example.id)
def test_no_rule_speaks_of_what_is_sound(example: S3Example, tmp_path: Path) -> None:
    assert not [one for one in found_in(laid_out(example, tmp_path)) if one.severity != NOTE]


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.state == "broken"], ids=lambda example: example.id)
def test_our_own_fix_mends_it(example: S3Example, tmp_path: Path) -> None:
    path = laid_out(example, tmp_path)
    site = site_of(path)
    for one in found_in(path):
        if one.rule != example.rule or one.fix is None or one.fix.applicability == MANUAL or not one.fix.changes():
            continue
        assert one.fix.proven, one.fix
        if one.request is not None:
            assert site.with_changes(one.fix.changes()).decide(one.request).verdict != REFUSED
