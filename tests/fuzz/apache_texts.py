"""Texts for the fuzz tests of Apache: configuration that is nearly right, real files with bytes changed, and noise."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from audit403.apache.read.commands import commands_of, httpds_modules
from fuzz.bounds import changed_of

ROOT = Path(__file__).resolve().parents[2]
#: Every configuration and `.htaccess` of Apache that this repository has, as something to change.
REAL = sorted(
    path.read_bytes()
    for path in (ROOT / "fixtures").rglob("*")
    if "apache" in path.parts
    if path.is_file() and (path.suffix == ".conf" or path.name == ".htaccess")
)
_NAMES = sorted({command.name for module in httpds_modules() for command in commands_of(module)})
_PLAIN = [
    "Require", "Order", "Allow", "Deny", "Satisfy", "AuthMerging", "AuthType", "AuthName", "AuthUserFile", "Options",
    "AllowOverride", "AllowOverrideList", "DirectoryIndex", "DirectorySlash", "FallbackResource", "ErrorDocument",
    "RewriteEngine", "RewriteCond", "RewriteRule", "RewriteBase", "RewriteOptions", "RewriteMap", "Redirect",
    "RedirectMatch", "Alias", "ScriptAlias", "AliasMatch", "SetEnvIf", "SetEnvIfExpr", "SetEnv", "BrowserMatch",
    "SetHandler", "AddHandler", "ProxyPass", "ProxyBlock", "RemoteIPHeader", "RemoteIPInternalProxy", "SSLRequireSSL",
    "SSLRequire", "SSLVerifyClient", "Header", "RequestHeader", "Listen", "ServerName", "ServerAlias", "DocumentRoot",
    "Include", "IncludeOptional", "Define", "Use", "LoadModule", "AccessFileName", "UserDir", "Dav", "Limit",
]  # fmt: skip
_SECTIONS = [
    "Directory", "DirectoryMatch", "Files", "FilesMatch", "Location", "LocationMatch", "If", "ElseIf", "Else", "Limit",
    "LimitExcept", "RequireAll", "RequireAny", "RequireNone", "IfModule", "IfDefine", "IfVersion", "IfFile", "Macro",
    "Proxy", "ProxyMatch", "VirtualHost", "AuthzProviderAlias", "IfDirective", "IfSection",
]  # fmt: skip
_VALUES = [
    "/", "/srv/www", "/srv/*/x", "~", "-", "all", "granted", "denied", "not", "ip", "host", "expr", "env", "method",
    "valid-user", "from", "allow,deny", "deny,allow", "mutual-failure", "env=x", "env=!x", "10.0.0.0/8", "10.", "::1",
    "172.16/12", "300.1.2.3", "a.example", "# note", "All", "None", "+Indexes", "-FollowSymLinks", "ExecCGI", "On",
    "Off", "403", "404", "^(.*)$", "(", "(?R)", "[F]", "[F,L]", "[P]", "[E=x:1,N]", "[C]", "[S=9]", "[OR]", "[NC",
    "%{REQUEST_URI}", "%{HTTP_HOST}", "%{HTTP:X-A}", "%{LA-U:REMOTE_USER}", "${map:$1|x}", "$1", "%1", "%{", "!-f",
    "-d", "-F", ">5", "=x", "!", "%{REMOTE_ADDR} -ipmatch '10.0.0.0/8'", "%{HTTP_REFERER} =~ m#a#", "true && false",
    "*:80", "_default_:443", "[::]:80", "${VARIABLE}", "!mod_rewrite.c", "mod_rewrite.c", ">=", "2.4", "$m", "%m",
    '"', "'", '"a b"', "\\", "\\\n", "é", "\x00", "\xa0", "\x0b", "\ufeff", "%2e%2e", "a" * 300, "1" * 40, "<", ">",
]  # fmt: skip

_names = st.sampled_from(_PLAIN) | st.sampled_from(_NAMES) | st.text(max_size=12)
_values = st.sampled_from(_VALUES) | st.text(max_size=20)


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> str:
    """A few directives with sections among them; mostly well-formed."""
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        words = " ".join(draw(st.lists(_values, max_size=4)))
        if depth < 4 and draw(st.booleans()):
            name = draw(st.sampled_from(_SECTIONS))
            closed = name if draw(st.integers(0, 19)) else draw(st.sampled_from(_SECTIONS))
            end = f"</{closed}>" if draw(st.integers(0, 19)) else ""
            lines += [f"<{name} {words}>", draw(statements(depth + 1)), end]
        else:
            lines.append(f"{draw(_names)} {words}")
    return draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\n\n# note\n", " \\\n"])).join(lines)


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A whole configuration, a part of one, or an `.htaccess`."""
    text = draw(statements())
    if draw(st.booleans()):
        text = f"ServerRoot /etc/x\nListen 80\n<VirtualHost *:80>\nServerName a.example\n{text}\n</VirtualHost>\n"
    return text.encode("utf-8", "surrogateescape")


changed = changed_of(REAL)
configurations = nearly_right() | changed | st.binary(max_size=400)
