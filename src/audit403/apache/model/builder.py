"""From the directives of one section to its per-directory configuration, module by module.

Each module's file names its directives in a table, `DIRECTIVES`, and `handlers` gathers the tables. Truth:
ap_walk_config in server/config.c.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.methods import ALL, BUILT_IN, OF_DAV, Methods
from audit403.apache.model.per_dir import PerDir
from audit403.apache.read.commands import commands
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from audit403.apache.model.server import Server
    from audit403.apache.read.process import Process


class Faulty(NamedTuple):
    """A directive that httpd does not take, with its words."""

    directive: Directive
    message: str


class Builder:
    """One per-directory configuration in the making.

    `path` is httpd's cmd->path: the pattern of the section, the directory of an `.htaccess` with its slash, `*If` in an
    `<If>`; None on the level of a server, whose own settings go to `server` (None in an `.htaccess`).
    `options_allowed` is what AllowOverride leaves of Options to an `.htaccess`, `methods` what `<Limit>` is about.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        server: "Server | None" = None,
        options_allowed: frozenset[str] | None = None,
        faults: list[Faulty] | None = None,
        htaccess: bool = False,
        process: "Process | None" = None,
        main: "Server | None" = None,
    ) -> None:
        self.path = path
        self.server = server
        self.options_allowed = options_allowed
        self.htaccess = htaccess
        #: The process, which has the modules; None: all there are.
        self.process = process
        #: The main server, which has what a virtual host and an `.htaccess` may name.
        self.main = main
        self.slots: dict[str, Any] = {}
        self.methods: Methods = ALL
        self.faults: list[Faulty] = [] if faults is None else faults
        #: The directives that count, where AllowOverride passes some over; None: all.
        self.allowed: set[Directive] | None = None
        #: Where a module keeps what it is in the middle of (the open container of Require).
        self.open: dict[str, Any] = {}

    def add_all(self, directives: Iterable[Directive]) -> None:
        """Take directives in; one that httpd does not take is noted, and the others count."""
        for directive in directives:
            try:
                self.add(directive)
            except ConfigError as error:
                self.faults.append(Faulty(directive, str(error)))

    def add(self, directive: Directive) -> None:
        """Take one directive in. Raises ConfigError with httpd's words."""
        handlers, empty_slot = _handlers()
        is_allowed = self.allowed is None or directive in self.allowed
        handler = handlers.get(directive.name) if is_allowed else None
        if handler is not None:
            handler(self, directive)
            return
        for command in commands(directive.name):
            empty_slot(self, command.module)

    def built(self) -> PerDir:
        """The configuration."""
        return PerDir(self.slots)

    def slot(self, module: str, empty: Any) -> Any:
        """What the module was told so far in this section, or `empty`."""
        return self.slots.get(module, empty)

    def server_slot(self, module: str, empty: Any) -> Any:
        """What the module was told so far for the server, or `empty`."""
        return empty if self.server is None else self.server.slots.get(module, empty)

    def set_server_slot(self, module: str, slot: Any) -> None:
        """What the module is told for the server. Raises ConfigError where there is none."""
        if self.server is None:
            raise ConfigError("not allowed here")
        self.server.slots[module] = slot

    @property
    def with_ssl(self) -> bool:
        """Whether mod_ssl is there, which brings variables for expressions."""
        return self.process is None or self.process.lenient or "ssl_module" in self.process.modules.symbols

    def main_slot(self, module: str, empty: Any) -> Any:
        """What the module was told so far for the main server, or `empty`."""
        return empty if self.main is None else self.main.slots.get(module, empty)

    def check_condition(self, text: str, words: str) -> None:
        """Raise ConfigError with these words where an expression is none."""
        from audit403.apache.expr.parse import parse_condition

        try:
            parse_condition(text, restricted=self.htaccess, with_ssl=self.with_ssl)
        except ConfigError as error:
            raise ConfigError(f"{words}{error}") from None

    def check_string(self, text: str, words: str) -> None:
        """The same for a text that may have variables in it."""
        from audit403.apache.expr.parse import parse_string

        try:
            parse_string(text, restricted=self.htaccess, with_ssl=self.with_ssl)
        except ConfigError as error:
            raise ConfigError(f"{words}{error}") from None

    def knows_method(self, name: str) -> bool:
        """Whether httpd knows a method by now."""
        if self.process is None or name in BUILT_IN or name in self.process.methods:
            return True
        return self.htaccess and name in OF_DAV and "dav_module" in self.process.modules.symbols

    def inner(self, path: str | None) -> "Builder":
        """A builder for a section inside this one."""
        inner = Builder(
            path,
            server=self.server,
            options_allowed=self.options_allowed,
            faults=self.faults,
            htaccess=self.htaccess,
            process=self.process,
            main=self.main,
        )
        inner.allowed = self.allowed
        return inner


Handler = Callable[[Builder, Directive], None]


@cache
def _handlers() -> tuple[Mapping[str, Handler], Callable[[Builder, str], None]]:
    """The table of all directives, which is made of modules that import this one."""
    from audit403.apache.model.handlers import HANDLERS, empty_slot

    return HANDLERS, empty_slot


def flag(directive: Directive) -> bool:
    """On or Off. Raises ConfigError with httpd's words."""
    word = directive.args[0].lower() if len(directive.args) == 1 else ""
    if word not in ("on", "off"):
        raise ConfigError(f"{directive.written} must be On or Off")
    return word == "on"


def only_word(directive: Directive) -> str:
    """The one argument. Raises ConfigError with httpd's words."""
    if len(directive.args) != 1 or not directive.args[0]:
        raise ConfigError(f"{directive.written} takes one argument")
    return directive.args[0]


def choice(directive: Directive, *allowed: str) -> str:
    """The one argument, in lower case, out of a few words. Raises ConfigError."""
    word = only_word(directive).lower()
    if word not in allowed:
        raise ConfigError(f"{directive.written} must be one of: {' | '.join(allowed)}")
    return word
