"""Who is asked for passwords: the providers by their names, and what is laid over a section while an alias is asked.

Truth: authn_alias_check_password and authn_alias_get_realm_hash in modules/aaa/mod_authn_core.c, and the loops over the
providers in mod_auth_basic.c, mod_auth_digest.c and mod_auth_form.c.
"""

from collections.abc import Callable
from typing import TypeVar

from audit403.apache.decide import authnz_fcgi, dbd, dbm, ldap
from audit403.apache.decide.authn_anon import check_anonymous
from audit403.apache.decide.authn_file import check_password, realm_hash
from audit403.apache.decide.authn_results import DENIED, FAILED, GRANTED, NOT_FOUND, RealmHash, missing_password
from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.authn import AUTHN_CORE, AuthnServer
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.named_tuple import NamedTuple

_NO_ALIASES = AuthnServer()
Answer = TypeVar("Answer")


class Provider(NamedTuple):
    """One provider: the module that brings it, how it checks a password, how it gives the hash with a realm."""

    module: str
    check: Callable[[Exchange, str, str], str]
    realm_hash: Callable[[Exchange, str, str], RealmHash] | None = None


def ask_for_password(exchange: Exchange, providers: tuple[str, ...], user: str, password: str, none: str) -> str:
    """What the first provider that knows the user says; `none` is the log's number where there is no provider."""
    result = NOT_FOUND
    for name in providers or ("file",):
        result = _within(exchange, name, none, lambda provider: provider.check(exchange, user, password), FAILED)
        if result != NOT_FOUND:
            break
    exchange.step("authn", f"{user}: {result}", None, result == GRANTED, "password", "accepted", user)
    return result


def ask_for_hash(exchange: Exchange, providers: tuple[str, ...], user: str, realm: str, none: str) -> RealmHash:
    """The hash of user, realm and password out of the first provider that knows the user."""
    found = RealmHash(NOT_FOUND)
    for name in providers or ("file",):
        found = _within(exchange, name, none, lambda provider: _hash(exchange, provider, user, realm), _FAILED)
        if found.result != NOT_FOUND:
            break
    exchange.step("authn", f"{user} in {realm}: {found.result}", None, None, "user", "known", user)
    return found


def _within(exchange: Exchange, name: str, none: str, ask: Callable[[Provider], Answer], failed: Answer) -> Answer:
    """Ask a provider, with what its alias says laid over the section."""
    aliases: AuthnServer = exchange.server.slots.get(AUTHN_CORE, _NO_ALIASES)
    aliased = aliases.alias(name)
    provider = _provider_of(exchange, name if aliased is None else aliased.provider)
    if provider.module and not exchange.evaluator.has(provider.module):
        exchange.decided("no-provider", None, "", log=f"{none}: No Authn provider configured")
        return failed
    before = exchange.per_dir
    if aliased is not None:
        exchange.per_dir = before.merged_anew(aliased.per_dir)
    answer = ask(provider)
    exchange.per_dir = before
    return answer


def _hash(exchange: Exchange, provider: Provider, user: str, realm: str) -> RealmHash:
    if provider.realm_hash is None:
        log = "AH02493: Authn provider does not support AuthBasicUseDigestAlgorithm"
        exchange.decided("no-provider", None, "", log=log)
        return _FAILED
    return provider.realm_hash(exchange, user, realm)


def _provider_of(exchange: Exchange, name: str) -> Provider:
    """The provider of a name; of one that no module of httpd's has nobody knows what it says."""
    found = authnz_fcgi.program(exchange, name)
    if found is not None and found.authn:
        backend = found.backend
        return Provider("authnz_fcgi", lambda inner, user, _: authnz_fcgi.check_password(inner, name, backend, user))
    known = PROVIDERS.get(name)
    return Provider("", lambda inner, user, _: _asked(inner, name, user)) if known is None else known


def _asked(exchange: Exchange, name: str, user: str) -> str:
    if not exchange.ask(Missing(REASON_PROGRAM, f"whether the provider {name} knows {user}")):
        return NOT_FOUND
    return GRANTED if exchange.ask(missing_password(REASON_PROGRAM, user, f"the provider {name}")) else DENIED


def _nobody(_exchange: Exchange, _user: str, _password: str) -> str:
    """mod_authn_socache remembers what the other providers have said, and knows nobody else."""
    return NOT_FOUND


def _no_hash(_exchange: Exchange, _user: str, _realm: str) -> RealmHash:
    return RealmHash(NOT_FOUND)


_FAILED = RealmHash(FAILED)
PROVIDERS: dict[str, Provider] = {
    "file": Provider("authn_file", check_password, realm_hash),
    "anon": Provider("authn_anon", check_anonymous),
    "dbm": Provider("authn_dbm", dbm.check_password, dbm.realm_hash),
    "dbd": Provider("authn_dbd", dbd.check_password, dbd.realm_hash),
    "ldap": Provider("authnz_ldap", ldap.check_password),
    "socache": Provider("authn_socache", _nobody, _no_hash),
}
