"""Logging in with keys: never with a password, and with few enough keys that no host takes it for guessing.

Truth: ssh(1) AUTHENTICATION; sshd_config(5) MaxAuthTries, AuthenticationMethods.
"""

from itertools import islice

from audit403.host.identities import Identities, Identity
from audit403.host.key_files import Passphrase
from audit403.host.limits import Clock
from audit403.host.paramiko_alone import paramiko
from audit403.host.sentences import other_means, refused
from audit403.host.ssh_settings import SshSettings
from audit403.host.transport import HostError, one_line

MOST_KEYS = 6
"""sshd's own MaxAuthTries: after so many it ends the connection, and fail2ban may shut out whoever comes back."""
_ANSWER_SECONDS = 60
"""Long enough to touch a key."""
_KEYS = "publickey"


def log_in(transport: paramiko.Transport, settings: SshSettings, ask: Passphrase | None, clock: Clock) -> None:
    """Raises HostError with all that was tried."""
    seconds = clock.left(_ANSWER_SECONDS)
    transport.auth_timeout = seconds
    identities = Identities(settings, ask, seconds)
    try:
        _log_in(transport, settings, identities)
    except HostError:
        raise
    except Exception as error:  # paramiko passes on whatever a host's packets have made go wrong
        raise HostError(f"{settings.name} ended the login of {settings.user}: {one_line(error)}") from error
    finally:
        identities.close()


def _log_in(transport: paramiko.Transport, settings: SshSettings, identities: Identities) -> None:
    offered: list[Identity] = []
    for identity in islice(identities, MOST_KEYS):
        offered.append(identity)
        try:
            further = transport.auth_publickey(settings.user, identity)
        except paramiko.BadAuthenticationType as error:
            raise other_means(settings, error.allowed_types) from error
        except paramiko.AuthenticationException:
            if not transport.is_active():
                break
            continue
        if not further:
            return
        if _KEYS not in further:
            raise other_means(settings, further)
    allowed = _asked_means(transport, settings)
    if not allowed:
        return
    if _KEYS not in allowed:
        raise other_means(settings, allowed)
    tried = [f"{one.origin} ({one.failed})" if one.failed else one.origin for one in offered]
    by_ticket = settings.gssapi and any("gssapi" in one for one in allowed)
    raise refused(settings, tried, [*identities.notes, *(["for GSSAPI use --transport openssh"] if by_ticket else [])])


def _asked_means(transport: paramiko.Transport, settings: SshSettings) -> list[str]:
    """What a host asks for; nothing where it lets in whoever comes, because who that is has been settled before.

    One that has ended the connection asked for keys, and has seen enough of them.
    """
    try:
        return list(transport.auth_none(settings.user)) if transport.is_active() else [_KEYS]
    except paramiko.BadAuthenticationType as error:
        return list(error.allowed_types)
    except paramiko.AuthenticationException:
        return [_KEYS]
