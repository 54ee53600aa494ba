"""How an installation is laid out in files, and what each distribution writes into the main one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from differential.apache.hosting.bundle import file_in_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_DEBIAN = """\
Define TOP @TOP@
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory /usr/share>
    AllowOverride None
    Require all granted
</Directory>
<Directory "${TOP}/www/">
    Options Indexes FollowSymLinks
    AllowOverride {override}
    Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
IncludeOptional @ETC@/mods-enabled/*.load
IncludeOptional @ETC@/mods-enabled/*.conf
Include @ETC@/ports.conf
IncludeOptional @ETC@/conf-enabled/*.conf
IncludeOptional @ETC@/sites-enabled/*.conf
"""
_RED_HAT = """\
Include "@ETC@/conf.modules.d/*.conf"
{listens}
<Directory />
    AllowOverride none
    Require all denied
</Directory>
DocumentRoot "@TOP@/www/{first}"
<Directory "@TOP@/www">
    AllowOverride {override}
    Require all granted
</Directory>
<IfModule dir_module>
    DirectoryIndex index.html
</IfModule>
<Files ".ht*">
    Require all denied
</Files>
IncludeOptional @ETC@/conf.d/*.conf
"""
_PANEL = """\
{modules}
{listens}
<Directory "/">
    AllowOverride All
    Options ExecCGI FollowSymLinks IncludesNOEXEC Indexes
</Directory>
<IfModule dir_module>
    DirectoryIndex index.html.var index.htm index.html index.php index.phtml home.html
</IfModule>
<Files ~ "^error_log$">
    Require all denied
</Files>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
UseCanonicalName Off
{conf}
{sites}
IncludeOptional "@ETC@/userdata/*.conf"
"""
_OLD = """\
{modules}
{listens}
DocumentRoot @TOP@/www/{first}
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Order deny,allow
    {deny}
</Directory>
<Directory "@TOP@/www">
    Options Indexes FollowSymLinks
    AllowOverride {override}
    Order allow,deny
    Allow from all
    {granted}
</Directory>
<FilesMatch "^\\.ht">
    Order allow,deny
    Deny from all
    Satisfy All
</FilesMatch>
{conf}
{sites}
"""
_OVERRIDES = ("All", "All", "All", "None", "FileInfo AuthConfig Limit Indexes Options", "All Nonfatal=Unknown")


class Parts(NamedTuple):
    """What a layout puts into its files: `listens` a line each, `conf` for the whole server, `sites` each complete."""

    modules: Sequence[str]
    listens: Sequence[str]
    conf: Sequence[str]
    sites: Sequence[str]
    first: str


def lay_out(rng: Random, parts: Parts) -> str:
    """A bundle with everything in its place; `@TOP@` and `@ETC@` are still to be filled in."""
    kind = rng.choice((_debian, _debian, _red_hat, _panel, _old))
    return kind(rng, parts)


def _debian(rng: Random, parts: Parts) -> str:
    files = [_DEBIAN.replace("{override}", rng.choice(_OVERRIDES))]
    files += [file_in_bundle(f"etc/mods-enabled/{name}.load", _load(name)) for name in parts.modules]
    files.append(file_in_bundle("etc/mods-enabled/zz-dir.conf", _dir_conf(rng)))
    files.append(file_in_bundle("etc/ports.conf", "\n".join(parts.listens)))
    files += [file_in_bundle(f"etc/conf-enabled/c{number}.conf", text) for number, text in enumerate(parts.conf)]
    files += [file_in_bundle(f"etc/sites-enabled/{number:03}.conf", text) for number, text in enumerate(parts.sites)]
    return "".join(files)


def _red_hat(rng: Random, parts: Parts) -> str:
    main = _RED_HAT.replace("{override}", rng.choice(_OVERRIDES)).replace("{first}", parts.first)
    files = [main.replace("{listens}", "\n".join(parts.listens))]
    files.append(file_in_bundle("etc/conf.modules.d/00-base.conf", "\n".join(map(_load, parts.modules))))
    files += [file_in_bundle(f"etc/conf.d/a{number}.conf", text) for number, text in enumerate(parts.conf)]
    files += [file_in_bundle(f"etc/conf.d/vhost{number}.conf", text) for number, text in enumerate(parts.sites)]
    return "".join(files)


def _panel(rng: Random, parts: Parts) -> str:
    return _in_one_file(rng, _PANEL, parts)


def _old(rng: Random, parts: Parts) -> str:
    if "access_compat" not in parts.modules:
        parts = parts._replace(modules=(*parts.modules, "access_compat"))
    text = _OLD.replace("{deny}", rng.choice(("Deny from all", "", "Require all denied")))
    return _in_one_file(rng, text.replace("{granted}", rng.choice(("", "", "Require all granted"))), parts)


def _in_one_file(rng: Random, text: str, parts: Parts) -> str:
    filled = {
        "{modules}": "\n".join(map(_load, parts.modules)),
        "{listens}": "\n".join(parts.listens),
        "{override}": rng.choice(_OVERRIDES),
        "{first}": parts.first,
        "{conf}": "\n".join(parts.conf),
        "{sites}": "\n".join(parts.sites),
    }
    for mark, value in filled.items():
        text = text.replace(mark, value)
    return text


def _load(name: str) -> str:
    return f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"


def _dir_conf(rng: Random) -> str:
    names = rng.choice(("index.html index.cgi index.pl index.php index.xhtml index.htm", "index.html", "index.php"))
    return f"<IfModule mod_dir.c>\nDirectoryIndex {names}\n</IfModule>"
