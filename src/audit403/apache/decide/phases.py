"""The phases of one request up to its handler.

Truth: ap_process_request_internal in server/request.c, in whose order everything here stands.
"""

from audit403.apache.decide.access import check_access
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.normalise_uri import normalise, unescape
from audit403.apache.decide.outcome import DECLINED, DONE, OK, SERVER_ERROR, is_error
from audit403.apache.decide.walks import if_walk, location_walk

NO_URI = "no-uri"
"""A subrequest for a file elsewhere has no URI; the file's path is what is normalised and decoded in its place."""


def process_request(exchange: Exchange) -> int:
    """Run all phases before the handler; OK or the status that ends the request."""
    run = exchange.evaluator.run
    is_file_request = exchange.main is not None and exchange.filename is not None
    merge = exchange.server.core.merge_slashes is not False
    status = normalise(exchange, merge, is_file_request)
    if status != OK:
        return status
    translated = DECLINED
    if not is_file_request:
        before = exchange.per_dir
        status = walk_location_and_if(exchange)
        if status != OK:
            return status
        translated = run("pre_translate_name", exchange)
        if is_error(translated):
            return translated
        exchange.per_dir = before
    if translated != DONE:
        status = unescape(exchange, merge, is_file_request)
        if status != OK:
            return status
    if NO_URI in exchange.extra:
        exchange.uri = ""
    if not is_file_request:
        status = walk_location_and_if(exchange)
        if status != OK:
            return status
        status = run("translate_name", exchange)
        if status != OK:
            return declined_is_an_error(exchange, status, "translate")
    exchange.per_dir = exchange.server.lookup_defaults
    status = run("map_to_storage", exchange)
    return _from_storage(exchange) if status in (OK, DECLINED) else status


def _from_storage(exchange: Exchange) -> int:
    """What comes when it is known which file it is about."""
    run = exchange.evaluator.run
    status = walk_location_and_if(exchange)
    if status == OK:
        status = run("post_perdir_config", exchange)
    if status == OK and exchange.main is None:
        status = run("header_parser", exchange)
    if status == OK:
        status = check_access(exchange)
    if status != OK:
        return status
    status = run("type_checker", exchange)
    if status != OK:
        return declined_is_an_error(exchange, status, "find types")
    return run("fixups", exchange)


def walk_location_and_if(exchange: Exchange) -> int:
    """Lay the locations and conditions that hold over what is in effect."""
    location_walk(exchange)
    return if_walk(exchange)


def declined_is_an_error(exchange: Exchange, status: int, phase: str) -> int:
    """A status as it stands, and 500 where nobody has taken the phase on (decl_die)."""
    if status != DECLINED:
        return status
    log = f"AH00025: configuration error:  couldn't {phase}: {exchange.uri}"
    exchange.step(phase, f"no module does this phase ({phase}): 500")
    exchange.decided("nobody-does", None, "", log=log)
    return SERVER_ERROR
