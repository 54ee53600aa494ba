"""What AllowOverride has to let in so that `.htaccess` files are read without an error."""

from audit403.apache.explore.subject import Subject
from audit403.apache.model.section import DIRECTORY
from audit403.apache.read.commands import ALL, AUTHCFG, FILEINFO, INDEXES, LIMIT, OPTIONS, commands
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.finding import UNSAFE, Fix
from audit403.core.source import every_directive
from audit403_checks.apache.edits import insert_inside
from audit403_checks.support import insert_after, replace

_NAMES = ((AUTHCFG, "AuthConfig"), (FILEINFO, "FileInfo"), (INDEXES, "Indexes"), (LIMIT, "Limit"), (OPTIONS, "Options"))

_BY_NAME_ONLY = frozenset(("multiviews", "symlinksifownermatch"))
"""Options that `AllowOverride Options` does not let in unless it names them."""


def classes_for(site: ApacheSite, subject: Subject) -> list[str]:
    """The classes of everything that stands in the site's files: one that is left out would make an answer 500."""
    folder, root = (subject.path or "").rpartition("/")[0], subject.server.document_root
    top = root if _is_in(folder, root) else folder
    needed = 0
    options: dict[str, None] = {}
    for path in sorted(path for path in site.evaluator.access_files.sources() if _is_in(path, top)):
        for one in every_directive(site.evaluator.access_files.parsed(path).directives):
            if one.name == "options":
                options |= dict.fromkeys(word.lstrip("+-") for word in one.args)
            for command in commands(one.name):
                classes = command.override & ALL
                if classes != ALL and not classes & needed:
                    needed |= next((bit for bit, _ in _NAMES if bit & classes), 0)
    names = [name for bit, name in _NAMES if bit & needed] or ["AuthConfig"]
    if _BY_NAME_ONLY & {name.lower() for name in options}:
        named = ",".join(name for name in options if name.lower() != "none")
        names = [f"Options={named}" if name == "Options" else name for name in names]
    return names


def with_override(subject: Subject, directive: Directive, names: str) -> Fix | None:
    """The line with other classes where it is about the site alone; else one in the site's own section."""
    root, path = subject.server.document_root.rstrip("/"), (subject.path or "").rpartition("/")[0]
    text = f"AllowOverride {names}"
    summary = f"let the file be read: `{text}`"
    own = [one for one in subject.sections if one.kind == DIRECTORY and one.regex is None and not one.is_pattern]
    near = [one for one in own if f"{path}/".startswith(f"{one.text.rstrip('/')}/") and _is_in(one.text, root or "/")]
    around = next((one for one in own if one.directive is directive.parent), None)
    if around is not None and around in near:
        return Fix(summary, UNSAFE, (replace(directive.span, f"{directive.written} {names}"),))
    if near:
        return Fix(summary, UNSAFE, (insert_inside(near[-1].directive, text),))
    document_root = subject.server.core.document_root_directive
    if document_root is None or not _is_in(path, root):
        return None
    section = f'<Directory "{root}">\n    {text}\n</Directory>'
    return Fix(summary, UNSAFE, (insert_after(document_root, section),))


def _is_in(path: str, root: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{root.rstrip('/')}/")
