"""What was found of one server block, as it is for another that is alike: its names and networks for the other's."""

from collections.abc import Iterable

from audit403.core.request import Request
from audit403.nginx.explore.alike_networks import shifts
from audit403.nginx.model.address import parse_address

_AROUND_WORDS = ',."'


class Translation:
    """The names of one block for those of another, and its networks, each known by its mark."""

    def __init__(
        self, names: Iterable[tuple[str, str]], networks: dict[str, str], other_networks: dict[str, str]
    ) -> None:
        self._names = sorted(names, key=lambda pair: -len(pair[0]))
        found = shifts(networks, other_networks)
        #: Networks that are the same in both are nothing to translate.
        self._networks = {old: new for old, (new, _) in found.items() if old != new}
        self._shifts = [shift for old, (new, shift) in found.items() if old != new]

    def request(self, request: Request) -> Request:
        """A request to the one block, as it would be sent to the other."""
        tls = request.tls
        return request._replace(
            host=None if request.host is None else self.text(request.host),
            target=self.text(request.target),
            client=self._address(request.client),
            headers=tuple((name, self._address(self.text(value))) for name, value in request.headers),
            tls=None if tls is None else tls._replace(sni=None if tls.sni is None else self.text(tls.sni)),
        )

    def text(self, text: str) -> str:
        """A text that names the one block, with the other's names."""
        for index, (old, _) in enumerate(self._names):
            if old in text:
                text = text.replace(old, f"\0{index}\0")
        if "\0" in text:
            for index, (_, new) in enumerate(self._names):
                text = text.replace(f"\0{index}\0", new)
        return text

    def words(self, text: str) -> str:
        """A sentence that speaks of the one block's names, networks and clients, as it is true of the other."""
        text = self.text(text)
        if not self._networks:
            return text
        return " ".join(map(self._word, text.split(" ")))

    def _word(self, word: str) -> str:
        bare = word.strip(_AROUND_WORDS)
        told = self._networks.get(bare) or self._address(bare)
        return word if told == bare else word.replace(bare, told)

    def _address(self, text: str) -> str:
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
