"""How OpenSSH would reach a host: ssh's own word where it is installed, otherwise the files read by paramiko and us.

Truth: ssh_config(5); `ssh -G`. `~` is $HOME. paramiko's reader knows no Include: what a file includes is put in first.
"""

import getpass
import os
import pwd
import re
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from glob import glob
from pathlib import Path

from audit403.core.named_tuple import NamedTuple
from audit403.host.known_hosts import DEFAULT_PORT, names_host
from audit403.host.plain_ssh_config import PlainConfiguration
from audit403.host.transport import HostError

_OF_ALL = Path("/etc/ssh/ssh_config")
_OF_FILES = ("IdentityFile", "Include")
_DEEPEST = 16
_SECONDS = 10
_NONE = "none"
_PATH_BEGINS = ("/", "~", "%", "$")
_DEFAULT_IDENTITIES = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_xmss", "id_dsa")
_INCLUDE = re.compile(r"^\s*include(?:\s+|\s*=\s*)(.*)$", re.IGNORECASE)
_TOKEN = re.compile(r"%(.)")
_TARGET = re.compile(
    r"(?:ssh://)?(?:(?P<user>.*)@)?(?:(?P<host>\[[^]]+\]|[^:]*)(?::(?P<port>\d+))?|(?P<bare>[^:\[\]]*:[^:\[\]]*:[^\[\]]*))/?"
)
_LONGEST_PORT = 6
_NEVER = frozenset("'`\"$\\;&<>|(){},[]*?!/@")
_NEVER_IN_USER = frozenset("'`\";&<>|(){}")
"""What ssh itself does not take either (ssh.c, valid_hostname and valid_ruser), and what is in no name."""

_plain = PlainConfiguration()
_answers: dict[object, dict[str, list[str]]] = {}
"""What ssh has said in this process, by what it hangs on: a process of a fleet asks for many hosts."""


class SshError(HostError):
    """Settings that cannot be had, in a plain sentence."""


class Target(NamedTuple):
    """`[user@]host[:port]` as it was given."""

    host: str
    user: str | None
    port: int | None


class SshSettings(NamedTuple):
    """What decides how a host is reached; paths are expanded, `proxy_jump` has the hops in their order."""

    name: str
    host_name: str
    user: str
    port: int
    identity_files: tuple[str, ...]
    certificate_files: tuple[str, ...]
    identities_only: bool
    identity_agent: str | None
    proxy_jump: tuple[str, ...]
    proxy_command: str | None
    user_known_hosts: tuple[str, ...]
    global_known_hosts: tuple[str, ...]
    host_key_alias: str | None
    connect_timeout: int | None
    gssapi: bool


def key_name(settings: SshSettings) -> tuple[str, int]:
    """The name and port that a host's key is known by: a HostKeyAlias stands for both."""
    if settings.host_key_alias is not None:
        return settings.host_key_alias, DEFAULT_PORT
    return settings.host_name, settings.port


def parse_target(text: str) -> Target:
    """The parts of a target; a bare IPv6 address is one, too. Raises SshError with a plain sentence."""
    found = _TARGET.fullmatch(text.strip())
    if found is None:
        raise SshError(f"{text!r} is no host: write it as [user@]host[:port]")
    host, user = (found["bare"] or found["host"]).strip("[]"), found["user"] or None
    port = None if found["port"] is None else int(found["port"][:_LONGEST_PORT])
    if not host or host.startswith("-") or (port is not None and not 0 < port < 65536):
        raise SshError(f"{text!r} is no host: write it as [user@]host[:port]")
    if any(sign.isspace() or not sign.isprintable() or sign in _NEVER for sign in host):
        raise SshError(f"{text!r} is no host: a name has no spaces, and no signs that a shell or a terminal obeys")
    if user is not None and (user.startswith("-") or not user.isprintable() or _NEVER_IN_USER.intersection(user)):
        raise SshError(f"{text!r} is no host: {user!r} is no name of a user")
    return Target(host, user, port)


