"""Statements that nginx refuses, the words at fault in « », with nginx's own words; and odd ones that it takes.

A statement goes where its list says; `;` and braces are its own.
"""

from __future__ import annotations

SERVER = r"""
allow «300.1.1.1»; | invalid parameter "300.1.1.1"
deny «abc»; | invalid parameter "abc"
deny «10.0.0.0/33»; | invalid parameter "10.0.0.0/33"
allow «::1/129»; | invalid parameter "::1/129"
client_max_body_size «lots»; | "client_max_body_size" directive invalid value
client_max_body_size «10mb»; | "client_max_body_size" directive invalid value
client_body_buffer_size «1g»; | "client_body_buffer_size" directive invalid value
keepalive_timeout «1m1h»; | "keepalive_timeout" directive invalid value
send_timeout «10ms5s»; | "send_timeout" directive invalid value
keepalive_requests «-1»; | "keepalive_requests" directive invalid number
satisfy «some»; | invalid value "some"
large_client_header_buffers «0» 8k; | "large_client_header_buffers" directive invalid value
gzip_comp_level «10»; | value must be between 1 and 9
gzip_proxied off «none»; | invalid value "none"
ssl_protocols TLSv1.2 «TLSv1.4»; | invalid value "TLSv1.4"
limit_req_status «399»; | value must be between 400 and 599
connection_pool_size «100»; | the pool size must be no less than 112
connection_pool_size «500»; | the pool size must be a multiple of 16
error_page «200» /x; | value "200" must be between 300 and 599
error_page «499» /x; | invalid value "499"
error_page 404 «=x» /x; | invalid value "=x"
return «1000»; | invalid return code "1000"
return «here»; | invalid return code "here"
rewrite ^ /x «permanently»; | invalid parameter "permanently"
rewrite ^ «''»; | empty replacement
rewrite «(» /x; | pcre2_compile() failed: missing closing parenthesis in "("
set «x» y; | invalid variable name "x"
set «$host» y; | the duplicate "host" variable
set $x «a$»; | invalid variable name
set $x «"${y z"»; | the closing bracket in "y" variable is missing
set $x «$no_such»; | unknown "no_such" variable
if «($x» = a b) { } | invalid condition "$x"
if ($host «==» a) { } | unexpected "==" in condition
if «(-z» /x) { } | invalid condition "-z"
if ($host ~ «[a») { } | pcre2_compile() failed: missing terminating ] for character class in "[a"
try_files $uri «=1000»; | invalid code "=1000"
try_files $uri «=x»; | invalid code "=x"
root «/x/$document_root»; | the $document_root variable cannot be used in the "root" directive
root /a; «root» /b; | "root" directive is duplicate
server_name «*a.test»; | server name "*a.test" is invalid
server_name «~^(»; | pcre2_compile() failed: missing closing parenthesis in "^("
listen «99999»; | invalid port in "99999" of the "listen" directive
listen «8090-8080»; | invalid port range in "8090-8080" of the "listen" directive
listen «::1:8080»; | invalid port in "::1:8080" of the "listen" directive
listen «[::1:80»; | invalid host in "[::1:80" of the "listen" directive
listen «unix:»; | no path in the unix domain socket in "unix:" of the "listen" directive
listen 8082 «sll»; | invalid parameter "sll"
listen 8082 «backlog=0»; | invalid backlog "backlog=0"
listen 8082 «so_keepalive=::»; | invalid so_keepalive value: "::"
listen 8082 «ipv6only=of»; | invalid ipv6only flags "of"
listen 8082; listen «8082»; | a duplicate listen 0.0.0.0:8082
limit_req «zones=one»; | invalid parameter "zones=one"
limit_req «zone=nowhere»; | zero size shared memory zone "nowhere"
limit_conn «nowhere» 5; | zero size shared memory zone "nowhere"
limit_conn «one» 5; | the shared memory zone "one" is already declared for a different use
resolver «127.0.0.1:x»; | invalid port in resolver "127.0.0.1:x"
resolver 127.0.0.1 «valid=x»; | invalid parameter: valid=x
add_header A b «alway»; | invalid parameter "alway"
expires «soon»; | "expires" directive invalid value
expires modified «@1h»; | "expires" directive daily time cannot be used with "modified" parameter
open_file_cache «max=0»; | invalid "open_file_cache" parameter "max=0"
disable_symlinks off «from=/»; | "from=" cannot be used with "off" parameter
access_log /dev/null «nowhere»; | unknown log format "nowhere"
access_log /dev/null combined «buffer=0»; | invalid buffer size "0"
error_log /dev/null «warning»; | invalid log level "warning"
error_log «syslog:server=127.0.0.1,facility=x»; | unknown syslog facility "x"
valid_referers none «*.*.test»; | invalid hostname or wildcard "*.*.test"
valid_referers a.test «a.test»; | conflicting parameter "a.test"
valid_referers «none»; | without any valid referer
proxy_buffers 8 4k; proxy_buffer_size «64k»; | must be less than the size of all "proxy_buffers" minus one buffer
proxy_bind «127.0.0.1.1»; | invalid address "127.0.0.1.1"
proxy_cache «nowhere»; | "proxy_cache" zone "nowhere" is unknown
gzip_types «application/vnd.openxmlformats-officedocument.wordprocessingml.document»; | could not build test_types_hash
set_real_ip_from «10.0.0.0/33»; | host not found in set_real_ip_from "10.0.0.0/33"
location = /x { location «/x/y» { } } | location "/x/y" cannot be inside the exact location "/x"
location /x { location «/y» { } } | location "/y" is outside location "/x"
location /x { location «@y» { } } | named location "@y" can be on the server level only
location /x { } location «/x» { } | duplicate location "/x"
location ~ «(» { } | pcre2_compile() failed: missing closing parenthesis in "("
location «!~» x { } | invalid location modifier "!~"
location /x { alias /y; «root» /z; } | "root" directive is duplicate, "alias" directive was specified earlier
location @x { «alias» /y; } | the "alias" directive cannot be used inside the named location
location /x { limit_except «BREW» { } } | invalid method "BREW"
location /x { proxy_pass «ftp://a»; } | invalid URL prefix
location /x { proxy_pass «http://127.0.0.1:0»; } | invalid port in upstream "127.0.0.1:0"
location ~ x { proxy_pass «http://127.0.0.1/y»; } | "proxy_pass" cannot have URI part
location /x { if ($host) { proxy_pass «http://127.0.0.1/y»; } } | "proxy_pass" cannot have URI part
location /x { proxy_pass «http://up:80»; } | upstream "up" may not have port 80
location /x { fastcgi_pass «127.0.0.1»; } | no port in upstream "127.0.0.1"
location /x { proxy_redirect «default»; } | "proxy_redirect default" should be placed after the "proxy_pass" directive
location /x { fastcgi_split_path_info «^(.+)$»; } | pattern "^(.+)$" must have 2 captures
location /x { auth_basic_user_file a; «auth_basic_user_file b;» } | "auth_basic_user_file" directive is duplicate
location /x { internal; «internal;» } | "internal" directive is duplicate
location /x { secure_link_secret «x»; secure_link a; } | "secure_link_secret" cannot be mixed with
"""

