"""What the core itself is told for a directory: options, what `.htaccess` may say, inner sections, error documents.

Truth: create_core_dir_config and merge_core_dir_configs in server/core.c.
"""

import re
from collections.abc import Callable

from audit403.apache.model.builder import Builder, Handler, choice, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.methods import NONE, limited, limited_except
from audit403.apache.model.options import ALL as ALL_OPTIONS
from audit403.apache.model.options import NAMES, Options, with_line
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.section import FILES, IF, OTHERWISE, OTHERWISE_WHEN, WHEN, Section, section_of
from audit403.apache.read.commands import ALL, AUTHCFG, FILEINFO, INDEXES, LIMIT, OPTIONS
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

CORE = "core"
_CLASSES = {"limit": LIMIT, "options": OPTIONS, "fileinfo": FILEINFO, "authconfig": AUTHCFG, "indexes": INDEXES}
NONFATAL_OVERRIDE, NONFATAL_UNKNOWN = "override", "unknown"
_NONFATAL = {
    "override": frozenset((NONFATAL_OVERRIDE,)),
    "unknown": frozenset((NONFATAL_UNKNOWN,)),
    "all": frozenset((NONFATAL_OVERRIDE, NONFATAL_UNKNOWN)),
}


class Override(NamedTuple):
    """What an `.htaccess` may say: classes of directives, which options, and whether more is passed over silently.

    `options` None lets every option in.
    """

    classes: int = 0
    options: frozenset[str] | None = None
    nonfatal: frozenset[str] = frozenset()
    directive: Directive | None = None

    @property
    def is_active(self) -> bool:
        """Whether `.htaccess` files are looked for; `Nonfatal` alone is enough."""
        return bool(self.classes or self.nonfatal)


EVERYTHING = Override(ALL)
"""AllowOverride All."""
LOCAL, URL, TEXT, DEFAULT_PAGE = "local", "url", "text", "default"


class ErrorDocument(NamedTuple):
    """What is sent for a status: `kind` is one of the four above; `value` may be an expression."""

    kind: str
    value: str
    directive: Directive


class CoreConfig(NamedTuple):
    """What the core is told in one section; None is unset."""

    options: Options = Options()
    options_directive: Directive | None = None
    override: Override | None = None
    override_list: frozenset[str] | None = None
    files: tuple[Section, ...] = ()
    ifs: tuple[Section, ...] = ()
    error_documents: tuple[tuple[int, ErrorDocument], ...] = ()
    handler: str | None = None
    handler_directive: Directive | None = None
    mime_type: str | None = None
    accept_path_info: str | None = None
    encoded_slashes: str = "off"
    limit_request_body: int | None = None
    limit_xml_body: int | None = None
    canonical_name: str | None = None
    canonical_port: bool | None = None
    hostname_lookups: str | None = None

    def merged(self, new: "CoreConfig") -> "CoreConfig":
        """This with a later section's laid over it; AllowEncodedSlashes is the later one's even where unset."""
        options = self.options.merged(new.options)
        documents = dict(self.error_documents) | dict(new.error_documents)
        return CoreConfig(
            options,
            new.options_directive or self.options_directive,
            self.override if new.override is None else new.override,
            self.override_list if new.override_list is None else new.override_list,
            self.files + new.files,
            self.ifs + new.ifs,
            tuple(documents.items()),
            self.handler if new.handler is None else new.handler,
            self.handler_directive if new.handler is None else new.handler_directive,
            self.mime_type if new.mime_type is None else new.mime_type,
            self.accept_path_info if new.accept_path_info is None else new.accept_path_info,
            new.encoded_slashes,
            self.limit_request_body if new.limit_request_body is None else new.limit_request_body,
            self.limit_xml_body if new.limit_xml_body is None else new.limit_xml_body,
            self.canonical_name if new.canonical_name is None else new.canonical_name,
            self.canonical_port if new.canonical_port is None else new.canonical_port,
            self.hostname_lookups if new.hostname_lookups is None else new.hostname_lookups,
        )


NOTHING = CoreConfig()
"""The core's slot of a section that says nothing to it."""


