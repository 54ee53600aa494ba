"""What would run on a host, in words that a person can read and run: every script, with PATH and NAME for its words."""

from collections.abc import Sequence

from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.evidence.machine import Process
from audit403.host.discover_script import discover_script
from audit403.host.kernel_script import kernel_script
from audit403.host.listing_script import listing_script
from audit403.host.pull_script import (
    accounts_script,
    acl_script,
    basics_script,
    contents_script,
    directories_script,
    entries_script,
    folder_script,
    labels_script,
    ways_script,
)
from audit403.host.transport import SHELL

_MARK = "MARK"
_SMALL = 256 * 1024
_WORKER = Process(1, 1, "", (), 33, 33, frozenset({33}), 0)
"""Stands for the one that is found; the ids are its own."""


def commands(target: str, prefix: str, excludes: Sequence[str] = ()) -> str:
    """The command and its scripts, in the order in which they would run."""
    families = [load(value) for value in entry_points(FAMILIES).values() if hasattr(load(value), "running")]
    names = dict.fromkeys(name for family in families for name in family.process_names)
    texts = dict.fromkeys(text for family in families for text in family.build_texts)
    scripts = (
        ("its name, its users and groups", basics_script()),
        ("what runs there", discover_script(_MARK, tuple(names), tuple(texts))),
        ("a folder of configuration", ways_script(["/PATH"]) + folder_script(["/PATH"], _SMALL)),
        ("the way to a docroot", ways_script(["/PATH"])),
        ("all of a docroot", listing_script(["/PATH"], excludes)),
        ("what the kernel lets a worker do there, with root", kernel_script(_WORKER, ["/PATH"], excludes)),
        ("the ACLs in it", acl_script(["/PATH"])),
        ("the labels in it, where SELinux enforces", labels_script(["/PATH"])),
        ("an entry and its directory", entries_script(["/PATH"]) + directories_script(["/PATH"], small_only=True)),
        ("a directory", directories_script(["/PATH"])),
        ("the content of a file", contents_script(["/PATH"])),
        ("an account", accounts_script(["NAME"], ["NAME"])),
    )
    command = f"{prefix} {SHELL}".strip()
    parts = [f"# {target}: `{command}` with each of these scripts on its standard input\n"]
    parts += [f"\n# --- {what} ---\n{script.strip()}\n" for what, script in scripts]
    return "".join(parts)