HTTP = r"""
map $host $a { a 1; «a» 2; } | conflicting parameter "a"
map $host $a { default 1; «default» 2; } | duplicate default map parameter
map $host $a { «~x(» 1; } | pcre2_compile() failed
map $host «a» { } | invalid variable name "a"
map $host $a { hostnames; «*.*.a» 1; } | invalid hostname or wildcard "*.*.a"
geo $a { «10.0.0.0/33» 1; } | invalid network "10.0.0.0/33"
geo $a { ranges; «10.0.0.9-10.0.0.1» 1; } | invalid range "10.0.0.9-10.0.0.1"
geo $a { proxy «x»; } | invalid network "x"
geo $a { default 0; «ranges»; } | the "ranges" directive must be the first directive inside "geo" block
geo $a { ranges; 10.0.0.0-10.0.0.9 1; «10.0.0.5-10.0.0.20» 2; } | range "10.0.0.5-10.0.0.20" overlaps
split_clients $host $a { «0%» a; } | invalid percent value "0%"
limit_req_zone $host «zone=two:1k» rate=1r/s; | zone "zone=two:1k" is too small
limit_req_zone $host zone=two:1m «rate=fast»; | invalid rate "rate=fast"
limit_req_zone $host «zone=one:1m» rate=1r/s; | limit_req_zone "one" is already bound to key
proxy_cache_path /tmp/x «levels=3» keys_zone=a:1m; | invalid "levels" "levels=3"
«proxy_cache_path /tmp/x levels=1;» | "proxy_cache_path" must have "keys_zone" parameter
log_format «combined» x; | duplicate "log_format" name "combined"
log_format a «"$ x"»; | invalid parameter "$ x"
upstream «up» { server 127.0.0.1; } | duplicate upstream "up"
«upstream» two { } | no servers are inside upstream
upstream two { server 127.0.0.1 «weight=0»; } | invalid parameter "weight=0"
upstream two { ip_hash; server 127.0.0.1; server 127.0.0.2 «backup»; } | balancing method does not support parameter
upstream two { server «127.0.0.1:99999»; } | invalid port in upstream "127.0.0.1:99999"
server { listen 127.0.0.1:8081 «default_server»; } server { listen 127.0.0.1:8081 default_server; } | a duplicate
«server {» listen 127.0.0.1:8089 ssl; } | no "ssl_certificate" is defined for the "listen ... ssl" directive
gzip on; «gzip off;» | "gzip" directive is duplicate
ssl_session_cache «shared:S:1k»; | session cache "shared:S:1k" is too small
"""

