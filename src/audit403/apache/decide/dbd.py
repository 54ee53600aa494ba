"""Passwords and groups in a database, which answers for itself; what httpd says without asking it.

Truth: modules/aaa/mod_authn_dbd.c and mod_authz_dbd.c. The database is taken to be there.
"""

from audit403.apache.decide.authn_results import DENIED, FAILED, FOUND, GRANTED, NOT_FOUND, RealmHash, missing_password
from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.dbd import AUTHN_DBD, AUTHZ_DBD, DBD, AuthnDbdConfig, AuthzDbdConfig, DbdServer
from audit403.core.decision import REASON_PROGRAM, Missing
from audit403.core.open_question import Unknown

_NO_QUERY = AuthnDbdConfig()
_NOTHING = AuthzDbdConfig()
_NO_SERVER = DbdServer()


def check_password(exchange: Exchange, user: str, _password: str) -> str:
    """Whether there is a query; what the database says is left open."""
    config: AuthnDbdConfig = exchange.config(AUTHN_DBD, _NO_QUERY)
    if config.password is None:
        return _failed(exchange, "AH01654: No AuthDBDUserPWQuery has been specified")
    database = _database(exchange)
    if not exchange.ask(Missing(REASON_PROGRAM, f"whether {user} is in {database}")):
        return NOT_FOUND
    return GRANTED if exchange.ask(missing_password(REASON_PROGRAM, user, database)) else DENIED


def realm_hash(exchange: Exchange, user: str, realm: str) -> RealmHash:
    """The same for hashes of user, realm and password."""
    config: AuthnDbdConfig = exchange.config(AUTHN_DBD, _NO_QUERY)
    if config.realm is None:
        return RealmHash(_failed(exchange, "AH01659: No AuthDBDUserRealmQuery has been specified"))
    database = _database(exchange)
    if not exchange.ask(Missing(REASON_PROGRAM, f"whether {user}:{realm} is in {database}")):
        return RealmHash(NOT_FOUND)
    return RealmHash(FOUND, Unknown(missing_password(REASON_PROGRAM, user, database)))


def is_in_group(exchange: Exchange, user: str, text: str) -> bool | None:
    """Whether a user is in one of some groups; None where there is no query."""
    config: AuthzDbdConfig = exchange.config(AUTHZ_DBD, _NOTHING)
    if config.query is None:
        _failed(exchange, "AH01649: No query configured for dbd-group!")
        return None
    return exchange.ask(Missing(REASON_PROGRAM, f"{text} for {user} in {_database(exchange)}"))


def note_login(exchange: Exchange) -> bool:
    """Whether a login or logout can be noted, which the query does."""
    config: AuthzDbdConfig = exchange.config(AUTHZ_DBD, _NOTHING)
    if config.query is None:
        exchange.step("authz", "no AuthzDBDQuery is set (AH01642)")
        return False
    if config.redirect_query is not None or (config.to_referer and exchange.header("Referer") is not None):
        # Who has logged in is sent elsewhere, or not: 302 in the place of the page.
        exchange.status_known = False
    return True


def _failed(exchange: Exchange, log: str) -> str:
    exchange.step("authn", f"{log.partition(': ')[2]}: 500")
    exchange.decided("no-query", None, "", log=log)
    return FAILED


def _database(exchange: Exchange) -> str:
    server: DbdServer = exchange.server.slots.get(DBD, _NO_SERVER)
    name = f"the database (DBDriver {server.driver})"
    exchange.step("authn", f"{name} is asked")
    return name
