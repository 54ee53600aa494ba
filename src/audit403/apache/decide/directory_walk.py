"""From a file name to what holds there: component by component, with sections, `.htaccess` files and links on the way.

Truth: ap_directory_walk and resolve_symlink in server/request.c, core_map_to_storage in server/core.c.
"""

from copy import copy
from errno import EACCES, ELOOP, ENOENT

from audit403.apache import fnmatch
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import Files, Seen, error_text
from audit403.apache.decide.outcome import FORBIDDEN, OK, SERVER_ERROR
from audit403.apache.decide.walks import files_walk
from audit403.apache.decide.ways import Effective, State, Way
from audit403.apache.model.core_config import EVERYTHING
from audit403.apache.model.options import FOLLOW, OWNER_MATCH
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import DIRECTORY as DIRECTORY_SECTION
from audit403.apache.model.section import Section
from audit403.apache.paths import merge
from audit403.apache.read.tree import Directive
from audit403.core.decision import Step
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Place
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry

_MOST_KEPT = 20_000
_ROOT = Entry(DIRECTORY, 0o755, 0, 0)


def map_to_storage(exchange: Exchange) -> int:
    """The directory walk and the files walk."""
    status = directory_walk(exchange)
    return files_walk(exchange) if status == OK else status


class _Walk:
    """One walk: what was merged so far, and how far the sections have been tried."""

    def __init__(self, exchange: Exchange, files: Files) -> None:
        self.exchange = exchange
        self.files = files
        self.sections: list[Section] = exchange.server.sections[DIRECTORY_SECTION]
        self.next = 0
        self.effective = Effective(exchange.core)
        self.merged: PerDir | None = None

    def down(self) -> int:
        """From the root to the end of the path, or to the first component that is not there or no directory."""
        exchange = self.exchange
        known = exchange.found
        path = exchange.filename or "/"
        saved = exchange.path_info
        if known is not None and known.kind == DIRECTORY and saved:
            merged = merge(path, saved)
            if not is_within(merged, path):
                exchange.step("directory", f"{path} is a directory, and {saved} is left over behind it: 500")
                words = f"path_info {saved} is not relative to the filename path {path} for uri {exchange.uri}"
                exchange.decided("path-info", None, "", log=f"AH00033: dir_walk error, {words}")
                return SERVER_ERROR
            path, saved = merged, ""
        rest = path.lstrip("/")
        filename, segments = "/", 1
        last = Seen(0, _ROOT, "/")
        way = Way(exchange, path, is_there=known is not None)
        before = way.known()
        if before is not None:
            exchange.steps += before.steps
            self.next, self.effective, self.merged = before.next, copy(before.effective), before.merged
            filename, segments, last = before.filename, before.segments, before.last
            rest = path[len(filename) :]
        while True:
            directory = filename if filename.endswith("/") else f"{filename}/"
            if before is None:
                self.plain_sections(directory, segments)
                exchange.filename = filename
                status = self.access_file(directory)
                if status != OK:
                    exchange.filename = directory
                    return status
                if directory == way.directory:
                    way.keep(State((), self.next, self.effective, self.merged, filename, segments, last))
            before = None
            if not rest:
                break
            name, slash, behind = rest.lstrip("/").partition("/")
            rest = slash + behind
            filename = f"{directory}{name}"
            if not name:
                break
            options = self.effective.options.opts
            if known is not None and FOLLOW in options and OWNER_MATCH not in options:
                segments += 1
                continue
            exchange.filename = filename
            status, last = self.component(filename, options)
            if status != OK:
                exchange.status = status
                return status
            if not last.is_directory:
                break
            segments += 1
        exchange.filename = filename
        if known is None or known.kind == LINK:
            exchange.found = last.entry
        exchange.path_info = join_path_info(rest, saved)
        return OK

    def component(self, path: str, options: frozenset[str]) -> tuple[int, Seen]:
        """OK and what one component is, links followed as far as they may be."""
        exchange, files = self.exchange, self.files
        seen = files.lstat(path)
        if seen.errno == ENOENT:
            exchange.step("directory", path, files.place(seen), False, f"file:{path}", "exists")
            return OK, seen
        if seen.errno == EACCES:
            exchange.step("directory", f"a way to {path}", files.place(seen), False, f"file:{path}", "searchable")
            log = (
                f"{error_text(EACCES)}AH00035: access to {exchange.uri} denied (filesystem path '{path}') because "
                "search permissions are missing on a component of the path"
            )
            exchange.decided(
                "ancestor-not-searchable",
                files.place(seen),
                seen.why(f"{exchange.evaluator.who()} may not search this directory"),
                log=log,
            )
            return FORBIDDEN, seen
        if seen.errno:
            exchange.step("directory", path, files.place(seen), False, f"file:{path}", "reachable")
            log = f"{error_text(seen.errno)}AH00036: access to {exchange.uri} failed (filesystem path '{path}')"
            exchange.decided("path-failed", files.place(seen), "the path cannot be looked up", log=log)
            return FORBIDDEN, seen
        if seen.is_link:
            status, seen = followed(exchange, files, path, seen, self.effective.options_where, options)
            if status != OK:
                return status, seen
        if not seen.is_directory and not seen.is_file:
            exchange.step("directory", path, files.place(seen), False, f"file:{path}", "is-file-or-directory")
            log = f"AH00038: Forbidden: {path} doesn't point to a file or directory"
            exchange.decided("no-file", files.place(seen), "neither a file nor a directory", log=log)
            return FORBIDDEN, seen
        return OK, seen

    def add(self, per_dir: PerDir) -> None:
        self.effective.add(per_dir)
        self.merged = per_dir if self.merged is None else self.merged.merged(per_dir)

    def plain_sections(self, directory: str, segments: int) -> None:
        """The sections for a directory (with its slash) that has so many segments."""
        while self.next < len(self.sections):
            section = self.sections[self.next]
            if section.regex is not None or section.slashes > segments:
                return
            self.next += 1
            if section.slashes and section.slashes < segments:
                continue
            if section.is_pattern:
                met = fnmatch.matches(section.text, directory, pathname=True)
            else:
                met = section.slashes == 0 or section.text == directory
            self._step(section, met, directory, "like" if section.is_pattern else "equals")
            if met:
                self.add(section.per_dir)

    def regex_sections(self, filename: str) -> None:
        """The sections with regular expressions, of which the whole path is the subject."""
        for section in self.sections[self.next :]:
            if section.regex is None:
                continue
            captured = section.captures(filename)
            self._step(section, captured is not None, filename, "matches")
            if captured is None:
                continue
            for name, number in section.regex.names.items():
                if number < captured.count:
                    self.exchange.env.set(f"MATCH_{name.upper()}", captured.groups[number])
            self.add(section.per_dir)

    def access_file(self, directory: str) -> int:
        """The `.htaccess` of a directory (with its slash), where one is looked for."""
        effective = self.effective
        if directory in self.exchange.evaluator.read_anyway:
            effective = copy(effective)
            effective.override = EVERYTHING
        elif not effective.reads_access_files:
            return OK
        result = self.exchange.evaluator.access_files.read(self.exchange, directory, effective)
        if isinstance(result, int):
            return result
        if result is not None:
            self.add(result)
        return OK

    def _step(self, section: Section, met: bool, path: str, operator: str) -> None:
        # The same sections are asked about the same directories in each request.
        known: dict[tuple[int, str, bool], tuple[Section, Step]]
        known = self.exchange.evaluator.kept.setdefault("section-steps", {})
        key = (id(section), path, met)
        kept = known.get(key)
        if kept is None or kept[0] is not section:
            if len(known) >= _MOST_KEPT:
                known.clear()
            text = f"{section.label()} for {path}"
            step = Step("directory", text, section.directive.span, met, "path", operator, section.text)
            kept = known[key] = (section, step)
        self.exchange.steps.append(kept[1])


