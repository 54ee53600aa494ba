"""What `nginx -t` says of a configuration, and what we say.

nginx makes the folders and files that a configuration names, even when it only tests it: it is run by somebody who may
write in its own folder and nowhere else.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.configuration import read_configuration
from audit403.nginx.start.check import refused

#: What only the machine decides: other files, names in DNS, addresses, users, memory.
UNSEEN = re.compile(
    r"host not found|open\(\)|bind\(\)|BIO_|cannot load certificate|getpwnam|getgrnam|mkdir\(\)|chown\(|stat\(\)|SSL_"
    r"|PEM_|dlopen|socket\(\)|X509_|\.so|no resolver defined|mmap\(|module .* is already loaded|ENGINE_|MMDB_open"
    r"|failed to|shm_open|rename\(\)|File too large"
)
#: What newer versions take.
NEWER = re.compile(
    r"\"(?:resolve|quic|multipath|drain|service=.*|route=.*|slow_start=.*|2)\"|least_time|address and port pair"
    r"|\"default_server\" parameter|_limit_rate|http2_(?:max_concurrent_)?push"
)
READING = frozenset(("syntax", "bytes", "limit", "include", "context", "arguments"))
#: What the reader says, and not the check of values.
_OF_READING = re.compile(
    r"unknown directive|unexpected|not terminated|no opening|not allowed here|number of|parameters number"
    r"|it must be \"on\" or \"off\"|too long parameter"
)
_EMERGENCY = re.compile(r"\[emerg\] (?:\d+#\d+: )?(.*)")
_PLACE = re.compile(r"(.*) in (\S+):(\d+)\Z")


class Said(NamedTuple):
    """nginx's first reason, without the place, and its line; no line where it names none."""

    message: str
    line: int


class Ours(NamedTuple):
    """One reason of ours."""

    message: str
    line: int
    value: bool


NOBODY = 65534
MODULES = Path("/usr/lib/nginx/modules")
#: In the order in which they can be loaded.
LOADED = (
    "ndk_http_module", "ngx_http_auth_pam_module", "ngx_http_dav_ext_module", "ngx_http_echo_module",
    "ngx_http_geoip2_module", "ngx_http_lua_module", "ngx_http_subs_filter_module", "ngx_http_upstream_fair_module",
    "ngx_stream_module", "ngx_stream_geoip2_module",
)  # fmt: skip


def modules() -> str:
    """What loads every packaged module that is installed."""
    found = [name for name in LOADED if (MODULES / f"{name}.so").exists()]
    return "\n".join(f"load_module {MODULES}/{name}.so;" for name in found)


def asked(path: Path, folder: Path) -> Said | None:
    """None where nginx would start."""
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    result = subprocess.run(
        ["nginx", "-t", "-q", "-p", f"{folder}/", "-c", str(path), "-e", str(folder / "error.log")],
        capture_output=True, timeout=60, check=False, cwd=folder, **who,  # type: ignore[call-overload]
    )  # fmt: skip
    if result.returncode == 0:
        return None
    said = result.stderr.decode(errors="replace")
    for line in said.splitlines():
        match = _EMERGENCY.search(line)
        if match:
            place = _PLACE.fullmatch(match[1])
            return Said(match[1], 0) if place is None else Said(place[1], int(place[3]))
    return Said("", 0)


def ours(path: Path, folder: Path) -> list[Ours]:
    """All that we would refuse."""
    configuration = read_configuration(str(path), LocalEvidence(), prefix=str(folder))
    found = [
        Ours(problem.message, problem.span.line, False) for problem in configuration.problems if problem.kind in READING
    ]
    return found + [Ours(fault.message, fault.where().line, True) for fault in refused(configuration)]


class Comparison:
    """Both answers to many configurations; `wrong` are those that we refuse and nginx takes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "nginx.conf"
        self.asked = 0
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.missed: Counter[str] = Counter()
        self.unseen = ""
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)

    def takes(self, text: str, what: str) -> bool:
        """Compare, and say whether nginx takes it."""
        self.asked += 1
        self.path.write_bytes(text.encode("utf-8", "surrogateescape"))
        said = asked(self.path, self.folder)
        mine = ours(self.path, self.folder)
        if said is None:
            self.counts["accepted"] += 1
            if mine:
                self.wrong.append(f"{what}: we say {mine[0]}\n{text}")
            return True
        self._count(said, mine, what)
        return False

    def _count(self, said: Said, mine: list[Ours], what: str) -> None:
        if not said.message or UNSEEN.search(said.message) or NEWER.search(said.message):
            self.counts["not to be seen"] += 1
            self.unseen = said.message
            return
        kind = "reading" if _OF_READING.search(said.message) else "refused"
        self.counts[kind] += 1
        if any(one.line == said.line or said.message.startswith(one.message) for one in mine):
            self.counts[f"{kind} and found"] += 1
            self.counts["in nginx's words"] += any(one.message.startswith(said.message) for one in mine)
        elif kind == "refused":
            self.missed[re.sub(r'"[^"]*"', '"…"', said.message) + f"   for instance {what}"] += 1

    @property
    def share(self) -> float:
        """How much of what nginx refuses for a value or a combination we refuse too."""
        return self.counts["refused and found"] / max(1, self.counts["refused"])

    def told(self) -> str:
        """All of it in words."""
        missed = [f"\n  missed {count}: {message}" for message, count in self.missed.most_common()]
        share = f"{100 * self.share:.2f} % found, {len(self.wrong)} wrongly refused"
        return f"{self.asked} configurations, {dict(self.counts)}: {share}{''.join(missed)}"
