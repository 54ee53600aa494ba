"""Secrets are taken out; everything else stays byte for byte, and everything stays where it was."""

from __future__ import annotations

import subprocess

import pytest

from audit403.evidence.redact import redacted
from audit403.http.password import is_withheld
from servers.need import need

SECRETS = [
    b'proxy_set_header Authorization "Basic ZGVwbG95OmZhcm0=";\n',
    b"proxy_set_header Authorization s3cr3t-key;\n",
    b'SetEnv DB_PASSWORD "pa\\"pa55word"\n',
    b"proxy_set_header Authorization ApiKey\\ s3cr3t-key;\n",
    b'if ($http_authorization != "Basic ZGVwbG95OmZhcm0=") { return 403; }\n',
    b"RewriteCond %{HTTP:Authorization} !^Basic\\ ZGVwbG95OmZhcm0=$\n",
    b'RequestHeader set Authorization "Bearer eyJhbGciOi.abc.def"\n',
    b'AuthLDAPBindPassword "pa55word"\n',
    b'DBDParams "host=db dbname=site user=web pass=pa55word"\n',
    b"SetEnv DB_PASSWORD pa55word\n",
    b"fastcgi_param APP_SECRET pa55word;\n",
    b'proxy_set_header Authorization "ApiKey s3cr3t-key";\n',
    b"proxy_set_header Authorization 'Basic s3cr3t=';\n",
    b'map $http_authorization $ok {\n  default 0;\n  "Basic ZGVwbG95OmZhcm0=" 1;\n  s3cr3t-key 1;\n}\n',
    b'map "$http_authorization" $ok {\n  "~^Bearer s3cr3t" 1;\n}\n',
    b'if ($http_authorization = "s3cr3t-key") { return 200; }\n',
    b'if ($http_authorization !~ "^Basic (ZGVwbG95OmE=|ZGVwbG95OmE)|Bearer s3cr3t") { return 403; }\n',
    b"RewriteCond %{HTTP:Authorization} !=s3cr3t-key\n",
    b"Require expr \"%{HTTP:Authorization} -strmatch 'Basic ZGVwbG95*'\"\n",
    b"alice:realm:0123456789abcdef0123456789abcdef\n",
    b"env[DB_PASSWORD] = pa55word\n",
    b"[www]\n;env[API_KEY]='pa55 s3cr3t'\n",
    b'php_admin_value[mysqli.default_pw] = "pa55word" ; of the shop\n',
    b"  # SetEnv DB_PASSWORD pa55word\n",
]
HARMLESS = [
    b"SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1\n",
    b"RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]\n",
    b"proxy_set_header Authorization $http_authorization;\n",
    b"proxy_set_header Authorization \"\";\n",
    b"RequestHeader unset Authorization early\n",
    b"Header set Access-Control-Allow-Headers \"authorization, content-type\"\n",
    b"RewriteRule ^(.*)/(.*)$ $1$2/index.php [L]\n",
    b"RewriteRule ^(.)(.)$ fcgi://127.0.0.1:$1$2abcdefghijklm\n",
    b"AuthType Basic\nAuthName \"Basic authentication\"\n",
    b"RewriteCond %{QUERY_STRING} token=abcdefgh\n",
    b"secure_link_md5 \"$secure_link_expires$uri secret\";\n",
    b"admins: administrator\nadmins:administrator\n",
    b"# the form is {SHA}BASE64, as in name:{SHA}BASE64 of htpasswd\n",
    b"location ~ ^/{X}abc { }\n",
    b"Alias /authorization/token /srv/app/token/x\nrewrite ^/authorization/token /oauth2/token last;\n",
    b"admins:Administrator\n",
    b"SetEnv SKIP_TOKEN off\nSetEnv SKIP_TOKEN false\n",
    b'proxy_set_header Authorization "Bearer $token";\n',
    b'map $http_authorization $scheme {\n  default "";\n  "~^Basic " basic;\n  ~*^bearer bearer;\n}\n',
    b'if ($http_authorization ~ "^Basic ") { return 401; }\n',
    b"root:x:0:0:root:/root:/bin/bash\n",
    b"<p>Authorization: see below</p>\n",
    b"env[PWD] = /srv/shop\nenv[DB_PASSWORD] = $DB_PASSWORD\nphp_value[memory_limit] = 128M\n",
]  # fmt: skip


@pytest.mark.parametrize("text", SECRETS)
def test_what_is_secret(text: bytes) -> None:
    after = redacted(text)
    assert after != text and len(after) == len(text) and after.count(b"\n") == text.count(b"\n")
    for secret in (b"ZGVwbG95", b"s3cr3t", b"pa55word", b"eyJhb", b"0123456789"):
        assert secret not in after


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_not(text: bytes) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("kind", ["-m", "-B", "-2", "-5", "-s", "-d"])
def test_passwords_of_htpasswd(kind: str) -> None:
    done = subprocess.run([need("htpasswd"), "-nb", kind, "alice", "wonder"], capture_output=True, check=True)
    line = done.stdout.strip()
    after = redacted(b"# users\n" + line + b"\nbob:" + line.partition(b":")[2] + b":Bob\n")
    stored = after.split(b"\n")[1].partition(b":")[2].decode()
    assert after.split(b"\n")[1].startswith(b"alice:") and len(stored) == len(line) - len("alice:")
    assert is_withheld(stored)
    assert is_withheld(after.split(b"\n")[2].split(b":")[1].decode())


def test_binary_files_lose_their_hashes() -> None:
    data = b"\0\1alice$apr1$abcdefgh$0123456789012345678901\0{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=\0"
    after = redacted(data)
    assert len(after) == len(data) and b"0123456789" not in after and b"VBPu" not in after
