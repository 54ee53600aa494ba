"""What all modules of a configuration share: how files are read, what was read, how much is left to do.

Truth: https://developer.hashicorp.com/terraform/language/files. Modules are read where they lie on this machine, below
the configuration or in `.terraform/modules` after `terraform init`; nothing is fetched.
"""

import json
from collections.abc import Callable

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.read.terraform.evaluate import TooMuch
from audit403.s3.read.terraform.parse import parse_file
from audit403.s3.read.terraform.syntax import BadHcl, Block, Body

MOST_STEPS = 400_000

Reader = Callable[[str], bytes | None]
Lister = Callable[[str], list[str]]


class Placed(NamedTuple):
    """A block of a module's files."""

    source: Source
    block: Block


class Work:
    """The files, and a budget of steps."""

    def __init__(self, root: str, read: Reader, names_in: Lister) -> None:
        self.root = root
        self.read = read
        self.names_in = names_in
        self.sources: dict[str, Source] = {}
        self.eaten: dict[tuple[Span, str], None] = {}
        self.bad: dict[str, str] = {}
        self.not_fetched: dict[str, str] = {}
        self.installed = _installed(root, read)
        self._bodies: dict[str, list[tuple[Source, Body]]] = {}
        self._left = MOST_STEPS

    def step(self, amount: int = 1) -> None:
        """So much more work. Raises TooMuch."""
        self._left -= amount
        if self._left < 0:
            raise TooMuch(f"what it comes to takes more than {MOST_STEPS:,} steps")

    def source(self, path: str) -> Source | None:
        """A file, read once."""
        found = self.sources.get(path)
        if found is None:
            data = self.read(path)
            if data is not None:
                found = self.sources[path] = Source(path, data)
        return found

    def bodies(self, folder: str) -> list[tuple[Source, Body]]:
        """The files of a module."""
        if folder not in self._bodies:
            found = self._bodies[folder] = []
            for name in sorted(self.names_in(folder)):
                source = self.source(f"{folder}/{name}") if name.endswith(".tf") else None
                if source is not None:
                    try:
                        found.append((source, parse_file(source)))
                    except BadHcl as error:
                        line, column = source.position(min(error.offset, len(source.data)))
                        self.bad[source.path] = f"it is no Terraform: {error} (line {line}, column {column})"
        return self._bodies[folder]


def _installed(root: str, read: Reader) -> dict[str, str]:
    """Where `terraform init` has put modules."""
    try:
        listed = json.loads(read(f"{root}/.terraform/modules/modules.json") or b"{}")["Modules"]
        return {str(one["Key"]): str(one["Dir"]) for one in listed if one["Key"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
