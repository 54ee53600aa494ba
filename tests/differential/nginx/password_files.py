"""User files in every state and every form of hash; the hashes were made by openssl(1) and crypt(3)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "secret"
USERS = (
    ("plain", SECRET), ("sha", SECRET), ("ssha", SECRET), ("apr1", SECRET), ("md5", SECRET), ("des", SECRET),
     ("sha256", SECRET),
    ("sha512", SECRET), ("bcrypt", SECRET), ("yescrypt", SECRET), ("scrypt", SECRET), ("sunmd5", SECRET), ("bsdi",
     SECRET),
    ("nthash", SECRET), ("text", SECRET), ("empty", ""), ("invalid", SECRET), ("stars", "*"),
    ("bob", SECRET), ("nobody", SECRET), ("#hash", SECRET), ("é", "ü"), ("late", SECRET), ("twice", SECRET), ("short",
     SECRET),
    ("long", SECRET), ("crlf", SECRET), ("mail", SECRET),
)  # fmt: skip

CRYPTED = {
    "apr1": "$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0",
    "md5": "$1$salt$ez2vlPGdaLYkJam5pWs/Y1",
    "des": "abNANd1rDfiNc",
    "bsdi": "_J9..rasmz0.F/jqjWck",
    "sha256": "$5$salt$kpa26zwgX83BPSR8d7w93OIXbFt/d3UOTZaAu5vsTM6",
    "sha512": "$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00",
    "bcrypt": "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
    "yescrypt": "$y$j75$saltsaltsalt$jyf/lxrpdyAIshWRo1x5DRC6KIE7sNRRtjcomR3PgHA",
    "scrypt": "$7$CU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED",
    "sunmd5": "$md5$salt$$x9JwHJ/2xrjF./N71kQhu/",
    "nthash": "$3$$878d8014606cda29677a44efa1353fc7",
}
"""SECRET under crypt(3), and under Apache's variant of it."""

FILES = (
    "good", "odd", "missing", "unreadable", "folder", "link", "dangling", "loop", "closed/good", "good/below",
    "empty", "unended",
    "group-readable",
)  # fmt: skip


def write_password_files(folder: Path) -> None:
    """Make them, as root: one is readable by the worker's group only."""
    (folder / "closed").mkdir(parents=True)
    (folder / "folder").mkdir()
    hashes = hashes_of(SECRET)
    good = "".join(f"{name}:{stored}\n" for name, stored in hashes.items())
    (folder / "good").write_text(good)
    (folder / "closed/good").write_text(good)
    (folder / "closed").chmod(0o700)
    (folder / "odd").write_bytes(odd_file(hashes))
    (folder / "unreadable").write_text(good)
    (folder / "unreadable").chmod(0o600)
    (folder / "group-readable").write_text(good)
    (folder / "group-readable").chmod(0o040)
    with contextlib.suppress(LookupError, PermissionError):
        shutil.chown(folder / "group-readable", group="www-data")
    (folder / "link").symlink_to("good")
    (folder / "dangling").symlink_to("missing")
    (folder / "loop").symlink_to("loop")
    (folder / "empty").write_text("")
    (folder / "unended").write_text(f"bob:{hashes['apr1']}\nplain:{{PLAIN}}{SECRET}")


def odd_file(hashes: dict[str, str]) -> bytes:
    """Comments, prefixes of names without a colon (which eat the next line), carriage returns, second entries."""
    apr1, sha = hashes["apr1"], hashes["sha"]
    lines = [
        f"#hash:{apr1}", "", f"bo\nbob:{apr1}", f"bob:{sha}:a comment:more", f"\rcrlf:{apr1}", f"crlf:{apr1}\r",
        "twice:{PLAIN}wrong",
        f"twice:{apr1}", f"mail:{apr1}:Mail <m@example.test>", "é:{PLAIN}ü", "short", f"short:{apr1}",
        "long:" + "x" * 3000,
        "x" * 2040, f"late:{apr1}", f" text:{apr1}", f"sha : {sha}", "plain:{PLAIN}secret ", "empty:", "des:",
    ]  # fmt: skip
    return "\n".join(lines).encode()


def hashes_of(password: str) -> dict[str, str]:
    """One stored password of every form, some of them invalid."""
    salt = b"salty"
    digest = hashlib.sha1(password.encode()).digest()
    salted = hashlib.sha1(password.encode() + salt).digest() + salt
    return {
        "plain": "{PLAIN}" + password,
        "sha": "{SHA}" + base64.b64encode(digest).decode(),
        "ssha": "{SSHA}" + base64.b64encode(salted).decode(),
        "empty": "{PLAIN}",
        "text": password,
        "stars": "*0",
        "invalid": "$9$nothing$like$that",
        **CRYPTED,
    }
