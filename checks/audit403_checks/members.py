"""The addresses of files that share the fate of one that was asked for."""

from collections.abc import Iterator

from audit403.explore.subject import Hit


def addresses_of(hit: Hit) -> Iterator[str]:
    """The URIs of a class of files; of those under an alias only the one that was asked for."""
    target = hit.request.target.partition("?")[0]
    if hit.path is None or not hit.path.endswith(target):
        yield target
        return
    root = hit.path[: -len(target)]
    yield from (member[len(root) :] for member in dict.fromkeys((hit.path, *hit.members)))