def settings_of(
    target: Target, first: Mapping[str, str] | None = None, *, ssh: str | None = None, home: Path | None = None
) -> SshSettings:
    """How OpenSSH would reach a target; `ssh` is the program, found in PATH where it is not given.

    `first` are keywords with what counts before the files. Raises SshError where ssh, or the reader that stands for it,
    does not take the configuration.
    """
    home = home_folder() if home is None else home
    program = _program(os.environ.get("PATH")) if ssh is None else ssh
    before = "".join(_written(keyword, value) for keyword, value in (first or {}).items())
    files = configurations(home)
    said = _said(program, target, before, files) if program else _read(target, before, files)
    for keyword in first or {}:  # of these two the one that comes first counts, which paramiko's reader does not know
        said.pop({"ProxyJump": "proxycommand", "ProxyCommand": "proxyjump"}.get(keyword, ""), None)
    return _settings(target, said, home)


@cache
def _program(path: str | None) -> str | None:
    """The ssh of a PATH, looked for once: a process of a fleet asks for many hosts."""
    return shutil.which("ssh", path=path)


def home_folder() -> Path:
    """$HOME; ssh itself takes the home of the user database."""
    return Path(os.environ.get("HOME") or "~").expanduser()


def configurations(home: Path) -> tuple[Path, ...]:
    """The files of ssh's configuration that are there, in the order in which they count."""
    return tuple(path for path in (home / ".ssh" / "config", _OF_ALL) if path.is_file())


def included(paths: Iterable[Path]) -> str:
    """A configuration that is others together."""
    return "".join(_written("Include", str(path)) for path in paths)


def _written(keyword: str, value: str) -> str:
    """One line, with quotes where it is about a file."""
    text = " ".join(value.splitlines())
    return f"{keyword} {quoted_word(text) if keyword in _OF_FILES else text}\n"


