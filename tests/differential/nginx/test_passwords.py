"""User files and Authorization headers: every form of hash, every odd line, every way to send a password wrongly."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from audit403.http.password import password_matches
from differential.nginx.access_generator import authorization
from differential.nginx.password_files import CRYPTED, FILES, SECRET, USERS, hashes_of, write_password_files
from differential.nginx.trial import LoggedDuel, Trial
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path


_REQUESTS = 120
_PIECES = (
    "bob", "bo", "b", ":", ":", "\n", "\n", "\r", "#", " ", "bobby", "{PLAIN}secret", "{PLAIN}", "x", "é", "\0",
    "bob:{PLAIN}secret\n",
)  # fmt: skip
_SOLID = (
    "$apr1$",
    "$1$",
    "$5$",
    "$6$",
    "$2y$05$",
    "$y$j9T$",
    "{SHA}",
    "{SSHA}",
    "{PLAIN}",
    "{sha}",
    "$",
    "_",
    "*",
    "!",
    "",
)


def test_passwords(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port = free_port()
    folder = server_dir / "passwords"
    write_password_files(folder)
    with LoggedDuel(server_dir) as duel:
        while duel.asked < cases(1_500):
            names = [f"random{number}" for number in range(12)]
            for name in names:
                (folder / name).write_bytes(_random_file(rng))
            conf = main_config(server_dir, _servers(rng, port, (*FILES, *names)))
            assert duel.start(conf), duel.reason
            trials = [_trial(rng, port, (*FILES, *names)) for _ in range(_REQUESTS)]
            duel.run(conf, trials)
        duel.check()


def _servers(rng: random.Random, port: int, files: tuple[str, ...]) -> str:
    locations = "\n".join(
        f"location = /{file} {{ auth_basic_user_file passwords/{file}; error_page 401 =403 @refuse; }}"
        for file in files
    )
    return f"""server {{
        listen 127.0.0.1:{port};
        auth_basic {rng.choice(("x", '"$host"', "$uri"))};
        try_files /none @ok;
        {locations}
        location / {{ auth_basic_user_file passwords/$http_x_file; }}
        location @ok {{ auth_basic off; return 200; }}
        location @refuse {{ auth_basic off; return 403; }}
    }}"""


def _trial(rng: random.Random, port: int, files: tuple[str, ...]) -> Trial:
    file = rng.choice((*files, "good", "good", "good", "odd", "odd"))
    name = rng.choice(("bob", "bo", "b", "bobby", "x", "é"))
    password = rng.choice((SECRET, SECRET, "", "x", "é" * 9))
    random_pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    header = f"Basic {random_pair}" if file.startswith("random") else authorization(rng)
    if rng.random() < 0.5:
        return Trial(port, f"/{file}", headers=(("Authorization", header),))
    return Trial(port, "/by-header", headers=(("Authorization", header), ("X-File", file)))


def _random_file(rng: random.Random) -> bytes:
    if rng.random() < 0.4:
        return "".join(rng.choice(_PIECES) for _ in range(rng.randrange(14))).encode()
    lines = [f"{rng.choice(('bob', 'bobby', 'x', 'b'))}:{_stored(rng)}" for _ in range(4)]
    return "\n".join(lines).encode() + rng.choice((b"", b"\n", b"\r\n"))


def _stored(rng: random.Random) -> str:
    """A stored password, but none over which the real server would sit for hours."""
    while True:
        stored = _any_stored(rng)
        if password_matches(SECRET, stored) is not None:
            return stored


def _any_stored(rng: random.Random) -> str:
    """A stored password: right, cut, lengthened, or of a form with nonsense in it."""
    known = rng.choice((*CRYPTED.values(), *hashes_of(SECRET).values(), _salted(rng)))
    kind = rng.randrange(6)
    if kind == 0:
        return known[: rng.randrange(len(known) + 1)]
    if kind == 1:
        return known + rng.choice(("=", "x", " ", "$", "$x", "\t"))
    if kind == 2:
        at = rng.randrange(len(known) + 1)
        return known[:at] + rng.choice("aZ0./=$ ") + known[at + 1 :]
    if kind == 3:
        return rng.choice(_SOLID) + "".join(rng.choice("abZ09./+=$ ") for _ in range(rng.choice((0, 2, 8, 13, 22, 34))))
    return known


def _salted(rng: random.Random) -> str:
    salt = bytes(rng.randrange(256) for _ in range(rng.choice((0, 1, 4, 8, 20))))
    text = base64.b64encode(hashlib.sha1(SECRET.encode() + salt).digest() + salt).decode()
    return "{SSHA}" + rng.choice((text, text, text.rstrip("="), text + "=", text[:-3]))


def test_every_user_of_every_hash(server_dir: Path, cases: Callable[[int], int]) -> None:
    port = free_port()
    write_password_files(server_dir / "passwords")
    hashes = hashes_of(SECRET)
    with LoggedDuel(server_dir) as duel:
        conf = main_config(
            server_dir,
            f"server {{ listen 127.0.0.1:{port}; auth_basic x; auth_basic_user_file passwords/good; "
            "error_page 401 =403 /; location = / { auth_basic off; return 403; } "
            "location = /x { try_files /none @ok; } location @ok { auth_basic off; return 200; } }",
        )
        assert duel.start(conf), duel.reason
        trials = []
        for name, password in (*USERS, *((name, SECRET) for name in hashes)):
            for sent in (password, password + "x", ""):
                token = base64.b64encode(f"{name}:{sent}".encode()).decode()
                trials.append(Trial(port, "/x", headers=(("Authorization", f"Basic {token}"),)))
        statuses = duel.run(conf, trials)
        duel.check()
        assert duel.wrong_statuses == 0
    # nginx takes 14 of the forms, plain text is none of them.
    assert statuses.count(200) >= len(CRYPTED)
