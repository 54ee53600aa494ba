"""auth_basic with its user file.

Truth: src/http/modules/ngx_http_auth_basic_module.c.
"""

from errno import ENOENT

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import DIRECTORY
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import join_prefix
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.decide.worker_files import ERRNO_TEXT
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_LONGEST = 2048
"""nginx's buffer for a line of the user file."""


def auth_basic(exchange: Exchange) -> int | None:
    """None without auth_basic here; 200 for the right password; 401, 403 or 500 otherwise."""
    realm, file = exchange.context.last("auth_basic"), exchange.context.last("auth_basic_user_file")
    if realm is None or file is None or not realm.args or not file.args:
        return None
    if expand_known(exchange, compile_template(realm.args[0])) == "off":
        return None
    from audit403.nginx.decide.auth_header import credentials_of

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
        exchange.decided(
            "password-file", file.span, f"{path} is a directory", log=f'pread() "{path}" failed (21: Is a directory)'
        )
        return 500
    return _look_up(exchange, file, path, user, password)


def _look_up(exchange: Exchange, file: Directive, path: str, user: str, password: str) -> int:
    # A well-known way to let nobody in.
    content = b"" if path == "/dev/null" else exchange.evaluator.evidence.read(path)
    if not isinstance(content, bytes):
        raise Undecided(Missing(REASON_FILE, path))
    found = find_user(content, user.encode("utf-8", "surrogateescape"))
    stored = None if found is None else found.decode("utf-8", "surrogateescape")
    if stored is None:
        exchange.step("access", f'user "{user}" is not in {path}', file.span, False)
        log = f'user "{user}" was not found in "{path}"'
        exchange.decided("unknown-user", file.span, f'does not list "{user}"', log=log)
        return 401
    from audit403.http.password import is_withheld, password_matches, too_long

    if is_withheld(stored):
        raise Undecided(Missing(REASON_FILE, f"the password of {user} in {path}"))
    right = password_matches(password, stored)
    if right is None:
        raise Undecided(Missing(REASON_STATE, too_long(user)))
    exchange.step(
        "access", f'the password of "{user}" is {"right" if right else "wrong"}', file.span, right, "password"
    )
    if right:
        return 200
    message = f'the password of "{user}" is wrong'
    exchange.decided("wrong-password", file.span, message, log=f'user "{user}": password mismatch')
    return 401


def find_user(content: bytes, user: bytes) -> bytes | None:
    """The stored password of a user, read byte for byte as nginx does.

    A line is given up at the first byte that differs from `user:`. When that byte is the line's own end, the end counts
    as part of what is skipped, and the next line is skipped with it.
    """
    wanted = user + b":"
    position = 0
    while position < len(content):
        if content.startswith(b"\n", position):
            position += 1
            continue
        matched = 0
        if not content.startswith((b"#", b"\r"), position):
            matched = _common(content, position, wanted)
            if matched == len(wanted):
                return _password_at(content, position + matched)
        position = content.find(b"\n", position + matched + 1) + 1
        if not position:
            break
    return None


def _common(content: bytes, position: int, wanted: bytes) -> int:
    length = 0
    while length < len(wanted) and content[position + length : position + length + 1] == wanted[length : length + 1]:
        length += 1
    return length


def _password_at(content: bytes, start: int) -> bytes:
    """Up to the end of the line, a colon, or the end of nginx's buffer."""
    ends = [found for found in (content.find(mark, start) for mark in (b"\n", b"\r", b":")) if found >= 0]
    return content[start : min(ends, default=len(content))][:_LONGEST]
