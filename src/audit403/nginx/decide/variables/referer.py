"""`$invalid_referer`: whether the Referer is one that `valid_referers` lists.

Truth: src/http/modules/ngx_http_referer_module.c.
"""

from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.model.referers import Referers

_SHORTEST = len("http://i.ru")


def invalid_referer(exchange: Exchange) -> Value:
    """Empty when the request's Referer is valid, `1` otherwise."""
    referers = exchange.evaluator.referers(exchange.context)
    if referers is None:
        return ""
    directives = exchange.context.effective("valid_referers")
    referer = exchange.request.header("referer")
    valid, why = _valid(referers, referer)
    shown = "no Referer" if referer is None else f'"{referer}"'
    exchange.step(
        "variables",
        f"valid_referers: {shown} is {'valid' if valid else 'invalid'}{why}",
        directives[-1].span,
        valid,
        "header:referer",
        "valid-referer",
        " ".join(word for directive in directives for word in directive.args),
    )
    return "" if valid else "1"


def _valid(referers: Referers, referer: str | None) -> tuple[bool, str]:
    if referer is None:
        return referers.none, "" if referers.none else " (`none` is not listed)"
    rest = _without_scheme(referer)
    if rest is None:
        return referers.blocked, "" if referers.blocked else " (`blocked` is not listed)"
    end = next((index for index, character in enumerate(rest) if character in "/:"), len(rest))
    if end > 256:
        return False, ""
    name = lower(rest[:end])
    uri = referers.table.find(name)
    if uri is not None:
        path = rest[rest.find("/", end) :] if "/" in rest[end:] else ""
        return path.startswith(uri), "" if path.startswith(uri) else f" (its path does not begin with {uri})"
    if any(regex.matches(name) for regex in referers.name_regexes):
        return True, ""
    return any(regex.matches(rest) for regex in referers.regexes), ""


def _without_scheme(referer: str) -> str | None:
    if len(referer) >= _SHORTEST:
        start = lower(referer[:8])
        if start.startswith("http://"):
            return referer[7:]
        if start == "https://":
            return referer[8:]
    return None
