"""Names with wildcards, as `server_name`, `map … hostnames` and `valid_referers` look them up.

Truth: ngx_hash_find_combined and ngx_hash_add_key in src/core/ngx_hash.c.
"""

from typing import Generic, TypeVar

Value = TypeVar("Value")


class HostnameTable(Generic[Value]):
    """Exact names, then `*.head` wildcards (longest first), then `tail.*` wildcards (longest first)."""

    __slots__ = ("exact", "heads", "tails")

    def __init__(self) -> None:
        self.exact: dict[str, Value] = {}
        self.heads: dict[str, Value] = {}
        self.tails: dict[str, Value] = {}

    def add(self, name: str, value: Value) -> bool:
        """Put a name in; False when it was there already (nginx keeps the first, or refuses)."""
        if name.startswith("*."):
            return _put(self.heads, name[2:].lower(), value)
        if name.startswith(".") and len(name) > 1:
            fresh = _put(self.exact, name[1:].lower(), value)
            return _put(self.heads, name[1:].lower(), value) and fresh
        if name.endswith(".*"):
            return _put(self.tails, name[:-2].lower(), value)
        return _put(self.exact, name.lower(), value)

    def add_exact(self, name: str, value: Value) -> bool:
        """Put a name in as it stands, wildcards meaning nothing."""
        return _put(self.exact, name.lower(), value)

    def find(self, name: str) -> Value | None:
        """The value for a lower-case name, or None."""
        found = self.exact.get(name)
        if found is not None:
            return found
        if self.heads:
            found = self._find_head(name)
            if found is not None:
                return found
        return self._find_tail(name) if self.tails else None

    def _find_head(self, name: str) -> Value | None:
        start = name.find(".")
        while start >= 0:
            found = self.heads.get(name[start + 1 :])
            if found is not None and start > 0:
                return found
            start = name.find(".", start + 1)
        return None

    def _find_tail(self, name: str) -> Value | None:
        end = name.rfind(".")
        while end > 0:
            found = self.tails.get(name[:end])
            if found is not None and end + 1 < len(name):
                return found
            end = name.rfind(".", 0, end)
        return None


def _put(table: dict[str, Value], name: str, value: Value) -> bool:
    if name in table:
        return False
    table[name] = value
    return True
