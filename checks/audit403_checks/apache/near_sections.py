"""A `<Directory>` that was meant for a directory and is not for it: a letter, a link, a variable, an old name."""

import re
from errno import ENOENT, ENOTDIR

from audit403.apache.explore.subject import Subject
from audit403.apache.model.authz import AUTHZ_CORE, AuthzConfig
from audit403.apache.model.section import DIRECTORY, LOCATION, Section
from audit403.apache.site import ApacheSite
from audit403.core.named_tuple import NamedTuple
from audit403_checks.apache.requirements import only_denies
from audit403_checks.apache.roots import Root
from audit403_checks.apache.subjects import seen_at

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_GRANTS = re.compile(rb"^[ \t]*Require[ \t]+(?!all[ \t]+denied)", re.IGNORECASE | re.MULTILINE)


class Near(NamedTuple):
    """The section, why it is not for the directory, and whether it is for nothing else."""

    section: Section
    why: str
    is_of_no_use: bool


def near_section(subject: Subject, root: Root, site: ApacheSite) -> Near | None:
    """The section that was meant for a directory: the one that is nearest in what it is called."""
    directory = root.directory
    real = _real(subject, directory)
    wide: Near | None = None
    for section in (*subject.server.sections[LOCATION], *subject.server.sections[DIRECTORY]):
        config: AuthzConfig | None = section.per_dir.get(AUTHZ_CORE)
        if config is None or config.root is None or only_denies(config.root):
            continue
        text = section.text.rstrip("/")
        if section.regex is not None:
            if section.kind == DIRECTORY and section.regex.matches(directory):
                wide = Near(section, "matches the directory and nothing that lies in it", False)
            continue
        if section.kind == LOCATION:
            if text == directory:
                wide = Near(section, "is for a URL, and this is a path of the file system", False)
            continue
        unknown = _VARIABLE.search(text)
        if unknown is not None and _is_like(text.partition(unknown[0])[2], root):
            return Near(section, f"is for nothing, as the variable {unknown[1]} is not defined", True)
        if section.is_pattern or text == directory or not text:
            continue
        if not text.startswith("/") and directory.endswith(f"/{text}"):
            return Near(section, "has a path that does not begin with /, and is for nothing", True)
        if text.lower() == directory.lower():
            return Near(section, "differs from it in case", True)
        known = _real(subject, text)
        if real is not None and known == real:
            why = "names the same directory by another path, and httpd compares the paths as they are written"
            return Near(section, why, True)
        if real is not None and known is not None and real.startswith(f"{known}/"):
            why = "names where a link on the way leads, and httpd compares the paths as they are written"
            wide = Near(section, why, False)
        elif _is_missing(subject, text) and _differ_in_one_part(text, directory) and not _is_served(site, text):
            return Near(section, "is for a directory that is not there", True)
    return wide


def there_and_near(subject: Subject, directory: str) -> str | None:
    """The directory of a section that grants, is there and differs in one name from one that is not."""
    for section in subject.server.sections[DIRECTORY]:
        config: AuthzConfig | None = section.per_dir.get(AUTHZ_CORE)
        text = section.text.rstrip("/")
        if section.regex is None and text and config is not None and config.root is not None:
            is_near = not only_denies(config.root) and _differ_in_one_part(text, directory)
            if is_near and _real(subject, text) is not None:
                return text
    return None


def skipped_grant(section: Section, site: ApacheSite) -> str | None:
    """The conditional section inside of a section that holds its grant and does not hold itself, as it is written."""
    own = section.directive.full_span
    for one in site.configuration.executed:
        is_inside = one.source is section.directive.source and own.start < one.start < own.end
        if one.holds is False and is_inside and _GRANTS.search(one.source.data, one.line_end, one.end):
            return f"{one.written} {one.raw.strip()}>"
    return None


def _is_served(site: ApacheSite, directory: str) -> bool:
    """Whether another server is to be served from a directory, there or not."""
    return any(f"{server.document_root}/".startswith(f"{directory}/") for server in site.model.servers)


def _is_like(behind: str, root: Root) -> bool:
    """Whether a directory may be what a path with a variable was to be; one that is all variable is the site's."""
    return root.directory.endswith(behind) if behind else root.url == "/"


def _real(subject: Subject, path: str) -> str | None:
    """The path without links."""
    seen = seen_at(subject, path)
    return None if seen is None or seen.entry is None else seen.path


def _is_missing(subject: Subject, path: str) -> bool:
    seen = seen_at(subject, path)
    return seen is not None and seen.errno in (ENOENT, ENOTDIR)


def _differ_in_one_part(one: str, other: str) -> bool:
    """Whether two paths are the same but for one name, which differs or which only one of them has."""
    first, second = one.split("/"), other.split("/")
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) == len(longer):
        return len(longer) > 2 and sum(a != b for a, b in zip(first, second, strict=True)) == 1
    return len(shorter) > 2 and any(longer[:at] + longer[at + 1 :] == shorter for at in range(1, len(longer)))
