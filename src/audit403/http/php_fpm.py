"""php-fpm as a server hands requests to it: its pools, and which scripts a pool refuses to run.

Truth: fpm_conf.c of PHP's sapi/fpm for the files; fpm_php_limit_extensions() and main() of fpm_main.c: a script that is
there, and whose name ends in none of the pool's extensions, is answered with 403, and so is one that cannot be opened.
A script that is not there, or to which the pool's user finds no way, is answered with 404.
"""

from errno import EACCES

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace, Span
from audit403.core.source import Source
from audit403.evidence.interface import DIRECTORY, FILE, Absent, Evidence, NotCollected, Unreadable
from audit403.evidence.links import join, real_entry_path
from audit403.files.identity import Identity, identity_of
from audit403.files.resolve import Resolver

LISTED, UNREADABLE = "php-fpm-extension", "php-fpm-script-unreadable"
DEFAULT_EXTENSIONS = (".php", ".phar")
_VERSIONS = "/etc/php"
_FOLDERS = ("/etc/php-fpm.d", "/usr/local/etc/php-fpm.d", "/etc/php/php-fpm.d")


class Pool(NamedTuple):
    """One pool. `extensions` is security.limit_extensions, `where` that is written, None: it is the default;
    `header` is where its section begins. `is_plain` says that it neither changes its root nor limits what it opens.
    """

    name: str
    listen: str
    user: str | None
    group: str | None
    extensions: tuple[str, ...]
    where: Span | None
    header: Span
    is_plain: bool


class RefusedScript(NamedTuple):
    """A script that a pool answers with 403: LISTED or UNREADABLE, and for the latter what refuses."""

    cause: str
    pool: Pool
    script: str
    place: PathPlace | None


class Pools:
    """The pools of one world."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._pools: list[Pool] | None = None
        self._resolvers: dict[Pool, Resolver | None] = {}
        self._behind: dict[str, Pool | None] = {}
        self.last: RefusedScript | None = None
        """What was refused last."""

    def refused(self, target: str, script: str) -> RefusedScript | None:
        """What the pool behind `unix:/run/x.sock` or `127.0.0.1:9000` refuses; None where it does not, if known."""
        if target not in self._behind:
            self._behind[target] = next((one for one in self._all() if self._is_behind(one, target)), None)
        pool = self._behind[target]
        if pool is None or not pool.is_plain or not script.startswith("/") or script.endswith("/"):
            return None
        resolver = self._resolver(pool)
        if resolver is None:
            return None
        found = resolver.stat(script)
        if found.errno or found.entry is None or found.entry.kind not in (FILE, DIRECTORY):
            return None
        if pool.extensions and not any(script.endswith(one) and script != one for one in pool.extensions):
            self.last = RefusedScript(LISTED, pool, script, None)
            return self.last
        opened = resolver.open(script)
        if opened.errno == EACCES and opened.blocker is not None:
            self.last = RefusedScript(UNREADABLE, pool, script, opened.blocker.place)
            return self.last
        return None

    def _resolver(self, pool: Pool) -> Resolver | None:
        """The files as the pool's user sees them; None where that is not known."""
        if pool not in self._resolvers:
            identity = None if pool.user is None else identity_of(self._evidence, pool.user, pool.group)
            known = Resolver(self._evidence, identity) if isinstance(identity, Identity) else None
            self._resolvers[pool] = known
        return self._resolvers[pool]

    def _all(self) -> list[Pool]:
        if self._pools is None:
            self._pools = [pool for path in self._files() for pool in self._in(path)]
        return self._pools

    def _files(self) -> list[str]:
        versions = [join(_VERSIONS, name) for name in self._names(_VERSIONS)]
        folders = [*(f"{version}/fpm/pool.d" for version in versions), *_FOLDERS]
        return [join(folder, name) for folder in folders for name in self._names(folder) if name.endswith(".conf")]

    def _names(self, folder: str) -> tuple[str, ...]:
        names = self._evidence.names(folder)
        return () if isinstance(names, Absent | NotCollected | Unreadable) else names

    def _in(self, path: str) -> list[Pool]:
        data = self._evidence.read(path)
        return [] if not isinstance(data, bytes) else pools_in(Source(path, data))

    def _is_behind(self, pool: Pool, target: str) -> bool:
        if target.startswith("unix:"):
            asked, own = target.removeprefix("unix:"), pool.listen
            return asked == own or (own.startswith("/") and self._real(asked) == self._real(own))
        host, _, port = target.rpartition(":")
        listen = pool.listen if ":" in pool.listen else f":{pool.listen}"
        address, _, number = listen.rpartition(":")
        is_here = host in ("127.0.0.1", "localhost", "[::1]")
        return is_here and port == number and address in ("", host, "0.0.0.0", "*", "[::]")

    def _real(self, path: str) -> object:
        found = real_entry_path(self._evidence, path)
        return found if isinstance(found, str) else path


def pools_in(source: Source) -> list[Pool]:
    """The pools of one file."""
    found: list[Pool] = []
    is_pool = False
    start = 0
    for line in source.data.split(b"\n"):
        text = line.decode("utf-8", "surrogateescape").strip()
        here = source.span(start, start + len(line.rstrip(b"\r")))
        start += len(line) + 1
        if text.startswith("[") and "]" in text:
            name = text[1 : text.index("]")].strip()
            is_pool = name != "global"
            if is_pool:
                found.append(Pool(name, "", None, None, DEFAULT_EXTENSIONS, None, here, True))
        elif is_pool and "=" in text and not text.startswith((";", "#")):
            found[-1] = _with(found[-1], text, here)
    return [pool for pool in found if pool.listen]


def _with(pool: Pool, text: str, where: Span) -> Pool:
    key, _, value = text.partition("=")
    key, value = key.strip(), _value(value).replace("$pool", pool.name)
    if key == "listen":
        return pool._replace(listen=value)
    if key == "user":
        return pool._replace(user=value)
    if key == "group":
        return pool._replace(group=value)
    if key == "security.limit_extensions":
        return pool._replace(extensions=tuple(value.split()), where=where)
    if key in ("chroot", "include") or "open_basedir" in key or "cgi.fix_pathinfo" in key or "auto_prepend" in key:
        return pool._replace(is_plain=pool.is_plain and not value)
    return pool


def _value(text: str) -> str:
    """What stands behind the equals sign, without its quotes and without a comment."""
    text = text.strip()
    if text[:1] in "\"'" and text.count(text[:1]) > 1:
        return text[1 : text.index(text[0], 1)]
    return text.partition(";")[0].strip()
