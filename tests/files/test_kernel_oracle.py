"""The walk, the permission check and the overlay against the kernel, on random trees.

AUDIT403_CASES and AUDIT403_SEED set the number of questions and the seed (`servers.plenty`); a failure prints the seed.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from errno import errorcode

import pytest

from audit403.core.edit import AclUserEdit, Edit, ModeEdit, OwnerEdit
from audit403.evidence.interface import DIRECTORY, Entry, Evidence
from audit403.evidence.local import LocalEvidence
from audit403.files.identity import Identity
from audit403.files.permission import permitted
from audit403.files.remedy import remedies
from audit403.files.resolve import Resolver
from files.kernel_oracle import (
    IDENTITIES,
    REACH_ACCESSES,
    Question,
    Tree,
    apply,
    ask_kernel,
    build_tree,
    components_of,
    random_deletion,
    random_edits,
    random_questions,
)
from servers import need, plenty

CASES = plenty.cases(3000)
QUESTIONS_PER_TREE = 150

SYSCTL = "/proc/sys/fs/protected_symlinks"

pytestmark = [
    pytest.mark.differential,
    pytest.mark.skipif(
        os.geteuid() != 0 and not need.required(),
        reason="only root can make entries of other owners and ask the kernel as other users",
    ),
]


@pytest.fixture(params=["0", "1"], ids=["links-free", "links-protected"])
def protected_symlinks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both settings of fs.protected_symlinks; the machine's own is put back."""
    with open(SYSCTL) as file:
        before = file.read()
    if before.strip() != request.param:
        try:
            _set_sysctl(request.param)
        except OSError as error:
            pytest.skip(f"{SYSCTL} cannot be set here: {error}")
    yield
    _set_sysctl(before)


def _set_sysctl(value: str) -> None:
    with open(SYSCTL, "w") as file:
        file.write(value)


@pytest.fixture
def work() -> Iterator[str]:
    """A directory that everybody may search, which pytest's own is not."""
    path = tempfile.mkdtemp(prefix="audit403-oracle-")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path)


def trees(kind: str, work: str) -> Iterator[tuple[random.Random, Tree, int]]:
    """Random trees with the number of questions to ask of each, until there were enough."""
    left = CASES
    number = 0
    while left > 0:
        rng = plenty.rng(f"{kind} {number}")
        tree = build_tree(rng, os.path.join(work, f"t{number}"))
        yield rng, tree, min(left, QUESTIONS_PER_TREE)
        shutil.rmtree(tree.root)
        left -= QUESTIONS_PER_TREE
        number += 1


def predict(evidence: Evidence, questions: list[Question]) -> list[int]:
    """What the resolvers say, one for each identity, as a server's run would keep them."""
    resolvers = [Resolver(evidence, identity) for identity in IDENTITIES]
    return [_predict(resolvers[question.identity], question) for question in questions]


def _predict(resolver: Resolver, question: Question) -> int:
    match question.access:
        case "stat":
            return resolver.stat(question.path).errno
        case "lstat":
            return resolver.lstat(question.path).errno
        case "open" | "read":
            return resolver.open(question.path).errno
        case "list":
            return resolver.list(question.path).errno
        case "search":
            return resolver.search(question.path).errno
        case "create":
            return resolver.may_write_directory(question.path).errno
        case "delete":
            return resolver.may_delete(question.path).errno
        case "steps":
            return _predict_steps(resolver, question.path)
        case "permission":
            found = resolver.stat(question.path)
            if found.entry is None or found.errno:
                return found.errno
            return 0 if permitted(found.entry, resolver.identity, question.bits) else 13
    raise AssertionError(question.access)


def _predict_steps(resolver: Resolver, path: str) -> int:
    at = resolver.stat("/")
    for name in components_of(os.fsencode(path)):
        at = resolver.step(at, os.fsdecode(name), follow=False)
        if at.errno:
            break
    return at.errno


def wrong(questions: list[Question], predicted: list[int], actual: list[int]) -> list[str]:
    """The questions whose answer is not the kernel's, in words."""
    return [
        f"{question.access} {question.path!r} bits={question.bits} as {IDENTITIES[question.identity]}: "
        f"predicted {errorcode.get(expected, expected)}, the kernel says {errorcode.get(answer, answer)}"
        for question, expected, answer in zip(questions, predicted, actual, strict=True)
        if expected != answer
    ]


@pytest.mark.usefixtures("protected_symlinks")
def test_every_answer_is_the_kernels(work: str) -> None:
    errnos: dict[int, int] = {}
    for rng, tree, number in trees("walk", work):
        questions = random_questions(rng, tree, number)
        actual = ask_kernel(questions)
        assert not wrong(questions, predict(LocalEvidence(), questions), actual)
        for answer in actual:
            errnos[answer] = errnos.get(answer, 0) + 1
    shares = {errorcode.get(answer, "OK"): f"{count / CASES:.1%}" for answer, count in sorted(errnos.items())}
    print("answers:", shares)
    assert errnos[0] > CASES * 0.15, "the generator grants too little to prove anything"
    assert errnos[13] > CASES * 0.15, "the generator refuses too little to prove anything"


