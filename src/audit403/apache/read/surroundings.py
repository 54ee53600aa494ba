"""Where a lone file belongs – at the top, in a virtual host, in a directory – and what is assumed around it.

Told by where httpd allows the directives that it holds. The access rules around it are what Debian, RHEL and httpd's
own sources all begin with: nothing of the file system is served until a directory is opened. The folder of Debian's own
scripts is open as soon as CGI is switched on.
"""

from audit403.apache.read import commands as table
from audit403.apache.read.check import TOP
from audit403.apache.read.commands import ALL, DIRECTORY
from audit403.apache.read.lines import Line
from audit403.apache.read.now import handlers
from audit403.apache.read.parse import ParsedFile
from audit403.apache.read.process import Process
from audit403.apache.read.words import values_of
from audit403.core.named_tuple import NamedTuple

#: What httpd starts with around a lone file, in words of ours.
BASE = r"""Listen 80
<IfModule ssl_module>
    Listen 443
</IfModule>
ServerName localhost
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory /usr/share>
    AllowOverride None
    Require all granted
</Directory>
<Directory /var/www/>
    Options Indexes FollowSymLinks
    AllowOverride None
    Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\.ht">
    Require all denied
</FilesMatch>
<Directory /usr/lib/cgi-bin>
    AllowOverride None
    Options SymLinksIfOwnerMatch
    Require all granted
</Directory>
"""
#: What surrounds a file of each context, and what ends it; the likeliest context first.
SURROUNDINGS = {
    "server": ("", ""),
    "vhost": ("<VirtualHost *:80>\n", "</VirtualHost>\n"),
    "directory": ('<Directory "/">\n', "</Directory>\n"),
}
#: Directives of which a main file has some, and a part of one has none or one.
_MAIN = frozenset({"serverroot", "user", "group", "pidfile", "listen", "loadmodule", "defaultruntimedir", "mutex"})
_MAIN_NAMES = ("apache2.conf", "httpd.conf", "apache.conf")
#: How most lines end where a server has blocks in braces; some of its directives have names that httpd has, too.
_OF_OTHERS = (";", "{", "}")
_IN_VHOSTS = frozenset({"serveralias", "serverpath"})


class Belonging(NamedTuple):
    """The context of a lone file; `known` is the share of its lines that httpd allows there."""

    context: str
    known: float


def is_main(path: str, lines: list[Line]) -> bool:
    """Whether a file with these lines is a main one."""
    names = {line[0] for line in lines}
    found = names & _MAIN
    if path.rpartition("/")[2] in _MAIN_NAMES:
        return bool(found) or "include" in names or "includeoptional" in names
    return "serverroot" in found or {"loadmodule", "listen"} <= found or len(found) >= 3


def belonging(file: ParsedFile) -> Belonging:
    """Where a file with these lines belongs; between equals the outermost context."""
    conditional = _conditional()
    lines = [line for line in _outermost(file.lines.lines) if line[0] not in conditional]
    names = [name for name, *_ in lines]
    if not names:
        return Belonging("server", 1.0)
    text = file.source.text
    if 2 * sum(text[start:end].rstrip().endswith(_OF_OTHERS) for _, start, end, _ in lines) > len(lines):
        return Belonging("server", 0.0)
    at_top = sum(_fits(name, TOP.override) for name in names) / len(names)
    in_directory = sum(_fits(name, ALL | DIRECTORY) for name in names) / len(names)
    if in_directory > at_top:
        return Belonging("directory", in_directory)
    return Belonging("vhost" if _IN_VHOSTS.intersection(names) else "server", at_top)


def meant_modules(file: ParsedFile) -> list[str]:
    """The modules of httpd's that `<IfModule>` asks for around whole parts of a file: it is for servers with them.

    `<IfModule mod_ssl.c>` around a virtual host is what certbot and Debian write. Of several MPMs there is only one.
    """
    text = file.source.text
    found: dict[str, None] = {}
    for name, start, end, args_at in _outermost(file.lines.lines):
        if name == "<ifmodule":
            words = values_of(text[start + args_at : end].rpartition(">")[0])
            symbol = table.symbol_of(words[0]) if words else None
            if symbol is not None and not symbol.startswith("mpm_"):
                found[symbol] = None
    return list(found)


def _outermost(lines: list[Line]) -> list[Line]:
    """The lines that stand in no section, but for conditional ones."""
    conditional = _conditional()
    found: list[Line] = []
    depth = 0
    for line in lines:
        name = line[0]
        if name[:2] == "</":
            closed = "<" + name[2:].rstrip(">")
            depth = max(0, depth - (closed not in conditional))
            continue
        if depth == 0:
            found.append(line)
        if name[:1] == "<" and name not in conditional:
            depth += 1
    return found


def _conditional() -> set[str]:
    """The sections that are done while reading."""
    return {name for name in handlers(_EVERYTHING) if name.startswith("<")}


def _fits(name: str, override: int) -> bool:
    known = table.commands(name)
    if known:
        return any(command.override & override for command in known)
    return bool(table.modules_with(name))


_EVERYTHING = Process()
_EVERYTHING.lenient = True
