"""Includes before the real httpd, in random folders with links and hidden names: the same files in the same order."""

import random
from collections.abc import Callable
from pathlib import Path

from apache.dumped import dumped, rows_of
from audit403.apache.read.configuration import Settings, read_configuration
from audit403.evidence.local import LocalEvidence
from servers.apache import Apache, ApacheError, main_config

NAMES = ["a", "b", "ab", "a.conf", "b.conf", ".hidden", "Z", "é", "x[1]", "a b", "c.d.conf"]
PARTS = [
    *NAMES,
    "*",
    "?",
    "a*",
    "*.conf",
    ".*",
    "[ab]",
    "[!a]*",
    "[a-c].conf",
    "x\\[1\\]",
    "x[[]1]",
    "..",
    ".",
    "",
    "nope",
]


def test_files_in_their_order(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    head = main_config(server_dir, "Listen 127.0.0.1:1\n", modules=["authz_core", "env"])
    served = 0
    for number in range(cases(40)):
        root = server_dir / "far" / "below" / f"case{number}"  # so far up as `..` leads there is nothing of others'
        root.mkdir(parents=True)
        make_tree(root, rng, [])
        for _ in range(6):
            path = "/".join(rng.choices(PARTS, k=rng.randint(1, 3)))
            if rng.random() < 0.2 or path.startswith("/"):  # at / a pattern comes to /proc, which is never the same
                path = f"{root}/{path}"
            name = rng.choice(["Include", "IncludeOptional"])
            text = head.replace(f"ServerRoot {server_dir}\n", f"ServerRoot {root}\n") + f'{name} "{quoted(path)}"\n'
            (server_dir / "apache.conf").write_text(text)
            configuration = read_configuration(
                str(server_dir / "apache.conf"), LocalEvidence(), Settings(str(root), environment={})
            )
            refused = [problem for problem in configuration.reading if problem.kind != "suspicious"]
            try:
                theirs = dumped(Apache(server_dir, server_dir / "apache.conf").dump())
            except ApacheError as error:
                assert refused, (root, name, path, str(error))
                continue
            assert refused == [], (root, name, path)
            assert rows_of(configuration.directives) == theirs, (root, name, path)
            served += sum("case" in row.file for row in theirs)
    assert served > cases(40)


def make_tree(folder: Path, rng: random.Random, upward: list[Path], depth: int = 0) -> None:
    """Some files that say who they are, folders and links, also such as lead nowhere or round in a circle.

    Of links that lead `upward` there is one: with two circles httpd reads for hours.
    """
    for name in rng.sample(NAMES, rng.randint(1, 5)):
        path = folder / name
        choice = rng.random()
        if choice < 0.55 or depth > 2:
            path.write_text(f"UnsetEnv {name.replace(' ', '-')}\n")
        elif choice < 0.8:
            path.mkdir()
            make_tree(path, rng, upward, depth + 1)
        elif choice < 0.9:
            path.symlink_to(rng.choice(NAMES))
        elif upward or rng.random() < 0.5:
            path.symlink_to(rng.choice(["/nope", "b/."]))
        else:
            path.symlink_to(rng.choice(["../a", "../a.conf"]))
            upward.append(path)


def quoted(path: str) -> str:
    return path.replace("\\", "\\\\")
