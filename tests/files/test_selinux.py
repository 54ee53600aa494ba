"""What SELinux's policy lets web servers use, type by type, as httpd_selinux(8) has it."""

from __future__ import annotations

import pytest

from audit403.core.decision import Missing
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import Entry, NotCollected
from audit403.evidence.machine import Login, Machine, Process
from audit403.files.guard import Kept
from audit403.files.guards import guard_of
from audit403.files.resolve import Resolver
from audit403.files.running import identity_of_process
from files.worlds import SITE
from servers.judged_site import OnMachine

BOOLEANS = (("httpd_enable_homedirs", True), ("httpd_read_user_content", False), ("httpd_use_nfs", False))
HTTPD = "system_u:system_r:httpd_t:s0"


class Labelled(Forwarding):
    """A small site, all of one type but for what is said."""

    def __init__(self, machine: Machine, kinds: dict[str, str]) -> None:
        super().__init__(OnMachine(SITE, machine))
        self.kinds = kinds

    def label(self, path: str) -> str | NotCollected | None:
        kind = self.kinds.get(path, "httpd_sys_content_t")
        return f"system_u:object_r:{kind}:s0" if kind else None

    def with_changes(self, edits: object) -> Labelled:
        raise AssertionError("nobody changes it")


def resolver(
    kinds: dict[str, str],
    domain: str | None = HTTPD,
    selinux: str = "enforcing",
    permissive: tuple[str, ...] | None = (),
) -> Resolver:
    worker = Process(9, 1, "nginx", (), 1000, 1000, frozenset({1000}), 0, label=domain)
    login = Login("root", 0, frozenset({0}))
    machine = Machine("Linux", login, (worker,), selinux=selinux, booleans=BOOLEANS, permissive=permissive)
    world = Labelled(machine, kinds)
    return Resolver(world, identity_of_process(worker), guard_of(world, worker))


PAGE = "/home/ann/my site/index.html"


@pytest.mark.parametrize(
    ("kinds", "errno", "where"),
    [
        ({}, 0, PAGE),
        ({"/": "root_t", "/home": "home_root_t", "/home/ann": "user_home_dir_t"}, 0, PAGE),
        ({PAGE: "httpd_user_content_t"}, 0, PAGE),
        ({PAGE: "public_content_rw_t"}, 0, PAGE),
        ({PAGE: "httpd_nagios_content_t"}, 0, PAGE),
        ({PAGE: "user_home_t"}, 13, PAGE),
        ({PAGE: "nfs_t"}, 13, PAGE),
        ({PAGE: "default_t"}, 13, PAGE),
        ({PAGE: "var_t"}, 13, PAGE),
        ({PAGE: ""}, 13, PAGE),
        ({"/home/ann": "var_t"}, 0, PAGE),
        ({"/home/ann": "admin_home_t"}, 13, "/home/ann"),
        ({PAGE: "cifs_t"}, None, PAGE),
        ({PAGE: "mysqld_db_t"}, None, PAGE),
        ({"/home/ann": "shadow_t"}, None, "/home/ann"),
    ],
)
def test_each_type(kinds: dict[str, str], errno: int | None, where: str) -> None:
    found = resolver(kinds).open(PAGE)
    assert found.path == where
    if errno is None:
        assert found.missing is not None and next(iter(kinds.values())).partition("_t")[0] in (
            found.missing.name.replace("boolean httpd_use_cifs", "cifs")
        )
        return
    assert found.errno == errno
    assert (found.blocker is None) == (errno == 0)
    if found.blocker is not None:
        assert isinstance(found.blocker.kept, Kept) and found.blocker.kept.by.startswith("selinux")


def test_what_may_not_be_read_may_not_be_looked_at() -> None:
    assert resolver({PAGE: "default_t"}).stat(PAGE).errno == 13
    assert resolver({PAGE: "default_t"}).lstat(PAGE).errno == 13
    assert resolver({"/srv/www": "default_t"}).open("/srv/www/index.html").errno == 13, "a link is read as well"


def test_where_it_does_not_enforce_nothing_is_asked() -> None:
    kinds = {PAGE: "default_t"}
    assert resolver(kinds, selinux="permissive").open(PAGE).errno == 0
    assert resolver(kinds, "system_u:system_r:unconfined_service_t:s0").open(PAGE).errno == 0


def test_a_permissive_domain_is_refused_nothing() -> None:
    kinds = {PAGE: "default_t"}
    assert resolver(kinds, permissive=("httpd_t", "zoneminder_t")).open(PAGE).errno == 0
    assert resolver(kinds, permissive=("zoneminder_t",)).open(PAGE).errno == 13
    unseen = resolver(kinds, permissive=None).open(PAGE)
    assert unseen.missing is not None and "httpd_t was made permissive" in unseen.missing.name
    assert resolver({}, permissive=None).open(PAGE).errno == 0, "what the policy lets it read it may read in any case"


def test_what_is_not_known_is_named() -> None:
    other = resolver({}, "system_u:system_r:nginx_custom_t:s0").open(PAGE).missing
    assert isinstance(other, Missing) and "nginx_custom_t" in other.name
    unlabelled = resolver({}, None).open(PAGE).missing
    assert isinstance(unlabelled, Missing)
    worker = Process(9, 1, "nginx", (), 1000, 1000, frozenset({1000}), 0, label=HTTPD)
    machine = Machine("Linux", Login("root", 0, frozenset({0})), (worker,), selinux="enforcing")
    world = OnMachine(SITE, machine)
    found = Resolver(world, identity_of_process(worker), guard_of(world, worker)).open(PAGE).missing
    assert found is not None and found.name == "the SELinux label of /"


def test_modes_come_first() -> None:
    entry = SITE.entry("/srv/root-only")
    assert isinstance(entry, Entry)
    blocker = resolver({"/srv/root-only": "default_t"}).open("/srv/root-only").blocker
    assert blocker is not None and blocker.kept is None


@pytest.mark.parametrize(
    ("kind", "known"),
    [("container_file_t:s0:c1,c2", True), ("container_ro_file_t:s0", True), ("container_file_t:s0:c1,c9", False),
     ("user_home_t:s0", False)],
)  # fmt: skip
def test_containers_use_what_has_their_categories(kind: str, known: bool) -> None:
    class Own(Labelled):
        def label(self, path: str) -> str | NotCollected | None:
            return f"system_u:object_r:{kind}"

    label = "system_u:system_r:container_t:s0:c1,c2"
    worker = Process(9, 1, "nginx", (), 1000, 1000, frozenset({1000}), 0, label=label)
    machine = Machine("Linux", Login("root", 0, frozenset({0})), (worker,), selinux="enforcing")
    world = Own(machine, {})
    found = Resolver(world, identity_of_process(worker), guard_of(world, worker)).open(PAGE)
    assert (found.missing is None) == known and (found.errno == 0) == known
