"""What shows that a place needs more methods than GET, whatever the server."""

import re

_WRITTEN_TO = frozenset(
    (
        *("api", "auth", "cart", "checkout", "comment", "comments", "contact", "dav", "form", "forms", "graphql"),
        *("hook", "hooks", "login", "oauth", "register", "rest", "rpc", "session", "signup", "submit", "token"),
        *("upload", "uploads", "webdav", "webhook", "webhooks", "xmlrpc"),
    )
)
"""Names of places that live on requests with a body."""
NAMED_SO = "its name says that it is written to"
FORMS = "PHP gets its forms that way"
MOST_PLACES = 20
ORIGIN = ("Origin", "https://elsewhere.example")
PREFLIGHT = (ORIGIN, ("Access-Control-Request-Method", "POST"))
"""The headers of a browser that asks whether a page of another site may send a request."""


def is_written_to(target: str) -> bool:
    """Whether the name of a place says that it takes requests with a body."""
    return bool(set(re.split(r"[/._?&=-]+", target.lower())) & _WRITTEN_TO)


def announces(header: str, value: str) -> bool:
    """Whether a header allows other sites' pages more than the simple requests that need no preflight."""
    if header == "access-control-allow-headers":
        return True
    return (
        header == "access-control-allow-methods" and re.search(r"\b(put|patch|delete|options)\b|\*", value) is not None
    )


def listed(methods: list[str]) -> str:
    """Methods as they are listed in a sentence."""
    *most, last = methods
    return f"{', '.join(most)} and {last}" if most else last
