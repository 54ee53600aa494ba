"""What is said of a host that does not let itself be reached: the same words whichever way it was tried."""

from collections.abc import Iterable

from audit403.host.known_hosts import at_port
from audit403.host.ssh_settings import SshSettings, key_name
from audit403.host.transport import HostBusy, HostError, one_line


def unknown_key(settings: SshSettings, shown: str) -> HostError:
    """`shown` is the type and fingerprint of the key, as far as they are known."""
    return HostError(
        f"the key of {settings.name} is not known: {shown}; compare it with the host's own, and make it known as "
        f"{at_port(*key_name(settings))} by logging in there once with ssh"
    )


def changed_key(settings: SshSettings, shown: str, where: str) -> HostError:
    """`where` are the lines with the key that the host had."""
    return HostError(
        f"{settings.name} shows another key than the one that is known ({where}): {shown}; if the host was set up "
        f"anew, take the old key away with `ssh-keygen -R '{at_port(*key_name(settings))}'` and make the new one known"
    )


def revoked_key(settings: SshSettings, shown: str) -> HostError:
    """A key that nobody may show any more."""
    return HostError(f"{settings.name} shows a key that is revoked: {shown}")


def unreachable(settings: SshSettings, why: object) -> HostError:
    """A host where no connection can be made."""
    return HostError(f"{settings.name} cannot be reached at {settings.host_name}:{settings.port}: {one_line(why)}")


def unreachable_behind(settings: SshSettings, why: object) -> HostError:
    """A host that the hop before it does not reach."""
    place = f"{settings.host_name}:{settings.port}"
    return HostError(f"{settings.name} cannot be reached through the host before it at {place}: {one_line(why)}")


def no_server(settings: SshSettings, why: object) -> HostError:
    """A connection on which nobody speaks SSH."""
    return HostError(f"{settings.name} does not answer as an SSH server: {one_line(why)}")


def busy(settings: SshSettings) -> HostBusy:
    """A host that lets no more connections in just now."""
    return HostBusy(
        f"{settings.name} ended the connection before it said that it is an SSH server: it may have too many "
        "connections (MaxStartups), or shut this address out"
    )


def no_command(label: str, why: object) -> HostError:
    """A login that may run nothing."""
    return HostError(f"{label}: no command can be run there: {one_line(why)}")


def broke_off(label: str) -> HostError:
    """A connection that ended before the command did."""
    return HostError(f"{label}: the connection broke off")


def other_means(settings: SshSettings, allowed: Iterable[str]) -> HostError:
    """A host that asks for a password, or for anything else than a key."""
    asked = one_line(", ".join(allowed) or "nothing that it names")
    advice = "use --transport openssh" if "gssapi" in asked else "audit403 logs in with keys and never with a password"
    return HostError(f"{settings.name} asks {settings.user} for other things than a key alone ({asked}): {advice}")


def refused(settings: SshSettings, tried: Iterable[str], notes: Iterable[str]) -> HostError:
    """A login that is refused: the keys that were tried, and why others were not."""
    named = ", ".join(tried)
    words = f"it takes none of {named}" if named else "there is no key to log in with"
    return HostError("; ".join([f"{settings.name} does not let {settings.user} in: {words}", *notes]))