def is_within(path: str, root: str) -> bool:
    """Whether a merged path is still below its root (APR_FILEPATH_NOTABOVEROOT)."""
    return path.startswith(root) and (root.endswith("/") or path[len(root) : len(root) + 1] in ("", "/"))


def join_path_info(rest: str, saved: str) -> str:
    """What the walk has left over, and what was left over before it."""
    if not saved:
        return rest
    return f"{rest.rstrip('/')}/{saved.lstrip('/')}" if rest else saved


class WalkCache(NamedTuple):
    """What a walk leaves for subrequests and redirects: the directory it ended in, and what it laid over what."""

    directory: str
    sections: list[Section]
    base: PerDir
    result: PerDir


def directory_walk(exchange: Exchange) -> int:
    """Find what holds for the file name, and how much of it is there; the rest becomes path_info."""
    if exchange.filename is None:
        return OK
    if not exchange.filename.startswith("/"):
        exchange.step("directory", f"{exchange.filename} is no absolute path")
        return OK
    filename = exchange.filename = merge("/", exchange.filename)
    if exchange.evaluator.assume_path(filename) and exchange.main is None and exchange.prev is None:
        exchange.step("directory", "the tree is not known: what is asked for is taken to be there, open, and no link")
    files = exchange.evaluator.served_files()
    if exchange.found is None or exchange.found.kind == LINK:
        seen = files.stat(filename)
        exchange.found = seen.entry
        if seen.entry is not None and seen.entry.kind != DIRECTORY and filename.endswith("/"):
            exchange.found = None
    cache = _inherited(exchange)
    if cache is not None and _is_familiar(exchange, cache):
        exchange.walk_cache = cache
        exchange.per_dir = cache.result
        return _checked_again(exchange, files)
    base = exchange.per_dir
    walk = _Walk(exchange, files)
    status = walk.down()
    if status != OK:
        return status
    walk.regex_sections(exchange.filename)
    if walk.merged is not None:
        exchange.per_dir = exchange.merged_onto(base, walk.merged, familiar=False)
    found = exchange.found
    ended = exchange.filename
    if found is None or found.kind != DIRECTORY:
        ended = ended.rpartition("/")[0] + "/"
    exchange.walk_cache = WalkCache(ended, walk.sections, base, exchange.per_dir)
    return OK


