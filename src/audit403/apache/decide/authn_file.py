"""Passwords in a file of AuthUserFile.

Truth: check_password in modules/aaa/mod_authn_file.c, apr_password_validate of APR-util.
"""

from audit403.apache.decide.authn_results import DENIED, FAILED, FOUND, GRANTED, NOT_FOUND, RealmHash
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.text_file import open_text
from audit403.apache.model.authn import AUTHN_FILE, FileConfig
from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.open_question import Undecided
from audit403.http.password import is_withheld, too_long, validated

_NOTHING = FileConfig()


#: Longer lines end httpd's reading of the file (MAX_STRING_LEN).
_LONGEST = 8190


def check_password(exchange: Exchange, user: str, password: str) -> str:
    """What the file says about a user and a password."""
    lines = _opened(exchange, "AH01619", "AH01620")
    if lines is None:
        return FAILED
    stored = _stored(lines, (user,))
    if stored is None:
        return NOT_FOUND
    _not_withheld(stored, user)
    right = validated(password, stored)
    if right is None:
        raise Undecided(Missing(REASON_STATE, too_long(user)))
    return GRANTED if right else DENIED


def realm_hash(exchange: Exchange, user: str, realm: str) -> RealmHash:
    """The hash of user, realm and password out of a file that htdigest writes."""
    lines = _opened(exchange, "AH01621", "AH01622")
    if lines is None:
        return RealmHash(FAILED)
    stored = _stored(lines, (user, realm))
    _not_withheld(stored, user)
    return RealmHash(NOT_FOUND) if stored is None else RealmHash(FOUND, stored)


def _not_withheld(stored: str | None, user: str) -> None:
    if stored is not None and is_withheld(stored):
        raise Undecided(Missing(REASON_FILE, f"the password of {user}"))


def _opened(exchange: Exchange, unset: str, unopened: str) -> list[str] | None:
    config: FileConfig = exchange.config(AUTHN_FILE, _NOTHING)
    if config.path is None or config.directive is None:
        exchange.step("authn", "no AuthUserFile is set: 500")
        exchange.decided("no-user-file", None, "", log=f"{unset}: AuthUserFile not specified in the configuration")
        return None
    path = exchange.evaluator.model.process.rooted(config.path)
    log = f"{unopened}: Could not open password file: {path}"
    return open_text(exchange, path, config.directive.span, log)


def _stored(lines: list[str], key: tuple[str, ...]) -> str | None:
    """What stands behind a name, or behind a name and a realm."""
    for line in lines:
        if len(line) > _LONGEST:
            return None
        if not line or line.startswith("#"):
            continue
        words = words_of(line)
        if tuple(words[: len(key)]) == key:
            return words[len(key)] if len(words) > len(key) else ""
    return None


def words_of(line: str) -> list[str]:
    """The words between colons; several colons in a row are as one (ap_getword)."""
    found: list[str] = []
    while line:
        word, _, rest = line.partition(":")
        found.append(word)
        line = rest.lstrip(":")
    return found
