"""The methods of WebDAV that do something without versions; all others are nobody's (dav_handler)."""

from collections.abc import Callable

from audit403.apache.decide.dav.locking import lock, unlock
from audit403.apache.decide.dav.reading import get, options, post, propfind, proppatch, report
from audit403.apache.decide.dav.transfer import copy_or_move
from audit403.apache.decide.dav.writing import delete, mkcol, put
from audit403.apache.decide.exchange import Exchange

METHODS: dict[str, Callable[[Exchange], int]] = {
    "GET": get,
    "POST": post,
    "PUT": put,
    "DELETE": delete,
    "MKCOL": mkcol,
    "COPY": copy_or_move,
    "MOVE": copy_or_move,
    "PROPFIND": propfind,
    "PROPPATCH": proppatch,
    "OPTIONS": options,
    "REPORT": report,
    "LOCK": lock,
    "UNLOCK": unlock,
}

#: Methods that ask the provider for what it can before they look whether there is one, as `SetHandler dav-handler` may.
OF_PROVIDER = frozenset(
    (
        "PUT", "MKCOL", "OPTIONS", "LOCK", "UNLOCK", "SEARCH", "VERSION-CONTROL", "CHECKOUT", "UNCHECKOUT", "CHECKIN",
        "UPDATE", "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "MERGE", "BIND",
    )
)  # fmt: skip
