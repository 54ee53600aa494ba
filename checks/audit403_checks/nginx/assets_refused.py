"""A location for code refuses a folder whose styles, scripts and fonts the site's pages ask for."""

import re
from collections.abc import Iterator

from audit403.core.decision import ANYBODY, REFUSED, Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.registry import check
from audit403.explore.ordinary import PROBE, quoted
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_LINKED, Hit
from audit403.http.regex import MatchFailed
from audit403.nginx.model.location import Location
from audit403_checks.files.kinds import ending, is_for_browsers, is_for_nobody, is_kept_back
from audit403_checks.members import addresses_of
from audit403_checks.nginx.clients import is_in
from audit403_checks.nginx.sent_on import EVERYBODY, is_plain
from audit403_checks.nginx.subjects import deciding_level, refusal_of
from audit403_checks.support import finding_of, insert_before

_NAME = "nginx/assets-refused"
_ASKED_FOR = frozenset(
    (
        *("addons", "asset", "assets", "components", "css", "extensions", "font", "fonts", "icon", "icons", "image"),
        *("images", "img", "imgs", "javascript", "javascripts", "js", "modules", "pics", "pictures", "plugins"),
        *("script", "scripts", "skin", "skins", "static", "style", "styles", "stylesheets", "theme", "themes"),
        *("webfonts", "widgets", "wp-content", "wp-includes"),
    )
)
"""Folders in which applications keep what pages ask for, among their code or alone."""
_SPECIAL, _ESCAPED = re.compile(r"([.+*?^|()\[\]])"), r"\\\1"
_TELLING = ("woff2", "woff", "css", "js")


class _Asset(NamedTuple):
    """A file that only browsers have a use for, its address, and the folder that is closed around it."""

    hit: Hit
    target: str
    folder: str


@check(WARNING, "access-rule", "return")
def assets_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Where the folder that is closed has a name for what pages ask for: others may be closed with all they hold."""
    found = refusal_of(fact)
    if found is None or found[0].who != EVERYBODY or found[1].location is None:
        return
    refusal, location = found[0], found[1].location
    if refusal.cause == "access-rule" and deciding_level(location) is not location:
        return
    of_folder: dict[str, list[_Asset]] = {}
    for asset in _assets(found[1].hits, location):
        of_folder.setdefault(asset.folder, []).append(asset)
    loaded = [hit.request.target for hit in found[1].hits if hit.purpose == PURPOSE_LINKED]
    for folder, assets in of_folder.items():
        if any(target.startswith(folder) for target in loaded):
            continue  # that a page loads them is an error, which another rule tells
        yield from _said(site, refusal, location, folder, assets)


def _said(site: Site, refusal: Refusal, location: Location, folder: str, assets: list[_Asset]) -> Iterator[Finding]:
    first = min(assets, key=lambda asset: _TELLING.index(kind) if (kind := ending(asset.target)) in _TELLING else 9)
    hit = first.hit._replace(request=first.hit.request._replace(target=quoted(first.target)))
    decision = site.decide(hit.request)
    if decision.verdict != REFUSED or decision.where != refusal.where or _looks_at_who(decision, location):
        return
    kinds = sorted({ending(asset.target) for asset in assets})
    message = f"`{location.label()}` refuses {hit.request.target}, for which only the browsers of visitors have a use"
    fixes = (_fix(location, folder, kinds),)
    yield finding_of(
        _NAME, WARNING, message, refusal, fixes, anchor=f"{location.label()} {folder}", hit=(hit, decision)
    )


def _looks_at_who(decision: Decision, location: Location) -> bool:
    """Whether something in the location looks at more of a request than its address."""
    tests = (step for step in decision.trace if step.field not in (None, "uri") and step.value not in ANYBODY)
    return any(step.where is not None and is_in(location, step.where) for step in tests)


def _assets(hits: tuple[Hit, ...], location: Location) -> Iterator[_Asset]:
    for hit in hits:
        if hit.purpose != PURPOSE_FILE or hit.way is not None or not is_for_browsers(hit.request.target):
            continue
        for target in addresses_of(hit):
            folder = _closed_folder(location, target)
            if folder is None or folder.rstrip("/").rpartition("/")[2].lower() not in _ASKED_FOR:
                continue
            below = target[len(folder) :].split("/")[:-1]
            if not is_kept_back(target) and not any(map(is_for_nobody, below)):
                yield _Asset(hit, target, folder)


def _closed_folder(location: Location, target: str) -> str | None:
    """The outermost folder on the way of which any file is taken by the location; None where it goes by the file."""
    folders = [found.end() for found in re.finditer("/", target)]
    for end in folders[1:]:
        if _takes(location, target[:end] + PROBE):
            return target[:end]
    return None


def _takes(location: Location, uri: str) -> bool:
    if location.regex is None:
        return not location.exact and uri.startswith(location.name)
    try:
        return location.regex.matches(uri)
    except MatchFailed:
        return False


def _fix(location: Location, folder: str, kinds: list[str]) -> Fix:
    block = location.directive
    inner = None if block is None or not block.block else block.block[0]
    if inner is None or not is_plain(folder) or location.exact:
        return Fix(f"let the styles, scripts and fonts below {folder} through", MANUAL)
    pattern = f"^{_SPECIAL.sub(_ESCAPED, folder)}.+\\.(?:{'|'.join(kinds)})$"
    text = f"location ~ {pattern} {{ allow all; }}"
    return Fix(f"let {', '.join(kinds)} below {folder} through", UNSAFE, (insert_before(inner, text),))
