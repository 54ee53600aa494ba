"""Random sections that ask for a Digest login, and clients that answer the server's challenge, rightly or wrongly."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from audit403.core.request import Request
from differential.apache.login_generator import FILES, REALM, Logins
from differential.apache.section_generator import CLIENTS
from differential.nginx.password_files import SECRET
from servers.http import Response, request_bytes
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from servers.apache import Apache

OTHER_REALM = "Other area"
DIGEST_FILES = (
    "htdigest",
    "htdigest",
    "htdigest",
    "htdigest",
    "second",
    "good",
    "no-such",
    "unreadable",
    "empty",
    "folder",
)
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^",\s]+))')


def make_digest_files(folder: Path) -> None:
    """Files that htdigest writes, with lines that it does not."""
    lines = ["# ann:Private area:x", "ben:elsewhere:1", f"ann:{REALM}:{_secret('ann', REALM)}"]
    lines += [f"ben:{OTHER_REALM}:{_secret('ben', OTHER_REALM)}", f"cat:{REALM}:{_secret('cat', REALM).upper()}"]
    lines += [f"dan:{REALM}:", f"eve:{REALM}", f"www-data:{REALM}:{_secret('www-data', REALM)}:more", f":{REALM}:x"]
    (folder / "htdigest").write_text("\n".join(lines) + "\n")
    (folder / "second").write_text(f"ben:{REALM}:{_secret('ben', REALM)}\nann:{REALM}:wrong\n")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _secret(user: str, realm: str, password: str = SECRET) -> str:
    return _md5(f"{user}:{realm}:{password}")


class DigestAsk:
    """One request of a client that asks, is challenged, and asks again with credentials.

    `changes` replaces values of the header after the hash is made (None leaves one out); `wrong` those before.
    """

    def __init__(
        self, port: int, target: str, method: str, client: str, user: str, password: str, *,
        changes: dict[str, str | None], wrong: dict[str, str | None], whole: str | None, host: str = "localhost",
    ) -> None:  # fmt: skip
        self.port, self.target, self.method, self.client, self.host = port, target, method, client, host
        self.user, self.password, self.changes, self.wrong, self.whole = user, password, changes, wrong, whole
        self.header: str | None = None

    def request(self) -> Request:
        """The last request that was sent, as the evaluator takes it."""
        return Request(
            self.method, "http", self.host, self.port, self.target, self.client, tuple(self._headers()[1:]), "127.0.0.1"
        )

    def prepare(self, server: Apache) -> None:
        """Ask without credentials, and work out what answers the challenge."""
        self.header = None
        challenge = self.send(server).header("www-authenticate") or ""
        self.header = self.whole or self.answer_to(challenge)

    def send(self, server: Apache) -> Response:
        """Ask."""
        raw = request_bytes(self.method, self.target, self._headers())
        return server.client.send(raw, self.port, method=self.method, address="127.0.0.1", source=self.client)

    def answer_to(self, challenge: str) -> str:
        """The header that answers a challenge; without one, that of a client that guesses."""
        found = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(challenge)}
        values: dict[str, str | None] = {
            "username": self.user, "realm": found.get("realm", REALM), "nonce": found.get("nonce", "abc"),
            "uri": self.target, "algorithm": "MD5", "opaque": found.get("opaque"),
        }  # fmt: skip
        if "qop" in found:
            values |= {"qop": "auth", "nc": "00000001", "cnonce": "0a4f113b"}
        values |= self.wrong
        secret = _secret(self.user, values["realm"] or "", self.password)
        asked = _md5(f"{self.method}:{values['uri']}")
        middle = [values["nonce"]]
        if values.get("qop") is not None:
            middle += [values.get("nc"), values.get("cnonce"), values["qop"]]
        values["response"] = _md5(":".join([secret, *(text or "" for text in middle), asked]))
        values |= self.changes
        plain = ("nc", "qop", "algorithm")
        parts = [
            f"{name}={value}" if name in plain else f'{name}="{value}"'
            for name, value in values.items()
            if value is not None
        ]
        return "Digest " + ", ".join(parts)

    def _headers(self) -> list[tuple[str, str]]:
        lines = [("Host", self.host)]
        return lines if self.header is None else [*lines, ("Authorization", self.header)]

    def __repr__(self) -> str:
        return f"{self.method} {self.target} of {self.user} from {self.client}: {self.header}"


class Digests(Logins):
    """One random configuration after another, with Digest in the place of Basic."""

    def __init__(self, rng: Random, root: Path, folder: Path) -> None:
        super().__init__(rng, root, folder)
        self.port = free_port()

    def aliases(self) -> str:
        return super().aliases().replace(f'"{self.folder}/good"', f'"{self.folder}/second"').replace(
            f"{self.folder}/htpasswd", f"{self.folder}/htdigest"
        )  # fmt: skip

    def login(self) -> list[str]:
        rng = self.rng
        lines = []
        if rng.random() < 0.95:
            lines.append(f"AuthType {rng.choice(('Digest',) * 12 + ('digest', 'Basic', 'None'))}")
        if rng.random() < 0.9:
            lines.append(f'AuthName "{rng.choice((REALM, REALM, REALM, REALM, OTHER_REALM))}"')
        if rng.random() < 0.85:
            lines.append(f'AuthUserFile "{self.folder}/{rng.choice(DIGEST_FILES)}"')
        if rng.random() < 0.5:
            lines.append(f'AuthGroupFile "{self.folder}/groups"')
        if rng.random() < 0.3:
            lines.append("AuthDigestProvider " + rng.choice(("file", "file file", "first second", "second", "first")))
        if rng.random() < 0.2:
            lines.append(
                f"AuthDigestQop {rng.choice(('auth', 'Auth', 'auth auth') + ('none',) * (rng.random() < 0.05))}"
            )
        if rng.random() < 0.2:
            lines.append(f"AuthDigestNonceLifetime {rng.choice(('0', '300', '-1', '5', '1000'))}")
        if rng.random() < 0.2:
            lines.append(f"AuthDigestNcCheck {rng.choice(('On', 'On', 'Off'))}")
        if rng.random() < 0.1:
            lines.append(rng.choice(("AuthDigestDomain /a /b", "AuthDigestAlgorithm MD5")))
        return lines

    def asks(self, number: int) -> list[DigestAsk]:  # type: ignore[override]
        """Clients that know the password, that do not, and that send nonsense."""
        return [self.digest_ask() for _ in range(number)]

    def digest_ask(self) -> DigestAsk:
        rng = self.rng
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST"))
        target = "/" + rng.choice(FILES) + rng.choice(("", "", "?q=1", "?q=%31"))
        user = rng.choice(("ann",) * 6 + ("ben", "cat", "dan", "eve", "www-data", "bob", ""))
        password = rng.choice((SECRET,) * 6 + ("wrong",))
        changes, wrong, whole = self.changes(target)
        return DigestAsk(self.port, target, method, rng.choice(CLIENTS), user, password, changes=changes, wrong=wrong,
                         whole=whole)  # fmt: skip

    def changes(self, target: str) -> tuple[dict[str, str | None], dict[str, str | None], str | None]:
        """What is odd about the credentials: changed afterwards, changed before the hash is made, or all of it."""
        rng = self.rng
        roll = rng.random()
        if roll < 0.5:
            return {}, {}, None
        if roll < 0.65:
            name = rng.choice(("username", "realm", "nonce", "uri", "response", "nc", "cnonce", "algorithm", "qop"))
            return {name: rng.choice((None, "", "x", "auth", "00000002"))}, {}, None
        if roll < 0.9:
            return {}, self.odd(target), None
        whole = ("Digest", "digest username=ann", "Basic YW5uOnNlY3JldA==", "Bearer x", "Digest ,,=,", "Digest  realm",
                 'Digest username="an\\"n", realm=x, nonce = "q" z, uri=/, response=1', "Digestion x")  # fmt: skip
        return {}, {}, rng.choice(whole)

    def odd(self, target: str) -> dict[str, str | None]:
        path = target.partition("?")[0]
        oddities: tuple[dict[str, str | None], ...] = (
            {"realm": OTHER_REALM}, {"algorithm": None}, {"algorithm": "md5"}, {"algorithm": "MD5-sess"},
            {"algorithm": "SHA-256"}, {"qop": None, "nc": None, "cnonce": None}, {"qop": "auth-int"},
            {"qop": "AUTH"}, {"uri": path}, {"uri": f"http://localhost{target}"},
            {"uri": f"http://localhost:{self.port}{target}"}, {"uri": f"http://other.test{target}"},
            {"uri": target.replace("a", "%61")}, {"uri": "*"}, {"uri": "/other"}, {"uri": f"{target}#x"},
            {"opaque": "0"}, {"opaque": "zz"}, {"opaque": None}, {"nonce": "x" * 52}, {"cnonce": ""},
            {"nonce": "AAAAAAAAAAA=" + "0" * 40}, {"nonce": "x" * 11 + "=" + "y" * 40},
            {"nc": "5"}, {"nc": "0"}, {"nc": "1 x"}, {"nc": "1x"},
        )  # fmt: skip
        return self.rng.choice(oddities)
