"""Names with wildcards, as `server_name`, `map … hostnames` and `valid_referers` look them up.

Truth: ngx_hash_add_key, ngx_hash_find_combined, ngx_hash_find_wc_head and ngx_hash_find_wc_tail in src/core/ngx_hash.c.
"""

from typing import Generic, TypeVar

from audit403.nginx.ascii import lower

Value = TypeVar("Value")


class HostnameTable(Generic[Value]):
    """Exact names, then `*.head` wildcards (longest first), then `tail.*` wildcards (longest first)."""

    __slots__ = ("_bare", "_taken", "exact", "heads", "tails")

    def __init__(self) -> None:
        self.exact: dict[str, Value] = {}
        self.heads: dict[str, Value] = {}
        self.tails: dict[str, Value] = {}
        # The heads that were written `.example.com`, and so take example.com itself too.
        self._bare: set[str] = set()
        # What exact names conflict with: exact names and the bare part of `.example.com`.
        self._taken: set[str] = set()

    def add(self, name: str, value: Value) -> bool:
        """Put a name in; False when nginx reports a conflict and keeps what was there."""
        name = lower(name)
        if len(name) > 1 and name.startswith("."):
            bare = name[1:]
            if bare in self._taken:
                return False
            self._taken.add(bare)
            if not _put(self.heads, bare, value):
                return False
            self._bare.add(bare)
            return True
        if len(name) > 2 and name.startswith("*."):
            return _put(self.heads, name[2:], value)
        if len(name) > 2 and name.endswith(".*"):
            return _put(self.tails, name[:-2], value)
        return self.add_exact(name, value)

    def add_exact(self, name: str, value: Value) -> bool:
        """Put a name in as it stands, wildcards meaning nothing."""
        name = lower(name)
        if name in self._taken:
            return False
        self._taken.add(name)
        self.exact[name] = value
        return True

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
        if name in self._bare:
            return self.heads[name]
        start = name.find(".")
        while start >= 0:
            found = self.heads.get(name[start + 1 :])
            if found is not None:
                return found
            start = name.find(".", start + 1)
        return None

    def _find_tail(self, name: str) -> Value | None:
        end = name.rfind(".")
        while end > 0:
            found = self.tails.get(name[:end])
            if found is not None:
                return found
            end = name.rfind(".", 0, end)
        return None


def is_invalid(name: str) -> bool:
    """Whether nginx takes a name with its wildcards for none: one star, alone in the first or the last part."""
    stars = name.count("*")
    if stars > 1 or ".." in name or "\0" in name:
        return True
    if (len(name) > 1 and name.startswith(".")) or not stars:
        return False
    return len(name) < 3 or not (name.startswith("*.") or name.endswith(".*"))


def _put(table: dict[str, Value], name: str, value: Value) -> bool:
    if name in table:
        return False
    table[name] = value
    return True
