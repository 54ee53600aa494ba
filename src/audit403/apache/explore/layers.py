"""What was laid over what until a request was refused, as far as it says who may come in, the outermost first.

Directories come with their `.htaccess` files, then names of files, then locations, then conditions; the whole is held
against the tree of `Require` that was in effect, so that nothing is told of a request that went another way.
"""

from collections.abc import Iterator

from audit403.apache.decide.exchange import Exchange
from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import inner_sections, sent_by, until_answered
from audit403.apache.model.authz import AUTHZ_CORE, AuthzConfig, Container
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import DIRECTORY, Section
from audit403.core.decision import Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place

_ORDER = {"directory": 0, "htaccess": 0, "files": 1, "location": 2, "if": 3}
_FILE = "file:"


class Layer(NamedTuple):
    """One section, or one `.htaccess` (`path`), that says who may come in."""

    authz: AuthzConfig
    section: Section | None
    path: str | None = None

    @property
    def root(self) -> Container:
        """Its tree of `Require`."""
        assert self.authz.root is not None
        return self.authz.root

    def label(self) -> str:
        """The section or the file as people call it."""
        return self.section.label() if self.section is not None else self.path or ""

    def directory(self) -> str | None:
        """The directory that it is for, with a slash at its end; None where that is told in some other way."""
        if self.section is None:
            return None if self.path is None else f"{self.path.rpartition('/')[0]}/"
        is_plain = self.section.regex is None and not self.section.is_pattern
        return self.section.text if self.section.kind == DIRECTORY and is_plain else None


def layers_of(subject: Subject, decision: Decision) -> tuple[Layer, ...]:
    """The layers that a refused request met; none where it was sent on inside httpd before it was refused."""
    if sent_by(decision) is not None:
        return ()
    found = tuple(_laid(subject, decision))
    effective = AuthzConfig()
    for layer in found:
        effective = effective.merged(layer.authz)
    return tuple(one for one in found if one.authz.root is not None) if effective.root == subject.authz.root else ()


def _laid(subject: Subject, decision: Decision) -> Iterator[Layer]:
    exchange = subject.exchange
    known: dict[Place, Section] = {
        section.directive.span: section for section in (*subject.sections, *_of_files(exchange))
    }
    seen: dict[tuple[int, int], tuple[int, Layer]] = {}
    read = None
    for number, step in enumerate(until_answered(decision)):
        rank = _ORDER.get(step.phase)
        if rank is None or step.met is False:
            continue
        if step.phase == "htaccess":
            if step.met:
                read = (step.field or "").removeprefix(_FILE)
            elif step.met is None and read is not None:
                authz = _said(exchange.evaluator.access_files.said(read))
                if authz is not None:
                    seen[rank, number] = number, Layer(authz, None, read)
            continue
        section = None if step.where is None else known.get(step.where)
        authz = None if section is None else _said(section.per_dir)
        if authz is not None and not any(one.section is section for _, one in seen.values()):
            seen[rank, number] = number, Layer(authz, section)
    return (seen[key][1] for key in sorted(seen))


def _of_files(exchange: Exchange) -> Iterator[Section]:
    """The `<Files>` and `<If>` of everything in effect, those of `.htaccess` files among them."""
    pending = list(inner_sections(exchange.per_dir))
    while pending:
        section = pending.pop()
        yield section
        pending += inner_sections(section.per_dir)


def _said(per_dir: PerDir | None) -> AuthzConfig | None:
    found: AuthzConfig | None = None if per_dir is None else per_dir.get(AUTHZ_CORE)
    return found
