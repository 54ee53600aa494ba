"""mod_cern_meta: a file beside the one that is asked for says headers and perhaps the status.

Truth: add_cern_meta_data and scan_meta_file in modules/metadata/mod_cern_meta.c.
"""

import re

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK, SERVER_ERROR
from audit403.apache.decide.subrequests import look_up_file
from audit403.apache.model.cern_meta import CERN_META, CernMetaConfig
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import Place
from audit403.evidence.interface import DIRECTORY

_NOTHING = CernMetaConfig()
_STATUS = re.compile(r"[+-]?[0-9]+")


def read_meta(exchange: Exchange) -> int:
    """Take in what the file beside says."""
    config: CernMetaConfig = exchange.config(CERN_META, _NOTHING)
    found, filename = exchange.found, exchange.filename or ""
    if not config.on or found is None or found.kind == DIRECTORY or exchange.uri.endswith("/"):
        return DECLINED
    directory, _, name = filename.rpartition("/")
    if not directory:
        return DECLINED
    path = f"{directory}/{config.directory or '.web'}/{name}{config.suffix or '.meta'}"
    if look_up_file(exchange, path).status != 200:
        return DECLINED
    files = exchange.evaluator.files()
    seen = files.open(path)
    place = files.place(seen)
    exchange.step("fixup", path, place, not seen.errno, f"file:{path}", "readable")
    if seen.errno == 2:
        return DECLINED
    if seen.errno:
        log = f"{error_text(seen.errno)}AH01562: meta file permissions deny server access: {path}"
        exchange.decided("meta-file-unreadable", place, "httpd may not read this file", log=log)
        return FORBIDDEN
    data = exchange.evaluator.evidence.read(path)
    if not isinstance(data, bytes):
        raise Undecided(Missing(REASON_FILE, path))
    return _scan(exchange, path, place, data.decode("latin-1"))


def _scan(exchange: Exchange, path: str, place: Place, text: str) -> int:
    for line in text.split("\n"):
        line = line.removesuffix("\r").partition("\0")[0]
        if not line:
            return OK
        name, colon, value = line.partition(":")
        if not colon:
            exchange.step("fixup", f"{path} has a line that is no header: 500", place)
            log = f"AH01560: malformed header in meta file: {exchange.filename}"
            exchange.decided("meta-file", place, "a line without a colon", log=log)
            return SERVER_ERROR
        if name.lower() == "content-type":
            exchange.set_type(value.strip().lower(), trusted=False)
        elif name.lower() == "status":
            number = _STATUS.match(value.strip())
            if number is not None:
                exchange.status = int(number[0])
                exchange.step("fixup", f"{path} says the status {exchange.status}", place)
                if exchange.status == FORBIDDEN:
                    exchange.decided("meta-file", place, "this says the status 403")
    return OK
