"""Tests on a client's certificate that no certificate passes, because what they compare with has another form.

Truth: ngx_ssl_get_subject_dn, ngx_ssl_get_fingerprint and ngx_ssl_get_serial_number in src/event/ngx_event_openssl.c.
Since 1.11.6 names are written after RFC 2253 (`CN=alice,O=Acme,C=DE`); `$ssl_client_s_dn_legacy` has the older form
(`/C=DE/O=Acme/CN=alice`).
"""

import re
from collections.abc import Iterator

from audit403.core.fact import IdleDirective
from audit403.core.place import Because
from audit403.explore.regex_witness import witnesses
from audit403.explore.subject import PURPOSE_PAGE
from audit403.http.regex import MatchFailed, Regex
from audit403.nginx.explore.codes import codes_of
from audit403.nginx.explore.point import wish_of
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.map import Map, MapEntry
from audit403.nginx.model.model import Model
from audit403.nginx.model.rewrite_code import Condition, If, Instruction, Return

NAMES = ("ssl_client_s_dn", "ssl_client_i_dn")
FINGERPRINT, SERIAL = "ssl_client_fingerprint", "ssl_client_serial"
_ATTRIBUTE = "(?:CN|C|DC|L|OU|O|SN|ST|S|UID|emailAddress|serialNumber)"
OLD_FORM = re.compile(f"/{_ATTRIBUTE}=")
SPACED_FORM = re.compile(f",\\s+{_ATTRIBUTE}\\s*=|{_ATTRIBUTE}\\s+=\\s")
_MOST_WITNESSES = 6


def impossible_certificates(model: Model) -> Iterator[IdleDirective]:
    """Every `if` with a 403 that all certificates meet, as it compares with a text that none has."""
    if not model.http.writes("if"):
        return
    for server in model.servers:
        socket = model.socket_of(server)
        for code in codes_of(server) if socket is not None else ():
            for instruction in _refusing(code):
                assert socket is not None
                yield from _judged(model, instruction, Subject(server, socket, None, server, PURPOSE_PAGE))


def _refusing(code: tuple[Instruction, ...]) -> Iterator[If]:
    for instruction in code:
        if isinstance(instruction, If):
            if any(isinstance(one, Return) and one.status == 403 for one in instruction.body):
                yield instruction
            yield from _refusing(instruction.body)


def _judged(model: Model, instruction: If, subject: Subject) -> Iterator[IdleDirective]:
    condition = instruction.condition
    definition = model.maps.get(condition.variable)
    if definition is None:
        why = _never_equal(condition) if condition.operator in ("!=", "!~", "!~*") else None
        if why is not None:
            yield IdleDirective("nginx", "impossible-certificate", instruction.directive.span, why, (), subject)
        return
    names = definition.source.variables()
    letting_in = [] if len(names) != 1 else list(passing(definition, condition))
    reasons = [_of_entry(names[0], entry, regex) for entry, regex in letting_in]
    if reasons and all(reasons):
        entry = letting_in[0][0]
        assert entry.directive is not None
        chain = (Because(instruction.directive.span, "refuses whoever the map does not let through"),)
        yield IdleDirective("nginx", "impossible-certificate", entry.directive.span, reasons[0] or "", chain, subject)


def passing(definition: Map, condition: Condition) -> Iterator[tuple[MapEntry, Regex | None]]:
    """The lines of a map that keep an `if` from holding, where its default does not."""
    refuses = wish_of(condition, True)
    if refuses is None or not refuses.accepts(definition.default.value.literal or ""):
        return
    plain: list[tuple[MapEntry, Regex | None]] = [(entry, None) for entry in definition.table.exact.values()]
    for entry, regex in (*plain, *((entry, regex) for regex, entry in definition.regexes)):
        value = entry.value.literal
        if entry.directive is not None and (value is None or not refuses.accepts(value)):
            yield entry, regex


def _of_entry(name: str, entry: MapEntry, regex: Regex | None) -> str | None:
    if regex is not None:
        return _no_name_matches(name, regex)
    # A map looks texts up without regard to case.
    return _no_certificate_has(name, entry.key, caseless=True)


def _never_equal(condition: Condition) -> str | None:
    if condition.regex is not None:
        return _no_name_matches(condition.variable, condition.regex)
    literal = None if condition.value is None else condition.value.literal
    return None if not literal else _no_certificate_has(condition.variable, literal, caseless=False)


def _no_certificate_has(name: str, text: str, *, caseless: bool) -> str | None:
    """Why the variable is never this text."""
    if name in NAMES:
        return _of_name(name, text) if text.startswith("/") or SPACED_FORM.search(text) else None
    if name == FINGERPRINT and text not in ("", "default"):
        given = text.lower() if caseless else text
        if not re.fullmatch("[0-9a-f]{40}", given):
            return f"${name} is the SHA-1 in 40 lower-case hexadecimal digits, without colons"
    if name == SERIAL:
        given = text.upper() if caseless else text
        if text and not re.fullmatch("-?[0-9A-F]+", given):
            return f"${name} is in upper-case hexadecimal digits, without colons"
    return None


def _no_name_matches(name: str, regex: Regex) -> str | None:
    """Why the variable never matches: what the pattern takes is in the older form, and the same in the newer fails."""
    if name not in NAMES:
        return None
    texts = [text for _, text in zip(range(_MOST_WITNESSES), witnesses(regex), strict=False)]
    if not texts or not all(OLD_FORM.search(text) or SPACED_FORM.search(text) for text in texts):
        return None
    try:
        if any(regex.matches(form) for text in texts for form in _newer_forms(text)):
            return None
    except MatchFailed:
        return None
    return _of_name(name, texts[0])


def _newer_forms(text: str) -> Iterator[str]:
    """What a certificate with this name would show."""
    parts = [part for part in re.split(r"/|,\s*", re.sub(r"\s+=\s+", "=", text)) if "=" in part]
    for order in (parts, parts[::-1]):
        yield ",".join(order)
        yield f"OU=x,{','.join(order)},OU=x"


def _of_name(name: str, text: str) -> str:
    if text.startswith("/") or OLD_FORM.search(text):
        return f"${name} is written like CN=alice,O=Acme,C=DE since nginx 1.11.6, not like /C=DE/O=Acme/CN=alice"
    return f"${name} is written without spaces, like CN=alice,O=Acme,C=DE"
