"""What a decided request went through: the server that took it, the sections that held, what sent it on."""

from collections.abc import Iterator

from audit403.apache.decide.dir_index import FALLBACK_REFUSED, REFUSED_FOR_IT
from audit403.apache.decide.exchange import Exchange
from audit403.apache.explore.places import files_in
from audit403.apache.model.core_config import CORE, CoreConfig
from audit403.apache.model.model import Model
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import DIRECTORY, FILES, IF, LOCATION, Section
from audit403.apache.model.server import Server
from audit403.core.decision import Decision, Step
from audit403.core.place import PathPlace, Place
from audit403.explore.subject import WAY_ERROR_PAGE, WAY_INDEX, WAY_REWRITE, WAY_TRY_FILES

_SECTION_PHASES = frozenset(("directory", "location", "files", "if"))

_LAYERS = {DIRECTORY: 0, FILES: 1, LOCATION: 2, IF: 3}


class Trails:
    """Looks up what traces of one model point to."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._sections: dict[Server, dict[Place, Section]] = {}

    def sections(self, exchange: Exchange, decision: Decision) -> tuple[Section, ...]:
        """The sections that held, as they were laid over one another, each once; not those of `.htaccess` files.

        Locations are looked up before there is a file, too, and then again when they are laid over what it has.
        """
        known = self._of(exchange.server)
        found: dict[Section, None] = {}
        for step in until_answered(decision):
            if step.phase in _SECTION_PHASES and step.met is not False and step.where is not None:
                section = known.get(step.where)
                if section is not None:
                    found[section] = None
        return tuple(sorted(found, key=lambda section: _LAYERS.get(section.kind, 0)))

    def _of(self, server: Server) -> dict[Place, Section]:
        known = self._sections.get(server)
        if known is None:
            known = self._sections[server] = {}
            pending = [*server.sections[DIRECTORY], *server.sections[LOCATION], *inner_sections(server.lookup_defaults)]
            while pending:
                section = pending.pop()
                known[section.directive.span] = section
                pending += inner_sections(section.per_dir)
        return known


def inner_sections(per_dir: PerDir) -> tuple[Section, ...]:
    """The `<Files>` and `<If>` directly in a section."""
    core: CoreConfig | None = per_dir.get(CORE)
    return () if core is None else (*files_in(per_dir), *core.ifs)


def until_answered(decision: Decision) -> Iterator[Step]:
    """The steps that led to the answer, without those that look for the page that is shown with it."""
    shown = f"ErrorDocument {decision.status} "
    for step in decision.trace:
        if step.phase == "error_document" and step.text.startswith(shown):
            return
        yield step


def access_files(decision: Decision) -> tuple[PathPlace, ...]:
    """The `.htaccess` files that were read on the way."""
    found = (step.where for step in until_answered(decision) if step.phase == "htaccess" and step.met is None)
    return tuple(dict.fromkeys(place for place in found if isinstance(place, PathPlace)))


def sent_by(decision: Decision) -> tuple[str, Step] | None:
    """What sent the request on inside httpd to where it is refused, and the step that did."""
    found: tuple[str, Step] | None = None
    before: Step | None = None
    for step in decision.trace:
        if step.phase == "error_document" and step.text.startswith("ErrorDocument 403"):
            break
        if step.phase == "redirect" and before is not None:
            way = WAY_ERROR_PAGE if before.phase == "error_document" else WAY_REWRITE
            found = (way, before)
        elif step.operator == FALLBACK_REFUSED:
            found = (WAY_TRY_FILES, step)
        elif step.phase == "index" and step.text.startswith("DirectoryIndex"):
            index = (WAY_INDEX, step)
            if refused_index(decision) is not None:
                found = index
        before = step
    return found


def refused_index(decision: Decision) -> str | None:
    """The URI of the page that stands for a directory and is refused, so that the directory is."""
    return next((step.value for step in reversed(decision.trace) if step.operator == REFUSED_FOR_IT), None)


def refused_fallback(decision: Decision) -> str | None:
    """The URI that a rule or FallbackResource sends a request on to, and that is refused; not an error's page."""
    found: str | None = None
    for step in decision.trace:
        if step.phase == "error_document":
            break
        if step.operator == FALLBACK_REFUSED or (step.phase == "redirect" and step.value is not None):
            found = step.value
    return found
