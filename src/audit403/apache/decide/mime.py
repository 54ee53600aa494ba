"""mod_mime: type, handler, language and encoding of a file out of the extensions of its name.

Truth: find_ct in modules/http/mod_mime.c. Every extension counts, wherever it stands in the name.
"""

import re
from collections.abc import Mapping

from audit403.apache.decide.dir_index import DIRECTORY_TYPE
from audit403.apache.decide.exchange import REVERSE, Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.text_file import lines_of
from audit403.apache.model.mime import ANY, FILTERS, HANDLERS, MIME, Extension, MimeConfig, MimeServer
from audit403.apache.read.words import SPACES, values_of
from audit403.evidence.interface import DIRECTORY

_DEFAULT_TYPES = "/etc/mime.types"
_NOTHING, _NO_SERVER = MimeConfig(), MimeServer()
_UNKNOWN = Extension()


STRANGERS = "ap-mime-exceptions-list"
"""The note with the parts of the name that stand for nothing, its first part among them; there where any part means
something."""

_S = r"[ \t\n\v\f\r]"
_TOKEN = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]"
_TYPE = re.compile(rf"{_S}*+([^ \t\n\v\f\r][^/; \t\n\v\f\r]*+{_S}*+)/{_S}*+([^ \t\n\v\f\r][^; \t\n\v\f\r]*+){_S}*+")
_PLAIN_TYPE = re.compile("[a-z0-9./+-]+")
_ATTRIBUTE = re.compile(rf"((?:{_TOKEN}|[ \t\n])*+)=[ \t\n]*+")
# Ranges of what is in it: to compile the complement of all that is not ASCII takes 5 ms.
_QUOTED = re.compile(r'"(?:[\0-\t\v-!#-\[\]-\x7f]|\\[\0-\x7f])*+(?:\Z|"[ \t\n]*+(?=;|\Z))')
_WORDS = re.compile(rf"(?:{_TOKEN}|[ \t\n])*+")
_BARE = re.compile(rf"{_TOKEN}++(?=;|\Z)")


def find_type(exchange: Exchange) -> int:
    """Take in what the extensions say."""
    if exchange.found is not None and exchange.found.kind == DIRECTORY:
        exchange.set_type(DIRECTORY_TYPE, trusted=True)
        return OK
    if exchange.filename is None:
        return DECLINED
    config: MimeConfig = exchange.config(MIME, _NOTHING)
    first, *extensions = _parts(_name(exchange, config))
    strangers = [first]
    charset: str | None = None
    something = False
    for extension in extensions:
        if not extension:
            continue
        known = config.extensions.get(extension.lower(), _UNKNOWN)
        found = _take_type(exchange, known, extension.lower())
        charset = known.charset or charset
        if known.language:
            exchange.content_languages += (known.language,)
        if known.encoding:
            before = exchange.content_encoding
            exchange.content_encoding = known.encoding if before is None else f"{before}, {known.encoding}"
        found = found or bool(known.charset or known.language or known.encoding)
        if known.handler and not exchange.proxied:
            _take_handler(exchange, known, extension)
            found = found or HANDLERS in config.multiviews_match
        if (known.input_filter or known.output_filter) and FILTERS in config.multiviews_match:
            found = True
        if found or ANY in config.multiviews_match:
            something = True
        else:
            strangers.append(extension)
    if something:
        exchange.notes[STRANGERS] = tuple(strangers)
    if exchange.content_type is not None:
        exchange.set_type(with_charset(exchange.content_type, charset), trusted=exchange.type_trusted)
    if not exchange.content_languages and config.default_language:
        exchange.content_languages = (config.default_language,)
    return DECLINED if exchange.content_type is None else OK


def with_charset(content_type: str, charset: str | None) -> str:
    """A type as httpd writes it anew, with the charset that the extensions name; unchanged where it is no type."""
    if charset is None and _PLAIN_TYPE.fullmatch(content_type):
        return content_type
    found = _TYPE.match(content_type)
    if found is None:
        return content_type
    parameters = _parameters(content_type, found.end())
    if parameters is None:
        return content_type
    text = f"{found[1]}/{found[2]}"
    is_named = False
    for name, value in parameters:
        if charset and name == "charset":
            text += "" if is_named else f"; charset={charset}"
            is_named = True
        else:
            text += f"; {name}={value}"
    return f"{text}; charset={charset}" if charset and not is_named else text


def _parameters(text: str, at: int) -> list[tuple[str, str]] | None:
    """The parameters of a type from `at` on; None where they are none (analyze_ct)."""
    found: list[tuple[str, str]] = []
    if at >= len(text):
        return found
    at += 1
    if not text[at:].lstrip(" \t\n"):
        return None
    while text[at:]:
        attribute = _ATTRIBUTE.match(text, at)
        if attribute is None:
            # A last word without a value is passed over.
            return found if _WORDS.fullmatch(text, at) else None
        value = (_QUOTED if text.startswith('"', attribute.end()) else _BARE).match(text, attribute.end())
        if value is None or not attribute[1].strip(SPACES):
            return None
        found.append((attribute[1].strip(SPACES), value[0].strip(SPACES)))
        at = value.end() + 1
    return found


def _name(exchange: Exchange, config: MimeConfig) -> str:
    """The last part of the path whose extensions count."""
    name = exchange.filename or ""
    if config.use_path_info:
        name += exchange.path_info
    elif exchange.proxied == REVERSE and exchange.notes.get("proxy-nocanon"):
        name = name.partition("?")[0]
    return name.rpartition("/")[2]


def _parts(name: str) -> list[str]:
    """The base of a name, dots in front of it among it, and its extensions."""
    bare = name.lstrip(".")
    dots = name[: len(name) - len(bare)]
    first, *others = bare.split(".")
    return [dots + first, *others]


def _take_type(exchange: Exchange, known: Extension, extension: str) -> bool:
    found = known.type if known.type is not None else types_of(exchange).get(extension)
    if not found:
        return False
    exchange.set_type(found, trusted=True)
    return True


def _take_handler(exchange: Exchange, known: Extension, extension: str) -> None:
    exchange.handler = known.handler
    where = None if known.handler_directive is None else known.handler_directive.span
    exchange.step("type", f".{extension} has the handler {known.handler}", where)


def types_of(exchange: Exchange) -> Mapping[str, str]:
    """The types that TypesConfig names, by extension; those that everybody knows where the file is not at hand."""
    evaluator = exchange.evaluator
    known = evaluator.kept.get(MIME)
    if known is None:
        main = evaluator.model.main
        server: MimeServer = main.slots.get(MIME, _NO_SERVER)
        data = evaluator.evidence.read(main.rooted(server.types_config or _DEFAULT_TYPES))
        known = evaluator.kept[MIME] = _types_in(data) if isinstance(data, bytes) else _usual_types()
    return known


def _types_in(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines_of(data):
        words = [] if line.startswith("#") else values_of(line)
        found.update((word.lower(), words[0]) for word in words[1:])
    return found


def _usual_types() -> dict[str, str]:
    from mimetypes import MimeTypes  # only where the server's own list is missing

    return {name.removeprefix("."): kind for name, kind in MimeTypes().types_map[True].items()}
