"""What is predicted of paths out of a host's record is what the kernel there answers: over SSH, here, from a snapshot.

AUDIT403_CASES and AUDIT403_SEED set the number of questions and the seed (`servers.plenty`).
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.evidence.collected import Collected, CollectedEvidence
from audit403.evidence.snapshot import read_snapshot, write_snapshot
from audit403.host.collector import HostCollector
from audit403.host.connect import HostOptions, connect
from audit403.host.local_shell import LocalShell
from files.kernel_oracle import ask_kernel, build_tree, random_questions
from files.test_kernel_oracle import predict, wrong
from servers import plenty
from servers.need import need_root
from servers.sshd import USER, Home, Sshd, block, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit403.host.transport import Transport

CASES = plenty.cases(1500)
EACH = 150

pytestmark = pytest.mark.differential


@pytest.fixture(params=["shell", "paramiko", "openssh"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transport]:
    """The ways to a host."""
    need_root()
    if request.param == "shell":
        yield LocalShell()
        return
    with tempfile.TemporaryDirectory() as name, Sshd(Path(name, "sshd")) as sshd:
        home, key = Home(Path(name, "home")), make_key(Path(name, "key"))
        sshd.allow(key)
        home.configure(block("web1", sshd, key))
        home.knows(sshd.known())
        monkeypatch.setenv("HOME", str(home.folder))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        assert USER == "root"
        made = connect("web1", HostOptions(transport=request.param))
        yield made
        made.close()


def test_every_answer_is_the_kernels(transport: Transport) -> None:
    work = tempfile.mkdtemp(prefix="audit403-oracle-")
    os.chmod(work, 0o755)
    refused = 0
    try:
        for number in range(0, CASES, EACH):
            rng = plenty.rng(f"collected {number}")
            tree = build_tree(rng, os.path.join(work, f"t{number}"))
            questions = random_questions(rng, tree, EACH)
            collector = HostCollector(transport, Collected())
            collector.basics()
            if number // EACH % 2:
                collector.take_trees([tree.root])
            live = predict(collector.evidence(), questions)
            actual = ask_kernel(questions)
            assert not wrong(questions, live, actual)
            refused += sum(1 for answer in actual if answer == 13)
            assert predict(again(collector.collected, work), questions) == live
            shutil.rmtree(tree.root)
    finally:
        shutil.rmtree(work)
    assert refused > CASES * 0.15, "the generator refuses too little to prove anything"


def again(collected: Collected, folder: str) -> CollectedEvidence:
    """The same record after it was written and read."""
    path = Path(folder, "snapshot")
    write_snapshot(path, "web1", collected)
    return CollectedEvidence(read_snapshot(io.BytesIO(path.read_bytes()), "it")[1])
