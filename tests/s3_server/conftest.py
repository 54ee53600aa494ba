"""Tests against a real S3 server: `make test-s3-server`. It takes ten seconds to start, and only these need it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from servers.radosgw import Gateway, running

if TYPE_CHECKING:
    from collections.abc import Iterator

collect_ignore_glob = [] if os.environ.get("AUDIT403_S3_SERVER") == "1" else ["test_*.py"]


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """One server for all."""
    with running() as found:
        yield found
