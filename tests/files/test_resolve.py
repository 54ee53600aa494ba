from errno import EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR

import pytest

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.place import PathPlace
from audit403.evidence.interface import CHARACTER, Entry, NotCollected
from audit403.evidence.memory import MemoryEvidence
from audit403.files.identity import identity_of_ids
from audit403.files.resolve import NOT_KNOWN, Blocker, Resolution, Resolver
from files.worlds import SITE, WWW

ROOT = identity_of_ids(0, 0, frozenset({0}))


def test_the_blocker_names_the_directory_behind_the_link_and_what_it_lacks() -> None:
    found = Resolver(SITE, WWW).open("/srv/www/index.html")
    place = PathPlace("/home/ann", 0o750, "ann", "ann")
    entry = SITE.entry("/home/ann")
    assert isinstance(entry, Entry)
    assert found == Resolution(EACCES, "/home/ann", entry, Blocker(place, "search"))


@pytest.mark.parametrize(
    ("path", "errno", "at", "need"),
    [
        ("/srv/mine", EACCES, "/srv/mine", "read"),
        ("/srv/loop", ELOOP, "/srv/loop", "loop"),
        ("/tmp/link", EACCES, "/tmp/link", "follow"),
        ("/srv/none/x", ENOENT, "/srv/none", None),
        ("/srv/mine/x", ENOTDIR, "/srv/mine", None),
        ("/srv/" + "n" * 256, ENAMETOOLONG, "/srv/" + "n" * 256, None),
        ("/srv" + "/" * 4092, ENAMETOOLONG, "/srv" + "/" * 4092, None),
        ("", ENOENT, "", None),
        ("/tmp/link/../srv", 0, "/srv", None),
    ],
)
def test_where_the_walk_ends(path: str, errno: int, at: str, need: str | None) -> None:
    found = Resolver(SITE, WWW).open(path)
    assert (found.errno, found.path) == (errno, at)
    assert (found.blocker.need if found.blocker else None) == need


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("/srv/dark", Missing(REASON_FILE, "/srv/dark")),
        ("/srv/dark/below", Missing(REASON_FILE, "/srv/dark")),
        ("srv", Missing(REASON_STATE, "the working directory")),
    ],
)
def test_what_is_not_collected_is_never_guessed(path: str, missing: Missing) -> None:
    found = Resolver(SITE, ROOT).stat(path)
    assert (found.errno, found.missing) == (NOT_KNOWN, missing)


def test_an_unknown_sysctl_matters_only_where_it_decides() -> None:
    entries = {
        "/": Entry("d", 0o1777, 0, 0),
        "/theirs": Entry("l", 0o777, 5, 5, target="/"),
        "/mine": Entry("l", 0o777, 33, 33, target="/"),
    }
    world = MemoryEvidence(entries, protected_symlinks=NotCollected("no /proc"))
    resolver = Resolver(world, WWW)
    assert resolver.stat("/mine").errno == 0
    assert resolver.stat("/theirs/.").errno == 0
    assert resolver.stat("/theirs").missing == Missing(REASON_STATE, "fs.protected_symlinks")


def test_opening_a_device_hangs_on_the_device() -> None:
    device = Entry(CHARACTER, 0o666, 0, 0)
    entries = {"/": Entry("d", 0o755, 0, 0), "/dev": Entry("d", 0o755, 0, 0), "/dev/null": device, "/dev/x": device}
    resolver = Resolver(MemoryEvidence(entries), WWW)
    assert resolver.open("/dev/null").errno == 0
    assert resolver.open("/dev/x").missing == Missing(REASON_STATE, "the device /dev/x")


def test_a_step_gives_the_link_itself_or_what_it_leads_to() -> None:
    resolver = Resolver(SITE, ROOT)
    srv = resolver.step(resolver.stat("/"), "srv", follow=False)
    assert resolver.step(srv, "www", follow=False).entry == SITE.entry("/srv/www")
    assert resolver.step(srv, "www", follow=True).path == "/home/ann/my site"
    assert resolver.step(resolver.stat("/srv/mine"), "x", follow=False).errno == ENOTDIR


def test_results_are_remembered() -> None:
    resolver = Resolver(SITE, WWW)
    assert resolver.stat("/srv/mine") is resolver.stat("/srv/mine")
