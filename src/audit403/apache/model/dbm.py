"""Passwords and groups in dbm files: which file, and of which kind.

Truth: modules/aaa/mod_authn_dbm.c and mod_authz_dbm.c, which have no merger: a section with any of a module's
directives replaces both of them.
"""

from collections.abc import Callable

from audit403.apache.model.builder import Builder, Handler, only_word
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

AUTHN_DBM, AUTHZ_DBM = "authn_dbm", "authz_dbm"
DEFAULT = "default"


class DbmConfig(NamedTuple):
    """The file, None where none is named, its kind, and the directive that names it."""

    path: str | None = None
    kind: str = DEFAULT
    directive: Directive | None = None

    def merged(self, new: "DbmConfig") -> "DbmConfig":
        """The later section's."""
        return new


def _setting(module: str, change: Callable[[DbmConfig, str, Directive], DbmConfig]) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        builder.slots[module] = change(builder.slot(module, DbmConfig()), only_word(directive), directive)

    return handler


def _file(config: DbmConfig, word: str, directive: Directive) -> DbmConfig:
    return config._replace(path=word, directive=directive)


def _kind(config: DbmConfig, word: str, _directive: Directive) -> DbmConfig:
    return config._replace(kind=word)


DIRECTIVES: dict[str, Handler] = {
    "authdbmuserfile": _setting(AUTHN_DBM, _file),
    "authdbmtype": _setting(AUTHN_DBM, _kind),
    "authdbmgroupfile": _setting(AUTHZ_DBM, _file),
    "authzdbmtype": _setting(AUTHZ_DBM, _kind),
}
