"""Names of hosts: the one beside another (`www.` or not), and what a Host header has of one written otherwise."""

import re

_SECOND_LEVELS = frozenset(("ac", "co", "com", "edu", "go", "gob", "gov", "gv", "ne", "net", "or", "org"))
HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def twin_of(name: str) -> str | None:
    """The name with `www.` and without, where the one without is what somebody registered."""
    bare = name[4:] if name.startswith("www.") else name[2:] if name.startswith("*.") else name
    labels = bare.split(".")
    if len(labels) == 3 and len(labels[2]) == 2 and labels[1] in _SECOND_LEVELS:
        labels = labels[1:]
    if len(labels) != 2 or labels[-1].isdigit() or not HOST.fullmatch(bare):
        return None
    return bare if bare != name else f"www.{name}"


def as_sent(name: str) -> str | None:
    """A server_name as a Host header would have it: without scheme, port, path, comma and last dot; in Punycode."""
    text = re.sub(r"^https?://", "", name)
    text = re.sub(r":\d+$", "", text.split("/")[0].rstrip(",")).rstrip(",.")
    if not text.isascii():
        try:
            text = text.encode("idna").decode()
        except UnicodeError:
            return None
    if text == name or name.startswith(("*", ".")) or name.endswith("*"):
        return name
    return text if HOST.fullmatch(text) else None
