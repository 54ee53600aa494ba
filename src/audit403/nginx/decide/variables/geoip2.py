"""The value of a variable out of a MaxMind database, computed when the database file is at hand.

Truth: ngx_http_geoip2_variable of the packaged geoip2 module; the file format is MaxMind's (library: maxminddb).
"""

import io
from collections.abc import Callable
from typing import Any

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.open_question import Unknown
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.forwarded import forwarded_address
from audit403.nginx.model.address import UNIX, Address, parse_address
from audit403.nginx.model.geoip2 import GeoIp2Database
from audit403.nginx.model.template import Template

Expand = Callable[[Exchange, Template], str | Unknown]


def geoip2_value(exchange: Exchange, database: GeoIp2Database, expand: Expand) -> Value:
    """The field of the client's record, else the default, else nothing."""
    reader = _reader(exchange, database.file)
    if isinstance(reader, Unknown):
        return reader
    if database.metadata is not None:
        return _metadata(reader, database.metadata)
    address: Address | None
    if database.source is None:
        address = _client(exchange)
    else:
        text = expand(exchange, database.source)
        if isinstance(text, Unknown):
            return text
        address = parse_address(text)
    record: Any = None
    if address is not None and address.family != UNIX:
        try:
            record = reader.get(address.text())
        except ValueError:  # an IPv6 address, and the database has IPv4 only
            record = None
    for key in database.path:
        record = _item(record, key)
    value = database.default if record is None or isinstance(record, (dict, list)) else _text(record)
    exchange.step(
        "variables",
        f'geoip2: {"no address" if address is None else address.text()} gives "{value or ""}"',
        database.directive.span,
        field="client",
        operator="geoip2",
        value=".".join(database.path),
    )
    return value


def _client(exchange: Exchange) -> Address:
    proxies = exchange.evaluator.model.geoip2_proxies
    values = [value for name, value in exchange.request.headers if lower(name) == "x-forwarded-for"]
    if not proxies.networks or not values:
        return exchange.client
    return forwarded_address(exchange.client, values, proxies.networks, proxies.recursive) or exchange.client


def _reader(exchange: Exchange, file: str) -> Any:
    cache = exchange.evaluator.geoip2_readers
    if file not in cache:
        data = exchange.evaluator.evidence.read(file)
        if isinstance(data, bytes):
            import maxminddb

            try:
                cache[file] = maxminddb.open_database(io.BytesIO(data), maxminddb.MODE_FD)
            except (maxminddb.InvalidDatabaseError, ValueError):
                cache[file] = Unknown(Missing(REASON_FILE, file))
        else:
            cache[file] = Unknown(Missing(REASON_FILE, file))
    return cache[file]


def _metadata(reader: Any, name: str) -> Value:
    if name.startswith("build_epoch"):
        return str(reader.metadata().build_epoch)
    if name.startswith(("last_check", "last_change")):
        return Unknown(Missing(REASON_STATE, f"the database's {name}"))
    return None


def _item(record: Any, key: str) -> Any:
    if isinstance(record, dict):
        return record.get(key)
    if isinstance(record, list) and key.removeprefix("-").isdigit() and -len(record) <= int(key) < len(record):
        return record[int(key)]
    return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.5f}"
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "surrogateescape")
    return str(value)
