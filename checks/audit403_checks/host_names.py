"""What rules about names of hosts need for every family: which names are beside each other, and who has both."""

from collections.abc import Iterable

from audit403.core.fact import Refusal
from audit403.core.finding import NOTE, WARNING


def is_beside(name: str, host: str) -> bool:
    """Whether two names differ in `www.` alone, or in a wildcard."""
    return host in (f"www.{name}", name.removeprefix("www."), name.removeprefix("*."))


def severity_of_twin(refusal: Refusal, names: Iterable[str]) -> str:
    """The one without `www.` people type themselves; the one with it is for those who give it to others, too."""
    host = refusal.witness.host or ""
    return WARNING if not host.startswith("www.") or _has_pairs(set(names)) else NOTE


def _has_pairs(names: set[str]) -> bool:
    """Whether most sites have their name with and without `www.`."""
    bare = [name for name in names if name.count(".") == 1 and not name.startswith(".")]
    pairs = sum(f"www.{name}" in names for name in bare)
    return 2 * pairs > len(bare)