def _inherited(exchange: Exchange) -> WalkCache | None:
    for other in (exchange.prev, exchange.main):
        if other is not None and other.walk_cache is not None:
            return other.walk_cache
    return None


def _is_familiar(exchange: Exchange, cache: WalkCache) -> bool:
    """Whether the walk before has led to the same directory already: httpd does not go there again."""
    found, filename = exchange.found, exchange.filename
    assert filename is not None
    if found is None or cache.sections is not exchange.server.sections[DIRECTORY_SECTION]:
        return False
    if found.kind == FILE:
        directory = filename.rpartition("/")[0] + "/"
    elif found.kind == DIRECTORY and not exchange.path_info:
        directory = filename if filename.endswith("/") else f"{filename}/"
    else:
        return False
    return directory == cache.directory and exchange.per_dir in (cache.result, cache.base)


def _checked_again(exchange: Exchange, files: Files) -> int:
    """In a familiar directory only a link at the end is looked at, and none where FollowSymLinks is on."""
    options = exchange.core.options.opts
    assert exchange.filename is not None
    if FOLLOW in options:
        return OK
    seen = files.lstat(exchange.filename.rstrip("/") or "/")
    if not seen.is_link:
        return OK
    return followed(exchange, files, exchange.filename, seen, exchange.core.options_directive, options, "AH00032")[0]


def followed(
    exchange: Exchange,
    files: Files,
    path: str,
    link: Seen,
    directive: Directive | None,
    options: frozenset[str],
    number: str = "AH00037",
) -> tuple[int, Seen]:
    """OK and what a link leads to, where the options allow following it (resolve_symlink)."""
    where = None if directive is None else directive.span
    log = f"{number}: Symbolic link not allowed or link target not accessible: {path}"
    written = "the default" if directive is None else f"{directive.written} {directive.raw.strip()}"
    may = FOLLOW in options or OWNER_MATCH in options
    exchange.step("directory", f"{path} is a link; {written}", where, may, "options", "contains", FOLLOW)
    if not may:
        place: Place = files.place(link) if where is None else where
        message = f"{path} is a link, and neither FollowSymLinks nor SymLinksIfOwnerMatch is on"
        also = () if where is None else (Because(files.place(link), f"the link {path}"),)
        exchange.decided("link-not-allowed", place, message, log=log, also=also)
        return FORBIDDEN, link
    target = files.stat(path)
    exchange.step("directory", f"where {path} leads", files.place(target), not target.errno, f"file:{path}", "exists")
    if target.errno:
        message = (
            f"the link {path} leads nowhere" if target.errno == ENOENT else f"the target of {path} is out of reach"
        )
        kept = None if target.blocker is None else target.blocker.kept
        cause = "link-target" if kept is None or kept.errno != ELOOP else "links-not-followed-here"
        message = message if kept is None else kept.why
        exchange.decided(cause, files.place(target), message, log=log, also=_also(files, link, path))
        return FORBIDDEN, target
    if OWNER_MATCH in options:
        assert link.entry is not None and target.entry is not None
        same = link.entry.uid == target.entry.uid
        exchange.step(
            "directory", f"{path} and its target have the same owner", where, same, f"file:{path}", "owner-matches"
        )
        if not same:
            message = f"the link {path} has another owner than what it leads to"
            exchange.decided("link-owner", files.place(link), message, log=log, also=_because(where, written))
            return FORBIDDEN, target
    return OK, target


def _also(files: Files, link: Seen, path: str) -> tuple[Because, ...]:
    return (Because(files.place(link), f"the link {path}"),)


def _because(where: Place | None, message: str) -> tuple[Because, ...]:
    return () if where is None else (Because(where, message),)
