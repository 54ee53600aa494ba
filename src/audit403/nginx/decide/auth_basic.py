"""auth_basic with its user file.

Truth: src/http/modules/ngx_http_auth_basic_module.c.
"""

from errno import ENOENT

from audit403.core.decision import REASON_FILE, Missing
from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import DIRECTORY
from audit403.nginx.decide.auth_header import credentials_of
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import join_prefix
from audit403.nginx.decide.outcome import Undecided
from audit403.nginx.decide.password import password_matches
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.decide.worker_files import ERRNO_TEXT
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive


def auth_basic(exchange: Exchange) -> int | None:
    """None without auth_basic here; 200 for the right password; 401, 403 or 500 otherwise."""
    realm, file = exchange.context.last("auth_basic"), exchange.context.last("auth_basic_user_file")
    if realm is None or file is None or not realm.args or not file.args:
        return None
    if expand_known(exchange, compile_template(realm.args[0])) == "off":
        return None
    credentials = credentials_of(exchange)
    exchange.step(
        "access",
        f"auth_basic: the request carries {'no' if credentials is None else 'a'} user name and password",
        realm.span,
        credentials is not None,
        "header:authorization",
        "present",
    )
    if credentials is None:
        exchange.decided("no-credentials", realm.span, "asks for a user name and a password")
        return 401
    path = join_prefix(exchange.evaluator.model.conf_directory, expand_known(exchange, compile_template(file.args[0])))
    return _check(exchange, file, path, *credentials)


def _check(exchange: Exchange, file: Directive, path: str, user: str, password: str) -> int:
    opened = exchange.evaluator.files().read_for_password(path)
    exchange.step(
        "access",
        f"auth_basic_user_file {path}: {'opened' if not opened.errno else ERRNO_TEXT.get(opened.errno, 'failed')}",
        file.span,
        opened.errno == 0,
        f"file:{path}",
        "readable",
    )
    if opened.errno:
        status = 403 if opened.errno == ENOENT else 500
        place = opened.blocker.place if opened.blocker is not None else PathPlace(path)
        exchange.decided(
            "password-file",
            file.span,
            f"names {path}: {ERRNO_TEXT.get(opened.errno, 'it cannot be opened')}",
            log=f'open() "{path}" failed ({opened.errno}: {ERRNO_TEXT.get(opened.errno, "")})',
            also=(Because(place, "this is what stands in the way"),) if opened.blocker else (),
        )
        return status
    if opened.entry is not None and opened.entry.kind == DIRECTORY:
        exchange.decided("password-file", file.span, f"{path} is a directory")
        return 500
    return _look_up(exchange, file, path, user, password)


def _look_up(exchange: Exchange, file: Directive, path: str, user: str, password: str) -> int:
    content = exchange.evaluator.evidence.read(path)
    if not isinstance(content, bytes):
        raise Undecided(Missing(REASON_FILE, path))
    stored = find_user(content.decode("utf-8", "surrogateescape"), user)
    if stored is None:
        exchange.step("access", f'user "{user}" is not in {path}', file.span, False)
        exchange.decided("unknown-user", file.span, f'does not list "{user}"')
        return 401
    right = password_matches(password, stored)
    exchange.step(
        "access", f'the password of "{user}" is {"right" if right else "wrong"}', file.span, right, "password"
    )
    if right:
        return 200
    exchange.decided("wrong-password", file.span, f'the password of "{user}" is wrong')
    return 401


def find_user(content: str, user: str) -> str | None:
    """The stored password of a user: the first line that names it, up to the next colon."""
    for line in content.split("\n"):
        if line.startswith(("#", "\r")):
            continue
        name, colon, rest = line.partition(":")
        if colon and name == user:
            return rest.partition(":")[0].partition("\r")[0]
    return None