def with_options(config: CoreConfig, directive: Directive, allowed: frozenset[str] | None) -> CoreConfig:
    """With one `Options` line more."""
    return config._replace(options=with_line(config.options, directive.args, allowed), options_directive=directive)


def with_allow_override(config: CoreConfig, directive: Directive) -> CoreConfig:
    """With what `AllowOverride` says. Raises ConfigError with httpd's words."""
    classes, options, nonfatal = 0, None, frozenset[str]()
    for word in directive.args:
        key, equals, value = word.partition("=")
        low = key.lower()
        if low == "nonfatal":
            nonfatal |= _NONFATAL.get(value.lower(), frozenset())
        elif low == "options":
            classes |= OPTIONS
            options = _allowed_options(value) if equals else ALL_OPTIONS
        elif word.lower() in ("none", "all"):
            classes = 0 if word.lower() == "none" else ALL
            nonfatal = frozenset()
        elif word.lower() in _CLASSES:
            classes |= _CLASSES[word.lower()]
        else:
            raise ConfigError(f"Illegal override option {word}")
    return config._replace(override=Override(classes, options, nonfatal, directive))


def _allowed_options(text: str) -> frozenset[str]:
    found = frozenset[str]()
    for word in text.split(","):
        if not word:
            continue
        if word.lower() not in NAMES:
            raise ConfigError(f"Illegal option {word}")
        found |= NAMES[word.lower()]
    return found


def core_of(builder: Builder) -> CoreConfig:
    """What the core was told so far in this section."""
    found: CoreConfig = builder.slot(CORE, NOTHING)
    return found


def inside(builder: Builder, path: str, directive: Directive) -> PerDir:
    """What stands inside a section; the core always has a slot there, and laying an empty one over others counts."""
    inner = builder.inner(path)
    inner.slots[CORE] = NOTHING
    inner.add_all(directive.block or ())
    return inner.built()


