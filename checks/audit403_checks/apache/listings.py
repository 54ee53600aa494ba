"""Listings of directories: whether somebody meant one, and what it means that httpd's children may not make it."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import Trails
from audit403.apache.model.section import DIRECTORY
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, WARNING
from audit403.core.request import Request
from audit403.explore.subject import PURPOSE_HOME, Blocked
from audit403_checks.apache.roots import root_of
from audit403_checks.nearby import names_at
from audit403_checks.support import Refused

_LOOKS = frozenset(["adddescription", "headername", "indexheadinsert", "indexoptions", "indexstylesheet", "readmename"])


def is_meant_to_be_listed(subject: Subject) -> bool:
    """Whether the Options line stands in a section or an `.htaccess` of this very directory."""
    options, directory = subject.core.options_directive, (subject.exchange.filename or "").rstrip("/")
    if options is None:
        return False
    if options.parent is None:
        return options.source.path.rpartition("/")[0] == directory
    section = next((one for one in subject.sections if one.directive is options.parent), None)
    return section is not None and section.text.rstrip("/") == directory


def said_to_be_listed(subject: Subject, site: ApacheSite) -> tuple[Directive, str] | None:
    """The line that is there for a listing of this very directory, where Options does not let it be made, and why.

    How a listing is to look is said where there is one; an `Options Indexes` may be taken back by what comes later.
    """
    directory = (subject.exchange.filename or "").rstrip("/")
    lines = list(_lines_for(subject, site, directory))
    options = subject.core.options_directive
    if options is not None and options in lines and any(word.lower() == "-indexes" for word in options.args):
        return None  # that this very directory is not to be listed has been said on purpose, and last
    for line in lines:
        if line.name in _LOOKS and line.args:
            return line, "says how its listing is to look"
        if line.name == "options" and line is not options and _switches_on(line):
            return line, "lets it be listed, and what comes later takes that back"
    return None


def _lines_for(subject: Subject, site: ApacheSite, directory: str) -> Iterator[Directive]:
    """The lines of the sections and the `.htaccess` that are for one directory and no other."""
    for section in subject.sections:
        if section.kind == DIRECTORY and section.regex is None and section.text == f"{directory}/":
            yield from section.directive.block or ()
    for place in subject.access_files:
        if place.path.rpartition("/")[0] == directory:
            yield from site.evaluator.access_files.parsed(place.path).directives


def _switches_on(options: Directive) -> bool:
    return any(word.lower() in ("indexes", "+indexes", "all") for word in options.args)


def of_unreadable(site: Site, subject: Refused, blocked: Blocked, request: Request) -> str:
    """How bad it is that a directory cannot be read which a request was to list, or to look for variants in."""
    if not isinstance(site, ApacheSite) or not isinstance(subject, Subject):
        return NOTE
    decision, exchange = site.evaluator.followed(request)
    own = subject._replace(exchange=exchange, sections=Trails(site.model).sections(exchange, decision))
    if any(step.operator == "listable" and step.phase == "type" for step in decision.trace):
        return WARNING if _has_variants(site, own) else NOTE
    if is_meant_to_be_listed(own) or blocked.purpose == PURPOSE_HOME:
        return ERROR
    root = root_of(own)
    return WARNING if root is not None and root.directory == blocked.path.rstrip("/") else NOTE


def _has_variants(site: ApacheSite, subject: Subject) -> bool:
    """Whether the directory's page is there in several languages, which only MultiViews finds."""
    directory = (subject.exchange.filename or "").rstrip("/")
    names = subject.directory_index.index_names or ("index.html",)
    return any(one.startswith(tuple(f"{name}." for name in names)) for one in names_at(site.evidence, directory))
