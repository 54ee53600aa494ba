"""Which of two sections counts, where the one that grants is for the more special place and the other refuses.

A grant that a directory needs to be served at all, and a location that closes a part of a site, are no contradiction:
what is told of here has no other purpose than to lift what then overrules it.
"""

import re
from itertools import islice

from audit403.apache.explore.layers import Layer
from audit403.apache.explore.mounts import Mount, url_of
from audit403.apache.explore.subject import Subject
from audit403.apache.model.authz import Requirement
from audit403.apache.model.section import DIRECTORY, FILES, LOCATION, Section
from audit403.apache.read.tree import Directive
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.explore.regex_witness import witnesses
from audit403_checks.apache.requirements import GRANT, grants_all
from audit403_checks.support import insert_after, remove, replace, statement

_MOST_TEXTS = 8
_NAMES = ("audit403-probe", "index.html", "style.css", "a.php", "x7")
"""Names that have nothing in common."""


class Void(NamedTuple):
    """Why a grant does not count, how bad that is, and what helps."""

    severity: str
    why: str
    fix: Fix


def void_grant(layers: tuple[Layer, ...], grant: Requirement, mounts: list[Mount], subject: Subject) -> Void | None:
    """The last of the layers refuses and the one before it grants: whether that grant was meant to count."""
    inner, outer = layers[-2], layers[-1].section
    own = inner.section
    assert outer is not None
    if own is not None and own.kind == outer.kind == LOCATION:
        return _later_location(own, outer)
    if own is not None and own.kind == outer.kind == FILES:
        return _later_files(own, outer)
    directory = inner.directory()
    if directory is not None and outer.kind in (DIRECTORY, FILES):
        if any(f"{mount.directory.rstrip('/')}/".startswith(directory) for mount in mounts):
            return None  # what a site is served from is granted in any case
        return (
            _pattern_of_directories(inner, directory, outer)
            if outer.kind == DIRECTORY
            else _all_files(grant, directory, outer)
        )
    if outer.kind == LOCATION and own is not None and _granted_before(layers) and _same_host(own, outer):
        return _under_location(own, outer, directory, mounts, subject)
    return None


def _later_location(own: Section, outer: Section) -> Void | None:
    """Locations count in the order in which they are written, however long their names are."""
    if own.directive.parent is not outer.directive.parent or own.text == outer.text:
        return None
    is_plain = own.regex is None and not own.is_pattern
    if outer.regex is not None:
        is_wider = (
            _is_part(own, outer, "/") if not is_plain else own.text != "/" and outer.captures(own.text) is not None
        )
    elif outer.is_pattern:
        is_wider = False
    else:
        stem = outer.text.rstrip("/")
        is_wider = own.text.startswith(f"{stem}/") if is_plain else not stem
    if not is_wider:
        return None
    why = f"{outer.label()} stands behind it, and of locations the last one counts"
    return Void(ERROR, why, _put_behind(own, outer))


def _later_files(own: Section, outer: Section) -> Void | None:
    if own.directive.parent is not outer.directive.parent or own.directive.source is not outer.directive.source:
        return None
    is_plain = own.regex is None and not own.is_pattern
    is_wider = outer.regex is not None or outer.is_pattern
    if not is_wider or not (is_plain or _takes_every_name(outer) or _is_part(own, outer)) or _takes_every_name(own):
        return None
    why = f"{outer.label()} stands behind it, and the last one counts"
    return Void(ERROR, why, _put_behind(own, outer))


def _is_part(own: Section, outer: Section, prefix: str = "") -> bool:
    """Whether a pattern takes everything that another one takes, and more."""
    if own.regex is None or outer.regex is None:
        return False
    mine = list(islice(witnesses(own.regex, prefix), _MOST_TEXTS))
    others = islice(witnesses(outer.regex, prefix), _MOST_TEXTS)
    covered = bool(mine) and all(outer.captures(text) is not None for text in mine)
    return covered and any(own.captures(text) is None for text in others)


def _pattern_of_directories(inner: Layer, directory: str, outer: Section) -> Void | None:
    """A pattern is laid over every plain directory; meant is here one that takes the very directory that is granted."""
    path = directory.rstrip("/")
    if outer.regex is None or (outer.captures(path) is None and outer.captures(directory) is None):
        return None
    why = f"{outer.label()} is a pattern, and those count after all plain directories"
    pattern = f"^{re.escape(path)}(/|$)"
    advice = Fix(f"leave {path} out of the pattern", MANUAL)
    if inner.section is None or pattern.count("/") < outer.slashes or not _is_at_top(outer.directive):
        return Void(ERROR, why, advice)
    lines = f'<Directory ~ "{pattern}">\n    {GRANT}\n</Directory>'
    fix = Fix(f"grant it behind {outer.label()}, with a pattern, too", UNSAFE, (insert_after(outer.directive, lines),))
    return Void(ERROR, why, fix)


