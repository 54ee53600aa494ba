"""Makes the fake family one of the installed plug-ins, through the door that every plug-in comes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core import plugins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTRY_POINTS = """\
[audit403.families]
fake = fakes.family

[audit403.checks]
fake = fakes.checks
"""


@pytest.fixture
def fake_family(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`*.fake` files are configurations in this test."""
    with installed(tmp_path_factory.mktemp("site-packages"), ENTRY_POINTS, monkeypatch):
        yield


class installed:
    """`with installed(folder, text, monkeypatch)`: a distribution with these entry points is on the path."""

    def __init__(self, folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.text, self.monkeypatch = folder, text, monkeypatch

    def __enter__(self) -> None:
        (self.folder / "fake-1.dist-info").mkdir()
        (self.folder / "fake-1.dist-info/entry_points.txt").write_text(self.text)
        self.monkeypatch.syspath_prepend(str(self.folder))
        plugins._every_entry_point.cache_clear()

    def __exit__(self, *_: object) -> None:
        plugins._every_entry_point.cache_clear()