@pytest.mark.usefixtures("protected_symlinks")
def test_the_overlay_answers_as_the_kernel_does_after_the_real_edits(work: str) -> None:
    for rng, tree, number in trees("overlay", work):
        edits = random_edits(rng, tree)
        questions = random_questions(rng, tree, number)
        overlay = LocalEvidence().with_changes(edits)
        predicted = predict(overlay, questions)
        names = {path: overlay.names(path) for path in tree.directories}
        entries = _without_sizes_and_times(overlay, tree.everything())
        contents = {path: overlay.read(path) for path in tree.files}
        apply(edits)
        after = LocalEvidence()
        assert not wrong(questions, predicted, ask_kernel(questions)), edits
        assert names == {path: after.names(path) for path in names}
        assert entries == _without_sizes_and_times(after, tree.everything())
        assert contents == {path: after.read(path) for path in contents}


def _without_sizes_and_times(evidence: Evidence, paths: list[str]) -> dict[str, object]:
    """A directory's size is its file system's business, and a change's time is its own; no edit promises them."""
    found = {path: evidence.entry(path) for path in paths}
    return {
        path: entry._replace(size=0 if entry.kind == DIRECTORY else entry.size, mtime=None)
        if isinstance(entry, Entry)
        else entry
        for path, entry in found.items()
    }


def test_deletions_are_granted_as_the_kernel_grants_them(work: str) -> None:
    answers = set()
    for rng, tree, number in trees("delete", work):
        for _ in range(number // 15):
            question = random_deletion(rng, tree)
            if question is None:
                continue
            predicted = predict(LocalEvidence(), [question])
            actual = ask_kernel([question])
            assert not wrong([question], predicted, actual)
            answers.update(actual)
    assert {0, 1, 13} <= answers


def test_reach_answers_a_batch_as_the_kernel_does(work: str) -> None:
    program = (
        "import argparse, sys; from audit403.cli import reach; p = argparse.ArgumentParser(); "
        "reach.add_arguments(p); sys.exit(reach.run(p.parse_args()))"
    )
    for rng, tree, number in trees("reach", work):
        questions = [
            question._replace(identity=question.identity % 7)  # the contract knows ids, and no capabilities but root's
            for question in random_questions(rng, tree, number, REACH_ACCESSES)
            if question.path.startswith("/")
        ]
        lines = "".join(json.dumps(_as_line(index, question)) + "\n" for index, question in enumerate(questions))
        done = subprocess.run(
            [sys.executable, "-c", program, "--paths", "-", "--format", "jsonl"],
            input=lines,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert (done.returncode, done.stderr) == (0, "")
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        actual = ask_kernel(questions)
        assert [answer["id"] for answer in answers] == list(range(len(questions)))
        for question, answer, errno in zip(questions, answers, actual, strict=True):
            expected = ("denied", errorcode[errno]) if errno else ("allowed", "OK")
            assert (answer["verdict"], answer["errno"]) == expected, (question, answer)


def _as_line(index: int, question: Question) -> dict[str, object]:
    identity = IDENTITIES[question.identity]
    return {
        "id": index,
        "path": question.path,
        "access": question.access,
        "uid": identity.uid,
        "gid": identity.gid,
        "groups": sorted(identity.groups),
    }


def test_each_remedy_opens_the_path_in_the_kernel(work: str) -> None:
    tried = 0
    for rng, tree, number in trees("remedy", work):
        for question in random_questions(rng, tree, max(1, number // 30), REACH_ACCESSES):
            identity = IDENTITIES[question.identity % 6]
            tried += _try_remedies(tree, question._replace(identity=question.identity % 6), identity)
    print("remedies tried:", tried)
    assert tried > CASES / 600


def _try_remedies(tree: Tree, question: Question, identity: Identity) -> int:
    found = remedies(LocalEvidence(), identity, None, question.path, question.access)
    tried = 0
    for remedy in found:
        # The commands are run for real, so one that would touch this machine outside the tree is left alone.
        if not all(_path_of(edit).startswith(tree.root) for edit in remedy.edits):
            continue
        copy = tree.root + ".copy"
        # The tree is set back for the next remedy; cp keeps owners, modes and ACLs.
        subprocess.run(["cp", "-a", tree.root, copy], check=True)
        try:
            for command in remedy.commands:
                subprocess.run(["sh", "-c", command], check=True)
            assert ask_kernel([question]) == [0], (question, remedy)
            tried += 1
        finally:
            subprocess.run(["rm", "-rf", tree.root], check=True)
            os.rename(copy, tree.root)
    return tried


def _path_of(edit: Edit) -> str:
    return edit.path if isinstance(edit, ModeEdit | OwnerEdit | AclUserEdit) else ""