#: What the values are like that people write, and some that hardly anybody knows.
TAKEN = r"""
allow 10.0.0.1/8; deny 2001:db8::1/32; allow unix:; deny all;
client_max_body_size 10M; client_body_buffer_size 16K; client_body_timeout "1m 30s"; send_timeout 2h3m4s5ms;
keepalive_timeout 75s 1y; keepalive_requests 007; satisfy ANY; gzip_proxied AUTH No-Cache; ssl_protocols tlsv1.2;
error_page 404 =200 /x; error_page 403 = @n; error_page 500 502 https://a.test/$uri; return 0;
rewrite ^(.*)$ $1? last; rewrite ^/x http://a.test redirect;
return https://$host$request_uri; return 403 "";
if ( $host = "a b" ) { } if ($host) { } if (-f $document_root/x) { } if (!-d /x) { } if ($uri !~* "^/(a|b){2}") { }
set $anything-goes x; set $args a; set $limit_rate 1k; set $x $9$1; set $y ${host}a;
try_files $uri $uri/ @n;
try_files /a =0;
try_files /a "=404";
server_name _ "" .a.test *.a.test a.* ~^(?<one>.)\.test$ a.test a.test localhost 127.0.0.1 A.TEST;
listen 8082; listen [::]:8082 ipv6only=on; listen *:8083-8085; listen 127.1.1.1:8086 bind;
listen 8087 so_keepalive=30m::10 backlog=5 rcvbuf=8k; listen 8088 default;
listen 8082; listen 8082 quic; ssl_reject_handshake on;
limit_req zone=one; limit_req zone=one2 burst=5 delay=3; limit_conn addr 65535;
resolver 127.0.0.1 [::1]:5353 valid=1d ipv6=off;
expires -1;
expires @15h30m;
expires modified +24h;
expires $host;
open_file_cache off max=5; disable_symlinks if_not_owner from=$document_root;
access_log /dev/null COMBINED; access_log /dev/null combined gzip=9 flush=1m if=$host;
error_log /dev/null debug_http debug_core; error_log stderr crit;
error_log syslog:server=[::1]:514,facility=local7,tag=a_b,severity=info,nohostname debug;
valid_referers none blocked server_names *.example.com example.* ~\.google\.; add_header A "" always;
location /x { location /xy { } location ~ x { } location = /x/ { } } location = /x { } location /x/ { }
location @n { proxy_pass http://127.0.0.1; } location ~ y { proxy_pass http://up; } location ^~/z { }
location /p { proxy_pass http://up/q; proxy_redirect default; proxy_redirect /a /b; }
location /p { proxy_pass HTTP://unix:/tmp/x.sock:/y; proxy_bind off; }
location /p { fastcgi_pass unix:relative.sock; fastcgi_param A $set_below if_not_empty; set $set_below x; }
location /p { memcached_pass 127.0.0.1:11211; set $memcached_key $uri; }
location /p { proxy_pass http://$host/x; proxy_bind 127.0.0.1 transparent; }
location /p { limit_except GET head PropFind { deny all; } types { } default_type ""; root ""; }
proxy_buffers 2 8k; proxy_busy_buffers_size 8k; proxy_max_temp_file_size 0; proxy_next_upstream off;
proxy_limit_rate $host;
proxy_http_version 2;
dav_access user:rw group:r all:r; userid_mark =; gzip_disable msie6 "a|b";
set_real_ip_from 10.0.0.1/8; set_real_ip_from unix:; real_ip_header X;
set_real_ip_from proxy.example.test;
ssl_session_cache builtin:1000 shared:S:10m; ssl_session_cache none; open_log_file_cache max=5 valid=1m min_uses=2;
"""
