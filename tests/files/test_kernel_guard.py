"""What the kernel says of whole trees to a worker, held against the model: they agree, or one of them is heard."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest

from audit403.core.decision import REASON_STATE
from audit403.core.edit import ModeEdit
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.kernel import READABLE, SEARCHABLE, KernelAnswer, KernelAnswers
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Login, Machine, Process
from audit403.evidence.overlay import Overlay
from audit403.files.guards import guard_of
from audit403.files.kernel_guard import BY_KERNEL
from audit403.files.permission import EXECUTE, READ, permitted
from audit403.files.resolve import Resolver
from audit403.files.running import identity_of_process
from audit403.host.kernel_script import answer_from, kernel_script
from files.kernel_oracle import IDENTITIES, build_tree
from servers import plenty
from servers.judged_site import OnMachine
from servers.need import need, need_root
from servers.random_trees import below, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random

    from audit403.evidence.interface import Evidence
    from audit403.files.identity import Identity

CASES = plenty.cases(4)
ASKED = {FILE: ((READ, READABLE),), DIRECTORY: ((READ, READABLE), (EXECUTE, SEARCHABLE))}


def worker(identity: Identity = IDENTITIES[0]) -> Process:
    """One with the tree of this process, www-data unless said otherwise."""
    uid, gid, groups, *able = identity
    capabilities = sum(bit for bit, has in zip((2, 4, 8), able, strict=True) if has)
    return Process(os.getpid(), 1, "nginx", (), uid, gid, groups, capabilities, mounts=0)


def asked(one: Process, roots: Sequence[str], excludes: Sequence[str] = ()) -> KernelAnswer:
    need("setpriv")
    script = kernel_script(one, roots, excludes).encode("utf-8", "surrogateescape")
    done = subprocess.run(["sh"], input=script, capture_output=True, timeout=60, check=True)
    answer = answer_from(done.stdout, one, roots)
    assert answer is not None, done.stderr
    return answer


def seen(one: Process, answer: KernelAnswer) -> OnMachine:
    machine = Machine("Linux", Login("root", 0, frozenset(), 0), (one,), ((),), kernel=(answer,))
    return OnMachine(LocalEvidence(), machine)


@pytest.mark.differential
@pytest.mark.parametrize("number", range(CASES))
def test_on_random_trees_the_kernel_says_what_the_model_says(rng: Random, number: int) -> None:
    need_root()
    with tempfile.TemporaryDirectory(prefix="audit403-") as folder:
        os.chmod(folder, 0o755)
        build_tree(rng, f"{folder}/built")
        lay_out(f"{folder}/named", rng, 120)
        roots = (f"{folder}/built", f"{folder}/named")
        compared, world = 0, LocalEvidence()
        for identity in IDENTITIES:
            one = worker(identity)
            answers = KernelAnswers(asked(one, roots), ())
            plain = identity_of_process(one)
            for root in roots:
                for path, _ in below(root):
                    entry = world.entry(path)
                    if not isinstance(entry, Entry) or entry.kind not in (FILE, DIRECTORY):
                        continue
                    for bits, wanted in ASKED[entry.kind]:
                        said = answers.refuses(path, wanted)
                        compared += said is not None
                        assert said in (None, not permitted(entry, plain, bits)), (path, entry, one, bits)
        assert compared > 200


@pytest.fixture
def site(server_dir: Path) -> Path:
    """A page, and one in a folder that is closed to others."""
    need_root()
    (server_dir / "site" / "closed").mkdir(parents=True)
    for name in ("page.html", "closed/page.html"):
        (server_dir / "site" / name).write_text("a page")
    (server_dir / "site" / "closed").chmod(0o700)
    return server_dir / "site"


def resolver(one: Process, answer: KernelAnswer, world: Evidence | None = None) -> Resolver:
    world = seen(one, answer) if world is None else world
    return Resolver(world, identity_of_process(one), guard_of(world, one))


def test_what_the_kernel_refuses_without_a_reason_is_refused(site: Path) -> None:
    one, page = worker(), f"{site}/page.html"
    answer = asked(one, [str(site)])
    assert resolver(one, answer).open(page).errno == 0
    found = resolver(one, answer._replace(refused=((page, READABLE),))).open(page)
    assert found.errno and found.blocker is not None and found.blocker.kept is not None
    assert found.blocker.kept.by == BY_KERNEL
    closed = resolver(one, answer).open(f"{site}/closed/page.html")
    assert closed.errno and closed.blocker is not None and closed.blocker.kept is None


def test_what_the_kernel_allows_against_the_model_is_unknown(site: Path) -> None:
    one, page = worker(), site / "page.html"
    answer = asked(one, [str(site)])
    page.chmod(0o600)
    found = resolver(one, answer).open(str(page))
    assert found.missing is not None and found.missing.reason == REASON_STATE and str(page) in found.missing.name


def test_after_a_change_the_kernel_has_not_been_asked(site: Path) -> None:
    one, closed = worker(), f"{site}/closed"
    answer = asked(one, [str(site)])
    assert dict(answer.refused) == {closed: READABLE | SEARCHABLE}
    world = Overlay(seen(one, answer), [ModeEdit(closed, 0o755)])
    assert resolver(one, answer, world).open(f"{closed}/page.html").errno == 0
    joined = one._replace(groups=frozenset({33, 0}))
    assert resolver(joined, answer, seen(one, answer)).guard is None


def test_a_way_that_is_closed_is_the_end(site: Path) -> None:
    one = worker()
    answer = asked(one, [f"{site}/closed"])
    answers = KernelAnswers(answer, ())
    assert answers.refuses(f"{site}/closed", SEARCHABLE)
    assert answers.refuses(str(site), SEARCHABLE) is False and answers.refuses(str(site), READABLE) is None
    assert answers.refuses(f"{site}/closed/page.html", READABLE) is None
    assert answers.refuses("/etc/shadow", READABLE) is None


def test_what_is_left_out_or_lies_in_another_mount_is_not_asked(site: Path) -> None:
    (site / "page.html").chmod(0o600)
    one, inside = worker(), f"{site}/closed/page.html"
    able = one._replace(capabilities=4)
    assert KernelAnswers(asked(able, [str(site)]), ()).refuses(inside, READABLE) is False
    assert KernelAnswers(asked(able, [str(site)], ["closed"]), ()).refuses(inside, READABLE) is None
    assert KernelAnswers(asked(able, [str(site)]), [f"{site}/closed"]).refuses(inside, READABLE) is None


def test_programs_are_taken_by_their_whole_paths_alone(site: Path, tmp_path: Path) -> None:
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "setpriv").write_text("#!/bin/sh\ntouch hit\necho util-linux\n")
    (tmp_path / "near" / "setpriv").chmod(0o755)
    path = f"near:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh"], input=kernel_script(worker(), [str(site)]).encode(), capture_output=True, check=False,
        env={"PATH": path}, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout == b"" and not (tmp_path / "hit").exists()


def test_a_host_without_setpriv_is_not_asked(site: Path, tmp_path: Path) -> None:
    for name in ("find", "sh", "grep"):
        (tmp_path / name).symlink_to(need(name))
    script = kernel_script(worker(), [str(site)])
    done = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=False, env={"PATH": str(tmp_path)})
    assert done.stdout == b"" and answer_from(done.stdout, worker(), [str(site)]) is None
    cut = b"r./srv\0"
    assert answer_from(cut, worker(), ["/srv"]) is None
    with pytest.raises(ValueError, match="nothing that the kernel was asked"):
        answer_from(b"?./srv\0.\0", worker(), ["/srv"])
