"""No section grants access to a directory that a site is served from, so that the refusal for all directories holds."""

from collections.abc import Iterator
from errno import ENOENT, ENOTDIR

from audit403.apache.explore.mounts import Mount, mounts_of
from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import Trails
from audit403.apache.model.authz import AUTHZ_CORE, AuthzConfig
from audit403.apache.model.section import DIRECTORY, Section
from audit403.apache.single_files import single_files
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, Finding, Fix
from audit403.core.place import ASSUMED, Because
from audit403.core.registry import check
from audit403.evidence.interface import Absent, NotCollected, Unreadable
from audit403.explore.ordinary import quoted
from audit403_checks.apache.asked import as_each_is_asked, met_by
from audit403_checks.apache.edits import insert_inside
from audit403_checks.apache.near_sections import near_section, skipped_grant, there_and_near
from audit403_checks.apache.requirements import GRANT, only_denies
from audit403_checks.apache.roots import Root, led_to, root_of
from audit403_checks.apache.subjects import has_old_syntax, is_answered, is_file, refusal_of, seen_at
from audit403_checks.nearby import first_file_below
from audit403_checks.support import finding_of, insert_after, replace

_MOST_ROOTS = 50
_MOST_WITNESSES = 5


@check(ERROR, "require")
def nothing_granted(fact: Fact, site: Site) -> Iterator[Finding]:
    """What `<Directory />` refuses is refused by default; who names a directory to serve from means it to be served."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or _denied_above(found[1]) is None:
        return
    if found[1].meant is not None:
        return  # another server's name: its own refusals tell of this one's directories
    told: set[str] = set()
    for refusal, subject, root in (*_for_each_root(*found, site), *_led_elsewhere(*found, site)):
        denied = _denied_above(subject)
        if root.directive is None or denied is None or not _is_above(denied, root.directory):
            continue
        if "${" in root.directory or has_old_syntax(subject) or not _has_something(subject, root):
            continue
        if root.pattern() in told or (root.directive.name == "userdir" and _is_missing(subject, root)):
            continue  # one home shows it for all, and not everybody has one
        told.add(root.pattern())
        message, fixes = _judged(subject, root, site)
        because = (
            Because(root.directive.span, f"leads to {root.directory}"),
            Because(denied.directive.span, "is for every directory of which nothing else is said"),
        )
        refusal = refusal._replace(because=(*because, *refusal.because))
        finding = finding_of("apache/nothing-granted", ERROR, message, refusal, fixes, anchor=root.directory)
        yield _as_far_as_known(finding, denied, root)


def _as_far_as_known(finding: Finding, denied: Section, root: Root) -> Finding:
    """Where the server's own files are not here, one of them may well say who may come into a directory that none
    here speaks of: the file itself is then no fault.
    """
    assert root.directive is not None
    if denied.directive.source.path != ASSUMED:
        return finding
    finding = finding._replace(where=root.directive.span)
    if finding.message != f"nothing grants access to {root.named()}":
        return finding
    message = f"nothing here grants access to {root.named()}, and the server's main configuration is not here"
    return finding._replace(severity=NOTE, message=message)


def _for_each_root(refusal: Refusal, subject: Subject, site: ApacheSite) -> Iterator[tuple[Refusal, Subject, Root]]:
    """The refusal as each directory that the server serves from meets it."""
    evaluator, trails = subject.exchange.evaluator, Trails(site.model)
    mounts = mounts_of(evaluator, subject.server)
    asked = [*(hit.request.target for hit in subject.hits), *refusal.addresses]
    for mount in mounts[:_MOST_ROOTS]:
        is_one_file = _is_one_file(subject, mount.directory, site)
        first = quoted(mount.url if is_one_file else mount.url.rstrip("/") + "/")
        below = [target for target in asked if target.startswith(first) and _mount_at(mounts, target) == mount]
        below = [] if is_one_file else below[:_MOST_WITNESSES]
        file = None if is_one_file else first_file_below(evaluator.evidence, mount.directory)
        below += [] if file is None else [first + quoted(file)]
        best: tuple[Refusal, Subject] | None = None
        for target in dict.fromkeys((first, *below)):
            found = met_by(refusal, subject, trails, refusal.witness._replace(target=target, method="GET"))
            if found is None:
                continue
            best = best or found
            if is_answered(found[1]):
                best = found
                break
        root = None if best is None else root_of(best[1])
        if best is not None and root is not None:
            yield *best, root


def _led_elsewhere(refusal: Refusal, subject: Subject, site: ApacheSite) -> Iterator[tuple[Refusal, Subject, Root]]:
    """The refusal at what is there, and where a pattern, a rule or the name of the host leads to."""
    for own, asked in as_each_is_asked(refusal, subject, site):
        if root_of(asked) is None and asked.exchange.found is not None:
            root = led_to(asked, own.decision, site)
            if root is not None and not _is_missing(asked, root):
                yield own, asked, root


def _mount_at(mounts: list[Mount], target: str) -> Mount | None:
    """The mount that takes an address: the first, for they are sorted by their length."""
    return next((one for one in mounts if f"{target}/".startswith(quoted(one.url.rstrip("/") + "/"))), None)


def _has_something(subject: Subject, root: Root) -> bool:
    """Whether anything lies there that could be served; true where that is not known, or where nothing is there."""
    names = subject.exchange.evaluator.evidence.names(root.directory)
    if isinstance(names, (Absent, NotCollected, Unreadable)):
        return True
    shown = [name for name in names if not name.startswith(".")]
    if any(is_file(subject, f"{root.directory}/{name}") for name in shown):
        return True
    if root.url != "/":
        return bool(shown)
    # A document root may have nothing but other sites below it.
    sections = (one for one in subject.server.sections[DIRECTORY] if one.regex is None)
    return bool(shown) and not any(
        one.text.startswith(f"{root.directory}/") for one in sections if one.text != f"{root.directory}/"
    )


def _judged(subject: Subject, root: Root, site: ApacheSite) -> tuple[str, tuple[Fix, ...]]:
    """What is wrong, and what helps."""
    if _is_missing(subject, root):
        message = (
            f"{root.named()} is not there: its own section never applies, and what holds for all directories refuses"
        )
        return message, (*_named_by(subject, root), Fix("create the directory, or mend the path", MANUAL))
    near = near_section(subject, root, site)
    message = f"nothing grants access to {root.named()}"
    if near is not None:
        message += f": {near.section.label()} {near.why}"
    if near is not None and near.is_of_no_use:
        edit = replace(near.section.directive.arg_span(0), _quoted_like(near.section, root.pattern()))
        return message, (Fix(f"write {root.pattern()} in the section", UNSAFE, (edit,)),)
    own = next((one for one in reversed(subject.sections) if _is_for(one, root.directory)), None)
    assert root.directive is not None
    if own is not None:
        skipped = skipped_grant(own, site)
        message += f": {own.label()} says nothing about who may come in"
        message += "" if skipped is None else f", for what it would say stands in {skipped}, which does not hold here"
        return message, (Fix(f"put `{GRANT}` into {own.label()}", UNSAFE, (insert_inside(own.directive, GRANT),)),)
    lines = _section_for(root, _is_one_file(subject, root.directory, site))
    outermost = next((one for one in root.directive.sections if one.name != "<virtualhost"), root.directive)
    return message, (Fix(f"grant access to {root.pattern()}", UNSAFE, (insert_after(outermost, lines),)),)


def _named_by(subject: Subject, root: Root) -> Iterator[Fix]:
    """The directory of a section that is there and is called nearly so."""
    known = there_and_near(subject, root.directory)
    if known is not None and root.directive is not None and root.directive.args:
        edit = replace(root.directive.arg_span(len(root.directive.args) - 1), _quoted(known))
        yield Fix(f"write {known}, which is there and has a section", UNSAFE, (edit,))


def _is_one_file(subject: Subject, path: str, site: ApacheSite) -> bool:
    """Whether a line leads to a single file: as it lies there, or as the line says where the tree is not known."""
    return is_file(subject, path) or path in single_files(site.model)


def _section_for(root: Root, is_one_file: bool) -> str:
    """A section for what the line leads to, a single file or a directory."""
    if not is_one_file:
        return f"<Directory {_quoted(root.pattern())}>\n    {GRANT}\n</Directory>"
    folder, _, name = root.directory.rpartition("/")
    return f'''<Directory {_quoted(folder or "/")}>
    <Files "{name}">
        {GRANT}
    </Files>
</Directory>'''


def _denied_above(subject: Subject) -> Section | None:
    """The `<Directory>` whose `Require all denied`, and nothing else, is in effect."""
    root = subject.authz.root
    if root is None or not only_denies(root):
        return None
    for section in reversed(subject.sections):
        config: AuthzConfig | None = section.per_dir.get(AUTHZ_CORE)
        if config is not None and config.root is not None:
            return section if section.kind == DIRECTORY and config.root == root else None
    return None


def _is_above(section: Section, directory: str) -> bool:
    """Whether a section is for a directory around this one and not for this one itself."""
    if section.regex is not None or section.is_pattern:
        return False
    return f"{directory}/".startswith(section.text) and section.text != f"{directory}/"


def _is_for(section: Section, directory: str) -> bool:
    return section.kind == DIRECTORY and section.regex is None and section.text == f"{directory}/"


def _is_missing(subject: Subject, root: Root) -> bool:
    seen = seen_at(subject, root.directory)
    return seen is not None and seen.errno in (ENOENT, ENOTDIR)


def _quoted(path: str) -> str:
    return f'"{path}"' if any(character in path for character in " \t'") else path


def _quoted_like(section: Section, path: str) -> str:
    return f'"{path}"' if section.directive.quoted[:1] == [True] else _quoted(path)
