"""What the pages of a tree load, as Apache finds it."""

from collections.abc import Iterator
from errno import EACCES

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.doors import Door, visit
from audit403.apache.explore.mounts import Mount
from audit403.apache.model.aliases import ALIAS, AliasServer, Mapping
from audit403.apache.model.server import Server
from audit403.core.decision import Decision
from audit403.core.open_question import Undecided
from audit403.core.request import Request
from audit403.evidence.interface import Entry
from audit403.evidence.links import real_path
from audit403.explore import linked as explore
from audit403.explore.blocking import TreeStart
from audit403.explore.ordinary import quoted
from audit403.explore.pages import Link


def linked(
    evaluator: Evaluator, server: Server, door: Door, mounts: list[Mount], found: list[TreeStart]
) -> Iterator[Link]:
    """The files that the site's own pages load: of each folder some of each kind."""
    aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
    patterns = [mapping for mapping in aliases.aliases if mapping.pattern is not None]
    return explore.linked(_Site(evaluator, door, mounts, patterns), lambda uri: uri.rpartition("/")[0], found)


class _Site:
    def __init__(self, evaluator: Evaluator, door: Door, mounts: list[Mount], patterns: list[Mapping]) -> None:
        self.evaluator, self.door, self.mounts, self.patterns = evaluator, door, mounts, patterns
        self.evidence = evaluator.evidence

    def visit(self, target: str) -> Request:
        return visit(self.door, target)

    def decide(self, request: Request) -> Decision:
        return self.evaluator.decide(request)

    def stat(self, path: str) -> Entry | None:
        """What is behind a directory that the children cannot search is there all the same."""
        try:
            seen = self.evaluator.files().stat(path)
        except Undecided:
            return None
        if seen.errno != EACCES:
            return seen.entry
        real = real_path(self.evidence, path)
        entry = self.evidence.entry(real) if isinstance(real, str) else None
        return entry if isinstance(entry, Entry) else None

    def file_of(self, uri: str) -> str | None:
        """Mounts with longer names come first; what an AliasMatch takes lies where that leads."""
        if any(mapping.pattern is not None and mapping.pattern.matches(uri) for mapping in self.patterns):
            return self.evaluator.followed(self.visit(quoted(uri)))[1].filename
        for mount in self.mounts:
            stem = mount.url.rstrip("/")
            if uri.startswith(f"{stem}/"):
                return f"{mount.directory.rstrip('/')}/{uri[len(stem) + 1 :]}"
        return None
