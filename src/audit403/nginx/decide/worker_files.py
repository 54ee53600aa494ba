"""How nginx's worker opens and stats files: errno for errno, with disable_symlinks and open_file_cache.

Truth: ngx_open_cached_file, ngx_open_file_wrapper and ngx_file_info_wrapper in src/core/ngx_open_file_cache.c.
"""

from errno import EACCES, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOTDIR
from os import strerror

from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry
from audit403.files.resolve import NEED_FOLLOW, Blocker, Resolution, Resolver, place_of
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Status
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

NOT_FOUND = frozenset((ENOENT, ENOTDIR, ENAMETOOLONG))
LINK_REFUSED = frozenset((ELOOP, EMLINK))
FORBIDDEN = LINK_REFUSED | {EACCES}

ERRNO_TEXT = {
    EACCES: "Permission denied",
    ELOOP: "Too many levels of symbolic links",
    ENOENT: "No such file or directory",
    ENOTDIR: "Not a directory",
    ENAMETOOLONG: "File name too long",
}


class Opened(NamedTuple):
    """How an open or a stat ended; `call` is the system call that nginx names in its log.

    `refused_kind` is what the entry is that refused, where one did; `path` is the canonical one of what was opened.
    """

    errno: int
    entry: Entry | None
    blocker: Blocker | None
    call: str
    refused_kind: str | None = None
    path: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether a directory is there."""
        return self.entry is not None and self.entry.kind == DIRECTORY

    @property
    def is_file(self) -> bool:
        """Whether a regular file is there."""
        return self.entry is not None and self.entry.kind == FILE

    @property
    def is_executable(self) -> bool:
        """Whether the owner's x bit is set, which is all that nginx's `-x` looks at."""
        return self.entry is not None and bool(self.entry.mode & 0o100)


class Symlinks(NamedTuple):
    """The effective disable_symlinks: `mode` is off, on or if_not_owner."""

    mode: str
    start: str | None
    directive: Directive | None


class WorkerFiles:
    """The file system as one worker sees it."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def stat(self, exchange: Exchange, path: str) -> Opened:
        """What try_files, index and `-f` do: stat, or open where open_file_cache or disable_symlinks is on."""
        context = exchange.context
        symlinks = symlinks_of(exchange, context, path)
        if symlinks.mode == "off" and not cached(context):
            return _opened(self.resolver.stat(path), "stat()")
        return self.open(exchange, path)

    def open(self, exchange: Exchange, path: str) -> Opened:
        """What the static, flv and mp4 handlers do."""
        symlinks = symlinks_of(exchange, exchange.context, path)
        if symlinks.mode != "off":
            return self._open_by_components(path, symlinks)
        if (exchange.context.last("open_file_cache"), path) in exchange.cached_directories:
            return _opened(self.resolver.stat(path), "stat()")
        return self._open(path)

    def stat_directory(self, exchange: Exchange, path: str) -> Opened:
        """What the index handler does to tell a missing index from a missing directory."""
        symlinks = symlinks_of(exchange, exchange.context, path)
        if symlinks.mode != "off":
            return self._open_by_components(path, symlinks)
        found = _opened(self.resolver.stat(path), "stat()")
        if found.errno or not cached(exchange.context):
            return found
        if not found.is_directory:
            # With the cache, what turns out to be no directory is opened after all.
            return self._open(path)
        # From now on the cache answers for it, unopened and unread.
        exchange.cached_directories.add((exchange.context.last("open_file_cache"), path))
        return found

    def list(self, path: str) -> Opened:
        """opendir, which knows neither disable_symlinks nor the cache."""
        return _opened(self.resolver.list(path), "opendir()")

    def read_for_password(self, path: str) -> Opened:
        """A plain open of a password file."""
        return self._open(path)

    def _open(self, path: str) -> Opened:
        return _opened(self.resolver.open(path), "open()")

    def _open_by_components(self, path: str, symlinks: Symlinks) -> Opened:
        if symlinks.start:
            at = self.resolver.stat(symlinks.start)
            if at.errno == 0 and at.entry is not None and at.entry.kind != DIRECTORY:
                at = at._replace(errno=ENOTDIR)
            if at.errno:
                return _opened(at, "open()")
            rest = path[len(symlinks.start) + 1 :]
        else:
            at = self.resolver.stat("/")
            rest = path.lstrip("/")
        names = rest.split("/")
        for name in names[:-1]:
            if not name:
                continue
            at = self._step(at, name, symlinks.mode, last=False)
            if at.errno:
                return _opened(at, "openat()")
        last = names[-1]
        if not last:
            return self._readable(self.resolver.step(at, ".", True))
        at = self._step(at, last, symlinks.mode, last=True)
        return _opened(at, "openat()") if at.errno else self._readable(at)

    def _step(self, at: Resolution, name: str, mode: str, last: bool) -> Resolution:
        if mode == "on":
            found = self.resolver.step(at, name, False)
            if found.errno == 0 and found.entry is not None and found.entry.kind == LINK:
                return self._refused_link(found, ELOOP if last else ENOTDIR)
            return found if last else _must_be_directory(found)
        link = self.resolver.step(at, name, False)
        target = self.resolver.step(at, name, True)
        if not last:
            target = _must_be_directory(target)
        elif target.errno == 0:
            target = self._opened_here(target)
        if target.errno:
            return target
        if link.entry is not None and target.entry is not None and link.entry.uid != target.entry.uid:
            return self._refused_link(link, ELOOP)
        return target

    def _readable(self, found: Resolution) -> Opened:
        return _opened(self._opened_here(found), "openat()")

    def _opened_here(self, found: Resolution) -> Resolution:
        """The same open of what a step has reached: its canonical path leads to it again."""
        return found if found.errno else self.resolver.open(found.path)

    def _refused_link(self, link: Resolution, errno: int) -> Resolution:
        place = place_of(self.resolver.evidence, link.path, link.entry)
        return link._replace(errno=errno, blocker=Blocker(place, NEED_FOLLOW))


