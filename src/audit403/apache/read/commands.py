"""Which directives httpd's modules have, where each may stand and how it takes its arguments.

The table (`directives.txt`) says what the modules of httpd 2.4.71 say in their command tables, in a form of ours: a
module's symbol and file, then `HOW PLACES name…`, where the places are those of `req_override` in
include/http_config.h. A test holds it against the installed modules.
"""

import os

from audit403.core.named_tuple import NamedTuple

#: Bits of req_override and of what a place allows.
LIMIT, OPTIONS, FILEINFO, AUTHCFG, INDEXES = 1, 2, 4, 8, 16
ALL = LIMIT | OPTIONS | FILEINFO | AUTHCFG | INDEXES
DIRECTORY, SERVER, NOW, PROXY = 64, 128, 256, 2048
PLACES = {
    "server": SERVER, "directory": DIRECTORY, "All": ALL, "AuthConfig": AUTHCFG, "Limit": LIMIT, "Options": OPTIONS,
    "FileInfo": FILEINFO, "Indexes": INDEXES, "proxy": PROXY, "now": NOW,
}  # fmt: skip

#: Directives of modules that do not come with httpd, by what their names begin with.
OTHERS = {
    "aahat": "apparmor_module", "aadefaulthat": "apparmor_module", "assign": "mpm_itk_module",
    "authexternal": "authnz_external_module", "authkerb": "auth_kerb_module", "authmysql": "auth_mysql_module",
    "authpg": "auth_pgsql_module", "authzsvn": "authz_svn_module", "authtkt": "auth_tkt_module",
    "bandwidth": "bw_module", "cas": "auth_cas_module", "cloudflare": "cloudflare_module",
    "cosign": "cosign_module", "defineexternal": "authnz_external_module", "dos": "evasive20_module",
    "fastcgi": "fastcgi_module", "fcgid": "fcgid_module", "forcebandwidth": "bw_module", "geoip": "geoip_module",
    "groupexternal": "authnz_external_module", "gss": "auth_gssapi_module", "jk": "jk_module",
    "krb": "auth_kerb_module", "limitgidrange": "mpm_itk_module", "limituidrange": "mpm_itk_module",
    "lsapi": "lsapi_module", "maxclientsvhost": "mpm_itk_module", "maxconnperip": "limitipconn_module",
    "maxminddb": "maxminddb_module", "mellon": "auth_mellon_module", "modpagespeed": "pagespeed_module",
    "nicevalue": "mpm_itk_module", "noiplimit": "limitipconn_module", "oauth": "oauth2_module",
    "oidc": "auth_openidc_module", "passenger": "passenger_module", "perl": "perl_module", "php_": "php_module",
    "phpinidir": "php_module", "python": "python_module", "qs_": "qos_module", "rails": "passenger_module",
    "rdocumentchroot": "ruid2_module", "rmode": "ruid2_module", "rpaf": "rpaf_module", "ruidgid": "ruid2_module",
    "sec": "security2_module", "shib": "mod_shib", "suphp": "suphp_module", "svn": "dav_svn_module",
    "tkt": "auth_pubtkt_module", "uwsgi": "uwsgi_module", "wsgi": "wsgi_module", "xsendfile": "xsendfile_module",
    "<perl": "perl_module", "<jk": "jk_module", "<wsgi": "wsgi_module",
}  # fmt: skip
#: Modules whose file is not named after their symbol (`foo_module` is in mod_foo.c), beside those of the table.
OTHER_FILES = {"rpaf_module": "mod_rpaf-2.0.c", "mpm_itk_module": "mpm_itk.c"}


class Command(NamedTuple):
    """One directive of a module: the name as the module spells it, where it may stand, how it takes its arguments."""

    name: str
    module: str
    override: int
    how: str


_by_name: dict[str, tuple[Command, ...]] = {}
_by_module: dict[str, list[Command]] = {}
_by_file: dict[str, str] = {}
_files: dict[str, str] = dict(OTHER_FILES)


def commands(name: str) -> tuple[Command, ...]:
    """What httpd's own modules make of a directive, by its name in lower case; several modules may have the same."""
    if not _by_name:
        _fill()
    return _by_name.get(name, ())


def commands_of(module: str) -> list[Command]:
    """The directives of one of httpd's own modules, by its symbol."""
    if not _by_name:
        _fill()
    return _by_module.get(module, [])


def modules_with(name: str) -> tuple[str, ...]:
    """The symbols of the modules that have a directive, also of modules that do not come with httpd."""
    known = commands(name)
    if known:
        return tuple(command.module for command in known)
    return tuple(module for prefix, module in OTHERS.items() if name.startswith(prefix))


def resembles_one(name: str) -> bool:
    """Whether a name that no module has is most likely one of httpd's own with a slip of the keys."""
    from difflib import get_close_matches

    if not _by_name:
        _fill()
    return bool(get_close_matches(name.lower(), _by_name, 1, 0.9))


def file_of(module: str) -> str:
    """The name that `<IfModule>` may use beside the symbol: the source file's."""
    if not _by_name:
        _fill()
    return _files.get(module) or f"mod_{module.removesuffix('_module').removeprefix('mod_')}.c"


def symbol_of(name: str) -> str | None:
    """The module of httpd's that `<IfModule name>` asks for, by its symbol or its file."""
    if not _by_name:
        _fill()
    return name if name in _by_module else _by_file.get(name)


def is_httpds(module: str) -> bool:
    """Whether a module comes with httpd."""
    if not _by_name:
        _fill()
    return module in _by_module


def httpds_modules() -> list[str]:
    """The symbols of all modules that come with httpd."""
    if not _by_name:
        _fill()
    return list(_by_module)


def _fill() -> None:
    module = ""
    found: dict[str, list[Command]] = {}
    how, override = "", 0
    with open(os.path.join(os.path.dirname(__file__), "directives.txt"), encoding="ascii") as table:
        text = table.read()
    for line in text.splitlines():
        if line[0] != " ":
            module, file = line.split()
            _files[module] = file
            _by_file[file] = module
            _by_module[module] = []
            continue
        names = line.split()
        if line[1] != " ":
            how, places, *names = names
            override = 0
            for place in places.split("+"):
                override |= PLACES[place]
        for name in names:
            command = Command(name, module, override, how)
            _by_module[module].append(command)
            found.setdefault(name.lower(), []).append(command)
    for name, same in found.items():
        _by_name[name] = tuple(same)
