"""Digest logins: the header taken apart, the URI compared, the hash computed.

Truth: modules/aaa/mod_auth_digest.c, and the installed server where 2.4.69 has changed it. Whether a nonce is one that
this server has given out only the process knows, which signs them with a secret: one of the right form and age is
taken for it, as a client has it from the answer before, and so is the count of requests with it.
"""

import re
from base64 import b64decode
from hashlib import md5

from audit403.apache.decide.authn_core import auth_name, auth_type, login_place, needs_name, realm_of
from audit403.apache.decide.authn_providers import ask_for_hash
from audit403.apache.decide.authn_results import DENIED, FAILED, FOUND
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.normalise_uri import BadEscape, unescape_url
from audit403.apache.decide.outcome import BAD_REQUEST, DECLINED, OK, SERVER_ERROR
from audit403.apache.decide.server_name import default_port, server_name, server_port
from audit403.apache.model.auth_digest import AUTH_DIGEST, AuthDigestConfig
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided, Unknown
from audit403.core.withheld import WITHHELD, is_filled

_NOTHING = AuthDigestConfig()
_SPACES = " \t\n\v\f\r"
#: How long a nonce is: twelve characters for the time, forty for the hash.
_TIME, _LENGTH = 12, 52
_HASH = 32
_NEEDED = ("username", "realm", "nonce", "uri", "response")
_NUMBER = re.compile(r"[ \t\n\v\f\r]*[+-]?(?:0[xX])?[0-9a-fA-F]*")
_URI = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?\Z", re.DOTALL)


class Credentials(NamedTuple):
    """The header of the first request: its scheme (None: no header at all) and what stands in it."""

    scheme: str | None
    values: dict[str, str]
    target: str
    method: str
    args: str | None

    def get(self, name: str) -> str | None:
        """One of its values."""
        return self.values.get(name)


def parse_header(exchange: Exchange) -> int:
    """Take the header apart as the client has sent it, before anything changes."""
    if exchange.main is None and exchange.prev is None:
        header = exchange.header("Authorization" if exchange.proxied != "forward" else "Proxy-Authorization")
        if isinstance(header, Unknown):
            exchange.extra[AUTH_DIGEST] = header
            return DECLINED
        if header is not None and is_filled(header):
            exchange.extra[AUTH_DIGEST] = Unknown(WITHHELD)
            return DECLINED
        words = [] if header is None else header.split(None, 1)
        scheme = None if header is None else words[0] if words else ""
        values = values_of_header(words[1]) if len(words) > 1 and words[0].lower() == "digest" else {}
        found = Credentials(scheme, values, exchange.unparsed_uri, exchange.method_text, exchange.args)
        exchange.extra[AUTH_DIGEST] = found
    return DECLINED


def values_of_header(text: str) -> dict[str, str]:
    """`name="value", name=value`; the last one counts, and what stands behind a value up to the comma does not."""
    found: dict[str, str] = {}
    at, end = 0, len(text)
    while at < end:
        while at < end and text[at] in _SPACES:
            at += 1
        start = at
        while at < end and text[at] not in "=," and text[at] not in _SPACES:
            at += 1
        key = text[start:at].lower()
        while at < end and text[at] in _SPACES:
            at += 1
        value = ""
        if text[at : at + 1] == "=":
            at += 1
            while at < end and text[at] in _SPACES:
                at += 1
            value, at = _value(text, at)
        at = text.find(",", at) + 1 or end
        found[key] = value
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    end = len(text)
    if text[at : at + 1] != '"':
        start = at
        while at < end and text[at] != "," and text[at] not in _SPACES:
            at += 1
        return text[start:at], at
    at += 1
    value = ""
    while at < end and text[at] != '"':
        if text[at] == "\\" and at + 1 < end:
            at += 1
        value += text[at]
        at += 1
    return value, min(at + 1, end)


