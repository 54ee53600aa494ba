"""The addresses under which refusals were met, as a replay asks for them: of many that are alike some stand for all.

A thousand files of one folder that may not be read are one refusal. What a fix of something else does to one of them
it does to the others of its folder and extension; where it opens any of them, all are asked for.
"""

from collections.abc import Iterable, Sequence

from audit403.core.fact import Refusal
from audit403.core.request import Request

MOST_OF_ONE = 60
"""So many addresses of one refusal are asked for at first."""


class Addresses:
    """Those of all refusals; `asked` are the ones to ask for."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        asked: dict[Request, None] = {}
        self._beside: dict[Request, tuple[Request, ...]] = {}
        for fact in refusals:
            every = tuple(addresses_of(fact))
            chosen = every if len(every) <= MOST_OF_ONE else _chosen(every)
            asked.update(dict.fromkeys(chosen))
            if len(chosen) < len(every):
                self._beside.update(dict.fromkeys(chosen, every))
        self.asked = tuple(asked)

    def beside(self, opened: Request) -> tuple[Request, ...]:
        """Those that an address has stood for."""
        return self._beside.get(opened, ())


def addresses_of(fact: Refusal) -> Iterable[Request]:
    """The witness under each address that was found to be refused for the same cause at the same place."""
    for target in fact.addresses:
        yield fact.witness._replace(target=target)


def _chosen(every: Sequence[Request]) -> list[Request]:
    """One of each folder and extension, or some of these, spread over all."""
    first: dict[tuple[str, str], Request] = {}
    for one in every:
        folder, _, name = one.target.partition("?")[0].rpartition("/")
        first.setdefault((folder, name.rpartition(".")[2]), one)
    found = [*first.values()]
    return found[:: -(-len(found) // MOST_OF_ONE)]
