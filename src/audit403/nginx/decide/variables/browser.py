"""`$modern_browser` and `$ancient_browser`.

Truth: src/http/modules/ngx_http_browser_module.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.model.context import Context

_UNREACHABLE = 4_001_000_000


class _Mask(NamedTuple):
    """Where a browser's name is looked for, how far behind its beginning the version stands, and the name."""

    skip: int
    add: int
    name: str


_MASKS = {
    "opera": _Mask(0, len("Opera "), "Opera"),
    "msie": _Mask(len("Mozilla/4.0 (compatible; "), len("MSIE "), "MSIE "),
    "gecko": _Mask(len("Mozilla/5.0 ("), len("rv:"), "rv:"),
    "safari": _Mask(len("Mozilla/5.0 ("), len("Safari/"), "Safari/"),
    "konqueror": _Mask(len("Mozilla/5.0 (compatible; "), len("Konqueror/"), "Konqueror/"),
}
_SLOTS = list(_MASKS)


def browser_value(exchange: Exchange, name: str) -> str:
    """The value that `modern_browser_value` or `ancient_browser_value` names where it is such a browser."""
    modern = _is_modern(exchange.context, exchange.request.header("user-agent"))
    return exchange.context.argument(f"{name}_value", "1") if modern == (name == "modern_browser") else ""


def _is_modern(context: Context, agent: str | None) -> bool:
    modern = context.effective("modern_browser")
    unlisted = any(directive.args == ["unlisted"] for directive in modern)
    if agent is None:
        return unlisted
    listed = [
        (directive.args[0].lower(), _version(directive.args[1])) for directive in modern if len(directive.args) == 2
    ]
    if listed:
        known = _listed(agent, listed)
        if known is not None:
            return known
        if not unlisted:
            return False
    words = [word for directive in context.effective("ancient_browser") for word in directive.args]
    netscape = agent.startswith("Mozilla/") and len(agent) > len("Mozilla/4.72 ") and "0" < agent[8] < "5"
    if "netscape4" in words and netscape:
        return False
    if any(word in agent for word in words if word != "netscape4"):
        return False
    return unlisted


def _listed(agent: str, listed: list[tuple[str, int]]) -> bool | None:
    """Whether the first listed browser that the agent names is new enough; None where it names none."""
    # Opera may call itself MSIE: where it is not listed, no version of it is new enough.
    if all(browser != "opera" for browser, _ in listed):
        listed = [*listed, ("opera", _UNREACHABLE)]
    for browser, least in sorted(listed, key=lambda row: _SLOTS.index(row[0]) if row[0] in _MASKS else len(_SLOTS)):
        mask = _MASKS.get(browser)
        start = -1 if mask is None else agent.find(mask.name, mask.skip)
        if mask is not None and start >= 0 and start + mask.add < len(agent):
            return _is_new(agent[start + mask.add :], least)
    return None


def _is_new(text: str, least: int) -> bool:
    version = number = 0
    scale = 1_000_000
    for letter in text:
        if letter in "0123456789":
            number = number * 10 + int(letter)
        elif letter == ".":
            version += number * scale
            if version > least:
                return True
            number, scale = 0, scale // 100
        else:
            break
    return version + number * scale >= least


def _version(text: str) -> int:
    version, scale = 0, 1_000_000
    for part in text.split("."):
        version += (int(part) if part.isascii() and part.isdigit() else 0) * scale
        scale //= 100
    return version
