"""Values that contradict each other once the levels are put together.

Truth: the merge functions of the modules in src/http; they run for every server and what is in it, not for http itself.
"""

from collections.abc import Iterator

from audit403.nginx.model.faulty import WHOLE
from audit403.nginx.model.numbers import parse_number, parse_size
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import Level

_PAGE = 4096
_PROGRAMS = ("proxy", "fastcgi", "uwsgi", "scgi")
_BUFFERS = ("buffers", "buffer_size", "busy_buffers_size", "temp_file_write_size", "max_temp_file_size")
_BUFFER_NAMES = frozenset(f"{program}_{name}" for program in _PROGRAMS for name in _BUFFERS)
_TLS_PROGRAMS = ("proxy", "grpc", "uwsgi")
_TLS_NAMES = frozenset(
    f"{program}_{name}" for program in _TLS_PROGRAMS for name in ("ssl_certificate", "ssl_verify", "pass")
)
_SECURE_LINK = ("secure_link", "secure_link_md5")
_TLS_SCHEMES = ("https://", "grpcs://", "suwsgi://")


def check_combinations(start: Start, http: Level) -> None:
    """Look at every level under http."""
    for server in http.below:
        if server.kind != "server":
            continue
        _client_headers(start, http, server)
        _certificates(start, server)
        for level in _levels(server):
            given = level.given
            if not given and level is not server:
                continue
            looked_at = given.keys() | http.given.keys() if level is server else given.keys()
            if looked_at & _BUFFER_NAMES:
                for program in _PROGRAMS:
                    _buffers(start, level, program)
            if given.keys() & _TLS_NAMES:
                for program in _TLS_PROGRAMS:
                    _tls(start, level, program)
            if "secure_link_secret" in given and any(name in given for name in _SECURE_LINK):
                message = '"secure_link_secret" cannot be mixed with "secure_link" and "secure_link_md5"'
                start.refuse(given["secure_link_secret"], message, 0, dropped=False)
            if "charset" in looked_at or "source_charset" in looked_at:
                _charsets(start, level)


def _levels(server: Level) -> Iterator[Level]:
    pending = [server]
    while pending:
        level = pending.pop()
        yield level
        pending.extend(reversed(level.below))


def _sized(level: Level, name: str, default: int, word: int = 0) -> int:
    directive = level.find(name)
    size = None if directive is None else parse_size(directive.args[word])
    return default if size is None else size


def _refuse(start: Start, level: Level, message: str, *names: str) -> None:
    """At the nearest of the directives that are to blame."""
    found = [directive for directive in map(level.find, names) if directive is not None]
    if found:
        start.refuse(found[0], message, 0, dropped=False)


def _client_headers(start: Start, http: Level, server: Level) -> None:
    names = ("large_client_header_buffers", "connection_pool_size")
    if any(name in level.given for name in names for level in (server, http)):
        large = _sized(server, names[0], 8192, 1)
        if large < _sized(server, names[1], 512):
            message = f'the "{names[0]}" size must be equal to or greater than "{names[1]}"'
            _refuse(start, server, message, *names)


def _buffers(start: Start, level: Level, program: str) -> None:
    buffers, single, busy, write, most = (f"{program}_{name}" for name in _BUFFERS)
    given = level.find(buffers)
    number = 8 if given is None else parse_number(given.args[0]) or 8
    each = _sized(level, buffers, _PAGE, 1)
    if number < 2:
        _refuse(start, level, f'there must be at least 2 "{buffers}"', buffers)
        return
    size = max(_sized(level, single, _PAGE), each)
    maximum = f'the maximum of the value of "{single}" and one of the "{buffers}"'
    if _sized(level, busy, 2 * size) < size:
        _refuse(start, level, f'"{busy}" must be equal to or greater than {maximum}', busy)
    elif _sized(level, busy, 2 * size) > (number - 1) * each:
        message = f'"{busy}" must be less than the size of all "{buffers}" minus one buffer'
        _refuse(start, level, message, busy, single, buffers)
    elif _sized(level, write, 2 * size) < size:
        _refuse(start, level, f'"{write}" must be equal to or greater than {maximum}', write)
    elif 0 != _sized(level, most, 1024**3) < size:
        message = (
            f'"{most}" must be equal to zero to disable temporary files usage or must be equal to or greater than '
            f"{maximum}"
        )
        _refuse(start, level, message, most, single, buffers)


def _is_on(level: Level, name: str) -> bool:
    directive = level.find(name)
    return directive is not None and directive.args[0].lower() == "on"


def _certificates(start: Start, server: Level) -> None:
    """Every certificate has its key, and who asks clients for theirs has an authority."""
    certificates = server.find_noted("ssl_certificate")
    keys = server.find_noted("ssl_certificate_key")
    enabled = _is_on(server, "ssl")
    if len(keys) < len(certificates):
        path = certificates[-1].args[0]
        message = f'no "ssl_certificate_key" is defined for certificate "{path}"'
        start.refuse(certificates[-1], message, dropped=False)
        return
    names = [*certificates, *keys[: len(certificates)]]
    if any("$" in directive.args[0] for directive in names):
        for directive in names:
            start.text(directive, 0)
    if enabled and not certificates and not _is_on(server, "ssl_reject_handshake"):
        _refuse(start, server, 'no "ssl_certificate" is defined for the "ssl" directive', "ssl")
        return
    if not certificates and not _is_on(server, "ssl_reject_handshake"):
        return
    verify = server.find("ssl_verify_client")
    authority = server.find("ssl_client_certificate") or server.find("ssl_trusted_certificate")
    if verify is not None and verify.args[0].lower() in ("on", "optional") and authority is None:
        start.refuse(verify, "no ssl_client_certificate for ssl_verify_client", dropped=False)
    ocsp = server.find("ssl_ocsp")
    asked = ocsp is not None and ocsp.args[0].lower() != "off"
    if ocsp is not None and asked and verify is not None and verify.args[0].lower() == "optional_no_ca":
        message = '"ssl_ocsp" is incompatible with "ssl_verify_client optional_no_ca"'
        start.refuse(ocsp, message, dropped=False)


def _tls(start: Start, level: Level, program: str) -> None:
    """Whoever speaks TLS to the program behind; nginx looks only where it is handed on in this block."""
    target = level.given.get(f"{program}_pass")
    if target is None or not ("$" in target.args[0] or target.args[0].lower().startswith(_TLS_SCHEMES)):
        return
    certificate = level.find(f"{program}_ssl_certificate")
    if certificate is not None and level.find(f"{program}_ssl_certificate_key") is None:
        path = certificate.args[0]
        message = f'no "{program}_ssl_certificate_key" is defined for certificate "{path}"'
        start.refuse(certificate, message, dropped=False)
    if _is_on(level, f"{program}_ssl_verify") and level.find(f"{program}_ssl_trusted_certificate") is None:
        message = f"no {program}_ssl_trusted_certificate for {program}_ssl_verify"
        _refuse(start, level, message, f"{program}_ssl_verify")


def _charsets(start: Start, level: Level) -> None:
    """A page is recoded only with a table between the two."""
    own, source = level.find("charset"), level.find("source_charset")
    if own is None or source is None:
        return
    target, origin = own.args[0], source.args[0]
    if target == "off" or "$" in (target[:1], origin[:1]) or target.lower() == origin.lower():
        return
    key = "charset_map " + " ".join(sorted((target.lower(), origin.lower())))
    if level.find(key) is None and start.complete:
        message = f'no "charset_map" between the charsets "{origin}" and "{target}"'
        nearest: Directive = level.given.get("charset", own)
        start.refuse(nearest, message, WHOLE, dropped=False)
