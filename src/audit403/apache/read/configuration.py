"""A main configuration with everything that it includes, as the tree that httpd works with.

What httpd knows besides its files – its root, its environment, the modules where no LoadModule is to be seen – comes
from where the main file lies, and what is only assumed is named.
"""

from collections.abc import Container, Iterable, Mapping

from audit403.apache.read.commands import modules_with, symbol_of
from audit403.apache.read.envvars import DEBIAN as DEBIAN_VARIABLES
from audit403.apache.read.envvars import read_envvars
from audit403.apache.read.expand import Expander, World
from audit403.apache.read.implied import IMPLY, implied_by_value
from audit403.apache.read.include import Found
from audit403.apache.read.locate import Locator, read_main
from audit403.apache.read.modules import ASSUMPTIONS, DEBIAN, RHEL, SHARED_HOST, Assumption, Modules
from audit403.apache.read.parse import LONGEST_HTACCESS_LINE, ParsedFile, parse
from audit403.apache.read.process import Process
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import values_of
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Problem, every_directive
from audit403.evidence.interface import Evidence, NotCollected
from audit403.evidence.links import real_path
from audit403.evidence.stand_ins import NO_PATHS, PathMap


class Configuration:
    """The files of one server's configuration and what they come to.

    `directives` is httpd's tree: what is done while reading is gone from it, and stands in `executed`, in its order
    (a conditional section there says in `holds` whether its content was read). `process` is what httpd knows when all
    is read: its modules, its defines. `not_read` lists what could not be read or understood, each with its reason.
    """

    __slots__ = (
        "_checked",
        "about",
        "assumed",
        "directives",
        "executed",
        "files",
        "implied",
        "main",
        "not_read",
        "process",
        "reading",
        "server_root",
    )

    def __init__(self, main: ParsedFile, expander: Expander, server_root: str, implied: tuple[str, ...] = ()) -> None:
        self.main = main
        self.directives: list[Directive] = expander.directives
        self.executed: list[Directive] = expander.executed
        self.files: dict[str, ParsedFile] = expander.files
        self.process = expander.process
        #: The folder that stands for ServerRoot in the evidence.
        self.server_root = server_root
        #: What is wrong with the files and the includes; `problems` has the directives too.
        self.reading: list[Problem] = expander.problems
        self.not_read: list[tuple[str, str]] = expander.not_read
        #: The modules beside the assumed ones that are there because the files need them or are written for them.
        self.implied = implied
        #: What was assumed around a lone file (`main` is then a file of ours that includes it), or None.
        self.assumed: str | None = None
        #: The file that was asked about: the main file, or the lone one.
        self.about = main.path
        self._checked: list[Problem] | None = None

    @property
    def problems(self) -> list[Problem]:
        """All that httpd would refuse at its start, as far as reading shows it, and what is not known here."""
        if self._checked is None:
            from audit403.apache.read.check import check_directives

            self._checked = [*self.reading, *check_directives(self.directives, self.process)]
        return self._checked

    @property
    def modules(self) -> Modules:
        """The modules that httpd has."""
        return self.process.modules

    def every(self) -> list[Directive]:
        """All directives of the tree, a section before what it holds."""
        return every_directive(self.directives)


class Htaccess(NamedTuple):
    """An `.htaccess` file: its directives, what was done while reading it, and what is wrong with it.

    Which directives AllowOverride allows here is not looked at: that is the evaluator's.
    """

    file: ParsedFile
    directives: list[Directive]
    executed: list[Directive]
    problems: list[Problem]


class Settings(NamedTuple):
    """How a configuration is to be read, where its place does not tell.

    `prefix` is ServerRoot as long as no directive sets it; `defines` what `-D` defines; `environment` replaces what
    envvars would give; `modules` names what is assumed (debian, rhel, shared-host) where no LoadModule is to be seen.
    """

    prefix: str | None = None
    path_map: PathMap = NO_PATHS
    defines: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    modules: str | None = None


