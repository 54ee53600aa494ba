"""A host over SSH by paramiko, reached as OpenSSH's settings say: hops, keys, certificates, agent, strict host keys.

Truth: ssh_config(5), ssh(1) VERIFYING HOST KEYS. paramiko loads no known_hosts here: what a host shows is judged by
`host_keys`, before anything is said about who logs in.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from audit403.host.host_keys import HostKeys
from audit403.host.key_files import Passphrase
from audit403.host.limits import Clock
from audit403.host.login import log_in
from audit403.host.paramiko_alone import paramiko
from audit403.host.proxy_command import ProxyCommand
from audit403.host.route import route_to
from audit403.host.sentences import broke_off, busy, no_command, no_server, unreachable, unreachable_behind
from audit403.host.ssh_settings import SshSettings
from audit403.host.transport import KEPT_ERRORS, Ended, HostError, one_line

_AT_ONCE = 256 * 1024
_ALIVE_SECONDS = 30
_DYING_SECONDS = 0.5
_LOOK_SECONDS, _SHORTEST_SECONDS = 1.0, 0.001
_NEARLY = 0.95
_SMALL = 64 * 1024
_OF_RSA = ("rsa-sha2-512", "rsa-sha2-256")

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else Python shows its warnings and tracebacks itself


class _Connection(paramiko.Transport):  # type: ignore[misc]
    """One that does not write down what servers say of their own workings, letter by letter, for no reader."""

    def _parse_debug(self, message: object) -> None:
        pass


class ParamikoHost:
    """One connection, with those of the hops before it."""

    def __init__(self, settings: SshSettings, keys: HostKeys, clock: Clock, ask: Passphrase | None = None) -> None:
        """Connects and logs in. Raises HostError."""
        self.label = settings.name
        self._keys, self._clock, self._ask = keys, clock, ask
        self._open: list[paramiko.Transport | ProxyCommand] = []
        self._waiting: dict[str, _Running] = {}
        last: paramiko.Transport | None = None
        try:
            for hop in route_to(settings):
                last = self._connected(hop, last)
        except BaseException:
            self.close()
            raise
        assert last is not None
        self._transport = last

    def start(self, command: str, stdin: bytes) -> "_Running":
        """Run a command of the login shell's, or give this to one that waits for more. Raises HostError."""
        waiting = self._waiting.pop(command, None)
        if waiting is not None and waiting.takes(stdin):
            return waiting
        seconds = self._clock.to_connect()
        try:
            channel = self._transport.open_session(timeout=seconds)
            _start(channel, command, seconds)
        except Exception as error:  # paramiko passes on whatever a host's packets have made go wrong
            raise no_command(self.label, error) from error
        return _Running(self.label, channel, stdin, self._clock, lambda one: self._waiting.setdefault(command, one))

    def close(self) -> None:
        """End the connection, the last hop first."""
        while self._open:
            with suppress(Exception):  # what has broken already must not keep the rest open
                self._open.pop().close()

    def _connected(self, hop: SshSettings, before: paramiko.Transport | None) -> paramiko.Transport:
        """A connection to one hop, its key checked and logged in."""
        seconds = self._clock.to_connect(hop.connect_timeout)
        command: ProxyCommand | None = None
        if before is not None:
            over = _channel(before, hop, seconds)
        elif hop.proxy_command is not None:
            command = self._command(hop)
            over = command.socket
        else:
            over = _socket(hop, seconds)
        transport = _Connection(over)
        self._open.append(transport)
        transport.banner_timeout = transport.handshake_timeout = seconds
        _prefer(transport, self._keys.types(hop))
        began = time.monotonic()
        try:
            transport.start_client(timeout=seconds)
            key = transport.get_remote_server_key()
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise HostError(f"{hop.name} speaks no way of SSH that paramiko does: use --transport openssh") from error
        except Exception as error:  # as above
            if time.monotonic() - began > _NEARLY * seconds:
                raise no_server(hop, TimeoutError()) from error
            if command is None and _is_turned_away(transport, error):
                raise busy(hop) from error
            raise no_server(hop, error if command is None else command.said() or error) from error
        self._keys.check(hop, key.get_name(), key.asbytes())
        transport.set_keepalive(_ALIVE_SECONDS)
        log_in(transport, hop, self._ask, self._clock)
        over.settimeout(_LOOK_SECONDS)  # paramiko's own thread looks ten times as often whether there is anything to do
        return transport

    def _command(self, hop: SshSettings) -> ProxyCommand:
        assert hop.proxy_command is not None
        try:
            command = ProxyCommand(hop.proxy_command)
        except OSError as error:
            raise HostError(f"the ProxyCommand for {hop.name} cannot be started: {one_line(error)}") from error
        self._open.append(command)
        return command


