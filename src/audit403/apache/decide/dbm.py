"""Passwords and groups in dbm files: whether the server can open them. What stands in them is left open.

Truth: modules/aaa/mod_authn_dbm.c and mod_authz_dbm.c, and apr_dbm of APR-util as Debian builds it: the kind that is
meant by `default` is Berkeley DB's, SDBM has two files, and NDBM is not there.
"""

from errno import EINVAL

from audit403.apache.decide.authn_results import DENIED, FAILED, FOUND, GRANTED, NOT_FOUND, RealmHash, missing_password
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.model.dbm import AUTHN_DBM, AUTHZ_DBM, DbmConfig
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Unknown

_NOTHING = DbmConfig()
_PARTS = {"default": ("",), "db": ("",), "gdbm": ("",), "sdbm": (".dir", ".pag")}
#: Where a file of Berkeley DB says what it is, and what it says there: a hash or a tree, in either byte order.
_MAGIC = slice(12, 16)
_BERKELEY_MAGIC = tuple(number.to_bytes(4, order) for number in (0x061561, 0x053162) for order in ("little", "big"))
_GDBM_MAGIC = tuple(
    number.to_bytes(4, order)
    for number in (0x13579ACD, 0x13579ACE, 0x13579ACF, 0x13579AD0, 0x13579AD1)
    for order in ("little", "big")
)


def check_password(exchange: Exchange, user: str, _password: str) -> str:
    """Whether the file can be opened; what it says about the user is left open."""
    path = _opened(exchange, AUTHN_DBM, "AH10285: could not open dbm (type {kind}) file: {path}")
    if path is None:
        return FAILED
    if not exchange.ask(Missing(REASON_FILE, f"whether {user} is in {path}, a dbm file")):
        return NOT_FOUND
    return GRANTED if exchange.ask(missing_password(REASON_FILE, user, f"{path}, a dbm file")) else DENIED


def realm_hash(exchange: Exchange, user: str, realm: str) -> RealmHash:
    """The same for hashes of user, realm and password."""
    path = _opened(exchange, AUTHN_DBM, "AH10285: could not open dbm (type {kind}) file: {path}")
    if path is None:
        return RealmHash(FAILED)
    if not exchange.ask(Missing(REASON_FILE, f"whether {user}:{realm} is in {path}, a dbm file")):
        return RealmHash(NOT_FOUND)
    return RealmHash(FOUND, Unknown(missing_password(REASON_FILE, user, f"{path}, a dbm file")))


def is_in_group(exchange: Exchange, user: str, text: str) -> bool | None:
    """Whether a user is in one of some groups; None where the file cannot be opened."""
    config: DbmConfig = exchange.config(AUTHZ_DBM, _NOTHING)
    if config.path is None:
        exchange.step("authz", "no AuthDBMGroupFile is set (AH01798)")
        return False
    path = _opened(exchange, AUTHZ_DBM, "AH01799: could not open dbm (type {kind}) group access file: {path}")
    return None if path is None else exchange.ask(Missing(REASON_FILE, f"{text} for {user} in {path}, a dbm file"))


def _opened(exchange: Exchange, module: str, log: str) -> str | None:
    """The path of the file where the server can open it; None, with the cause, where it cannot."""
    config: DbmConfig = exchange.config(module, _NOTHING)
    where = None if config.directive is None else config.directive.span
    path = "" if config.path is None else exchange.evaluator.model.process.rooted(config.path)
    kind = config.kind.lower()
    log = log.format(kind=config.kind, path=path)
    parts = _PARTS.get(kind)
    if config.path is None or parts is None:
        text = "no AuthDBMUserFile is set" if config.path is None else f"no kind of dbm file is called {config.kind}"
        exchange.step("authn", f"{text}: 500", where)
        exchange.decided("user-database-unreadable", where, text, log=log)
        return None
    files = exchange.evaluator.files()
    for part in parts:
        seen = files.open(path + part)
        errno = seen.errno or (0 if seen.is_file and _is_dbm(exchange, path + part, kind) else EINVAL)
        exchange.step("authn", path + part, files.place(seen), not errno, f"file:{path + part}", "readable")
        if errno:
            words = f"{path}{part} cannot be read" if seen.errno else f"{path}{part} is no dbm file"
            exchange.decided("user-database-unreadable", where, words, log=error_text(errno) + log)
            return None
    exchange.step("authn", f"{path} is asked, a dbm file")
    return path


def _is_dbm(exchange: Exchange, path: str, kind: str) -> bool:
    """Whether a file begins as one of its kind does, as far as its content is known."""
    if kind == "sdbm":
        return True
    data = exchange.evaluator.evidence.read(path)
    if not isinstance(data, bytes):
        return True
    return data[:4] in _GDBM_MAGIC if kind == "gdbm" else data[_MAGIC] in _BERKELEY_MAGIC