def quoted_word(text: str) -> str:
    """A word of a configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(program: str, target: Target, before: str, files: tuple[Path, ...]) -> dict[str, list[str]]:
    """What `ssh -G` says, which is asked once for all hosts for which the same lines of a plain configuration hold."""
    configuration = before + included(files)
    lines = None if "proxyjump" in before.lower() or "%" in before else _plain.lines_for(target.host, files)
    if lines is None:
        return _asked(program, target, configuration)
    key = (program, configuration, target.user, target.port, lines.lines)
    said = _answers.get(key)
    if said is None:
        said = _answers[key] = _asked(program, target, configuration)
    return {**said, "hostname": [lines.host_name]}


def _asked(program: str, target: Target, configuration: str) -> dict[str, list[str]]:
    """What `ssh -G` says; each keyword with all its lines."""
    command = [program, "-T", "-G", "-F", "/dev/stdin"]
    command += ["-l", target.user] if target.user else []
    command += ["-p", str(target.port)] if target.port else []
    given = configuration.encode("utf-8", "surrogateescape")
    try:
        done = subprocess.run(
            [*command, "--", target.host], input=given, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SshError(f"ssh could not be asked how to reach {target.host}: {error}") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SshError(
            f"ssh does not take its configuration: {words[0] if words else f'it ended with {done.returncode}'}"
        )
    said: dict[str, list[str]] = {}
    for line in done.stdout.decode("utf-8", "surrogateescape").splitlines():
        keyword, _, value = line.partition(" ")
        said.setdefault(keyword.lower(), []).append(value)
    return said


def _read(target: Target, first: str, files: Sequence[Path]) -> dict[str, list[str]]:
    """What the files say, read without ssh."""
    from audit403.host.paramiko_alone import config_reader, paramiko

    wrong = (paramiko.ConfigParseError, paramiko.ssh_exception.CouldNotCanonicalize, ValueError)
    parts = [first, *("\n".join(_with_includes(path, path.parent, target.host, 0)) for path in files)]
    try:
        found = config_reader().from_text("\nHost *\n".join(parts)).lookup(target.host)
    except wrong as error:
        raise SshError(f"ssh's configuration cannot be read: {error}") from error
    said = {keyword: list(value) if isinstance(value, list) else [str(value)] for keyword, value in found.items()}
    if target.user:
        said["user"] = [target.user]
    if target.port:
        said["port"] = [str(target.port)]
    return said


def _with_includes(path: Path, folder: Path, host: str, depth: int) -> Iterator[str]:
    """The lines of a file with those of the files that it includes in their place.

    What is included in a Host block holds for that alone, whatever blocks it has itself, and they end with it.
    """
    if depth > _DEEPEST:
        raise SshError(f"{path} includes files too deep")
    block = "Host *"
    for line in path.read_text("utf-8", "surrogateescape").splitlines():
        words = line.replace("=", " ", 1).split()
        if words and words[0].lower() in ("host", "match"):
            block = line
        found = _INCLUDE.match(line)
        if found is None:
            yield line
        elif _is_for(block, host):
            for pattern in shlex.split(found[1], comments=True):
                place = Path(os.path.expanduser(pattern)) if pattern.startswith(("/", "~")) else folder / pattern
                for name in sorted(glob(str(place))):
                    yield from _with_includes(Path(name), folder, host, depth + 1)
                    yield block


def _is_for(block: str, host: str) -> bool:
    """Whether a Host block is for a host; what a Match asks is left to the reader."""
    keyword, *patterns = block.replace("=", " ", 1).split()
    return keyword.lower() == "match" or names_host(",".join(patterns), host)


def _settings(target: Target, said: Mapping[str, list[str]], home: Path) -> SshSettings:
    host_name = _last(said, "hostname") or target.host
    user = target.user or _last(said, "user") or getpass.getuser()
    port = int(_last(said, "port") or target.port or 22)
    here, alias = socket.gethostname(), _last(said, "hostkeyalias")
    tokens = {
        "%": "%", "d": str(home), "h": host_name, "i": str(os.getuid()), "k": alias or target.host, "l": here,
        "L": here.partition(".")[0], "n": target.host, "p": str(port), "r": user, "u": getpass.getuser(),
    }  # fmt: skip

    def paths(values: Iterable[str]) -> tuple[str, ...]:
        # ssh, too, takes a file once.
        return tuple(dict.fromkeys(_path(value, home, tokens) for value in values if value.lower() != _NONE))

    identities = said.get("identityfile") or [f"~/.ssh/{name}" for name in _DEFAULT_IDENTITIES]
    known = _files(said, "userknownhostsfile") or ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
    shared = _files(said, "globalknownhostsfile") or ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
    agent = _last(said, "identityagent") or "SSH_AUTH_SOCK"
    jump = _last(said, "proxyjump") or _NONE
    command = _last(said, "proxycommand") or _NONE
    timeout = _last(said, "connecttimeout") or _NONE
    return SshSettings(
        target.host, host_name, user, port, paths(identities), paths(said.get("certificatefile", ())),
        _last(said, "identitiesonly") == "yes", _agent(agent, home, tokens),
        () if jump.lower() == _NONE else tuple(_expanded(one.strip(), tokens) for one in jump.split(",")),
        None if command.lower() == _NONE else _expanded(command, tokens), paths(known), paths(shared),
        alias, int(timeout) if timeout.isdigit() else None,
        _last(said, "gssapiauthentication") == "yes",
    )  # fmt: skip


def _agent(value: str, home: Path, tokens: Mapping[str, str]) -> str | None:
    """The socket of the agent; None where there is none, or none is wanted."""
    if value.lower() == _NONE:
        return None
    if value == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK")
    if value.startswith("$"):
        return os.environ.get(value.strip("${}"))
    return _path(value, home, tokens)


def _last(said: Mapping[str, list[str]], keyword: str) -> str | None:
    values = said.get(keyword)
    return values[-1] if values else None


def _files(said: Mapping[str, list[str]], keyword: str) -> list[str]:
    """The files of a line. `ssh -G` leaves out the quotes: a word that begins no path goes on with the one before."""
    value = _last(said, keyword) or ""
    if '"' in value:
        return shlex.split(value)
    files: list[str] = []
    for word in value.split(" "):
        if files and not word.startswith(_PATH_BEGINS):
            files[-1] += f" {word}"
        elif word:
            files.append(word)
    return files


def _path(value: str, home: Path, tokens: Mapping[str, str]) -> str:
    """A path as it is meant: ssh takes the home of the user database for `~`, and $HOME is what is meant here."""
    text = _expanded(value, tokens)
    if text == "~" or text.startswith("~/"):
        return f"{home}{text[1:]}"
    try:
        database = pwd.getpwuid(os.getuid()).pw_dir.rstrip("/")
    except KeyError:
        return text
    return f"{home}{text[len(database) :]}" if text.startswith(f"{database}/.ssh/") else text


def _expanded(text: str, tokens: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda found: tokens.get(found[1], found[0]), text)
