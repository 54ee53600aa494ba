"""What the system's ssh says when it fails, in the sentences that are said of every host.

Truth: the calls of error() and fatal() in OpenSSH's sshconnect.c, sshconnect2.c, kex.c and channels.c.
"""

import re
from collections.abc import Sequence

from audit403.host.known_hosts import at_port
from audit403.host.sentences import (
    busy,
    changed_key,
    no_server,
    other_means,
    refused,
    revoked_key,
    unknown_key,
    unreachable,
    unreachable_behind,
)
from audit403.host.ssh_settings import SshSettings, key_name
from audit403.host.transport import HostError, one_line

_CHANGED = re.compile(r"^Host key for (\S+) has changed", re.MULTILINE)
_REVOKED = re.compile(r"^(\S+) host key for (\S+) (?:was|is marked as) revoked", re.MULTILINE)
_UNKNOWN = re.compile(r"^No (\S+) host key is known for (\S+) and", re.MULTILINE)
_SENT = re.compile(r"^The fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?$", re.MULTILINE)
_OFFENDING = re.compile(r"^Offending \S+ key in (.+:\d+)\s*$", re.MULTILINE)
_DENIED = re.compile(r"^(?:(\S+)@)?(\S+): Permission denied \(([^)]*)\)", re.MULTILINE)
_TOO_MANY = re.compile(
    r"^Received disconnect from (\S+) port (\d+):\d+: Too many authentication failures", re.MULTILINE
)
_CONNECT = re.compile(r"^ssh: connect to host (\S+) port (\d+): (.*)$", re.MULTILINE)
_RESOLVE = re.compile(r"^ssh: Could not resolve hostname (\S+): (.*)$", re.MULTILINE)
_BEHIND = re.compile(r"^channel \d+: open failed: (.*)$", re.MULTILINE)
_KEYS = "publickey"
_AGENT = "agent refused operation"
_TURNED_AWAY = re.compile(r"kex_exchange_identification: .*(?:closed|reset).*(?:\n.*(?:closed|reset).*)?")
_OF_THE_END = ("kex_exchange_identification", "stdio forwarding failed", "banner exchange: Connection to UNKNOWN")
"""Said of the end of a connection whose cause is said elsewhere."""


def why_not(said: str, route: Sequence[SshSettings]) -> HostError:
    """The sentence for what ssh wrote; `route` are the hosts on the way, the target last."""
    text = said.replace("\r", "")
    found = _of_keys(text, route) or _of_logins(text, route) or _of_ways(text, route)
    if found is None and route[-1].proxy_command is None and _TURNED_AWAY.fullmatch(text.strip()):
        return busy(route[-1])
    return found or no_server(route[-1], _told(text))


def _of_keys(text: str, route: Sequence[SshSettings]) -> HostError | None:
    sent = _SENT.search(text)
    shown = f"{sent[1]} {sent[2]}" if sent else ""
    if found := _REVOKED.search(text):
        return revoked_key(_named(found[2], route), shown or found[1])
    if found := _CHANGED.search(text):
        return changed_key(_named(found[1], route), shown, ", ".join(_OFFENDING.findall(text)))
    if found := _UNKNOWN.search(text):
        return unknown_key(_named(found[2], route), found[1])
    return None


def _of_logins(text: str, route: Sequence[SshSettings]) -> HostError | None:
    if found := _TOO_MANY.search(text):
        host = next((one for one in route if str(one.port) == found[2]), route[-1])
    elif found := _DENIED.search(text):
        host = next((one for one in route if one.host_name == found[2] and found[1] in (None, one.user)), route[-1])
        if _KEYS not in found[3].split(","):
            return other_means(host, found[3].split(","))
    else:
        return None
    from audit403.host.identities import Identities  # only what ssh may have tried: it does not say it

    identities = Identities(host, None, 1)
    try:
        notes = ["the agent refuses"] if _AGENT in text else []
        return refused(host, [one.origin for one in identities], [*notes, *identities.notes])
    finally:
        identities.close()


def _of_ways(text: str, route: Sequence[SshSettings]) -> HostError | None:
    if found := _CONNECT.search(text):
        host = next((one for one in route if (one.host_name, str(one.port)) == (found[1], found[2])), route[-1])
        return unreachable(host, found[3])
    if found := _RESOLVE.search(text):
        return unreachable(next((one for one in route if one.host_name == found[1]), route[-1]), found[2])
    if found := _BEHIND.search(text):
        return unreachable_behind(route[-1], found[1])
    return None


def _named(place: str, route: Sequence[SshSettings]) -> SshSettings:
    """The host that ssh names as known_hosts does."""
    return next((one for one in route if at_port(*key_name(one)) == place.lower()), route[-1])


def _told(text: str) -> str:
    """The last line that tells more than that the connection has ended, if there is one."""
    lines = [line for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_OF_THE_END)]
    return one_line((telling or lines or ["it ended without a word"])[-1])