def _core(change: Callable[[CoreConfig, Directive], CoreConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        builder.slots[CORE] = change(core_of(builder), directive)

    return handler


def _options(builder: Builder, directive: Directive) -> None:
    builder.slots[CORE] = with_options(core_of(builder), directive, builder.options_allowed)


def _override_list(config: CoreConfig, directive: Directive) -> CoreConfig:
    words = directive.args
    if any(word.lower() == "none" for word in words):
        if len(words) != 1:
            raise ConfigError("'None' not allowed with other directives in AllowOverrideList")
        words = []
    return config._replace(override_list=frozenset(word.lower() for word in words))


def _error_document(builder: Builder, directive: Directive) -> None:
    config = core_of(builder)
    if len(directive.args) != 2:
        raise ConfigError("ErrorDocument takes two arguments")
    number, message = directive.args
    if not number.isascii() or not number.isdigit() or not 100 <= int(number) < 600:
        raise ConfigError(f"Unsupported HTTP response code {number}")
    if " " in message:
        kind = TEXT
    elif message.startswith("/"):
        kind = LOCAL
    elif _is_url(message):
        kind = URL
    else:
        kind = TEXT
    if int(number) == 401 and kind == URL:
        return
    if message.lower() == "default":
        kind = DEFAULT_PAGE
    else:
        builder.check_string(message, "Cannot parse expression in ErrorDocument: ")
    added = (int(number), ErrorDocument(kind, message, directive))
    others = (one for one in config.error_documents if one[0] != added[0])
    builder.slots[CORE] = config._replace(error_documents=(*others, added))


def _is_url(text: str) -> bool:
    """ap_is_url: a scheme of letters, digits, `+`, `-`, `.` before a colon that something follows."""
    scheme, colon, rest = text.partition(":")
    return bool(colon and rest and scheme) and all(mark.isalnum() or mark in "+-." for mark in scheme)


def _set_handler(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    builder.check_string(word, "Can't parse expression : ")
    builder.slots[CORE] = core_of(builder)._replace(handler=word, handler_directive=directive)


def _force_type(config: CoreConfig, directive: Directive) -> CoreConfig:
    return config._replace(mime_type=only_word(directive).lower())


def _accept_path_info(config: CoreConfig, directive: Directive) -> CoreConfig:
    return config._replace(accept_path_info=choice(directive, "on", "off", "default"))


def _encoded_slashes(config: CoreConfig, directive: Directive) -> CoreConfig:
    return config._replace(encoded_slashes=choice(directive, "on", "off", "nodecode"))


def _limit_request_body(config: CoreConfig, directive: Directive) -> CoreConfig:
    word = only_word(directive)
    if not word.isascii() or not word.isdigit():
        raise ConfigError("LimitRequestBody argument is not parsable.")
    return config._replace(limit_request_body=int(word))


def _limit_xml_body(config: CoreConfig, directive: Directive) -> CoreConfig:
    word = only_word(directive)
    number = re.match(r"\s*[+-]?\d+", word)
    value = 0 if number is None else int(number[0])
    if value < 0:
        raise ConfigError("LimitXMLRequestBody requires a non-negative integer.")
    return config._replace(limit_xml_body=value)


def _canonical_name(config: CoreConfig, directive: Directive) -> CoreConfig:
    return config._replace(canonical_name=choice(directive, "on", "off", "dns"))


def _canonical_port(config: CoreConfig, directive: Directive) -> CoreConfig:
    return config._replace(canonical_port=choice(directive, "on", "off") == "on")


def _hostname_lookups(config: CoreConfig, directive: Directive) -> CoreConfig:
    return config._replace(hostname_lookups=choice(directive, "on", "off", "double"))


def _limit(builder: Builder, directive: Directive) -> None:
    names = directive.args
    if directive.name == "<limit" and "TRACE" in names:
        raise ConfigError("TRACE cannot be controlled by <Limit>, see TraceEnable")
    for name in names:
        if not builder.knows_method(name):
            if builder.htaccess:
                words = f"Could not register method '{name}' for {directive.written} from .htaccess configuration"
                raise ConfigError(words)
            assert builder.process is not None
            builder.process.methods.add(name)
    outer = builder.methods
    builder.methods = outer & (limited(names) if directive.name == "<limit" else limited_except(names))
    if builder.methods in (NONE, outer):
        builder.methods = outer
        words = "excludes all methods" if not names else "specifies methods already excluded"
        raise ConfigError(f"{directive.written}> directive {words}")
    builder.add_all(directive.block or ())
    builder.methods = outer


def _files(builder: Builder, directive: Directive) -> None:
    section = section_of(FILES, directive)
    section.per_dir = inside(builder, section.text, directive)
    core = core_of(builder)
    builder.slots[CORE] = core._replace(files=(*core.files, section))


def _if(builder: Builder, directive: Directive) -> None:
    section = Section(IF, directive.args[0] if directive.args else "", None, directive)
    section.chain = {"<if": WHEN, "<elseif": OTHERWISE_WHEN, "<else": OTHERWISE}[directive.name]
    if section.chain != OTHERWISE:
        builder.check_condition(section.text, "Cannot parse condition clause: ")
    core = core_of(builder)
    if section.chain != WHEN and (not core.ifs or core.ifs[-1].chain == OTHERWISE):
        raise ConfigError(f"{directive.written}> without matching <If>")
    section.per_dir = inside(builder, "*If", directive)
    core = core_of(builder)
    builder.slots[CORE] = core._replace(ifs=(*core.ifs, section))


DIRECTIVES: dict[str, Handler] = {
    "options": _options,
    "allowoverride": _core(with_allow_override),
    "allowoverridelist": _core(_override_list),
    "errordocument": _error_document,
    "sethandler": _set_handler,
    "forcetype": _core(_force_type),
    "acceptpathinfo": _core(_accept_path_info),
    "allowencodedslashes": _core(_encoded_slashes),
    "limitrequestbody": _core(_limit_request_body),
    "limitxmlrequestbody": _core(_limit_xml_body),
    "usecanonicalname": _core(_canonical_name),
    "usecanonicalphysicalport": _core(_canonical_port),
    "hostnamelookups": _core(_hostname_lookups),
    "<limit": _limit,
    "<limitexcept": _limit,
    "<files": _files,
    "<filesmatch": _files,
    "<if": _if,
    "<elseif": _if,
    "<else": _if,
}