USUAL = Settings()
#: What a server cannot do without that has a `Require` or serves anything; httpd 2.2 did not know of it.
INDISPENSABLE = "authz_core_module"


def read_configuration(
    main: str, evidence: Evidence, settings: Settings = USUAL, *, read_before: Mapping[str, ParsedFile] | None = None
) -> Configuration:
    """Read the main configuration file at the absolute path `main`, and all that it includes.

    Files of `read_before` whose content is still the same are not parsed again.
    """
    file = read_main(main, evidence, read_before)
    configuration = read_around(file, evidence, settings, read_before=read_before)
    if not file.lines.lines:
        configuration.not_read += [(main, problem.message) for problem in file.problems if problem.kind == "include"]
    return configuration


def read_around(
    file: ParsedFile,
    evidence: Evidence,
    settings: Settings = USUAL,
    *,
    server_root: str | None = None,
    world: World | None = None,
    assumption: Assumption | None = None,
    read_before: Mapping[str, ParsedFile] | None = None,
    is_part: bool = False,
) -> Configuration:
    """The configuration of a main file that is at hand; `assumption` is for where no LoadModule is to be seen, and for
    a part of a configuration, which shows only some of them.
    """
    root = server_root or settings.prefix or root_of(file.path)
    if world is None:
        world = Locator(evidence, root, settings.path_map, read_before, _stated_roots(file))
    assumption = assumption or _assumption(file.path, root)
    start = _Start(file, evidence, settings, root, assumption is not RHEL)
    expander = start.run(world, None, ())
    if is_part or not _shows_modules(expander):
        wanted = ASSUMPTIONS.get(settings.modules or "", assumption)
        meant = _meant(file, expander)
        if meant:
            expander = start.run(world, None, meant)
        implied = {**meant, **_implied(expander.directives, meant)}
        expander = start.run(world, wanted, implied)
        usual = Modules(wanted.static, wanted).symbols
        return Configuration(file, expander, root, tuple(symbol for symbol in implied if symbol not in usual))
    return Configuration(file, expander, root)


def parse_htaccess(
    path: str, data: bytes, process: Process | None = None, evidence: Evidence | None = None
) -> Htaccess:
    """Read an `.htaccess` file with what its server knows; `evidence` is only for what `<IfFile>` asks for.

    Without a server's `process` the modules are those that web hosts usually have.
    """
    if process is None:
        process = Process(modules=Modules(SHARED_HOST.static, SHARED_HOST))
    file = parse(path, data, LONGEST_HTACCESS_LINE)
    expander = Expander(process, _WithoutFiles(evidence), htaccess=True)
    expander.run(file)
    return Htaccess(file, expander.directives, expander.executed, expander.problems)


def root_of(main: str) -> str:
    """The folder that is ServerRoot where the main file is laid out as the packages do it."""
    folder = main.rpartition("/")[0] or "/"
    if folder.endswith("/conf") and not main.endswith("/apache2.conf"):
        return folder.removesuffix("/conf") or "/"
    return folder


