import pytest

from audit403.evidence.interface import Entry
from audit403.files.explain import components, mode_text
from files.worlds import SITE, WWW


def test_every_component_is_there_with_the_ones_behind_the_refusal() -> None:
    found = components(SITE, WWW, "/srv/www/index.html", "read")
    assert [(component.depth, component.path, component.need, component.refuses) for component in found] == [
        (0, "/", "search", False),
        (0, "/srv", "search", False),
        (0, "/srv/www", None, False),
        (1, "/home", "search", False),
        (1, "/home/ann", "search", True),
        (1, "/home/ann/my site", "search", False),
        (0, "/home/ann/my site/index.html", "read", False),
    ]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry("d", 0o1777, 0, 0), "drwxrwxrwt"),
        (Entry("f", 0o7000, 0, 0), "---S--S--T"),
        (Entry("f", 0o6751, 0, 0, group_bits=5), "-rwsr-s--x+"),
        (Entry("l", 0o777, 0, 0, target="x"), "lrwxrwxrwx"),
    ],
)
def test_modes_are_written_as_ls_writes_them(entry: Entry, text: str) -> None:
    assert mode_text(entry) == text
