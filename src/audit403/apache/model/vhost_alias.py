"""VirtualDocumentRoot and VirtualScriptAlias: document roots that are made out of the name or the address asked for.

Truth: modules/mappers/mod_vhost_alias.c.
"""

import re

from audit403.apache.model.builder import Builder, Handler, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

VHOST_ALIAS = "vhost_alias"
PART = re.compile(r"%(?:(%)|(p)|(-?)([0-9])(\+?)(?:\.(-?)([0-9])(\+?))?)")
_FORMAT = re.compile(rf"(?:[^%]|{PART.pattern})*")


class Root(NamedTuple):
    """One folder with `%` in it; `format` None is `none`; `by_address` says what `%` stands for."""

    format: str | None
    by_address: bool
    directive: Directive


class VhostAliasServer(NamedTuple):
    """A server's roots; None is unset."""

    documents: Root | None = None
    scripts: Root | None = None

    def merged(self, new: "VhostAliasServer") -> "VhostAliasServer":
        """The main server's with a virtual host's laid over it."""
        return overlaid(self, new)


def _root(builder: Builder, directive: Directive) -> None:
    text: str | None = only_word(directive)
    assert text is not None
    if not text.startswith("/"):
        if text.lower() != "none":
            raise ConfigError("format string must be an absolute path, or 'none'")
        text = None
    elif _FORMAT.fullmatch(text) is None:
        raise ConfigError("syntax error in format string")
    root = Root(text, directive.name.endswith("ip"), directive)
    server: VhostAliasServer = builder.server_slot(VHOST_ALIAS, VhostAliasServer())
    server = server._replace(scripts=root) if "script" in directive.name else server._replace(documents=root)
    builder.set_server_slot(VHOST_ALIAS, server)


_NAMES = ("virtualdocumentroot", "virtualdocumentrootip", "virtualscriptalias", "virtualscriptaliasip")
DIRECTIVES: dict[str, Handler] = dict.fromkeys(_NAMES, _root)