class _Running:
    """A shell that is given one script after the other: to open a channel for each costs more than most of them.

    Its input ends as soon as it is silent for a second: what is no shell, and reads on and on, then comes to its end,
    and a shell finishes its script and takes no other. What it writes to standard error is taken out now and then, so
    that it does not hold it up.
    """

    def __init__(
        self, label: str, channel: paramiko.Channel, stdin: bytes, clock: Clock, keep: Callable[["_Running"], object]
    ) -> None:
        self._label, self._channel, self._clock, self._keep = label, channel, clock, keep
        self._errors, self._is_silent, self._is_last = b"", False, False
        self._give(stdin)

    def takes(self, stdin: bytes) -> bool:
        """Give it a further script; False where it has ended, as sshd's ChannelTimeout has it after some time."""
        if self._channel.closed or self._channel.eof_received or self._channel.exit_status >= 0:
            self.close()
            return False
        self._read_errors()
        self._errors = b""
        self._give(stdin)
        return True

    def __iter__(self) -> Iterator[bytes]:
        while True:
            piece = self._next()
            if not piece:
                break
            yield piece
        if self._is_broken():
            raise broke_off(self._label)

    def ended(self) -> Ended:
        self._end_input()
        if not self._channel.status_event.wait(self._clock.of_silence()):
            self._is_silent = True
            raise self._clock.silent()
        self._read_errors(_DYING_SECONDS)
        status = self._channel.exit_status
        return Ended(None if status < 0 else status, self._errors)

    def release(self) -> None:
        if self._is_last:
            self.close()
        else:
            self._keep(self)

    def close(self) -> None:
        if not self._is_silent:  # to say goodbye to a host that has frozen may take for ever
            self._channel.close()

    def _next(self) -> bytes:
        """The next of its output; nothing where that has ended."""
        end = time.monotonic() + self._clock.of_silence()
        while True:
            left = end - time.monotonic()
            self._channel.settimeout(max(_SHORTEST_SECONDS, min(_LOOK_SECONDS, left)))
            try:
                piece: bytes = self._channel.recv(_AT_ONCE)
            except TimeoutError as error:
                self._end_input()
                self._read_errors()
                if left <= _LOOK_SECONDS:
                    self._is_silent = True
                    raise self._clock.silent() from error
            else:
                self._read_errors()
                return piece

    def _is_broken(self) -> bool:
        """Whether the end of the output is that of the connection: a host says when a command's output ends."""
        if self._channel.eof_received or self._channel.exit_status >= 0:
            return False
        transport = self._channel.get_transport()
        transport.join(_DYING_SECONDS)
        return not transport.is_active()

    def _give(self, data: bytes) -> None:
        if len(data) <= min(_SMALL, self._channel.out_window_size):
            self._send(data)
        else:  # a host that has frozen takes no more than fits into the buffers on the way
            self._is_last = True
            threading.Thread(target=self._send, args=(data,), daemon=True).start()

    def _end_input(self) -> None:
        if not self._is_last:
            self._is_last = True
            with suppress(OSError, EOFError, paramiko.SSHException):
                self._channel.shutdown_write()

    def _send(self, data: bytes) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            while data and not self._channel.closed:
                with suppress(TimeoutError):
                    data = data[self._channel.send(data) :]
            if self._is_last:
                self._channel.shutdown_write()

    def _read_errors(self, seconds: float = 0.0) -> None:
        """Keep the end of what is there of its errors; with `seconds` wait for each further piece of them."""
        with suppress(OSError, EOFError, paramiko.SSHException):  # TimeoutError among them
            if seconds:
                self._channel.settimeout(seconds)
            while seconds or self._channel.recv_stderr_ready():
                piece = self._channel.recv_stderr(_AT_ONCE)
                if not piece:
                    return
                self._errors = (self._errors + piece)[-KEPT_ERRORS:]


class _Patience(threading.Event):
    """An event for which nobody waits without end, as paramiko would for a host to say that it runs a command."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def wait(self, timeout: float | None = None) -> bool:
        """Raises TimeoutError."""
        if super().wait(self._seconds if timeout is None else timeout):
            return True
        raise TimeoutError


def _start(channel: paramiko.Channel, command: str, seconds: float) -> None:
    """Have the login shell run a command. Raises TimeoutError, and what paramiko does."""
    channel.event = _Patience(seconds)
    try:
        channel.exec_command(command.encode("utf-8", "surrogateescape"))
    except BaseException:
        channel.close()
        raise


def _is_turned_away(transport: paramiko.Transport, error: BaseException) -> bool:
    """Whether the host ended the connection before it had said anything: paramiko names no cause, but has one."""
    return not transport.remote_version and isinstance(error.__context__, EOFError | ConnectionError)


def _prefer(transport: paramiko.Transport, types: tuple[str, ...]) -> None:
    """Ask first for keys of the types that the host is known by, as ssh does: it may have others that nobody knows."""
    wanted = [name for one in types for name in (_OF_RSA if one == "ssh-rsa" else (one,))]
    options = transport.get_security_options()
    usual = tuple(options.key_types)
    options.key_types = tuple(dict.fromkeys([*(name for name in wanted if name in usual), *usual]))
    # As ssh prefers: the cipher authenticates what paramiko would else compare byte by byte.
    ciphers = tuple(options.ciphers)
    options.ciphers = tuple(sorted(ciphers, key=lambda name: "gcm" not in name))


def _socket(hop: SshSettings, seconds: float) -> socket.socket:
    try:
        made = socket.create_connection((hop.host_name, hop.port), seconds)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as ssh does: else each question waits 40 ms
        return made
    except OSError as error:
        raise unreachable(hop, error) from error


def _channel(before: paramiko.Transport, hop: SshSettings, seconds: float) -> paramiko.Channel:
    """A connection that the hop before makes."""
    try:
        return before.open_channel("direct-tcpip", (hop.host_name, hop.port), ("127.0.0.1", 0), timeout=seconds)
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise unreachable_behind(hop, error) from error
