"""The way to a host: the hops of ProxyJump, in their order, and the host at its end. Truth: ssh_config(5), ssh.c."""

from audit403.host.ssh_settings import SshError, SshSettings, parse_target, settings_of

_MOST_HOPS = 16


def route_to(settings: SshSettings) -> tuple[SshSettings, ...]:
    """Every host on the way, the target last; only the first is not reached through the one before it.

    As for ssh's own -J, the jump hosts of the first hop come before it, and those of the others do not count. Raises
    SshError.
    """
    return tuple(_route(settings, settings.name, _MOST_HOPS))


def _route(settings: SshSettings, target: str, left: int) -> list[SshSettings]:
    if not settings.proxy_jump:
        return [settings]
    hops: list[SshSettings] = []
    for number, text in enumerate(settings.proxy_jump):
        if number >= left:
            raise SshError(f"{target} is reached over more than {_MOST_HOPS} hops: ProxyJump leads round in a circle")
        hop = settings_of(parse_target(text))
        hops += [hop._replace(proxy_jump=())] if number else _route(hop, target, left - len(settings.proxy_jump))
    return [*hops, settings._replace(proxy_jump=())]
