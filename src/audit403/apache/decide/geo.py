"""Where a client is, as far as variables say it: what the databases have is not known here.

Truth: mod_maxminddb and mod_geoip set their variables before mod_setenvif looks at them.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED
from audit403.apache.model.geo import GEO, GeoConfig
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Unknown

_NOTHING = GeoConfig()


def set_variables(exchange: Exchange) -> int:
    """Leave the values open."""
    config: GeoConfig = exchange.config(GEO, _NOTHING)
    if config.enabled:
        for name in config.names:
            exchange.env.set(name, Unknown(Missing(REASON_PROGRAM, f"{name} of {exchange.request.client}")))
    return DECLINED