def authenticate(exchange: Exchange) -> int:
    """OK with the user's name, 401, 400 where the header is about another URI, 500 where a file is missing."""
    kind = auth_type(exchange)
    if kind is None or kind.lower() != "digest":
        return DECLINED
    if auth_name(exchange) is None:
        return needs_name(exchange, "AH01780")
    config: AuthDigestConfig = exchange.config(AUTH_DIGEST, _NOTHING)
    sent = _credentials(exchange)
    exchange.step("authn", "credentials", None, sent.scheme is not None, "header:authorization", "exists")
    if sent.scheme is None:
        return _again(exchange, None)
    if sent.scheme.lower() != "digest":
        exchange.step("authn", f"credentials of another kind: {sent.scheme}")
        return _again(exchange, f"AH01781: client used wrong authentication scheme `{sent.scheme}': {exchange.uri}")
    if not _is_whole(sent):
        what = "missing user, realm, nonce, uri, digest, cnonce, or nonce_count in authorization header"
        exchange.step("authn", what)
        return _again(exchange, f"AH01782: {what}: {exchange.uri}")
    exchange.user, exchange.user_auth_type = sent.values["username"], "Digest"
    status = _check_uri(exchange, sent)
    if status == OK:
        status = _check_attributes(exchange, sent)
    return _check_response(exchange, config, sent) if status == OK else status


def _credentials(exchange: Exchange) -> Credentials:
    first = exchange
    while first.main is not None:
        first = first.main
    while first.prev is not None:
        first = first.prev
    found = first.extra.get(AUTH_DIGEST)
    if isinstance(found, Unknown):
        raise Undecided(found.missing)
    return found if isinstance(found, Credentials) else Credentials(None, {}, exchange.unparsed_uri, "GET", None)


def _is_whole(sent: Credentials) -> bool:
    if any(sent.get(name) is None for name in _NEEDED):
        return False
    if len(_bytes(sent.values["nonce"])) != _LENGTH or sent.values["nonce"][_TIME - 1] != "=":
        return False
    if len(_bytes(sent.values["response"])) != _HASH:
        return False
    return sent.get("qop") is None or (sent.get("cnonce") is not None and sent.get("nc") is not None)


def _again(exchange: Exchange, log: str | None, name: str = "login-needed") -> int:
    exchange.decided(name, login_place(exchange), "this asks for Digest credentials", log=log)
    return 401


def _check_uri(exchange: Exchange, sent: Credentials) -> int:
    """OK where the header is about the URI that was asked for, otherwise 400."""
    uri = sent.values["uri"]
    if uri == sent.target:
        return OK
    asked, named = _URI.match(_without_double_slash(sent.target)), _URI.match(uri)
    if asked is None or named is None:
        return _other_uri(exchange, uri, sent.target)
    query = _decoded(named[4])
    if query is None and asked[4] is not None and exchange.env.get("AuthDigestEnableQueryStringHack") is not None:
        query = _decoded(asked[4])
    same = _same_host(exchange, asked[2], named[2])
    same = same and (_decoded(named[3]) == _decoded(asked[3]) or (named[3] == "*" and not asked[3] and bool(asked[2])))
    same = same and query == _decoded(asked[4])
    exchange.step("authn", f"the header is for {uri}", None, same, "header:authorization", "names", sent.target)
    return OK if same else _other_uri(exchange, uri, sent.target)


def _other_uri(exchange: Exchange, uri: str, target: str) -> int:
    log = f"AH01786: uri mismatch - <{uri}> does not match request-uri <{target}>"
    exchange.decided("other-uri", None, "", log=log)
    return BAD_REQUEST


def _without_double_slash(target: str) -> str:
    return "/" + target.lstrip("/") if target.startswith("//") else target


