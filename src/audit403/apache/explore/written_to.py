"""Requests that write where WebDAV is switched on: whether httpd's children may is told by the tree."""

from collections.abc import Iterator

from audit403.apache.explore.doors import Door, visit
from audit403.apache.explore.mounts import Mount, url_of
from audit403.apache.explore.places import Start
from audit403.apache.model.dav import DAV, FILESYSTEM, DavConfig
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import DIRECTORY, LOCATION
from audit403.apache.model.server import Server
from audit403.explore.ordinary import PROBE, quoted
from audit403.explore.subject import PURPOSE_PAGE


def written_to(server: Server, door: Door, mounts: list[Mount]) -> Iterator[Start]:
    """A new folder, right in each place that is switched on by name."""
    if _is_on(server.lookup_defaults):
        yield Start(visit(door, f"/{PROBE}/")._replace(method="MKCOL"), PURPOSE_PAGE, server)
    for section in (*server.sections[DIRECTORY], *server.sections[LOCATION]):
        if section.regex is not None or section.is_pattern or not _is_on(section.per_dir):
            continue
        uri = url_of(mounts, section.text.rstrip("/") or "/") if section.kind == DIRECTORY else section.text
        if uri is not None:
            target = quoted(f"{uri.rstrip('/')}/{PROBE}/")
            yield Start(visit(door, target)._replace(method="MKCOL"), PURPOSE_PAGE, server, section)


def _is_on(per_dir: PerDir) -> bool:
    config: DavConfig | None = per_dir.get(DAV)
    return config is not None and config.provider == FILESYSTEM
