"""Words of lists that are addresses or networks to httpd."""

from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.subnet import parse_subnet
from audit403.http.address import Network


def network_named(word: str) -> Network | None:
    """The network that a word of `Require ip` or `Allow from` names, None where it is none."""
    base, slash, mask = word.partition("/")
    try:
        return parse_subnet(base, mask if slash else None)
    except ConfigError:
        return None
