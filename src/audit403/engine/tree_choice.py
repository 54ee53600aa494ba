"""Whether this machine's files are what the server sees: `--tree auto|here|none`.

`auto` is `here` when the main configuration lies outside a git work tree and one of its docroots exists on this
machine, otherwise `none`.
"""

from audit403.core.family import Site, place_of
from audit403.evidence.interface import DIRECTORY, Entry, Evidence
from audit403.evidence.links import join, parent_of, real_path

HERE, NONE, AUTO = "here", "none", "auto"


def choose_tree(asked: str, site: Site, evidence: Evidence) -> str:
    """`here` or `none` for one site."""
    if asked != AUTO:
        return asked
    if in_git_work_tree(place_of(site), evidence):
        return NONE
    return HERE if any(_is_directory(root, evidence) for root in site.docroots()) else NONE


def in_git_work_tree(path: str, evidence: Evidence) -> bool:
    """Whether a folder above the file is a git checkout (`.git` is a folder, or a file in a linked work tree)."""
    real = real_path(evidence, path)
    folder = parent_of(real if isinstance(real, str) else path)
    while folder.startswith("/"):
        if isinstance(evidence.entry(join(folder, ".git")), Entry):
            return True
        if folder == "/":
            break
        folder = parent_of(folder)
    return False


def _is_directory(path: str, evidence: Evidence) -> bool:
    real = real_path(evidence, path)
    if not isinstance(real, str):
        return False
    entry = evidence.entry(real)
    return isinstance(entry, Entry) and entry.kind == DIRECTORY
