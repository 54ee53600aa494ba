"""What the extensions of a file name stand for: AddHandler, AddType, AddLanguage and their kin, and the Remove lines.

Truth: modules/http/mod_mime.c. A Remove line is carried out when its section is laid over another, and only then, so
that what the same section adds is removed too.
"""

from collections.abc import Mapping

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

MIME = "mime"
ANY, NEGOTIATED_ONLY, HANDLERS, FILTERS = "any", "negotiatedonly", "handlers", "filters"
REMOVED_TYPE = ""
"""The type of an extension of which RemoveType took it; no type of the file with all types counts either."""


class Extension(NamedTuple):
    """What one extension stands for; None is unset."""

    type: str | None = None
    encoding: str | None = None
    language: str | None = None
    handler: str | None = None
    charset: str | None = None
    input_filter: str | None = None
    output_filter: str | None = None
    handler_directive: Directive | None = None


class MimeConfig(NamedTuple):
    """What a section says; `removed` are names of extensions, each with a field that it loses."""

    extensions: Mapping[str, Extension] = {}
    removed: tuple[tuple[str, str], ...] = ()
    default_language: str | None = None
    multiviews_match: frozenset[str] = frozenset()
    use_path_info: bool | None = None

    def merged(self, new: "MimeConfig") -> "MimeConfig":
        """This with a later section's laid over it."""
        extensions = dict(self.extensions)
        for name, added in new.extensions.items():
            before = extensions.get(name)
            if before is not None:
                pairs = zip(before, added, strict=True)
                added = Extension._make(old if value is None else value for old, value in pairs)
            extensions[name] = added
        for name, field in new.removed:
            known = extensions.get(name)
            if known is not None:
                extensions[name] = known._replace(**{field: None})
        return MimeConfig(
            extensions,
            (),
            new.default_language or self.default_language,
            new.multiviews_match or self.multiviews_match,
            self.use_path_info if new.use_path_info is None else new.use_path_info,
        )


class MimeServer(NamedTuple):
    """The file with all types (TypesConfig), which the main server names for all."""

    types_config: str | None = None

    def merged(self, new: "MimeServer") -> "MimeServer":
        """A virtual host's, which nobody reads."""
        return new


_ADDED = {
    "addtype": "type",
    "addencoding": "encoding",
    "addlanguage": "language",
    "addhandler": "handler",
    "addcharset": "charset",
    "addinputfilter": "input_filter",
    "addoutputfilter": "output_filter",
}
_REMOVED = {f"remove{name.removeprefix('add')}": field for name, field in _ADDED.items() if field != "type"}


def _config(builder: Builder) -> MimeConfig:
    found: MimeConfig = builder.slot(MIME, MimeConfig())
    return found


def _with(builder: Builder, name: str, **fields: object) -> None:
    config = _config(builder)
    key = name.lower().removeprefix(".")
    extension = config.extensions.get(key, Extension())._replace(**fields)  # type: ignore[arg-type]
    builder.slots[MIME] = config._replace(extensions={**config.extensions, key: extension})


def _add(builder: Builder, directive: Directive) -> None:
    if len(directive.args) < 2:
        raise ConfigError(f"{directive.written} requires at least two arguments")
    value, *names = directive.args
    field = _ADDED[directive.name]
    more = {"handler_directive": directive} if field == "handler" else {}
    for name in names:
        _with(builder, name, **{field: value.lower()}, **more)


def _remove(builder: Builder, directive: Directive) -> None:
    for word in directive.args:
        config = _config(builder)
        pair = (word.removeprefix(".").lower(), _REMOVED[directive.name])
        builder.slots[MIME] = config._replace(removed=(*config.removed, pair))


def _remove_type(builder: Builder, directive: Directive) -> None:
    for word in directive.args:
        _with(builder, word, type=REMOVED_TYPE)


def _default_language(builder: Builder, directive: Directive) -> None:
    builder.slots[MIME] = _config(builder)._replace(default_language=only_word(directive))


def _multiviews_match(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    words = config.multiviews_match
    for word in directive.args:
        low = word.lower()
        if low not in (ANY, NEGOTIATED_ONLY, HANDLERS, FILTERS):
            raise ConfigError(f"Unrecognized option '{word}'")
        alone = low in (ANY, NEGOTIATED_ONLY)
        if (alone and words - {low}) or (not alone and words & {ANY, NEGOTIATED_ONLY}):
            raise ConfigError(f"{word} is incompatible with {' and '.join(sorted(words))}")
        words |= {low}
    builder.slots[MIME] = config._replace(multiviews_match=words)


def _use_path_info(builder: Builder, directive: Directive) -> None:
    builder.slots[MIME] = _config(builder)._replace(use_path_info=flag(directive))


def _types_config(builder: Builder, directive: Directive) -> None:
    builder.set_server_slot(MIME, MimeServer(only_word(directive)))


DIRECTIVES: dict[str, Handler] = {
    **dict.fromkeys(_ADDED, _add),
    **dict.fromkeys(_REMOVED, _remove),
    "removetype": _remove_type,
    "defaultlanguage": _default_language,
    "multiviewsmatch": _multiviews_match,
    "modmimeusepathinfo": _use_path_info,
    "typesconfig": _types_config,
}