def _all_files(grant: Requirement, directory: str, outer: Section) -> Void | None:
    """`<Files "*">` around a directory is laid over whatever that directory says of itself."""
    place = _place_of_files(outer)
    if not _takes_every_name(outer) or (place is not None and not (directory != place and directory.startswith(place))):
        return None
    why = f"{outer.label()} of {place or 'the server'} takes all names, and names count after all directories"
    lines = f'<FilesMatch "^(?!\\.ht)">\n    {GRANT}\n</FilesMatch>'
    around = grant.directive.parent
    if around is not None and around.name.startswith(("<if", "<require", "<limit")):
        return Void(ERROR, why, Fix("grant it to names of files, too", MANUAL))
    data = grant.directive.source.data
    before = data[data.rfind(b"\n", 0, grant.directive.start) + 1 : grant.directive.start].decode("latin-1")
    edit = replace(grant.directive.span, lines.replace("\n", f"\n{before}" if not before.strip() else "\n"))
    return Void(ERROR, why, Fix("grant it to names of files, too", UNSAFE, (edit,)))


def _under_location(
    own: Section, outer: Section, directory: str | None, mounts: list[Mount], subject: Subject
) -> Void | None:
    """A file or a directory that needs no grant but for a location around it."""
    is_plain = outer.regex is None and not outer.is_pattern
    uri = None
    if own.kind == FILES:
        if _takes_every_name(own) or not (_is_around(outer, own, mounts) or _is_one_of_its_kind(own, subject)):
            return None
        uri = subject.exchange.uri if own.regex is None and not own.is_pattern else ""
    elif not is_plain:
        return None
    elif directory is not None and not _is_mount(directory, mounts) and _says_nothing_else(own):
        uri = url_of(mounts, directory.rstrip("/"))
    if uri is None or (uri and is_plain and not f"{uri}/".startswith(f"{outer.text.rstrip('/')}/")):
        return None
    why = f"{outer.label()} is for URLs, and those count after all files and directories"
    if not uri:
        return Void(WARNING, why, Fix("grant it in a <Location> of its own", MANUAL))
    lines = f'<Location "{uri}">\n    {GRANT}\n</Location>'
    fix = Fix(f"grant {uri} behind {outer.label()}", UNSAFE, (insert_after(outer.directive, lines),))
    return Void(WARNING, why, fix)


def _is_around(outer: Section, own: Section, mounts: list[Mount]) -> bool:
    """Whether a location takes all of the place that names of files are looked for in."""
    place = _place_of_files(own)
    uri = "/" if place is None else url_of(mounts, place.rstrip("/"))
    is_plain = outer.regex is None and not outer.is_pattern
    return uri is not None and is_plain and f"{uri.rstrip('/')}/".startswith(f"{outer.text.rstrip('/')}/")


def _is_one_of_its_kind(own: Section, subject: Subject) -> bool:
    """Whether a name is that of the very file which is refused, and not one that every folder has."""
    is_plain = own.regex is None and not own.is_pattern
    return is_plain and not own.text.startswith("index.") and subject.exchange.found is not None


def _granted_before(layers: tuple[Layer, ...]) -> bool:
    """Whether the place would be open without the grant."""
    return len(layers) > 2 and grants_all(layers[-3].root) is not None


def _says_nothing_else(section: Section) -> bool:
    return all(one.name == "require" for one in section.directive.block or ())


def _is_mount(directory: str, mounts: list[Mount]) -> bool:
    return any(f"{mount.directory.rstrip('/')}/" == directory for mount in mounts)


def _same_host(own: Section, outer: Section) -> bool:
    """Whether both are written for the same server."""
    return own.directive.source is outer.directive.source and _outermost(own.directive) is _outermost(outer.directive)


def _outermost(directive: Directive) -> Directive | None:
    """The virtual host around a section; None at the server's own level."""
    found = directive.parent
    while found is not None and found.name != "<virtualhost":
        found = found.parent
    return found


def _is_at_top(directive: Directive) -> bool:
    return directive.parent is None or directive.parent.name == "<virtualhost"


def _takes_every_name(section: Section) -> bool:
    if section.regex is not None:
        return all(section.captures(name) is not None for name in _NAMES)
    return section.is_pattern and not section.text.strip("*")


def _place_of_files(section: Section) -> str | None:
    """The directory that a `<Files>` is for, with its slash; None for the whole server."""
    parent = section.directive.parent
    while parent is not None and not parent.name.startswith("<directory"):
        parent = parent.parent
    if parent is not None:
        return f"{parent.args[0].rstrip('/')}/" if parent.args else None
    path = section.directive.source.path
    return f"{path.rpartition('/')[0]}/" if path.endswith("/.htaccess") else None


def _put_behind(own: Section, outer: Section) -> Fix:
    if own.directive.source is not outer.directive.source:
        return Fix(f"put {own.label()} behind {outer.label()}", MANUAL)
    edits = (remove(own.directive), insert_after(outer.directive, statement(own.directive)))
    return Fix(f"put {own.label()} behind {outer.label()}", UNSAFE, edits)
