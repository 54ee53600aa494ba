"""A per-directory configuration: what each module was told in one section, and how a later section is laid over it.

Truth: ap_merge_per_dir_configs in server/config.c. A module that a section does not address has no slot there, and
what was in effect before stays untouched; each module's own merger does the rest.
"""

from collections.abc import Mapping
from typing import Any, Protocol, Self, TypeVar

Settings = TypeVar("Settings", bound=tuple[Any, ...])


def overlaid(before: Settings, after: Settings) -> Settings:
    """Settings one by one, the later section's where it sets them: the merger of most modules. None is unset."""
    pairs = zip(before, after, strict=True)
    return type(before)._make([old if new is None else new for old, new in pairs])  # type: ignore[attr-defined, no-any-return]


class Slot(Protocol):
    """What one module was told; immutable."""

    def merged(self, new: Any) -> Self:
        """This with a later section's slot laid over it."""
        ...


class PerDir:
    """One section's slots by module. Compared by identity, as httpd compares pointers."""

    __slots__ = ("_merged", "slots")

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self.slots = slots
        self._merged: dict[PerDir, PerDir] = {}

    def get(self, module: str) -> Any:
        """The module's slot, or None."""
        return self.slots.get(module)

    def merged(self, new: "PerDir") -> "PerDir":
        """This with a later section laid over it; the same two give the same object each time."""
        found = self._merged.get(new)
        if found is None:
            found = self._merged[new] = self.merged_anew(new)
        return found

    def merged_anew(self, new: "PerDir") -> "PerDir":
        """This with a later section laid over it, each time another object."""
        slots = dict(self.slots)
        for module, slot in new.slots.items():
            before = slots.get(module)
            slots[module] = slot if before is None else before.merged(slot)
        return PerDir(slots)

    def merged_again(self, new: "PerDir") -> "PerDir":
        """Another object than before, which `merged` gives from now on."""
        found = self._merged[new] = self.merged_anew(new)
        return found

    def __repr__(self) -> str:
        return f"PerDir({', '.join(self.slots)})"


NOTHING = PerDir({})
