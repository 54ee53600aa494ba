"""What stands for a directory: DirectoryIndex, DirectorySlash, FallbackResource.

Truth: modules/mappers/mod_dir.c.
"""

import re

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

DIR = "dir"
DEFAULT_INDEX = ("index.html",)
_REDIRECTS = {"on": 302, "off": 0, "temp": 302, "permanent": 301, "seeother": 303}


class DirConfig(NamedTuple):
    """What a section says; None is unset. `redirect` is the status of DirectoryIndexRedirect, 0 for off."""

    index_names: tuple[str, ...] | None = None
    index_directive: Directive | None = None
    slash: bool | None = None
    check_handler: bool | None = None
    redirect: int | None = None
    fallback: str | None = None
    fallback_directive: Directive | None = None

    def merged(self, new: "DirConfig") -> "DirConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


_NOTHING = DirConfig()


def _config(builder: Builder) -> DirConfig:
    found: DirConfig = builder.slot(DIR, _NOTHING)
    return found


def _index(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    names = config.index_names or ()
    for index, word in enumerate(directive.args):
        # `disabled` alone empties the list; among others it is a name like them.
        names = () if word.lower() == "disabled" and index == 0 and len(directive.args) == 1 else (*names, word)
    builder.slots[DIR] = config._replace(index_names=names, index_directive=directive)


def _slash(builder: Builder, directive: Directive) -> None:
    builder.slots[DIR] = _config(builder)._replace(slash=flag(directive))


def _check_handler(builder: Builder, directive: Directive) -> None:
    builder.slots[DIR] = _config(builder)._replace(check_handler=flag(directive))


def _redirect(builder: Builder, directive: Directive) -> None:
    word = only_word(directive).lower()
    number = re.match("[0-9]+", word)
    status = _REDIRECTS.get(word) if number is None else int(number[0])
    if status is None:
        raise ConfigError("DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx")
    if number is not None and not 300 <= status < 400:
        raise ConfigError("DirectoryIndexRedirect only accepts values between 300 and 399")
    builder.slots[DIR] = _config(builder)._replace(redirect=status)


def _fallback(builder: Builder, directive: Directive) -> None:
    builder.slots[DIR] = _config(builder)._replace(fallback=only_word(directive), fallback_directive=directive)


DIRECTIVES: dict[str, Handler] = {
    "directoryindex": _index,
    "directoryslash": _slash,
    "directorycheckhandler": _check_handler,
    "directoryindexredirect": _redirect,
    "fallbackresource": _fallback,
}
