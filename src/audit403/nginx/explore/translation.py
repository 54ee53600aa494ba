"""What was found of one server block, as it is for another that is alike: its names and networks for the other's."""

from collections.abc import Iterable

from audit403.explore.translation import Names
from audit403.nginx.explore.alike_networks import shifts
from audit403.nginx.model.address import parse_address

_AROUND_WORDS = ',."'


class Translation(Names):
    """The names of one block for those of another, and its networks, each known by its mark."""

    def __init__(
        self, names: Iterable[tuple[str, str]], networks: dict[str, str], other_networks: dict[str, str]
    ) -> None:
        super().__init__(names)
        found = shifts(networks, other_networks)
        #: Networks that are the same in both are nothing to translate.
        self._networks = {old: new for old, (new, _) in found.items() if old != new}
        self._shifts = [shift for old, (new, shift) in found.items() if old != new]

    def words(self, text: str) -> str:
        """A sentence that speaks of the one block's names, networks and clients, as it is true of the other."""
        text = self.text(text)
        if not self._networks:
            return text
        return " ".join(map(self._word, text.split(" ")))

    def _word(self, word: str) -> str:
        bare = word.strip(_AROUND_WORDS)
        told = self._networks.get(bare) or self.address(bare)
        return word if told == bare else word.replace(bare, told)

    def address(self, text: str) -> str:
        """An address in one of the networks, or beside it, as the one at its place in the other block's."""
        if not self._shifts or not (text[:1].isdigit() or ":" in text):
            return text
        address = parse_address(text)
        for shift in self._shifts if address is not None else ():
            assert address is not None
            moved = shift.address(address)
            if moved is not None:
                return moved.text()
        return text
