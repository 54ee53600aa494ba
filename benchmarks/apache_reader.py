"""The Apache reader against apacheconfig's writable tree: one large file, and the same site in a thousand files.

    python benchmarks/apache_reader.py [--runs N]

Medians of interleaved runs, ratios of one run. apacheconfig reads the files alone: it follows no Include and works
out no condition. `with checks` also looks every directive up in the table. Ends with 1 when the reader is less than
three times as fast.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from _reading import compare, runs_wanted
from apacheconfig import flavors, make_loader

from audit403.apache.read.configuration import Settings, read_configuration
from audit403.evidence.local import LocalEvidence

WANTED = 3.0

HEAD = """\
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule alias_module modules/mod_alias.so
LoadModule env_module modules/mod_env.so
LoadModule rewrite_module modules/mod_rewrite.so
Listen 80
# as everywhere
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
"""

VHOST = """\
# site {n}
<VirtualHost *:80>
    ServerName site{n}.example.com
    ServerAlias www.site{n}.example.com
    DocumentRoot /var/www/site{n}/public
    ErrorLog ${{APACHE_LOG_DIR}}/site{n}.log
    CustomLog ${{APACHE_LOG_DIR}}/site{n}-access.log combined
    <Directory /var/www/site{n}/public>
        Options -Indexes +FollowSymLinks
        AllowOverride All
        Require all granted
    </Directory>
    <FilesMatch "\\.(inc|bak)$">
        Require all denied
    </FilesMatch>
    RewriteEngine On
    RewriteCond %{{HTTP_HOST}} !^www\\. [NC]
    RewriteRule ^/?(.*)$ https://www.%{{HTTP_HOST}}/$1 [R=301,L]
</VirtualHost>

"""
SETTINGS = Settings(environment={"APACHE_LOG_DIR": "/var/log/apache2"})


def vhosts(lines: int) -> list[str]:
    """As many virtual hosts as make so many lines: a thousand of 20."""
    return [VHOST.format(n=n) for n in range(lines // VHOST.count("\n"))]


def write_one_file(folder: Path, lines: int) -> list[Path]:
    """The whole site in one file."""
    main = folder / "one.conf"
    main.write_text(HEAD + "".join(vhosts(lines)))
    return [main]


def write_many_files(folder: Path, lines: int) -> list[Path]:
    """Every virtual host in a file of its own; the main file first."""
    sites = folder / "sites-enabled"
    sites.mkdir()
    main = folder / "many.conf"
    main.write_text(HEAD + "IncludeOptional sites-enabled/*.conf\n")
    files = [main]
    for number, text in enumerate(vhosts(lines)):
        files.append(sites / f"site{number:04}.conf")
        files[-1].write_text(text)
    return files


def faster(title: str, files: list[Path], runs: int, loads: Callable[[str], object]) -> float:
    """How many times faster than apacheconfig the reader is."""
    main = str(files[0])

    def read() -> None:
        configuration = read_configuration(main, LocalEvidence(), SETTINGS)
        assert configuration.reading == []
        assert len(configuration.directives) >= 1000

    def read_and_check() -> None:
        assert read_configuration(main, LocalEvidence(), SETTINGS).problems == []

    def other() -> None:
        for path in files:
            loads(path.read_text())

    return compare(title, {"audit403": read, "with checks": read_and_check, "apacheconfig": other}, runs)


def main() -> int:
    runs = runs_wanted(__doc__, 5)
    with (
        tempfile.TemporaryDirectory() as name,
        make_loader(writable=True, **{**flavors.NATIVE_APACHE, "ccomments": False}) as loader,
    ):
        folder = Path(name)
        ratios = [
            faster("20,000 lines in one file", write_one_file(folder, 20_000), runs, loader.loads),
            faster("20,000 lines in 1,000 files", write_many_files(folder, 20_000), runs, loader.loads),
        ]
    return 0 if min(ratios) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
