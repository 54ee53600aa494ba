"""What was found of one server, as it is for another that is alike: the names of the one for those of the other."""

from collections.abc import Iterable

from audit403.core.request import Request


class Names:
    """The names (and directories) of one server for those of another."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._names = sorted(names, key=lambda pair: -len(pair[0]))

    def request(self, request: Request) -> Request:
        """A request to the one server, as it would be sent to the other."""
        tls = request.tls
        return request._replace(
            host=None if request.host is None else self.text(request.host),
            target=self.text(request.target),
            client=self.address(request.client),
            headers=tuple((name, self.address(self.text(value))) for name, value in request.headers),
            tls=None if tls is None else tls._replace(sni=None if tls.sni is None else self.text(tls.sni)),
        )

    def text(self, text: str) -> str:
        """A text that names the one server, with the other's names."""
        for index, (old, _) in enumerate(self._names):
            if old in text:
                text = text.replace(old, f"\0{index}\0")
        if "\0" in text:
            for index, (_, new) in enumerate(self._names):
                text = text.replace(f"\0{index}\0", new)
        return text

    def words(self, text: str) -> str:
        """A sentence that speaks of the one server's names, as it is true of the other."""
        return self.text(text)

    def address(self, text: str) -> str:
        """A client's address."""
        return text
