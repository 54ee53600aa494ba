"""`$secure_link` and `$secure_link_expires`, in both of the module's forms.

Truth: src/http/modules/ngx_http_secure_link_module.c.
"""

from base64 import urlsafe_b64decode
from binascii import Error
from typing import TYPE_CHECKING

from audit403.core.open_question import Unknown
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import compile_template

if TYPE_CHECKING:
    from audit403.nginx.read.tree import Directive

_LONGEST_HASH = 24
_MD5_HEX = 32
_LATEST = 2**63 - 1


def secure_link(exchange: Exchange) -> Value:
    """None for a wrong link, `1` or the protected path for a right one, `0` for one that has expired."""
    context = exchange.context
    secret = _secret(context)
    if secret is not None:
        return _secret_form(exchange, secret)
    checked, md5 = context.last("secure_link"), context.last("secure_link_md5")
    if checked is None or md5 is None:
        return None
    value = _hash_form(exchange, checked, md5)
    if not isinstance(value, Unknown):
        text = {None: "is not right", "0": "has expired", "1": "is right"}[value]
        exchange.step(
            "variables",
            f"secure_link: the link's hash {text}",
            checked.span,
            value == "1",
            "uri",
            "secure-link",
            md5.args[0] if md5.args else "",
        )
    return value


def secure_link_expires(exchange: Exchange) -> Value:
    """The time of expiry that the link names, once `$secure_link` was used."""
    return exchange.secure_link_expires


def _secret(context: Context) -> "Directive | None":
    level: Context | None = context
    while level is not None:
        if "secure_link_secret" in level.own:
            return level.own["secure_link_secret"][-1]
        if "secure_link" in level.own or "secure_link_md5" in level.own:
            return None
        level = level.parent
    return None


def _hash_form(exchange: Exchange, checked: "Directive", md5: "Directive") -> Value:
    from hashlib import md5 as digest

    from audit403.nginx.decide.variables.lookup import expand

    value = expand(exchange, compile_template(checked.args[0]))
    if isinstance(value, Unknown):
        return value
    given, comma, expires = value.partition(",")
    if comma:
        if not expires.isascii() or not expires.isdigit() or not 0 < int(expires) <= _LATEST:
            return None
        exchange.secure_link_expires = expires
    hashed = _decode(given)
    if hashed is None:
        return None
    subject = expand(exchange, compile_template(md5.args[0]))
    if isinstance(subject, Unknown):
        return subject
    if digest(subject.encode("utf-8", "surrogateescape"), usedforsecurity=False).digest() != hashed:
        return None
    return "0" if comma and int(expires) < exchange.evaluator.now() else "1"


def _decode(text: str) -> bytes | None:
    body = text.partition("=")[0]
    allowed = all(character.isascii() and (character.isalnum() or character in "-_") for character in body)
    if len(text) > _LONGEST_HASH or len(body) % 4 == 1 or not allowed:
        return None
    try:
        data = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (Error, ValueError):
        return None
    return data if len(data) == 16 else None


def _secret_form(exchange: Exchange, secret: "Directive") -> Value:
    from hashlib import md5 as digest

    parts = exchange.request_line_target[1:].split("/", 2)
    found: Value = None
    if len(parts) == 3 and len(parts[1]) == _MD5_HEX and parts[2]:
        subject = (parts[2] + secret.args[0]).encode("utf-8", "surrogateescape")
        if digest(subject, usedforsecurity=False).hexdigest() == parts[1].lower():
            found = parts[2]
    exchange.step(
        "variables",
        f"secure_link_secret: the link's hash {'is not right' if found is None else 'is right'}",
        secret.span,
        found is not None,
        "uri",
        "secure-link",
        secret.args[0],
    )
    return found
