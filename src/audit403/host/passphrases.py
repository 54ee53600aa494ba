"""The passphrases of key files, each asked for once, whoever of the processes of a fleet wants it."""

from audit403.host.fleet_worker import Ask

_PROMPTS = 3


class Passphrases:
    """What was told so far. Who asks for the same key again found that what it was told is wrong."""

    def __init__(self, ask: Ask | None) -> None:
        self._ask = ask
        self._told: dict[str, str | None] = {}
        self._prompts: dict[str, int] = {}
        self._tried: set[tuple[object, str, str]] = set()

    def told(self, key: str, who: object) -> str | None:
        """The passphrase of a key file; None where nobody tells it, which nobody is asked for again then."""
        if self._ask is None:
            return None
        known = self._told.get(key, "")
        if known is not None and (not known or (who, key, known) in self._tried):
            self._prompts[key] = self._prompts.get(key, 0) + 1
            known = (self._ask(key) or None) if self._prompts[key] <= _PROMPTS else None
            self._told[key] = known
        if known is not None:
            self._tried.add((who, key, known))
        return known
