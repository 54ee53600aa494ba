"""Secrets are taken out of a file before it is kept: hashes of passwords, Authorization values, passwords of backends.

Every secret becomes as many asterisks as it had bytes, so that lines, columns and byte ranges stay what they were. What
decides who is let in (the secret of a signed link, a pattern) has to stay: without it no answer would be right.
Truth: the forms of htpasswd(1), htdigest(1) and crypt(5); the directives' own pages.
"""

import re

PRIVATE_KEY = "PRIVATE KEY-----"

_LETTER = rb"[./0-9A-Za-z]"
_CRYPT = re.compile(
    rb"(?<=:)(\$(?:apr1|1)\$)(%b{0,8}\$%b{22})(?!%b)" % (_LETTER, _LETTER, _LETTER)
    + rb"|(?<=:)(\$2[abxy]?\$)([0-9]{2}\$%b{53})(?!%b)" % (_LETTER, _LETTER)
    + rb"|(?<=:)(\$[56]\$)((?:rounds=[0-9]+\$)?[^$:\s]{0,16}\$%b{43,86})(?!%b)" % (_LETTER, _LETTER)
    + rb"|(?<=:)(\$(?:y|gy|7|sha1)\$)([./0-9A-Za-z$,=]{20,})"
)
_BINARY = re.compile(rb"(\$(?:apr1|1|2[abxy]?|5|6|y)\$)([./0-9A-Za-z$=]{20,})|(\{SHA\})([A-Za-z0-9+/=]{20,})")
_SCHEME = re.compile(rb"(?<=:)(\{[A-Z][A-Z0-9-]*\})([^\s:]+)")
_DIGEST = re.compile(rb"(?m)^([^\s:#][^:\n]*:[^:\n]*:)([0-9a-f]{32})(?=\r?$)")
_DES = re.compile(rb"(?m)^([^\s:#][^:\n]*:)(?=[a-z]*[./0-9A-Z])(%b{13})(?=:[^:\n]*$|\r?$)" % _LETTER)
_AUTHORIZATION = re.compile(
    rb"(?i)(authorization[^\n]*?\b(?:basic|bearer|digest|token)(?:\\?[ \t]|\\s\+?)+)([a-z0-9+/=._~-]{6,})"
)
_SENT = re.compile(
    rb"""(?im)^([ \t]*(?:proxy_set_header|grpc_set_header|fastcgi_param|scgi_param|uwsgi_param|SetEnv"""
    rb"""|RequestHeader[ \t]+(?:set|append|add|merge|setifempty))[ \t]+["']?"""
    rb"""[^\s"']*(?:AUTHORIZATION|PASS|SECRET|TOKEN|API[_-]?KEY)[^\s"']*["']?[ \t]+["']?)([^\s"';$%*][^\s"';]*)"""
)
_BACKEND = re.compile(
    rb"""(?im)^([ \t]*(?:AuthLDAPBindPassword|SessionCryptoPassphrase)[ \t]+["']?"""
    rb"""|[ \t]*DBDParams\b[^\n]*?\bpass(?:word)?[ \t]*=[ \t]*["']?)([^\s"';,]+)"""
)
_EVERYWHERE = (_SCHEME, _DIGEST, _DES, _AUTHORIZATION, _SENT, _BACKEND)


def redacted(data: bytes) -> bytes:
    """The same bytes with asterisks for every secret; names of users and kinds of hashes stay."""
    if b"\0" in data:
        return _BINARY.sub(_stars, data)
    if b"$" in data:
        data = _CRYPT.sub(_stars, data)
    for pattern in _EVERYWHERE:
        data = pattern.sub(_stars, data)
    return data


def _stars(found: "re.Match[bytes]") -> bytes:
    kept, secret = (part for part in found.groups() if part is not None)
    return kept + b"*" * len(secret)
