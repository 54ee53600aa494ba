"""Secrets are taken out of a file before it is kept: hashes of passwords, Authorization values, passwords of backends.

Every secret becomes as many asterisks as it had bytes – or, where a server compares it or takes it for a pattern,
letters that are known for a filler (`core/withheld.py`) –, so that lines, columns and byte ranges stay what they were.
What decides who is let in (the secret of a signed link, other patterns) stays: without it no answer would be right.

Truth: the forms of htpasswd(1), htdigest(1) and crypt(5); the directives' own pages.
"""

import re

from audit403.core.withheld import SHORTEST, filler

PRIVATE_KEY = "PRIVATE KEY-----"

_LETTER = rb"[./0-9A-Za-z]"
_CRYPT = re.compile(
    rb"(?<=:)(\$(?:apr1|1)\$)(%b{0,8}\$%b{22})(?!%b)" % (_LETTER, _LETTER, _LETTER)
    + rb"|(?<=:)(\$2[abxy]?\$)([0-9]{2}\$%b{53})(?!%b)" % (_LETTER, _LETTER)
    + rb"|(?<=:)(\$[56]\$)((?:rounds=[0-9]+\$)?[^$:\s]{0,16}\$%b{43,86})(?!%b)" % (_LETTER, _LETTER)
    + rb"|(?<=:)(\$(?:y|gy|7|sha1)\$)([./0-9A-Za-z$,=]{20,})"
)
_BINARY = re.compile(rb"(\$(?:apr1|1|2[abxy]?|5|6|y)\$)([./0-9A-Za-z$=]{20,})|(\{SHA\})([A-Za-z0-9+/=]{20,})")
_SCHEME = re.compile(rb"(?m)^([^\s:#][^:\n]*:\{[A-Z][A-Z0-9-]*\})([^\s:]+)")
_DIGEST = re.compile(rb"(?m)^([^\s:#][^:\n]*:[^:\n]*:)([0-9a-f]{32})(?=\r?$)")
# Of the last letter only four bits are the hash's: the names of most users are no hashes.
_DES = re.compile(rb"(?m)^([^\s:#][^:\n]*:)(?=[a-z]*[./0-9A-Z])(%b{12}[.26AEIMQUYcgkosw])(?=:[^:\n]*$|\r?$)" % _LETTER)
_SCHEMES = rb"\b(?:basic|bearer|digest|token|apikey|negotiate)(?:\\?[ \t]|\\s[+*]?)+(?:\((?:\?:)?)?"
_ONE = rb"[a-z0-9+=_~-][a-z0-9+/=._~-]{3,}"
_CREDENTIAL = rb"(?:(?<=[(:])%b(?:\|%b)*|%b)" % (_ONE, _ONE, _ONE)
_NAMED = rb"(?<!/)authorization(?!/)"
_AUTHORIZATION = re.compile(rb"(?i)(%b)(%b)" % (_SCHEMES, _CREDENTIAL))
_LINE = re.compile(rb"(?im)(%b)(.*)$" % _NAMED)
_MAP = re.compile(rb"(?i)\bmap\s+[\"']?\$(?:\{http_authorization\}|http_authorization)[\"']?\s+\S+\s*\{[^{}]*\}")
_KEY = re.compile(rb"""([{;\n]\s*)("[^"\n]*"|'[^'\n]*'|(?:\\.|[^\s"';{}\\#])+)(?=\s)""")
_PLAIN_KEY = re.compile(
    rb"""(?i)(["']?)(?!~|(?:basic|bearer|digest|token|apikey|negotiate|default|hostnames|volatile|include)\b)([^"']{4,})"""
)
_COMPARISON = re.compile(
    rb"""(?i)((?:\$http_authorization|%\{HTTP:Authorization\})["']?\s*!?==?\s*["']?|%\{HTTP:Authorization\}["']?\s+["']?!?=)"""
    rb"""(?!(?:basic|bearer|digest|token|apikey|negotiate)\b)([^\s"'()$%{};=]{4,})"""
)
_SENT = re.compile(
    rb"""(?im)((?:^|[;{])[ \t#]*(?:proxy_set_header|grpc_set_header|fastcgi_param|scgi_param|uwsgi_param|SetEnv"""
    rb"""|RequestHeader[ \t]+(?:set|append|add|merge|setifempty))[ \t]+["']?"""
    rb"""([^\s"']*(?:AUTHORIZATION|PASS|SECRET|TOKEN|API[_-]?KEY)[^\s"']*)["']?[ \t]+)"""
    rb"""("(?:\\.|[^"\\\n])*|'(?:\\.|[^'\\\n])*|(?:\\[^\r\n]|[^\s"';\\])+)"""
)
_SCHEME_OF_VALUE = re.compile(rb"[\"']?(?:[A-Za-z][\w-]*(?:\\?[ \t])+)?")
_BACKEND = re.compile(
    rb"""(?im)^([ \t]*(?:AuthLDAPBindPassword|SessionCryptoPassphrase)[ \t]+["']?"""
    rb"""|[ \t]*DBDParams\b[^\n]*?\bpass(?:word)?[ \t]*=[ \t]*["']?)([^\s"';,]+)"""
)
_POOL = re.compile(
    rb"""(?im)^([ \t;]*(?:env|php(?:_admin)?_value)\["""
    rb"""([^\]\n]*(?:AUTHORIZATION|PASS|SECRET|TOKEN|API[_-]?KEY)[^\]\n]*|[^\]\n]*[._]PW)\][ \t]*=[ \t]*)"""
    rb"""("[^"\n]*|'[^'\n]*|[^\s"';]+)"""
)
#: Each with words without which it finds nothing, in lower case: most files have none of them.
_HASHES: tuple[tuple["re.Pattern[bytes]", tuple[bytes, ...]], ...] = (
    (_SCHEME, (b":{",)),
    (_DIGEST, (b":",)),
    (_DES, (b":",)),
    (_BACKEND, (b"authldapbindpassword", b"sessioncryptopassphrase", b"dbdparams")),
)
_SENT_BY = (b"proxy_set_header", b"grpc_set_header", b"cgi_param", b"uwsgi_param", b"setenv", b"requestheader")
#: What is shorter is a switch rather than a secret (`SetEnv SKIP_TOKEN off`), but for Authorization itself.
_SHORTEST_VALUE = 6


