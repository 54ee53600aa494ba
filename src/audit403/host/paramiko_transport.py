"""A host over SSH by paramiko, reached as OpenSSH's settings say: hops, keys, certificates, agent, strict host keys.

Truth: ssh_config(5), ssh(1) VERIFYING HOST KEYS. paramiko loads no known_hosts here: what a host shows is judged by
`host_keys`, before anything is said about who logs in.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import paramiko

from audit403.host.host_keys import HostKeys
from audit403.host.key_files import Passphrase
from audit403.host.limits import Clock
from audit403.host.login import log_in
from audit403.host.proxy_command import ProxyCommand
from audit403.host.route import route_to
from audit403.host.sentences import broke_off, busy, no_command, no_server, unreachable, unreachable_behind
from audit403.host.ssh_settings import SshSettings
from audit403.host.transport import KEPT_ERRORS, Ended, HostError, one_line

_AT_ONCE = 256 * 1024
_ALIVE_SECONDS = 30
_DYING_SECONDS = 0.5
_NEARLY = 0.95
_OF_RSA = ("rsa-sha2-512", "rsa-sha2-256")

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else Python shows its warnings and tracebacks itself


class ParamikoHost:
    """One connection, with those of the hops before it."""

    def __init__(self, settings: SshSettings, keys: HostKeys, clock: Clock, ask: Passphrase | None = None) -> None:
        """Connects and logs in. Raises HostError."""
        self.label = settings.name
        self._keys, self._clock, self._ask = keys, clock, ask
        self._open: list[paramiko.Transport | ProxyCommand] = []
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
        """Run a command of the login shell's. Raises HostError."""
        seconds = self._clock.to_connect()
        try:
            channel = self._transport.open_session(timeout=seconds)
            _start(channel, command, seconds)
        except Exception as error:  # paramiko passes on whatever a host's packets have made go wrong
            raise no_command(self.label, error) from error
        return _Running(self.label, channel, stdin, self._clock)

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
        transport = paramiko.Transport(over)
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
    """A command; two threads of its own send its input and keep the end of its errors, so that neither holds it up."""

    def __init__(self, label: str, channel: paramiko.Channel, stdin: bytes, clock: Clock) -> None:
        self._label, self._channel, self._clock = label, channel, clock
        self._errors, self._is_silent = b"", False
        self._drain = threading.Thread(target=self._read_errors, daemon=True)
        self._drain.start()
        threading.Thread(target=self._send, args=(stdin,), daemon=True).start()

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._channel.settimeout(self._clock.of_silence())
            try:
                piece = self._channel.recv(_AT_ONCE)
            except TimeoutError as error:
                self._is_silent = True
                raise self._clock.silent() from error
            if not piece:
                break
            yield piece
        if self._is_broken():
            raise broke_off(self._label)

    def ended(self) -> Ended:
        if not self._channel.status_event.wait(self._clock.of_silence()):
            self._is_silent = True
            raise self._clock.silent()
        self._drain.join(_DYING_SECONDS)
        status = self._channel.exit_status
        return Ended(None if status < 0 else status, self._errors)

    def close(self) -> None:
        if not self._is_silent:  # to say goodbye to a host that has frozen may take for ever
            self._channel.close()

    def _is_broken(self) -> bool:
        """Whether the end of the output is that of the connection: a host says when a command's output ends."""
        if self._channel.eof_received or self._channel.exit_status >= 0:
            return False
        transport = self._channel.get_transport()
        transport.join(_DYING_SECONDS)
        return not transport.is_active()

    def _send(self, data: bytes) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            while data and not self._channel.closed:
                with suppress(TimeoutError):
                    data = data[self._channel.send(data) :]
            self._channel.shutdown_write()

    def _read_errors(self) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            while True:
                with suppress(TimeoutError):
                    piece = self._channel.recv_stderr(_AT_ONCE)
                    if not piece:
                        return
                    self._errors = (self._errors + piece)[-KEPT_ERRORS:]


def _start(channel: paramiko.Channel, command: str, seconds: float) -> None:
    """Have the login shell run a command: paramiko waits without end for the host to say that it does."""
    late = threading.Timer(seconds, channel.close)
    late.daemon = True
    late.start()
    try:
        channel.exec_command(command.encode("utf-8", "surrogateescape"))
    finally:
        late.cancel()


def _is_turned_away(transport: paramiko.Transport, error: BaseException) -> bool:
    """Whether the host ended the connection before it had said anything: paramiko names no cause, but has one."""
    return not transport.remote_version and isinstance(error.__context__, EOFError | ConnectionError)


def _prefer(transport: paramiko.Transport, types: tuple[str, ...]) -> None:
    """Ask first for keys of the types that the host is known by, as ssh does: it may have others that nobody knows."""
    wanted = [name for one in types for name in (_OF_RSA if one == "ssh-rsa" else (one,))]
    options = transport.get_security_options()
    usual = tuple(options.key_types)
    options.key_types = tuple(dict.fromkeys([*(name for name in wanted if name in usual), *usual]))


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
