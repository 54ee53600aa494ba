"""Where a client is: the variables that mod_maxminddb and mod_geoip set out of their databases.

Truth: mod_maxminddb's src/mod_maxminddb.c, mod_geoip2's mod_geoip.c.
"""

from audit403.apache.model.builder import Builder, Handler, flag
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

GEO = "geo"
#: What mod_geoip names after whatever its database has.
GEOIP_NAMES = (
    "GEOIP_COUNTRY_CODE", "GEOIP_COUNTRY_NAME", "GEOIP_CONTINENT_CODE", "GEOIP_REGION", "GEOIP_REGION_NAME",
    "GEOIP_CITY", "GEOIP_ORGANIZATION", "GEOIP_ISP", "GEOIP_COUNTRY_CODE_V6", "GEOIP_NETSPEED",
)  # fmt: skip


class GeoConfig(NamedTuple):
    """Whether the databases are asked, and the names of the variables; None is unset."""

    enabled: bool | None = None
    names: tuple[str, ...] = ()

    def merged(self, new: "GeoConfig") -> "GeoConfig":
        """This with a later section's laid over it."""
        names = tuple(dict.fromkeys(self.names + new.names))
        return GeoConfig(self.enabled if new.enabled is None else new.enabled, names)


def _config(builder: Builder) -> GeoConfig:
    found: GeoConfig = builder.slot(GEO, GeoConfig())
    return found


def _enable(builder: Builder, directive: Directive) -> None:
    config = _config(builder)._replace(enabled=flag(directive))
    names = GEOIP_NAMES if directive.name.startswith("geoip") else ()
    builder.slots[GEO] = config.merged(GeoConfig(None, names))


def _env(builder: Builder, directive: Directive) -> None:
    if len(directive.args) != 2:
        raise ConfigError(f"{directive.written} takes two arguments")
    builder.slots[GEO] = _config(builder).merged(GeoConfig(None, (directive.args[0],)))


DIRECTIVES: dict[str, Handler] = {"maxminddbenable": _enable, "maxminddbenv": _env, "geoipenable": _enable}
