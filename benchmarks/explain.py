"""`audit403 explain` in batch on nginx: 100 virtual hosts; wanted are 5,000 requests a second on two cores."""

import sys
from pathlib import Path

from _explaining import VHOSTS, measure

WANTED = 5_000

HTTP = """\
user www-data;
events {}
http {
    map $http_user_agent $bad_agent { default 0; ~*(masscan|sqlmap|nikto) 1; ~*curl 0; "" 1; }
    geo $office { default 0; 10.0.0.0/8 1; 192.0.2.0/24 1; 2001:db8::/32 1; }
    limit_req_zone $binary_remote_addr zone=login:1m rate=5r/s;
    include %(folder)s/mime.types;
    root %(folder)s/www;
    index index.html;
    error_page 403 /403.html;
%(servers)s
}
"""

SERVER = """\
    server {
        listen 8080;
        listen [::]:8080;
        server_name site%(n)d.example www.site%(n)d.example *.tenant%(n)d.example;
        if ($bad_agent) { return 403; }
        location = /403.html { internal; }
        location = /favicon.ico { log_not_found off; access_log off; return 204; }
        location / { try_files $uri $uri/ /index.html; }
        location ~ /\\.(?!well-known) { deny all; }
        location ^~ /static/ { expires 30d; }
        location ^~ /admin/ { allow 10.0.%(n)d.0/24; allow 2001:db8::/32; deny all; proxy_pass http://127.0.0.1:9000; }
        location /internal/ { internal; }
        location /old/ { rewrite ^/old/(.*)$ /static/$1 permanent; }
        location ~* \\.(jpg|png|gif|webp)$ {
            valid_referers none blocked server_names;
            if ($invalid_referer) { return 403; }
        }
        location ~ \\.php$ { limit_except GET POST { deny all; } fastcgi_pass 127.0.0.1:9001; }
        location /login { limit_req zone=login burst=5; proxy_pass http://127.0.0.1:9000; }
        location /office/ { if ($office = 0) { return 403; } }
    }
"""

PATHS = (
    "/", "/index.html", "/about", "/static/app.js", "/static/missing.css", "/admin/", "/admin/users?id=4",
    "/.git/config", "/.well-known/acme-challenge/x", "/old/page", "/img/logo.png", "/index.php?p=1", "/login",
    "/office/", "/a/b/c/d?x=1&y=2", "/favicon.ico", "/internal/x", "/%7Euser/../static/app.js", "//static//app.js",
)  # fmt: skip


def _lay_out(folder: Path) -> Path:
    servers = "".join(SERVER % {"n": n} for n in range(VHOSTS))
    (folder / "nginx.conf").write_text(HTTP % {"folder": folder, "servers": servers})
    (folder / "mime.types").write_text("types { text/html html; text/css css; image/png png; }\n")
    for path, text in (("index.html", "hello"), ("403.html", "no"), ("static/app.js", "1;"), ("img/logo.png", "png")):
        file = folder / "www" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "nginx.conf"


if __name__ == "__main__":
    sys.exit(measure("nginx", _lay_out, PATHS, WANTED))
