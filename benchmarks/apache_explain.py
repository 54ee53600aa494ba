"""`audit403 explain` in batch on Apache: 100 virtual hosts with `.htaccess`; wanted are 4,000 requests a second."""

import sys
from pathlib import Path

from _explaining import VHOSTS, measure

WANTED = 4_000
MODULES = (
    "access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex dir env headers "
    "mime negotiation rewrite setenvif"
)

MAIN = """\
User root
Listen 8080
ServerName main.example
%(modules)s
AccessFileName .htaccess
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
SetEnvIfNoCase User-Agent "masscan|sqlmap|nikto" bad_agent
%(servers)s
"""

SERVER = """\
<VirtualHost *:8080>
    ServerName site%(n)d.example
    ServerAlias www.site%(n)d.example *.tenant%(n)d.example
    DocumentRoot %(root)s
    <Directory %(root)s>
        AllowOverride All
        Options FollowSymLinks
        <RequireAll>
            Require all granted
            Require not env bad_agent
        </RequireAll>
    </Directory>
    <Location /admin>
        Require ip 10.0.%(n)d.0/24 2001:db8::/32
    </Location>
    <Location /internal>
        Order deny,allow
        Deny from all
        Allow from 10.
    </Location>
    <LocationMatch "^/(cgi|private)/">
        Require all denied
    </LocationMatch>
    Alias /static/ %(root)s/assets/
    Redirect 301 /old/ /static/
</VirtualHost>
"""

ACCESS_FILE = """\
Options -Indexes
DirectoryIndex index.php index.html
<FilesMatch "\\.(bak|sql|inc)$">
    Require all denied
</FilesMatch>
RewriteEngine On
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{HTTP_USER_AGENT} (libwww|wget) [NC]
RewriteRule ^ - [F]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
"""

PATHS = (
    "/", "/index.php?p=1", "/about", "/static/app.js", "/static/missing.css", "/admin/", "/admin/users?id=4",
    "/.git/config", "/.well-known/acme-challenge/x", "/old/page", "/assets/app.js", "/dump.sql", "/uploads/",
    "/uploads/photo.png", "/a/b/c/d?x=1&y=2", "/favicon.ico", "/internal/x", "/%7Euser/../assets/app.js",
    "//assets//app.js",
)  # fmt: skip


def _lay_out(folder: Path) -> Path:
    modules = "".join(f"LoadModule {name}_module modules/mod_{name}.so\n" for name in MODULES.split())
    servers = ""
    for n in range(VHOSTS):
        root = folder / f"site{n}"
        servers += SERVER % {"n": n, "root": root}
        for path in ("index.php", "assets/app.js", "uploads/photo.png", "favicon.ico"):
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)
        (root / ".htaccess").write_text(ACCESS_FILE)
        (root / "uploads/.htaccess").write_text("Options +Indexes\n<Files *.php>\nRequire all denied\n</Files>\n")
    (folder / "httpd.conf").write_text(MAIN % {"modules": modules, "servers": servers})
    return folder / "httpd.conf"


if __name__ == "__main__":
    sys.exit(measure("apache", _lay_out, PATHS, WANTED))
