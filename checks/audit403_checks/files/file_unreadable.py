"""A file that the server is asked for cannot be read by its worker."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.remedies import fixes_for, worker_of
from audit403_checks.support import finding_of, refusal_of

_PAGES = "htm html map md rss txt xhtml xml css csv js json mjs wasm webmanifest pdf zip"
_MEDIA = "avif bmp gif ico jpeg jpg mp3 mp4 ogg png svg wav webm webp eot otf ttf woff woff2"
_WEB = frozenset(f"{_PAGES} {_MEDIA}".split())


@check(ERROR, "file-unreadable")
def file_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only for files of the kinds that a site consists of: a private key that nobody can fetch is as it should be."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal = found[0]
    name = refusal.witness.target.partition("?")[0].rpartition("/")[2]
    if name.rpartition(".")[2].lower() not in _WEB:
        return
    others = f" (and {refusal.places - 1} more like it)" if refusal.places > 1 else ""
    message = f"{refusal.witness.target}{others} cannot be read by {worker_of(site)}"
    fixes = fixes_for(site, refusal, "read")
    yield finding_of("files/file-unreadable", ERROR, message, refusal, fixes, anchor=refusal.witness.target)
