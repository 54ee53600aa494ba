"""What the pages of a tree load, as nginx finds it."""

from collections.abc import Iterator

from audit403.core.decision import Decision
from audit403.core.request import Request
from audit403.evidence.interface import Entry
from audit403.evidence.links import join
from audit403.explore import linked as explore
from audit403.explore.blocking import TreeStart
from audit403.explore.pages import Link
from audit403.http.regex import MatchFailed
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.explore.doors import Door, visit
from audit403.nginx.explore.mounts import Mount
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server


def linked(evaluator: Evaluator, server: Server, door: Door, mount: Mount, found: list[TreeStart]) -> Iterator[Link]:
    """The files of a mount that its own pages load: of each location some of each kind."""
    exchange = Exchange(evaluator, visit(door, "/"), door.socket, server)
    return explore.linked(_Site(evaluator, door, mount), lambda uri: _location(exchange, uri), found)


def _location(exchange: Exchange, uri: str) -> Location | None:
    exchange.uri = uri
    exchange.steps.clear()
    try:
        return search_locations(exchange)
    except MatchFailed:
        return None


class _Site:
    def __init__(self, evaluator: Evaluator, door: Door, mount: Mount) -> None:
        self.evaluator, self.door, self.mount = evaluator, door, mount
        self.evidence = evaluator.evidence

    def visit(self, target: str) -> Request:
        return visit(self.door, target)

    def decide(self, request: Request) -> Decision:
        return self.evaluator.decide(request)

    def stat(self, path: str) -> Entry | None:
        return self.evaluator.files().resolver.stat(path).entry

    def file_of(self, uri: str) -> str | None:
        mount = self.mount
        if mount.pattern is not None or not uri.startswith(mount.url):
            return None
        return join(mount.directory.rstrip("/"), uri[len(mount.url) :].lstrip("/"))
