"""Patterns against glob(3) of the C library, in the C locale, as nginx calls it."""

import os
import random
import re
import subprocess
import sys
from pathlib import Path

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.glob import glob
from servers.plenty import SEED, cases, rng

ALPHABET = ["a", "b", "B", ".", "-", "]", "[", "!", "^", "\\", "é", "*", "?", "0", "\udcff"]
PATTERNS = ["a", "b", "B", ".", "-", "é", "0", "*", "*", "?", "[ab]", "[!a]", "[^b-z]", "[[:alpha:]]", "[]a]", "[a-c]",
            "\\*", "\\?", "\\[", "[", "]", "[!]", "[\\]]", "[-a]", "[b-]", "\udcff"]  # fmt: skip

# Run in a process of its own: the locale of a test process is anybody's.
ORACLE = """
import ctypes, sys
class Found(ctypes.Structure):
    _fields_ = [("count", ctypes.c_size_t), ("paths", ctypes.POINTER(ctypes.c_char_p)), ("rest", ctypes.c_char * 256)]
library = ctypes.CDLL(None)
library.setlocale(6, b"C")  # LC_ALL; Python has set another, nginx sets none
for line in sys.stdin.buffer.read().split(b"\\n"):
    found = Found()
    library.glob(bytes.fromhex(line.decode()), 0, None, ctypes.byref(found))
    print(" ".join(found.paths[n].hex() for n in range(found.count)))
"""


def test_patterns_match_as_the_c_library_says(tmp_path: Path) -> None:
    numbers = rng("glob")
    root = os.fsencode(tmp_path)
    for _ in range(60):
        folder = root + b"/" + _name(numbers, 1).replace(b".", b"d")
        os.makedirs(folder, exist_ok=True)
        for _ in range(6):
            Path(os.fsdecode(folder + b"/" + _name(numbers, numbers.randrange(1, 3)))).touch()
    patterns = []
    for _ in range(cases(400)):
        lengths = (1, numbers.randrange(1, 4))
        parts = [b"".join(os.fsencode(numbers.choice(PATTERNS)) for _ in range(length)) for length in lengths]
        # glibc wrongly keeps its rule for leading dots alive behind `*?` when `[` follows: nobody writes that.
        if not any(re.search(rb"\*[*?]*\?[*?]*\[", part) for part in parts):
            patterns.append(b"/".join([root, *parts]))
    asked = b"\n".join(pattern.hex().encode() for pattern in patterns)
    said = subprocess.run([sys.executable, "-c", ORACLE], input=asked, capture_output=True, check=True).stdout.decode()
    evidence = LocalEvidence()
    matched = 0
    for pattern, line in zip(patterns, said.split("\n"), strict=False):
        expected = [bytes.fromhex(path) for path in line.split()]
        text = pattern.decode("utf-8", "surrogateescape")
        found = [path.encode("utf-8", "surrogateescape") for path in glob(evidence, text)]
        assert found == expected, f"{pattern!r}, AUDIT403_SEED={SEED}"
        matched += bool(expected)
    assert matched > len(patterns) / 10


def _name(numbers: random.Random, length: int) -> bytes:
    name = b"".join(os.fsencode(numbers.choice(ALPHABET)) for _ in range(length))
    return b"x" if name in (b".", b"..") else name
