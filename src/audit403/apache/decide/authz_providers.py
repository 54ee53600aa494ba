"""What each kind of `Require` asks for.

Truth: modules/aaa/mod_authz_core.c, mod_authz_host.c, mod_authz_user.c and mod_authz_groupfile.c. What other modules
bring (ssl, dbm, ldap…) is registered in PROVIDERS by the name that stands behind Require.
"""

from collections.abc import Callable

from audit403.apache.decide import authnz_fcgi, dbd, dbm, ldap
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import holds, text_of, wants_user
from audit403.apache.decide.group_file import groups_of
from audit403.apache.decide.hosts import client_host, in_domain, may_be_domain
from audit403.apache.decide.names import addresses_of
from audit403.apache.decide.ssl_handshake import is_tls_request
from audit403.apache.model.authnz_fcgi import FcgiProvider
from audit403.apache.model.authz import AUTHZ_CORE, AuthzServer, Requirement
from audit403.apache.model.providers import LDAP
from audit403.apache.model.subnet import contains
from audit403.apache.read.words import values_of
from audit403.core.decision import REASON_FILE, REASON_HOST, REASON_PROGRAM, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.source import latin
from audit403.evidence.interface import Absent, Entry, NotCollected
from audit403.http.address import IPV4, IPV6, Address, Network, parse_plain

GRANTED, DENIED, NO_USER, NEUTRAL = "granted", "denied", "denied (no authenticated user yet)", "neutral"
FAILED = "general error"
"""The words of AH01626; the last is for what cannot be evaluated, which is answered with 500."""

_NO_ALIASES = AuthzServer()
_LOCAL = (Network(IPV4, 127 << 24, 8), Network(IPV6, 1, 128))
_HOSTS = {"localhost": ("127.0.0.1", "::1"), "ip6-localhost": ("::1",), "ip6-loopback": ("::1",)}

Provider = Callable[[Exchange, Requirement], str]


def provide(exchange: Exchange, requirement: Requirement) -> str:
    """The result of one requirement, not yet negated."""
    aliases: AuthzServer = exchange.server.slots.get(AUTHZ_CORE, _NO_ALIASES)
    aliased = aliases.alias(requirement.provider)
    if aliased is not None:
        before = exchange.per_dir
        exchange.per_dir = before.merged_anew(aliased.per_dir)
        result = provide(exchange, aliased.requirement)
        exchange.per_dir = before
        return result
    provider = PROVIDERS.get(requirement.provider)
    if provider is not None:
        return provider(exchange, requirement)
    found = authnz_fcgi.program(exchange, requirement.provider)
    if found is not None and found.authz:
        return _of_program(exchange, requirement, found)
    name = f"Require {requirement.provider} {requirement.argument}"
    met = exchange.ask(Missing(REASON_PROGRAM, name))
    exchange.step("authz", name, requirement.directive.span, met, "authorization", "granted-by", requirement.provider)
    return GRANTED if met else DENIED


def _all(exchange: Exchange, requirement: Requirement) -> str:
    return GRANTED if requirement.argument.lower() == "granted" else DENIED


def _ip(exchange: Exchange, requirement: Requirement) -> str:
    networks: tuple[Network, ...] = requirement.parsed  # type: ignore[assignment]
    for network in networks:
        met = contains(network, exchange.client)
        text = f"Require ip {network.text()}"
        exchange.step("authz", text, requirement.directive.span, met, "client", "in-network", network.text())
        if met:
            return GRANTED
    return DENIED


def _host(exchange: Exchange, requirement: Requirement) -> str:
    domains = [word for word in values_of(latin(_text(exchange, requirement).partition("#")[0])) if may_be_domain(word)]
    host = client_host(exchange) if domains else None
    if isinstance(host, Unknown):
        met = exchange.ask(host.missing._replace(name=f"{host.missing.name} in {requirement.argument}"))
    else:
        met = host is not None and any(in_domain(word, host) for word in domains)
    where = requirement.directive.span
    text = f"Require host {requirement.argument}"
    exchange.step("authz", text, where, met, "client-host", "in-domain", requirement.argument)
    return GRANTED if met else DENIED


