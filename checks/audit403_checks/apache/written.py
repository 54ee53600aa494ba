"""The directive behind a place of a configuration or an `.htaccess`."""

from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.place import Place, Span
from audit403.core.source import every_directive


def written_at(site: ApacheSite, where: Place | None) -> Directive | None:
    """The directive of a span; None where it is not a directive's."""
    if not isinstance(where, Span):
        return None
    is_access_file = where.file in site.evaluator.access_files.sources()
    parsed = site.evaluator.access_files.parsed(where.file).directives if is_access_file else None
    directives = site.configuration.directives if parsed is None else parsed
    at = (where.file, where.start)
    return next((one for one in every_directive(directives) if (one.source.path, one.start) == at), None)