def symlinks_of(exchange: Exchange, context: Context, path: str) -> Symlinks:
    """The effective disable_symlinks for a path, with the part of it that `from=` exempts.

    Truth: ngx_http_set_disable_symlinks in src/http/ngx_http_core_module.c.
    """
    directive = context.last("disable_symlinks")
    modes = () if directive is None else [word for word in directive.args if not word.startswith("from=")]
    mode = modes[0] if modes else "off"
    if directive is None or mode == "off":
        return Symlinks("off", None, directive)
    prefix = next((word[5:] for word in directive.args if word.startswith("from=")), None)
    if prefix is None:
        return Symlinks(mode, None, directive)
    from audit403.nginx.decide.variables.lookup import expand_known

    start = expand_known(exchange, compile_template(prefix))
    if not start or not path.startswith(start):
        return Symlinks(mode, None, directive)
    if start == path:
        return Symlinks("off", None, directive)
    if path[len(start)] == "/":
        return Symlinks(mode, start, directive)
    return Symlinks(mode, start[:-1] if start.endswith("/") else None, directive)


def cached(context: Context) -> bool:
    """Whether open_file_cache is on: nginx then opens where it would only stat."""
    return context.argument("open_file_cache", "off") != "off"


def refusal_log(opened: Opened, path: str) -> str:
    """The error log's words for a refused open."""
    return f'{opened.call} "{path}" failed ({opened.errno}: {strerror(opened.errno)})'


def not_found_log(exchange: Exchange, words: str) -> str | None:
    """What nginx logs of a file that is not there, unless log_not_found is off."""
    return words if exchange.context.flag("log_not_found", True) else None


def alias_after_rewrite(exchange: Exchange) -> Status:
    """Nginx maps no URI to a file where alias stands and the URI was rewritten."""
    directive = exchange.evaluator.root(exchange.context).directive
    span = None if directive is None else directive.span
    exchange.decided("alias-after-rewrite", span, "alias cannot be used where the URI was rewritten")
    return Status(500)


def _must_be_directory(found: Resolution) -> Resolution:
    if found.errno == 0 and found.entry is not None and found.entry.kind != DIRECTORY:
        return found._replace(errno=ENOTDIR)
    return found


def _opened(found: Resolution, call: str) -> Opened:
    if found.missing is not None:
        raise Undecided(found.missing)
    if not found.errno:
        return Opened(0, found.entry, found.blocker, call, None, found.path)
    return Opened(found.errno, None, found.blocker, call, None if found.entry is None else found.entry.kind)
