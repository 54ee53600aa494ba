"""Rules against hotlinking: what they test, and which Referers the site's own visitors send."""

from collections.abc import Iterator

from audit403.core.decision import Step
from audit403.core.family import Site
from audit403.nginx.explore.doors import doors_of, hosts_of, visit
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive
from audit403_checks.hotlinks import Page

_BESIDE = frozenset(
    (
        *("assets", "cdn", "dl", "download", "downloads", "files", "images", "img", "media", "photos", "pics", "s"),
        *("static", "thumbs", "video", "videos", "i"),
    )
)
"""What hosts are called that hold the pictures of the site beside them."""
_MOST_NAMES = 12


def looks_at_referer(step: Step) -> bool:
    """Whether a test is about where the request comes from."""
    return step.operator == "valid-referer" or step.field in ("header:referer", "value:$http_referer")


def referer_list(subject: Subject) -> Directive | None:
    """The effective valid_referers."""
    return (subject.context or subject.server).last("valid_referers")


def own_pages(site: Site, subject: Subject) -> Iterator[Page]:
    """The home pages of every name under which the site shows pages of its own."""
    if not isinstance(site, NginxSite):
        return
    names: set[str] = set()
    for server in (subject.server, *_beside(site, subject.server)):
        for door in doors_of(server, site.model.sockets):
            for name in hosts_of(server):
                request = visit(door._replace(host=name), "/")
                if name == "_" or request.url() in names or len(names) >= _MOST_NAMES:
                    continue
                names.add(request.url())
                status = site.decide(request).status
                if status is None or not 300 <= status < 400:
                    yield Page(request.url(), server is not subject.server)


def _beside(site: NginxSite, server: Server) -> Iterator[Server]:
    """Server blocks of the same site: `example.com` and `www.example.com` beside `img.example.com`."""
    wanted: set[str] = set()
    for name in hosts_of(server):
        label, _, rest = name.partition(".")
        if label in _BESIDE and "." in rest:
            wanted |= {rest, f"www.{rest}"}
    for other in site.model.servers if wanted else ():
        if other is not server and wanted & set(hosts_of(other)):
            yield other
