"""mod_userdir: `/~user` leads to a folder of that user.

Truth: translate_userdir in modules/mappers/mod_userdir.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.model.userdir import USERDIR, UserDirServer
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided
from audit403.evidence.interface import NotCollected, User

USERDIR_NOTE = "mod_userdir_user"
"""The note that has the user of `/~user`, as whom suEXEC runs scripts there."""
_NO_SERVER = UserDirServer()


def translate(exchange: Exchange) -> int:
    """Map `/~user` to the first of the folders that is there, or to the last."""
    server: UserDirServer = exchange.server.slots.get(USERDIR, _NO_SERVER)
    if server.places is None or server.directive is None or not exchange.uri.startswith("/~"):
        return DECLINED
    user, slash, rest = exchange.uri[2:].partition("/")
    if user in ("", ".", ".."):
        return DECLINED
    where = server.directive.span
    if user.lower() in server.disabled_users or (server.disabled and user.lower() not in server.enabled_users):
        exchange.step("translate", f"{user} has no UserDir", where)
        return DECLINED
    behind = rest.lstrip("/") if slash else ""
    behind = f"/{behind}" if slash else ""
    for index, place in enumerate(server.places):
        last = index == len(server.places) - 1
        prefix, star, _ = place.partition("*")
        if star and ":" in prefix and not place.startswith("/"):
            exchange.step("translate", f"UserDir leads {exchange.uri} to {prefix}{user}: 302", where)
            return 302
        folder = _folder(exchange, place, user)
        if folder is None:
            continue
        if last or not exchange.evaluator.files().stat(folder).errno:
            exchange.filename = folder + behind
            length = len(exchange.uri) - len(behind)
            exchange.notes[USERDIR_NOTE] = user
            exchange.context_prefix, exchange.context_document_root = exchange.uri[:length], folder
            exchange.step("translate", f"{exchange.filename}, the UserDir of {user}", where)
            return OK
    return DECLINED


def _folder(exchange: Exchange, place: str, user: str) -> str | None:
    """The folder of one word of UserDir, or None where it hangs on a home that nobody has."""
    prefix, star, after = place.partition("*")
    after = after.lstrip("*")
    absolute = place.startswith("/")
    if star and (not after or absolute):
        return prefix + user + after
    if absolute:
        return f"{place}/{user}"
    home = _home(exchange, user)
    return None if home is None else f"{home}/{after if star else place}"


def _home(exchange: Exchange, user: str) -> str | None:
    evidence = exchange.evaluator.evidence
    found = evidence.user(user)
    if isinstance(found, NotCollected):
        raise Undecided(Missing(REASON_FILE, f"the home of the user {user}"))
    if not isinstance(found, User):
        return None
    if found.home is None:
        raise Undecided(Missing(REASON_FILE, f"the home of the user {user}"))
    return found.home
