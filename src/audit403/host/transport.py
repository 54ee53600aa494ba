"""What carries a script to a host and its output back: paramiko, the system's ssh, or a shell on this machine.

A script is POSIX sh, read from standard input, so that nothing of it is subject to the login shell. What the shell of a
login prints before it is cut off at a mark; a second mark behind the output says that it came whole.
"""

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Protocol

from audit403.core.named_tuple import NamedTuple

SHELL = "sh"
KEPT_ERRORS = 4096
_LONGEST_WORDS = 300
_LONGEST_GREETING = 1024 * 1024


_RAN = 77
_WHOLE = r"""LC_ALL=C; export LC_ALL
audit403() {
printf '\n<%%s>\n' %s
%s
printf '\n</%%s>%%s\n' %s $?
}
if command -v dd >/dev/null 2>&1; then
{ status=$({ { (audit403 && exit @RAN@) </dev/null; echo $? >&3; } |
dd ibs=32768 obs=65536 2>/dev/null >&4; } 3>&1); } 4>&1
else (audit403 && exit @RAN@) </dev/null; status=$?
fi
[ "$status" = @RAN@ ] || exit "${status:-1}"
""".replace("@RAN@", str(_RAN))
"""What a shell gets: the script between its marks, its output put together to large pieces, for as they were written
they cost the audit of a small host a quarter of its time. A shell reads a function whole before it runs it. One that
has run a script to its end waits for the next; what ends a script before that ends the shell as well."""


class HostError(Exception):
    """A host that cannot be audited, or not further: one plain sentence."""


class HostBusy(HostError):
    """A host that ended the connection before it said who it is, as sshd does for more than MaxStartups: not yet."""


class Ended(NamedTuple):
    """How a script ended: its status (None where it was not told) and the end of what it wrote to standard error."""

    status: int | None
    errors: bytes


class Running(Protocol):
    """A command on a host: its output as it comes, and how it ended once that is read."""

    def __iter__(self) -> Iterator[bytes]:
        """The output, in pieces. Raises HostError where the connection breaks or the time is over."""
        ...

    def ended(self) -> Ended:
        """How it ended."""
        ...

    def release(self) -> None:
        """Let go of it, whose script has run to its end: a shell that waits for the next one may be kept."""
        ...

    def close(self) -> None:
        """Let go of it, whether it has ended or not."""
        ...


