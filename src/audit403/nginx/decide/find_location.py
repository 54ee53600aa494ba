"""Which location takes a URI.

Truth: ngx_http_core_find_location and ngx_http_core_find_static_location in src/http/ngx_http_core_module.c.
"""

from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Status
from audit403.nginx.model.location import Location, LocationTree
from audit403.nginx.model.numbers import parse_offset

_EXACT, _INCLUSIVE, _DECLINED, _SLASH = range(4)


def find_location(exchange: Exchange) -> Status | None:
    """The FIND_CONFIG phase: choose the location, swap in limit_except, check internal and the body's size."""
    server = exchange.server
    exchange.content_handler = None
    exchange.uri_changed = False
    code, location = _find(exchange, server.tree)
    exchange.context = exchange.location_context = location or server
    _note_choice(exchange, location)
    if location is not None and not exchange.internal and _is_internal(location):
        directive = location.effective("internal")[0]
        exchange.step("location", "this location is internal: a client gets 404", directive.span, True)
        exchange.decided("internal-location", directive.span, "only internal redirects may come here")
        return Status(404)
    enter_location(exchange, location)
    too_large = _body_too_large(exchange)
    if too_large is not None:
        return too_large
    if code == _SLASH and location is not None:
        exchange.step("location", f"nginx redirects to {location.name}", location.span(), True)
        exchange.decided("slash-redirect", location.span(), "the location's name ends in a slash and hands on")
        return Status(301)
    return None


def search_locations(exchange: Exchange) -> Location | None:
    """The location that takes the URI, for whoever needs only that."""
    return _find(exchange, exchange.server.tree)[1]


def enter_location(exchange: Exchange, location: Location | None) -> None:
    """What ngx_http_update_location_config does: limit_except for other methods, else the location's own handler."""
    if location is None:
        return
    limit = location.limit_except
    if limit is not None:
        limited = exchange.method not in location.permitted_methods
        exchange.step(
            "location",
            f"limit_except: {exchange.method} is {'not ' if limited else ''}listed",
            limit.span(),
            limited,
            "method",
            "not-in",
            " ".join(sorted(location.permitted_methods)),
        )
        if limited:
            exchange.context = limit
    exchange.evaluator.set_content_handler(exchange)


def _find(exchange: Exchange, tree: LocationTree) -> tuple[int, Location | None]:
    uri = exchange.uri
    code, location = _find_static(tree, uri)
    no_regex = False
    if code == _INCLUSIVE and location is not None:
        no_regex = location.no_regex
        inner_code, inner = _find(exchange, location.tree)
        code, location = inner_code, inner or location
    if code in (_EXACT, _SLASH):
        return code, location
    if not no_regex:
        for candidate in tree.regexes:
            if candidate.regex is None:
                continue
            captured = candidate.regex.search(uri)
            exchange.step(
                "location",
                f"{candidate.label()} {'matches' if captured else 'does not match'} {uri}",
                candidate.span(),
                captured is not None,
                "uri",
                "matches-caseless" if candidate.regex.caseless else "matches",
                candidate.regex.pattern,
            )
            if captured is not None:
                exchange.captures = captured
                exchange.variables.update(captured.named)
                _, inner = _find(exchange, candidate.tree)
                return _EXACT, inner or candidate
    return code, location


def _find_static(tree: LocationTree, uri: str) -> tuple[int, Location | None]:
    exact = tree.exact.get(uri)
    if exact is not None:
        return _EXACT, exact
    same = tree.prefixes.get(uri)
    if same is not None:
        return _INCLUSIVE, same
    slashed = tree.slashed.get(uri)
    if slashed is not None:
        # One node of the tree holds `= /x/` and `/x/`, and the exact one's settings count, whichever hands on.
        return _SLASH, tree.exact.get(uri + "/", slashed)
    longest = tree.longest_prefix(uri)
    return (_INCLUSIVE, longest) if longest is not None else (_DECLINED, None)


def _note_choice(exchange: Exchange, location: Location | None) -> None:
    if location is None:
        exchange.step("location", f"no location takes {exchange.uri}: the server block itself", exchange.server.span())
        return
    exchange.step(
        "location",
        f"{location.label()} takes {exchange.uri}",
        location.span(),
        True,
        "uri",
        "location",
        location.name,
    )


def _is_internal(location: Location) -> bool:
    return bool(location.effective("internal"))


def _body_too_large(exchange: Exchange) -> Status | None:
    length = exchange.request.body_length
    if length is None or exchange.body_discarded:
        return None
    directive = exchange.context.last("client_max_body_size")
    limit = parse_offset(directive.args[0]) if directive is not None and directive.args else 1 << 20
    if not limit:
        return None
    too_large = length > limit
    if directive is not None or too_large:
        exchange.step(
            "location",
            f"client_max_body_size: a body of {length} bytes is {'too large' if too_large else 'small enough'}",
            None if directive is None else directive.span,
            too_large,
            "body_length",
            "above",
            str(limit),
        )
    if not too_large:
        return None
    exchange.discard_body()
    exchange.decided("body-too-large", None if directive is None else directive.span, "the body is larger than this")
    return Status(413)