def redacted(data: bytes) -> bytes:
    """The same bytes with asterisks or a filler for every secret; names of users and kinds of hashes stay."""
    if b"\0" in data:
        return _BINARY.sub(_stars, data)
    if b"$" in data:
        data = _CRYPT.sub(_stars, data)
    words = data.lower()
    for pattern, needed in _HASHES:
        if any(word in words for word in needed):
            data = pattern.sub(_stars, data)
    if b"authorization" in words:
        data = _MAP.sub(_map_filled, data)
        data = _LINE.sub(_line_filled, _COMPARISON.sub(_filled, data))
    if any(word in words for word in _SENT_BY):
        data = _SENT.sub(_sent_filled, data)
    if b"env[" in words or b"_value[" in words:
        data = _POOL.sub(_sent_filled, data)
    return data


def _stars(found: "re.Match[bytes]") -> bytes:
    kept, secret = (part for part in found.groups() if part is not None)
    return kept + b"*" * len(secret)


def _filled(found: "re.Match[bytes]") -> bytes:
    return found[1] + filler(len(found[2]))


def _map_filled(found: "re.Match[bytes]") -> bytes:
    """The keys of a map on the header."""
    return _KEY.sub(_key_filled, found[0])


def _key_filled(found: "re.Match[bytes]") -> bytes:
    before, key = found.groups()
    filled = _AUTHORIZATION.sub(_filled, key)
    if filled == key:
        plain = _PLAIN_KEY.match(key)
        filled = key if plain is None else _filled(plain) + key[plain.end() :]
    return bytes(before + filled)


def _line_filled(found: "re.Match[bytes]") -> bytes:
    """What stands behind the header's name in its line."""
    return found[1] + _AUTHORIZATION.sub(_filled, found[2])


def _sent_filled(found: "re.Match[bytes]") -> bytes:
    """A value that is set: without its quote and, for Authorization, without its scheme."""
    head, name, value = found.groups()
    is_authorization = b"authorization" in name.lower()
    start = 1 if value[:1] in (b'"', b"'") else 0
    if is_authorization:
        scheme = _SCHEME_OF_VALUE.match(value)
        start = start if scheme is None else scheme.end()
    secret = value[start:]
    shortest = SHORTEST if is_authorization else _SHORTEST_VALUE
    if len(secret) < shortest or secret[:1] in (b"$", b"%", b"*"):
        return found[0]
    return bytes(head + value[:start] + filler(len(secret)))