def _forward_dns(exchange: Exchange, requirement: Requirement) -> str:
    for word in values_of(latin(_text(exchange, requirement))):
        name, comment, _ = word.partition("#")
        if name:
            addresses = _addresses(exchange, name)
            met = exchange.ask(Missing(REASON_HOST, name)) if addresses is None else exchange.client in addresses
            text = f"Require forward-dns {name}"
            exchange.step("authz", text, requirement.directive.span, met, "client", "address-of", name)
            if met:
                return GRANTED
        if comment:
            break
    return DENIED


def _addresses(exchange: Exchange, name: str) -> list[Address] | None:
    """The addresses of a name that the machine knows, or that every machine does; None for any other."""
    plain = parse_plain(name)
    if plain is not None:
        return [plain]
    known = addresses_of(exchange, name)
    if known is not None:
        return list(known)
    found = [parse_plain(text) for text in _HOSTS.get(name.lower(), (name,))]
    return None if None in found else [address for address in found if address is not None]


def _local(exchange: Exchange, requirement: Requirement) -> str:
    local = exchange.connection.local
    met = any(contains(network, exchange.client) for network in _LOCAL)
    met = met or (local is not None and local.unmapped() == exchange.client)
    exchange.step("authz", "Require local", requirement.directive.span, met, "client", "is-local")
    return GRANTED if met else DENIED


def _env(exchange: Exchange, requirement: Requirement) -> str:
    for name in values_of(latin(requirement.argument)):
        value = exchange.env.get(name)
        met = exchange.ask(value.missing) if isinstance(value, Unknown) else value is not None
        exchange.step("authz", f"Require env {name}", requirement.directive.span, met, f"env:{name}", "exists")
        if met:
            return GRANTED
    return DENIED


def _method(exchange: Exchange, requirement: Requirement) -> str:
    names: frozenset[str] = requirement.parsed  # type: ignore[assignment]
    met = exchange.method in names
    text = f"Require method {requirement.argument}"
    exchange.step("authz", text, requirement.directive.span, met, "method", "one-of", requirement.argument)
    return GRANTED if met else DENIED


def _expr(exchange: Exchange, requirement: Requirement) -> str:
    text: str = requirement.parsed  # type: ignore[assignment]
    met = holds(exchange, text, requirement.directive.span, "authz")
    label = f"Require expr {requirement.argument}"
    exchange.step("authz", label, requirement.directive.span, met, "expression", "holds", text)
    if met is None:
        return FAILED
    if met:
        return GRANTED
    return NO_USER if wants_user(text) else DENIED


