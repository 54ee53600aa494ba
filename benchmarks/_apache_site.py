"""A large Apache site for benchmarks and tests: virtual hosts as packages and panels write them, one like the other."""

from pathlib import Path

FAULTS_IN_A_THOUSAND = 97
RULE = "apache/nothing-granted"
GRANTED, NOT_GRANTED = "Require all granted", "AllowOverride None"
ROOT = "/srv/www-of-the-benchmark"

HEAD = """\
ServerRoot {folder}
ServerName main.example
PidFile {folder}/apache2.pid
DefaultRuntimeDir {folder}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_host_module {modules}/mod_authz_host.so
LoadModule access_compat_module {modules}/mod_access_compat.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule rewrite_module {modules}/mod_rewrite.so
Listen 127.0.0.1:8099
User www-data
Group www-data
ErrorLog {folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O" combined
TypesConfig /dev/null
<Directory />
    AllowOverride None
    Require all denied
</Directory>
"""
VHOST = """\
<VirtualHost *:8099>
    # the site of customer {n}
    ServerName site{n}.example
    ServerAlias www.site{n}.example
    DocumentRoot {root}/site{n}/public
    DirectoryIndex index.php index.html
    ErrorLog {folder}/site{n}.log
    LogLevel warn
    <Directory {root}/site{n}/public>
        Options -Indexes +FollowSymLinks
        {said}
    </Directory>
    <FilesMatch "\\.(inc|bak|sql)$">
        Require all denied
    </FilesMatch>
    RewriteEngine On
    RewriteCond %{{HTTP_HOST}} ^www\\.
    RewriteRule ^/(.*)$ http://site{n}.example/$1 [R=301,L]
</VirtualHost>

"""


def faulty_ones(count: int) -> set[int]:
    """Which virtual hosts nobody is let into: 97 in a thousand, spread over them."""
    faults = count * FAULTS_IN_A_THOUSAND // 1000
    return {number * count // faults for number in range(faults)}


def write_site(
    path: Path, count: int, faulty: set[int], *, sound: str = GRANTED, fault: str = NOT_GRANTED, root: str = ROOT
) -> Path:
    """So many virtual hosts in one file; those of `faulty` say something else of their directory."""
    head = HEAD.format(folder=path.parent, modules="/usr/lib/apache2/modules")
    hosts = (
        VHOST.format(n=n, root=root, folder=path.parent, said=fault if n in faulty else sound) for n in range(count)
    )
    path.write_text(head + "".join(hosts))
    return path
