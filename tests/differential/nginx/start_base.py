"""Configurations that nginx takes, with something of every module in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random


class Files(NamedTuple):
    """What the configuration names: a folder for everything, a certificate with its key."""

    folder: str
    certificate: str
    key: str
    modules: str


def configuration(rng: random.Random, files: Files) -> str:
    """A whole configuration; which parts are in it is random."""
    top = [
        files.modules,
        f"pid {files.folder}/nginx.pid;",
        f"error_log {files.folder}/error.log {rng.choice(('warn', 'error', 'info', 'debug_http debug_core'))};",
        *_some(rng, _TOP, 0.3),
    ]
    http = [*_some(rng, _HTTP, 0.35), *_required(files), *(_server(rng, files, number) for number in range(3))]
    parts = [*top, f"events {{ {' '.join(_some(rng, _EVENTS, 0.4))} }}", "http {\n" + "\n".join(http) + "\n}"]
    if "ngx_stream_module" in files.modules:
        parts.append(_stream(rng, files))
    return "\n".join(parts) + "\n"


def _some(rng: random.Random, lines: str, share: float) -> list[str]:
    return [line for line in lines.strip().split("\n") if rng.random() < share]


_TOP = r"""
worker_processes 1;
worker_priority -5;
worker_rlimit_nofile 1024;
worker_shutdown_timeout 10s;
timer_resolution 100ms;
worker_cpu_affinity auto;
worker_cpu_affinity 01 10;
pcre_jit on;
env PATH;
thread_pool p threads=4 max_queue=100;
worker_rlimit_core 10g;
debug_points stop;
"""
_EVENTS = r"""
worker_connections 512;
use epoll;
multi_accept on;
accept_mutex off;
accept_mutex_delay 50ms;
debug_connection 127.0.0.1;
worker_aio_requests 32;
"""
_HTTP = r"""
sendfile on;
tcp_nopush on;
keepalive_timeout 65s 60s;
types_hash_max_size 2048;
server_tokens off;
client_max_body_size 10m;
client_body_buffer_size 16k;
client_header_timeout 10s;
send_timeout 1m30s;
large_client_header_buffers 4 16k;
connection_pool_size 512;
request_pool_size 4k;
gzip on;
gzip_types text/css application/json;
gzip_comp_level 6;
gzip_proxied expired no-cache;
gzip_disable msie6;
gzip_buffers 16 8k;
gzip_http_version 1.1;
open_file_cache max=1000 inactive=20s;
open_file_cache_valid 30s;
open_log_file_cache max=10 inactive=20s valid=1m min_uses=2;
resolver 127.0.0.1 [::1]:5353 valid=30s ipv6=off;
resolver_timeout 5s;
ssl_session_timeout 1d;
ssl_protocols TLSv1.2 TLSv1.3;
set_real_ip_from 10.0.0.0/8;
real_ip_header X-Forwarded-For;
real_ip_recursive on;
index index.html index.php;
default_type text/plain;
types { text/html html; text/css css; }
variables_hash_bucket_size 128;
server_names_hash_bucket_size 128;
map_hash_bucket_size 128;
proxy_buffers 8 16k;
proxy_buffer_size 16k;
proxy_busy_buffers_size 32k;
proxy_temp_file_write_size 64k;
fastcgi_buffers 4 8k;
limit_req_status 429;
limit_conn_status 429;
limit_req_log_level warn;
charset utf-8;
error_page 500 502 503 504 /50x.html;
reset_timedout_connection on;
lingering_close always;
merge_slashes off;
underscores_in_headers on;
proxy_http_version 1.1;
proxy_set_header Host $host;
proxy_headers_hash_max_size 1024;
add_header X-A b always;
expires 1h;
etag off;
if_modified_since before;
limit_rate 100k;
limit_rate_after 1m;
aio threads;
directio 4m;
output_buffers 2 32k;
postpone_output 1460;
userid on;
userid_expires max;
ssi_types text/xml;
proxy_cache_valid 200 302 10m;
proxy_next_upstream error timeout http_502;
split_clients $remote_addr $variant { 0.5% a; 20% b; * c; }
charset_map koi8-r windows-1251 { C0 FE; C1 E0; }
uwsgi_buffers 8 4k;
http2_max_concurrent_streams 64;
modern_browser gecko 1.0; ancient_browser Links Lynx;
satisfy any;
allow 10.0.0.0/8; deny all;
auth_basic "closed"; auth_basic_user_file passwords;
access_log off;
disable_symlinks if_not_owner from=$document_root;
"""


def _required(files: Files) -> list[str]:
    """What the servers name."""
    return _REQUIRED.replace("@FOLDER@", files.folder).strip().split("\n")


_REQUIRED = r"""
client_body_temp_path @FOLDER@/body; proxy_temp_path @FOLDER@/proxy; fastcgi_temp_path @FOLDER@/fastcgi;
uwsgi_temp_path @FOLDER@/uwsgi; scgi_temp_path @FOLDER@/scgi; access_log /dev/null;
log_format main '$remote_addr - [$time_local] "$request" ${status} $request_length';
log_format js escape=json '{"a":"$uri"}';
limit_req_zone $binary_remote_addr zone=one:10m rate=5r/s;
limit_conn_zone $server_name zone=addr:1m;
proxy_cache_path @FOLDER@/cache levels=1:2 keys_zone=c:1m inactive=60m max_size=1g use_temp_path=off;
map $http_host $m {
hostnames; default 0; .a.test 1; *.b.test $host; c.test.* 3; ~^d(?<digit>\d)\.test$ $digit;
}
map $uri $n { default 0; /a 1; ~*\.php$ 2; \~x 3; volatile; }
geo $g {
default 0; 10.0.0.0/8 1; 2001:db8::/32 2; proxy 192.168.0.0/16; proxy_recursive; delete 127.0.0.0/16;
}
geo $remote_addr $r { ranges; default 0; 10.0.0.0-10.0.255.255 1; 10.0.1.0-10.0.1.255 2; }
upstream up { zone up 64k; hash $uri consistent; server 127.0.0.1:8080 weight=2 max_fails=3; keepalive 8; }
upstream back {
server 127.0.0.1:81 fail_timeout=10s; server 127.0.0.1:82 backup; server unix:/tmp/u.sock down;
}
"""
_SERVER = r"""
root /var/www;
index index.html;
autoindex on;
autoindex_format json;
client_max_body_size 0;
error_page 404 =200 /empty.gif;
error_page 403 @n;
error_log /dev/null crit;
access_log off;
access_log /dev/null main;
access_log /dev/null main buffer=32k flush=5s if=$m;
access_log syslog:server=127.0.0.1,facility=local7,tag=nginx combined;
rewrite ^/old/(.*)$ /new/$1 permanent;
rewrite_log on;
set $v1 $host$uri;
if ($request_method !~ ^(GET|HEAD)$) { return 405; }
if ($host = "x") { return 301 https://$host$request_uri; }
limit_conn addr 10;
deny 192.168.1.1;
allow all;
server_name_in_redirect off;
try_files $uri $uri/ =404;
add_header Strict-Transport-Security max-age=1;
valid_referers none blocked server_names *.example.com example.* ~\.google\.;
large_client_header_buffers 8 8k;
keepalive_requests 100;
recursive_error_pages on;
port_in_redirect off;
sub_filter a b;
sub_filter_once off;
auth_request /auth;
auth_request_set $who $upstream_http_x_user;
ssl_prefer_server_ciphers on;
gunzip on;
"""
_LOCATION = r"""
deny all;
allow 127.0.0.1;
allow unix:;
satisfy all;
auth_basic off;
return 403;
return 200 $uri;
internal;
index a b /c;
try_files $uri @n;
limit_except GET POST { deny all; }
autoindex on;
expires -1;
expires modified +1d;
limit_req zone=one burst=5 nodelay;
limit_conn addr 5;
stub_status;
empty_gif;
proxy_pass http://up;
proxy_pass http://127.0.0.1:8080;
proxy_pass https://$host;
proxy_redirect off;
proxy_redirect http://a/ /b/;
proxy_cache c; proxy_cache_key $uri; proxy_cache_use_stale error updating;
proxy_cookie_domain ~^a$ b;
proxy_cookie_path /a /b;
proxy_set_header X-B $n; proxy_set_header Host $proxy_host;
proxy_connect_timeout 5s;
proxy_buffering off;
proxy_store on; proxy_store_access user:rw group:r;
proxy_method POST;
proxy_bind 127.0.0.1;
proxy_bind off;
proxy_set_body $request_body;
proxy_ssl_name $host;
proxy_ssl_verify off;
fastcgi_pass unix:/run/php.sock; fastcgi_param A $document_root$fastcgi_script_name;
fastcgi_split_path_info ^(.+\.php)(.*)$;
fastcgi_index index.php;
fastcgi_cache_bypass $cookie_a $arg_b;
uwsgi_pass 127.0.0.1:3031; uwsgi_param B c if_not_empty;
scgi_pass back;
grpc_pass grpc://127.0.0.1:9000;
memcached_pass 127.0.0.1:11211; set $memcached_key $uri;
mirror /mirror;
addition_types text/css;
add_before_body /x;
dav_methods PUT DELETE; dav_access user:rw;
secure_link $arg_md5,$arg_expires; secure_link_md5 "$uri x";
slice 1m;
set $a 1; if ($a = 1) { break; }
if (-f $request_filename) { return 204; }
if ($uri ~* "^/x(?<rest>.*)") { set $b $rest; }
rewrite ^ /index.php?q=$uri last;
rewrite ^(.*)$ https://$host$1 redirect;
mp4; mp4_buffer_size 1m;
flv;
random_index on;
gzip_static always;
error_page 404 = @n;
userid_mark z;
userid_flags secure httponly;
client_body_temp_path body 1 2;
default_type '';
types { }
chunked_transfer_encoding off;
open_file_cache off;
max_ranges 0;
ssi on;
source_charset koi8-r; charset windows-1251;
override_charset on;
keepalive_disable none;
auth_delay 1s;
satisfy any; allow 10.0.0.0/8; deny all;
http2_push /a.css;
send_lowat 0;
client_body_in_file_only clean;
"""
_NAMES = r"""
/
= /
/a/
= /a
^~ /img/
~ \.php$
~* \.(jpg|png)$
/b
~ ^/u/(?<user>[^/]+)/
=/x
~/y
/50x.html
~ "^/z{1,3}$"
/auth
"""


def _server(rng: random.Random, files: Files, number: int) -> str:
    port = 8081 + number % 2
    flag = " default_server" if number == 0 else ""
    parts = [
        f"listen 127.0.0.1:{port}{flag};",
        f"server_name s{number}.test *.s{number}.test ~^s{number}(?<rest{number}>.*)$;",
    ]
    if rng.random() < 0.4:
        parts.append(f"listen [::1]:{port};")
    if rng.random() < 0.35:
        parts.append(
            f"listen 127.0.0.1:8443 ssl http2; ssl_certificate {files.certificate}; ssl_certificate_key {files.key};"
            " ssl_session_cache shared:SSL:1m;"
        )
    parts += _some(rng, _SERVER, 0.2)
    parts += [_location(rng, name, 0) for name in rng.sample(_NAMES.strip().split("\n"), rng.randint(1, 5))]
    parts.append("location @n { root /x; try_files /a =403; }")
    return "server {\n" + "\n".join(parts) + "\n}"


def _location(rng: random.Random, name: str, depth: int) -> str:
    body = rng.sample(_LOCATION.strip().split("\n"), rng.randint(1, 5))
    if rng.random() < 0.3 and "alias" not in "".join(body):
        body.append(rng.choice(("root /r;", "alias /al/;", "root $document_uri/x;")))
    if depth < 2 and rng.random() < 0.2 and not name.startswith("="):
        base = name.rpartition(" ")[2]
        inner = rng.choice(("~ \\.x$", f"{base}q/" if base.startswith("/") else "~ q"))
        body.append(_location(rng, inner, depth + 1))
    return f"location {name} {{\n" + "\n".join(body) + "\n}"


def _stream(rng: random.Random, files: Files) -> str:
    lines = _some(rng, _STREAM, 0.4)
    return "stream {\n" + "\n".join([*lines, "server { listen 127.0.0.1:8090; proxy_pass 127.0.0.1:90; }"]) + "\n}"


_STREAM = r"""
upstream su { server 127.0.0.1:1; server 127.0.0.1:2 backup; }
log_format s '$remote_addr $protocol';
map $remote_addr $sm { default a; 127.0.0.1 b; }
geo $sg { default 0; 10.0.0.0/8 1; }
server { listen 127.0.0.1:8091 udp; proxy_pass 127.0.0.1:53; proxy_timeout 5s; proxy_responses 1; }
server { listen 127.0.0.1:8092; return $remote_addr; allow 127.0.0.1; deny all; }
limit_conn_zone $binary_remote_addr zone=sc:1m;
proxy_connect_timeout 3s;
preread_timeout 5s;
ssl_preread on;
"""
