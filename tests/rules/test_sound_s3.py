"""Sound policies and templates of buckets, after well-known ones: they are read, and no rule speaks of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit403.core.family import Options
from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, audit
from audit403.evidence.local import LocalEvidence
from audit403.s3 import family
from audit403.s3.site import S3Site

DOCUMENTS = sorted(Path(__file__).parents[2].glob("fixtures/sound/s3/*"))
LEAST = 30


def test_there_are_many() -> None:
    assert len(DOCUMENTS) >= LEAST


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_it_is_read(document: Path) -> None:
    """Nothing is found in what nobody reads, either."""
    sites = list(family.find([str(document)], LocalEvidence(), Options()))
    assert sites
    assert all(isinstance(site, S3Site) for site in sites)
    assert all(any(policy.statements for policy in site.world.policies()) for site in sites if isinstance(site, S3Site))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_nothing_is_found(document: Path) -> None:
    report = audit([str(document)], Asked(strict=True, no_settings=True))
    assert not [judged.finding for judged in report.findings if judged.finding.severity != NOTE]
    assert not report.not_audited
