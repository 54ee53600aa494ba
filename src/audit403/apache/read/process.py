"""What the httpd process knows while it reads: its root, its modules, what Define has set, its environment, its macros.

An `.htaccess` file is read with what the server's configuration has left here.
"""

from collections.abc import Mapping

from audit403.apache.paths import merge
from audit403.apache.read.modules import Modules
from audit403.apache.read.tree import Directive, Piece
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Source, latin

#: The version that is assumed where nothing says which it is: Debian 12's.
VERSION = (2, 4, 71)

#: How the symbols of the modules begin of which each httpd has one; Debian's loads it, others may have it built in.
MPM = "mpm_"


class MacroLine(NamedTuple):
    """One line of a macro's contents and where it is written."""

    text: str
    source: Source
    pieces: list[Piece]


class Macro:
    """A `<Macro>`: its arguments' names, its lines, and `location`, the words that httpd says about where it is."""

    __slots__ = ("arguments", "contents", "directive", "location", "name")

    def __init__(self, name: str, directive: Directive, location: str, arguments: list[str]) -> None:
        self.name = name
        self.directive = directive
        self.location = location
        self.arguments = arguments
        self.contents: list[MacroLine] = []


class Process:
    """What one httpd knows.

    `environment` is what `${NAME}` finds where no Define has set it; `environment_known` says whether that is all of
    it, so that a name that is not there is not defined. `debian` says that the program is Debian's: of that one it is
    known which modules are linked into it.
    """

    __slots__ = (
        "debian",
        "defines",
        "environment",
        "environment_known",
        "lenient",
        "macros",
        "methods",
        "modules",
        "server_root",
        "variables",
        "version",
    )

    def __init__(
        self,
        server_root: str = "/etc/apache2",
        modules: Modules | None = None,
        *,
        defines: Mapping[str, str | None] | None = None,
        environment: Mapping[str, str] | None = None,
        environment_known: bool = False,
        version: tuple[int, int, int] = VERSION,
        debian: bool = True,
    ) -> None:
        self.debian = debian
        self.server_root = server_root
        self.modules = Modules() if modules is None else modules
        #: The names that `<IfDefine>` finds.
        self.defines: dict[str, None] = dict.fromkeys(defines or ())
        #: Their values, by the name in lower case: httpd's table of them does not tell the cases apart.
        self.variables: dict[str, str] = {
            name.lower(): latin(value) for name, value in (defines or {}).items() if value is not None
        }
        self.environment = dict(environment or {})
        self.environment_known = environment_known
        self.version = version
        self.macros: dict[str, Macro] = {}
        #: The methods that the configuration has registered by naming them.
        self.methods: set[str] = set()
        #: Whether modules may be there that no LoadModule shows: no directive is refused for lack of its module then.
        self.lenient = self.modules.assumed is not None

    def value_of(self, name: str) -> str | None:
        """What `${name}` stands for, as latin-1 text; None for a variable that is not defined."""
        value = self.variables.get(name.lower())
        if value is None:
            value = self.environment.get(name)
            return None if value is None else latin(value)
        return value

    def define(self, name: str, value: str | None) -> None:
        """`Define name [value]`, the value as latin-1 text."""
        self.defines[name] = None
        if value is not None:
            self.variables[name.lower()] = value

    def undefine(self, name: str) -> None:
        """`UnDefine name`."""
        self.defines.pop(name, None)
        self.variables.pop(name.lower(), None)

    def has_linked_mpm(self) -> bool:
        """Whether the MPM must be built in, for httpd starts with none but that."""
        return not self.debian and not any(symbol.startswith(MPM) for symbol in self.modules.symbols)

    def rooted(self, path: str) -> str:
        """A path as httpd completes it: a relative one begins at ServerRoot."""
        return merge(self.server_root, path)