class Transport(Protocol):
    """A way to one host."""

    @property
    def label(self) -> str:
        """The host as people know it."""
        ...

    def start(self, command: str, stdin: bytes) -> Running:
        """Run a command of the login shell's, or give this to one that was released; raises HostError."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def run(
    transport: Transport, script: str, *, prefix: str = "", mark: str | None = None
) -> Generator[bytes, None, None]:
    """The output of a script, in pieces as it comes; `prefix` is put before the shell, as `sudo -n` is.

    Raises HostError where the shell does not start, or the output ends before the script has.
    """
    mark = secrets.token_hex(16) if mark is None else mark
    begin, end = f"\n<{mark}>\n".encode(), f"\n</{mark}>".encode()
    text = _WHOLE % (mark, script, mark)
    running = transport.start(f"{prefix} {SHELL}".strip(), text.encode("utf-8", "surrogateescape"))
    ran = False
    try:
        yield from _between(
            iter(running), begin, end, transport.label,
            lambda said: _no_shell(transport, running, prefix, said), lambda: _why(transport, running),
        )  # fmt: skip
        ran = True
    finally:
        running.release() if ran else running.close()


def output_of(transport: Transport, script: str, *, prefix: str = "", most: int | None = None) -> bytes:
    """The whole output of a script. Raises HostError, also where it has more bytes than `most`."""
    if most is None:
        return b"".join(run(transport, script, prefix=prefix))
    output = bytearray()
    for piece in run(transport, script, prefix=prefix):
        output += piece
        if len(output) > most:
            raise HostError(f"{transport.label}: what it answers has no end")
    return bytes(output)


def outputs_of(
    transport: Transport, scripts: Sequence[str], *, prefix: str = "", most: int | None = None
) -> list[bytes]:
    """The outputs of scripts that go to the host as one, for each exchange has its price. Raises HostError."""
    mark = secrets.token_hex(16)
    parted = f"\nprintf '%s' {mark}\n".join(f"(\n{script}\n)" for script in scripts)
    outputs = output_of(transport, parted, prefix=prefix, most=most).split(mark.encode())
    if len(outputs) != len(scripts):
        raise HostError(f"{transport.label}: its answer cannot be read: a part of it is missing")
    return outputs


def quoted(path: str) -> str:
    """A path as one word of a POSIX shell, whatever is in it; one with a dash at the front gets a folder before it."""
    safe = path if not path.startswith("-") else f"./{path}"
    return "'" + safe.replace("'", "'\\''") + "'"


def one_line(said: object) -> str:
    """What a host, or an error, says, as the end of a sentence: its last line, with nothing that a terminal obeys."""
    if isinstance(said, TimeoutError):
        return "no answer in time"
    if isinstance(said, EOFError):
        return "it ended the connection"
    text = str(said.strerror or said) if isinstance(said, OSError) else str(said)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = "".join(sign if sign.isprintable() else "?" for sign in (lines[-1] if lines else "nothing was said"))
    return shown if len(shown) <= _LONGEST_WORDS else f"{shown[:_LONGEST_WORDS]}…"


def _between(
    pieces: Iterator[bytes],
    begin: bytes,
    end: bytes,
    label: str,
    no_shell: Callable[[bytes], str],
    why: Callable[[], str],
) -> Iterator[bytes]:
    """What stands between two marks; the second may come in two pieces."""
    held = b"\n"
    for piece in pieces:
        held += piece
        at = held.find(begin)
        if at >= 0:
            held = held[at + len(begin) :]
            break
        if len(held) > _LONGEST_GREETING:
            raise HostError(f"{label}: its shell writes without end before it runs anything")
    else:
        raise HostError(no_shell(held))
    while True:
        at = held.find(end)
        if at >= 0:
            yield held[:at]
            return
        keep = len(end) - 1
        if len(held) > keep:
            yield held[:-keep]
            held = held[-keep:]
        piece = next(pieces, b"")
        if not piece:
            raise HostError(f"{why()}: the output ended before the script had")
        held += piece


def _no_shell(transport: Transport, running: Running, prefix: str, greeting: bytes) -> str:
    """The sentence about a shell that was not started. What sudo says is in the host's own language."""
    if not prefix:
        # nologin says why on standard output; what is long or no text is no reason.
        text = greeting.decode("utf-8", "replace").strip().removesuffix(".")
        is_reason = 0 < len(text) <= _LONGEST_WORDS and text.isprintable() and not running.ended().errors.strip()
        reason = f": {text}" if is_reason else ""
        return f"{_why(transport, running)}{reason}: no POSIX shell was started"
    ended, command = running.ended(), prefix.split()[0]
    said = one_line(ended.errors.decode("utf-8", "replace")).removeprefix(f"{command}: ")
    if ended.status in (126, 127):
        return f"{transport.label}: the login has no {command} there that it could run ({said}): go without --sudo"
    return (
        f"{transport.label}: {command} starts no shell for the login ({said}): let it do so without a password and "
        "without a terminal, as `LOGIN ALL=(root) NOPASSWD: /bin/sh` in sudoers does, or go without --sudo"
    )


def _why(transport: Transport, running: Running) -> str:
    """The beginning of a sentence about what went wrong, with what the host said."""
    ended = running.ended()
    said = ended.errors.decode("utf-8", "replace").strip()
    status = "" if ended.status is None else f" (status {ended.status})"
    return f"{transport.label}{status}" + (f": {one_line(said)}" if said else "")
