"""mod_mime: type, handler, language and encoding of a file out of the extensions of its name.

Truth: find_ct in modules/http/mod_mime.c. Every extension counts, wherever it stands in the name.
"""

from collections.abc import Mapping

from audit403.apache.decide.dir_index import DIRECTORY_TYPE
from audit403.apache.decide.exchange import REVERSE, Exchange
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.text_file import lines_of
from audit403.apache.model.mime import ANY, FILTERS, HANDLERS, MIME, Extension, MimeConfig, MimeServer
from audit403.apache.read.words import values_of
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import DIRECTORY

_DEFAULT_TYPES = "/etc/mime.types"
_NOTHING, _NO_SERVER = MimeConfig(), MimeServer()
_UNKNOWN = Extension()


class Metadata(NamedTuple):
    """What mod_mime has found besides type and handler.

    `strangers` are the parts of the name that stand for nothing, its first part among them; None where none stands
    for anything.
    """

    languages: tuple[str, ...] = ()
    encoding: str | None = None
    charset: str | None = None
    strangers: tuple[str, ...] | None = None


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
    languages: list[str] = []
    encodings: list[str] = []
    charset: str | None = None
    something = False
    for extension in extensions:
        if not extension:
            continue
        known = config.extensions.get(extension.lower(), _UNKNOWN)
        found = _take_type(exchange, known, extension.lower())
        charset = known.charset or charset
        if known.language:
            languages.append(known.language)
        if known.encoding:
            encodings.append(known.encoding)
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
    if not languages and config.default_language:
        languages.append(config.default_language)
    encoding = ", ".join(encodings) or None
    exchange.extra[MIME] = Metadata(tuple(languages), encoding, charset, tuple(strangers) if something else None)
    return DECLINED if exchange.content_type is None else OK


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
