"""The keys that a login offers, in the order in which they are tried.

Truth: pubkey_prepare of OpenSSH's sshconnect2.c. The same keys are offered, but those that ssh was told of come before
whatever else the agent has, and a passphrase is asked for last: paramiko cannot ask a host whether it would take a key.
"""

from collections.abc import Iterable, Iterator

from audit403.host.agent import Agent, AgentError
from audit403.host.key_files import KeyFile, KeyFileError, Passphrase, Signer, read_key_file, read_public
from audit403.host.ssh_settings import SshSettings
from audit403.host.wire import is_certificate, plain_algorithm, plain_key, type_of

_BESIDE = "-cert.pub"
_TOUCHED = "sk-"


class Identity:
    """A key, or a certificate for one, in the shape in which paramiko wants it."""

    public_blob = None

    def __init__(self, origin: str, shown: bytes, sign: Signer) -> None:
        self.origin, self._shown, self._sign = origin, shown, sign
        self.failed: str | None = None

    def get_name(self) -> str:
        """The type of what is shown."""
        return type_of(self._shown)

    def asbytes(self) -> bytes:
        """What is shown."""
        return self._shown

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> bytes:
        """A signature; an empty one, which no host takes, where an agent refuses: an error would end the connection."""
        try:
            return self._sign(data, plain_algorithm(algorithm or self.get_name()))
        except (AgentError, ValueError) as error:
            self.failed = str(error)
            return b""


class Identities:
    """What one login may offer; `notes` fills with why keys that were meant could not be."""

    def __init__(self, settings: SshSettings, ask: Passphrase | None, seconds: float) -> None:
        self.notes: list[str] = []
        self._settings, self._ask, self._seconds = settings, ask, seconds
        self._agent: Agent | None = None

    def __iter__(self) -> Iterator[Identity]:
        shown: set[bytes] = set()
        for identity in self._all():
            if identity.asbytes() not in shown:
                shown.add(identity.asbytes())
                yield identity

    def close(self) -> None:
        """Let go of the agent."""
        if self._agent is not None:
            self._agent.close()

    def _all(self) -> Iterator[Identity]:
        files = list(self._files())
        certificates = list(self._certificates())
        held = self._held()
        named = {file.public: number for number, file in enumerate(files) if file.public is not None}
        meant = sorted(
            (key for key in held if plain_key(key) in named),
            key=lambda key: (named[plain_key(key)], not is_certificate(key)),
        )
        others = sorted(
            (key for key in held if plain_key(key) not in named), key=lambda key: type_of(key).startswith(_TOUCHED)
        )
        have = {plain_key(key) for key in meant}
        rest = [file for file in files if file.public is None or file.public not in have]
        yield from self._of_agent(meant, certificates)
        yield from self._of_files((file for file in rest if not file.locked), certificates)
        if not self._settings.identities_only:
            yield from self._of_agent(others, certificates)
        yield from self._of_files((file for file in rest if file.locked), certificates)

    def _files(self) -> Iterator[KeyFile]:
        for path in dict.fromkeys(self._settings.identity_files):
            try:
                file = read_key_file(path)
            except KeyFileError as error:
                self.notes.append(f"{path} {error}")
                continue
            if file is not None:
                yield file

    def _certificates(self) -> Iterator[bytes]:
        beside = (f"{path}{_BESIDE}" for path in self._settings.identity_files)
        for path in dict.fromkeys((*self._settings.certificate_files, *beside)):
            try:
                found = read_public(path)
                if found is not None and is_certificate(found):
                    plain_key(found)
                    yield found
            except KeyFileError as error:
                self.notes.append(f"{path} {error}")
            except ValueError:
                self.notes.append(f"{path} is damaged")

    def _held(self) -> list[bytes]:
        """What the agent has."""
        if self._settings.identity_agent is None:
            return []
        try:
            self._agent = Agent(self._settings.identity_agent, self._seconds)
            return self._agent.keys()
        except AgentError as error:
            self.notes.append(str(error))
            return []

    def _of_agent(self, keys: Iterable[bytes], certificates: list[bytes]) -> Iterator[Identity]:
        if self._agent is None:
            return
        for key in keys:
            sign = _by_agent(self._agent, key)
            for certificate in [] if is_certificate(key) else certificates:
                if plain_key(certificate) == key:
                    yield Identity("a certificate for a key of the agent", certificate, sign)
            yield Identity("a certificate of the agent" if is_certificate(key) else "a key of the agent", key, sign)

    def _of_files(self, files: Iterable[KeyFile], certificates: list[bytes]) -> Iterator[Identity]:
        for file in files:
            try:
                opened = file.opened(self._ask)
            except KeyFileError as error:
                self.notes.append(f"{file.path} {error}")
                continue
            for certificate in certificates:
                if plain_key(certificate) == opened.public:
                    yield Identity(f"the certificate for {file.path}", certificate, opened.sign)
            yield Identity(file.path, opened.public, opened.sign)


def _by_agent(agent: Agent, key: bytes) -> Signer:
    return lambda data, algorithm: agent.sign(key, data, algorithm)
