"""The few values that an unknown word may have: a test that all of them meet, or none, needs no more to be known.

Truth: what OpenSSL 3 still speaks at its default security level, how httpd writes the time, and how mod_ssl writes the
names of a certificate (SSL_X509_NAME_to_string in ssl_util_ssl.c).
"""

from audit403.apache.expr.tree import Call, Text, Variable, Word

_CIPHERS = (
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES256-SHA",
    "AES128-SHA",
)  # fmt: skip
_POSSIBLE = {
    "SSL_PROTOCOL": ("TLSv1.2", "TLSv1.3"),
    "SSL_CIPHER": _CIPHERS,
    "SSL_CIPHER_EXPORT": ("false",),
    "SSL_CIPHER_USEKEYSIZE": ("128", "256"),
    "SSL_CIPHER_ALGKEYSIZE": ("128", "256"),
    "TIME_MON": tuple(f"{number:02d}" for number in range(1, 13)),
    "TIME_DAY": tuple(f"{number:02d}" for number in range(1, 32)),
    "TIME_HOUR": tuple(f"{number:02d}" for number in range(24)),
    "TIME_MIN": tuple(f"{number:02d}" for number in range(60)),
    "TIME_WDAY": tuple(map(str, range(7))),
}

_NAMES = ("SSL_CLIENT_S_DN", "SSL_CLIENT_I_DN")


def possible_values(word: Word) -> tuple[str, ...]:
    """All values that a word may have where they are few; none where nobody knows."""
    if isinstance(word, Variable):
        return _POSSIBLE.get(word.name, ())
    if isinstance(word, Call) and word.name == "ssl" and isinstance(word.argument, Text):
        return _POSSIBLE.get(word.argument.value.upper(), ())
    return ()


def is_never(word: Word, text: str) -> bool:
    """Whether a name of a certificate never begins as a text does: `/C=…` is how it was written before httpd 2.4."""
    name = word.name if isinstance(word, Variable) else ""
    if isinstance(word, Call) and word.name == "ssl" and isinstance(word.argument, Text):
        name = word.argument.value
    return name.upper() in _NAMES and text.startswith("/")
