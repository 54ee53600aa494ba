"""What `--diff` shows: a patch for `patch -p1`, byte for byte; on a terminal, what that can show of it."""

from difflib import unified_diff
from typing import TextIO

from audit403.report.terminal import Style, safe, write

_COLOURS = {"---": "bold", "+++": "bold", "@": "blue", "-": "old", "+": "new"}


def write_diff(stream: TextIO, name: str, before: bytes, after: bytes, style: Style) -> None:
    """Write the patch of one file."""
    lines = _patch(name, before, after)
    if style.terminal or not hasattr(stream, "buffer"):
        for line in lines:
            write(stream, _painted(line, style) + "\n")
        return
    stream.flush()
    stream.buffer.write("".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape"))


def _patch(name: str, before: bytes, after: bytes) -> list[str]:
    name = name.lstrip("/")
    lines = []
    for line in unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}"):
        text, end, _ = line.partition("\n")
        lines += [text] if end else [text, "\\ No newline at end of file"]
    return lines


def _lines(data: bytes) -> list[str]:
    """The lines with their ends: a line ends with a line feed, and with nothing else that Python takes for one."""
    lines = [f"{line}\n" for line in data.decode("utf-8", "surrogateescape").split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _painted(line: str, style: Style) -> str:
    shown = safe(line.removesuffix("\r"))
    colour = next((name for start, name in _COLOURS.items() if line.startswith(start)), None)
    return shown if colour is None else style.paint(shown, colour)
