"""Passwords in a file of AuthUserFile.

Truth: check_password in modules/aaa/mod_authn_file.c, apr_password_validate of APR-util.
"""

from audit403.apache.decide.authn_results import DENIED, FAILED, GRANTED, NOT_FOUND
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.text_file import open_text
from audit403.apache.model.authn import AUTHN_FILE, FileConfig
from audit403.http.password import validated

_NOTHING = FileConfig()


def check_password(exchange: Exchange, user: str, password: str) -> str:
    """What the file says about a user and a password."""
    config: FileConfig = exchange.config(AUTHN_FILE, _NOTHING)
    if config.path is None or config.directive is None:
        exchange.decided("no-user-file", None, "", log="AH01619: AuthUserFile not specified in the configuration")
        return FAILED
    path = exchange.evaluator.model.process.rooted(config.path)
    where = config.directive.span
    log = f"AH01620: Could not open password file: {path}"
    lines = open_text(exchange, path, where, log)
    if lines is None:
        return FAILED
    stored = _stored(lines, user)
    if stored is None:
        return NOT_FOUND
    return GRANTED if validated(password, stored) else DENIED


def _stored(lines: list[str], user: str) -> str | None:
    for line in lines:
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        if name == user:
            return rest.partition(":")[0]
    return None