class _Start:
    """The beginnings of httpd: each run starts with nothing but what it was started with."""

    def __init__(self, file: ParsedFile, evidence: Evidence, settings: Settings, root: str, debian: bool) -> None:
        self.file = file
        self.root = root
        self.debian = debian
        self.defines = dict.fromkeys(settings.defines)
        self.known = settings.environment is not None
        self.environment = dict(settings.environment or {})
        if self.known:
            return
        script = evidence.read(f"{root.rstrip('/')}/envvars")
        if isinstance(script, bytes):
            environment = read_envvars(script.decode("utf-8", "replace"))
            self.environment = environment.variables
            self.known = environment.complete
            self.defines |= dict.fromkeys(environment.defines)
        elif debian:
            self.environment = dict(DEBIAN_VARIABLES)

    def run(self, world: World, assumption: Assumption | None, implied: Iterable[str]) -> Expander:
        """Read everything with these modules assumed, or with those that LoadModule loads."""
        expander = self._expander(world, assumption, implied, cut_circles=False)
        expander.run(self.file)
        if expander.too_deep:
            expander = self._expander(world, assumption, implied, cut_circles=True)
            expander.run(self.file)
        return expander

    def _expander(
        self, world: World, assumption: Assumption | None, implied: Iterable[str], cut_circles: bool
    ) -> Expander:
        modules = Modules() if assumption is None else Modules(assumption.static, assumption)
        for symbol in implied:
            modules.add(symbol)
        process = Process(
            self.root,
            modules,
            defines=self.defines,
            environment=self.environment,
            environment_known=self.known,
            debian=self.debian,
        )
        return Expander(process, world, cut_circles=cut_circles)


class _WithoutFiles:
    """The world of an `.htaccess` file, which includes nothing."""

    def __init__(self, evidence: Evidence | None) -> None:
        self.evidence = evidence

    def find(self, path: str, optional: bool) -> list[Found]:
        return []

    def read(self, path: str) -> ParsedFile | Found:
        return Found(problem="an .htaccess file includes nothing")

    def exists(self, path: str) -> bool | None:
        if self.evidence is None:
            return None
        found = real_path(self.evidence, path)
        return None if isinstance(found, NotCollected) else isinstance(found, str)


def _shows_modules(expander: Expander) -> bool:
    """Whether LoadModule shows which modules there are. It does not where the usual ones are linked in, or loaded in a
    file that is not at hand, and only what goes beyond those is loaded.
    """
    process = expander.process
    is_any_loaded = any(directive.name == "loadmodule" for directive in expander.executed)
    return is_any_loaded and (process.debian or INDISPENSABLE in process.modules.symbols)


def _is_debian(main: str) -> bool:
    return main.endswith("/apache2.conf")


def _assumption(main: str, root: str) -> Assumption:
    return DEBIAN if _is_debian(main) or root == "/etc/apache2" else RHEL


def _meant(main: ParsedFile, expander: Expander) -> dict[str, None]:
    """The modules that parts of the configuration are written for, where no LoadModule tells."""
    from audit403.apache.read.surroundings import meant_modules

    parts = (part for part in expander.files.values() if part is not main)
    return {symbol: None for part in parts for symbol in meant_modules(part)}


def _implied(directives: list[Directive], meant: Container[str]) -> dict[str, None]:
    """The modules that must be there for what stands outside of `<IfModule>`: otherwise httpd would not start."""
    found: dict[str, None] = {}
    within: dict[Directive | None, bool] = {None: False}
    for directive in every_directive(directives):
        if _is_conditional(directive.via, within, meant):
            continue
        symbols = modules_with(directive.name)
        if len(symbols) == 1:
            found[symbols[0]] = None
        if directive.name in IMPLY:
            found.update(dict.fromkeys(implied_by_value(directive)))
    return found


def _is_conditional(via: Directive | None, known: dict[Directive | None, bool], meant: Container[str]) -> bool:
    """Whether an `<IfModule>` is among the steps that led here, for another module than those that are meant."""
    chain: list[Directive] = []
    step = via
    while step is not None and step not in known:
        chain.append(step)
        step = step.via
    answer = known[step]
    for step in reversed(chain):
        answer = known[step] = answer or (step.name == "<ifmodule" and symbol_of((step.args or [""])[0]) not in meant)
    return known[via]


def _stated_roots(file: ParsedFile) -> tuple[str, ...]:
    """What the main file itself says about ServerRoot."""
    text = file.source.text
    found = []
    for name, start, end, args_at in file.lines.lines:
        if name == "serverroot":
            words = values_of(text[start + args_at : end])
            if words and words[0].startswith("/"):
                found.append(words[0].rstrip("/"))
    return tuple(found)
