"""From a request to the file or directory that a DAV method is about, and to the one above it.

Truth: dav_get_resource in modules/dav/main/mod_dav.c, dav_fs_get_resource, dav_fs_get_parent_resource,
dav_fs_is_same_resource and dav_fs_is_parent_resource in modules/dav/fs/repos.c, dav_lookup_uri in main/util.c.
"""

import re

from audit403.apache.decide.conditional import has_conditions
from audit403.apache.decide.dav.handler import is_state_path
from audit403.apache.decide.dav.outcome import BAD_GATEWAY, Failure, Resource, config_of
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, FORBIDDEN
from audit403.apache.decide.request_head import site_of
from audit403.apache.decide.subrequests import look_up_uri
from audit403.core.open_question import Undecided, Unknown
from audit403.evidence.interface import DIRECTORY
from audit403.files.changing_tree import ChangingTree, head_of

_SITE = re.compile(r"([A-Za-z][^:/?#]*)://([^/?#]*)")


def resource_of(exchange: Exchange) -> Resource:
    """What a request is about. Raises Failure."""
    config = config_of(exchange)
    if config.provider is None:
        raise Failure(405, f"DAV not enabled for {exchange.uri}")
    filename = exchange.filename or ""
    path = filename + exchange.path_info
    path = path[:-1] if len(path) > 1 and path.endswith("/") else path
    # What a rewrite has made of it counts as a path, too; the children's working directory is the root.
    path = path if path.startswith("/") else f"/{path}"
    if is_state_path(path):
        words = f"access to .DAV state directory denied for {filename}"
        where = None if config.directive is None else config.directive.span
        raise Failure(FORBIDDEN, words, number="AH10619", cause="dav-state-directory", place=where)
    uri = exchange.uri[:-1] if len(exchange.uri) > 1 and exchange.uri.endswith("/") else exchange.uri
    entry = exchange.found
    if entry is not None and exchange.path_info:
        if entry.kind != DIRECTORY:
            words = "The URL contains extraneous path components. The resource could not be identified."
            raise Failure(BAD_REQUEST, words)
        entry = entry if exchange.path_info == "/" else None
    place = ""
    if entry is not None:
        files = exchange.evaluator.served_files()
        found = files.stat(path)
        place = found.path
        if found.entry is not None and (has_conditions(exchange) or exchange.header("if") is not None):
            entry = files.exact(found)
    return Resource(uri, path, entry, place, True, bool(exchange.path_info))


def parent_of_resource(tree: ChangingTree, resource: Resource) -> Resource | None:
    """What is above it; None above the root of the site, or of the file system."""
    if resource.uri == "/" or resource.path in ("", "/"):
        return None
    path = head_of(resource.path)
    found = tree.stat(path)
    entry = None if found.errno else found.entry
    return Resource(resource.uri.rpartition("/")[0] or "/", path, entry, found.path, False)


def is_same(first: Resource, second: Resource) -> bool:
    """Whether two are the same file, or the same name where they are not there."""
    if first.exists and second.exists:
        return first.place == second.place
    return first.path == second.path


def is_above(outer: Resource, inner: Resource) -> bool:
    """Whether one path lies below the other, as they are written."""
    return inner.path.startswith(outer.path + "/")


def destination_of(exchange: Exchange) -> Exchange:
    """The subrequest for the Destination. Raises Failure."""
    text = header(exchange, "destination")
    if text is None:
        host, path = header(exchange, "host"), header(exchange, "new-uri")
        text = None if host is None or path is None else f"http://{host}{path}"
    if text is None:
        raise Failure(BAD_REQUEST, "The request is missing a Destination header.", number="AH00591")
    found = _SITE.match(text)
    if found is not None and site_of(found[2].rpartition("@")[2]) is None:
        raise Failure(BAD_REQUEST, "Invalid syntax in Destination URI.", number="AH00592")
    if found is None:
        raise Failure(BAD_REQUEST, "Destination URI must be an absolute URI.", number="AH00592")
    rest = text[found.end() :]
    if "?" in rest or "#" in rest:
        words = "Destination URI contains invalid components (a query or a fragment)."
        raise Failure(BAD_REQUEST, words, number="AH00592")
    own = exchange.request_scheme or ("https" if exchange.connection.tls is not None else "http")
    if found[1].lower() != own:
        raise Failure(BAD_GATEWAY, "Destination URI refers to different scheme or port", sent=True)
    inner = look_up_uri(exchange, rest, exchange.method_text)
    if inner.status != 200:
        exchange.status = inner.status
        failure = Failure(inner.status, "Destination URI had an error.", sent=True, cause="dav-destination")
        raise _Refused(failure, inner) if inner.cause is not None else failure
    return inner


class _Refused(Failure):
    """A failure for the reason that a subrequest has."""

    def __init__(self, failure: Failure, inner: Exchange) -> None:
        super().__init__(failure.status, failure.words, sent=True)
        assert inner.cause is not None
        self.cause, self.place = inner.cause.name, inner.cause.where
        self._log = inner.cause.log
        self.message = inner.cause.because[0].message if inner.cause.because else failure.words

    def log(self) -> str | None:
        """What the subrequest has logged."""
        return self._log


def header(exchange: Exchange, name: str) -> str | None:
    """A header's text."""
    value = exchange.header(name)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return value