def _decoded(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return unescape_url(text).partition("\0")[0]
    except BadEscape:
        return text


def _same_host(exchange: Exchange, asked: str | None, named: str | None) -> bool:
    """Whether the host and port of the header's URI are the request's."""
    if not named:
        return True
    host, port = _host_and_port(named)
    own, own_port = _host_and_port(asked or "")
    name = own or server_name(exchange)
    if isinstance(name, Unknown):
        raise Undecided(name.missing)
    number = own_port or server_port(exchange)
    if host and host.lower() != name.lower():
        return False
    return port == number if port is not None else not host or number == default_port(exchange)


def _host_and_port(authority: str) -> tuple[str, int | None]:
    host, colon, port = authority.rpartition("@")[2].rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        return authority.rpartition("@")[2], None
    return host, int(port)


def _check_attributes(exchange: Exchange, sent: Credentials) -> int:
    """The opaque number, the realm and the algorithm."""
    opaque, realm, algorithm = sent.get("opaque"), sent.values["realm"], sent.get("algorithm")
    if opaque is not None and _number(opaque) == 0:
        return _again(exchange, f"AH01787: received invalid opaque - got `{opaque}'")
    own = realm_of(exchange)
    if isinstance(own, Unknown):
        raise Undecided(own.missing)
    same = realm == own
    exchange.step("authn", f"the realm {own}", None, same, "header:authorization", "names", own)
    if not same:
        return _again(exchange, f"AH01788: realm mismatch - got `{realm}' but expected `{own}'")
    if algorithm is not None and algorithm.lower() != "md5":
        return _again(exchange, f"AH01789: unknown algorithm `{algorithm}' received: {exchange.uri}")
    return OK


def _number(text: str) -> int:
    """A hexadecimal number as strtol(3) reads it."""
    found = _NUMBER.match(text)
    digits = "" if found is None else found[0].strip(_SPACES)
    try:
        return int(digits, 16)
    except ValueError:
        return 0


def _check_response(exchange: Exchange, config: AuthDigestConfig, sent: Credentials) -> int:
    """Whether the hash in the header is the right one, and the nonce of the right form and age."""
    user, realm = sent.values["username"], sent.values["realm"]
    found = ask_for_hash(exchange, config.providers, user, realm, "AH01770")
    if found.result == FAILED:
        return SERVER_ERROR
    if found.result != FOUND:
        number, words = ("AH01791", "denied by provider") if found.result == DENIED else ("AH01790", "not found")
        return _again(exchange, f"{number}: user `{user}' in realm `{realm}' {words}: {exchange.uri}", "login-failed")
    qop = sent.get("qop")
    if qop is None or qop.lower() != "auth":
        log = f"AH10560: invalid or missing qop value '{qop}', RFC 2069 is no longer supported: {exchange.uri}"
        return _again(exchange, log)
    if isinstance(found.value, Unknown):
        met = exchange.ask(found.value.missing)
    else:
        met = sent.values["response"] == _response(sent, found.value)
    exchange.step("authn", f"the password of {user}", None, met, "password", "accepted", user)
    if not met:
        return _again(exchange, f"AH01794: user {user}: password mismatch: {exchange.uri}", "login-failed")
    status = _check_nonce(exchange, config, sent)
    return status if status != OK or _count_is_good(exchange, config, sent) else _again(exchange, None)


def _response(sent: Credentials, secret: str) -> str:
    """The hash that the client must have sent (RFC 2617)."""
    asked = _md5(f"{sent.method}:{sent.values['uri']}")
    middle = ":".join(sent.values[name] for name in ("nonce", "nc", "cnonce", "qop"))
    return _md5(f"{secret}:{middle}:{asked}")


def _md5(text: str) -> str:
    return md5(_bytes(text), usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _count_is_good(exchange: Exchange, config: AuthDigestConfig, sent: Credentials) -> bool:
    """AuthDigestNcCheck, as far as it can be seen: the count is a number, and there is an opaque that it goes with."""
    if not config.counts:
        return True
    count = sent.get("nc") or ""
    found = _NUMBER.match(count)
    rest = count[0 if found is None else found.end() :]
    good = (not rest or rest[0] in _SPACES) and _number(count) > 0 and sent.get("opaque") is not None
    exchange.step("authn", f"the count {count}", None, good, "header:authorization", "counts")
    return good


def _check_nonce(exchange: Exchange, config: AuthDigestConfig, sent: Credentials) -> int:
    nonce = sent.values["nonce"]
    if config.lifetime > 0:
        age = exchange.evaluator.now() - _time(nonce) / 1_000_000
        good = -1 <= age <= config.lifetime
        text = f"the nonce is at most {config.lifetime} seconds old"
        exchange.step("authn", text, None, good, "nonce", "younger", str(config.lifetime))
        if not good:
            user = sent.values["username"]
            return _again(exchange, f"AH01778: user {user}: nonce expired ({age:.2f} seconds old")
    exchange.step("authn", "the nonce is taken for one that this server has given out")
    return OK


def _time(nonce: str) -> int:
    """The time in a nonce, in microseconds; 0 where it is none."""
    try:
        return int.from_bytes(b64decode(nonce[:_TIME], validate=True), "little", signed=True)
    except ValueError:
        return 0
