"""Files of httpd's own format that are read while a request is answered: passwords and groups.

Truth: ap_pcfg_openfile, ap_cfg_getline and cfg_trim_line in server/util.c.
"""

from errno import EBADF
from os import strerror

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.read.words import SPACES
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import Span


def open_text(exchange: Exchange, path: str, where: Span, log: str) -> list[str] | None:
    """The lines of a file, continued ones joined; None, with the cause, where it cannot be opened."""
    files = exchange.evaluator.files()
    seen = files.open(path)
    errno = seen.errno
    if not errno and not seen.is_file and seen.path != "/dev/null":
        errno = EBADF
    exchange.step("authn", path, files.place(seen), not errno, f"file:{path}", "readable")
    if errno:
        message = f"{path} cannot be read: {strerror(errno)}"
        exchange.decided("user-file-unreadable", where, message, log=error_text(errno) + log)
        return None
    data = exchange.evaluator.evidence.read(path)
    if not isinstance(data, bytes):
        raise Undecided(Missing(REASON_FILE, path))
    return lines_of(data)


def lines_of(data: bytes) -> list[str]:
    """The lines, without spaces around them; a backslash at the end of one joins it with the next."""
    found: list[str] = []
    text = ""
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        bare = line.removesuffix("\r")
        if bare.endswith("\\"):
            text += bare[:-1]
            continue
        found.append((text + line).strip(SPACES))
        text = ""
    if text:
        found.append(text.strip(SPACES))
    return found
