"""The methods of WebDAV that do something without versions; all others are nobody's (dav_handler)."""

from collections.abc import Callable

from audit403.apache.decide.dav.locking import lock, unlock
from audit403.apache.decide.dav.reading import options, propfind, proppatch, report
from audit403.apache.decide.dav.transfer import copy_or_move
from audit403.apache.decide.dav.writing import delete, mkcol, put
from audit403.apache.decide.exchange import Exchange

METHODS: dict[str, Callable[[Exchange], int]] = {
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