def _user(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    names = values_of(latin(_text(exchange, requirement)))
    met = _known_user(exchange) in names
    where = requirement.directive.span
    exchange.step("authz", f"Require user {requirement.argument}", where, met, "user", "one-of", requirement.argument)
    return GRANTED if met else DENIED


def _valid_user(exchange: Exchange, requirement: Requirement) -> str:
    return NO_USER if exchange.user is None else GRANTED


def _group(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    groups = groups_of(exchange, _known_user(exchange))
    met = bool(groups) and any(name in groups for name in values_of(latin(_text(exchange, requirement))))
    where = requirement.directive.span
    text = f"Require group {requirement.argument}"
    exchange.step("authz", text, where, met, "user", "in-group", requirement.argument)
    return GRANTED if met else DENIED


def _ssl(exchange: Exchange, requirement: Requirement) -> str:
    met = is_tls_request(exchange)
    exchange.step("authz", "Require ssl", requirement.directive.span, met, "scheme", "equals", "https")
    return GRANTED if met else DENIED


def _ssl_verify_client(exchange: Exchange, requirement: Requirement) -> str:
    tls = exchange.connection.tls
    met = tls is not None and tls.client_certificate == "verified"
    where = requirement.directive.span
    label = "Require ssl-verify-client"
    exchange.step("authz", label, where, met, "tls.client_certificate", "equals", "verified")
    return GRANTED if met else DENIED


def _file_owner(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    return _of_file(exchange, requirement, "owner", frozenset((_known_user(exchange),)))


def _file_group(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    return _of_file(exchange, requirement, "group", groups_of(exchange, _known_user(exchange)))


def _dbm_group(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    met = dbm.is_in_group(exchange, _known_user(exchange), requirement.label())
    return FAILED if met is None else _met(exchange, requirement, met)


def _dbm_file_group(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    met = dbm.is_in_group(exchange, _known_user(exchange), requirement.label())
    return _met(exchange, requirement, bool(met))


def _dbd_group(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    met = dbd.is_in_group(exchange, _known_user(exchange), requirement.label())
    return FAILED if met is None else _met(exchange, requirement, met)


def _dbd_login(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None:
        return NO_USER
    return _met(exchange, requirement, dbd.note_login(exchange))


def _ldap(exchange: Exchange, requirement: Requirement) -> str:
    if exchange.user is None and requirement.provider != "ldap-search":
        return NO_USER
    user = exchange.user if isinstance(exchange.user, str) else "whoever asks"
    return _met(exchange, requirement, ldap.is_authorized(exchange, user, requirement.label()))


def _of_program(exchange: Exchange, requirement: Requirement, found: FcgiProvider) -> str:
    if exchange.user is None:
        return NO_USER
    return _met(exchange, requirement, authnz_fcgi.is_authorized(exchange, requirement.provider, found))


def _met(exchange: Exchange, requirement: Requirement, met: bool) -> str:
    where, text = requirement.directive.span, requirement.label()
    exchange.step("authz", text, where, met, "user", "in-group", requirement.argument)
    return GRANTED if met else DENIED


def _of_file(exchange: Exchange, requirement: Requirement, whose: str, names: frozenset[str]) -> str:
    """Whether the file's owner or group is one of some names; one that has no name is none of them."""
    if not names or exchange.filename is None:
        return DENIED
    files = exchange.evaluator.files()
    seen = files.stat(exchange.filename)
    where = files.place(seen)
    if seen.entry is None:
        exchange.step("authz", f"{exchange.filename} is not there", where, False, f"file:{exchange.filename}", "exists")
        return DENIED
    name = _name_of(exchange, seen.entry, whose)
    met = name in names
    exchange.step("authz", requirement.label(), where, met, f"file-{whose}:{exchange.filename}", "equals", name)
    return GRANTED if met else DENIED


def _name_of(exchange: Exchange, entry: Entry, whose: str) -> str | None:
    evidence = exchange.evaluator.evidence
    found = evidence.user(entry.uid) if whose == "owner" else evidence.group(entry.gid)
    if isinstance(found, NotCollected):
        raise Undecided(Missing(REASON_FILE, f"the {whose} of {exchange.filename}"))
    return None if isinstance(found, Absent) else found.name


def _known_user(exchange: Exchange) -> str:
    if isinstance(exchange.user, Unknown):
        raise Undecided(exchange.user.missing)
    assert exchange.user is not None
    return exchange.user


def _text(exchange: Exchange, requirement: Requirement) -> str:
    """The argument, which may have variables in it."""
    value = text_of(exchange, requirement.argument)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return value


PROVIDERS: dict[str, Provider] = {
    "all": _all,
    "ip": _ip,
    "host": _host,
    "forward-dns": _forward_dns,
    "local": _local,
    "env": _env,
    "method": _method,
    "expr": _expr,
    "user": _user,
    "valid-user": _valid_user,
    "group": _group,
    "ssl": _ssl,
    "ssl-verify-client": _ssl_verify_client,
    "file-owner": _file_owner,
    "file-group": _file_group,
    "dbm-group": _dbm_group,
    "dbm-file-group": _dbm_file_group,
    "dbd-group": _dbd_group,
    "dbd-login": _dbd_login,
    "dbd-logout": _dbd_login,
    **dict.fromkeys(LDAP, _ldap),
}
