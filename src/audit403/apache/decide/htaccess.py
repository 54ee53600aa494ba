"""`.htaccess` files: found, opened, read and allowed as far as AllowOverride and AllowOverrideList say.

Truth: ap_parse_htaccess and invoke_cmd in server/config.c, ap_open_htaccess in server/core.c, ap_pcfg_openfile in
server/util.c.
"""

from collections.abc import Iterator
from errno import EBADF, ENOENT, ENOTDIR
from typing import TYPE_CHECKING

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.outcome import FORBIDDEN, SERVER_ERROR
from audit403.apache.expr.scan import JAMMED
from audit403.apache.model.builder import Builder, Faulty
from audit403.apache.model.core_config import NONFATAL_OVERRIDE, NONFATAL_UNKNOWN, Override
from audit403.apache.model.per_dir import PerDir
from audit403.apache.paths import merge
from audit403.apache.read.check import HTACCESS, check_directives
from audit403.apache.read.commands import AUTHCFG, Command, commands
from audit403.apache.read.configuration import Htaccess, parse_htaccess
from audit403.apache.read.parse import ParsedFile
from audit403.apache.read.process import Process
from audit403.apache.read.tree import Directive
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.core.place import Place, Span
from audit403.core.source import Problem, every_directive

if TYPE_CHECKING:
    from audit403.apache.decide.evaluator import Evaluator
    from audit403.apache.decide.ways import Effective

_NOT_SET = Override()
_REQUIRES = frozenset(("<requireall", "<requireany", "<requirenone"))
#: Kinds of problems that httpd takes, or that are most likely none: a module that is not known may have the directive.
_NO_FAULTS = ("suspicious", "not-collected", "stranger")


class Read(NamedTuple):
    """An `.htaccess` as it counts: its configuration, or what httpd does not take in it (500)."""

    per_dir: PerDir
    fault: Faulty | None
    message: str
    where: Place | None
    ignored: tuple[Directive, ...]


class AccessFiles:
    """The `.htaccess` files of one world, each read once."""

    def __init__(self, evaluator: "Evaluator") -> None:
        self._evaluator = evaluator
        self._parsed: dict[str, Htaccess] = {}
        self._read: dict[tuple[str, Override, frozenset[str] | None], Read] = {}

    def read(self, exchange: Exchange, directory: str, effective: "Effective") -> PerDir | int | None:
        """What the `.htaccess` of a directory (with its slash) says, None without one, or a status."""
        override = effective.override or _NOT_SET
        for name in exchange.server.access_names:
            path = merge(directory, name)
            found = exchange.evaluator.served_files().open(path)
            errno = found.errno
            if not errno and not found.is_file and found.path != "/dev/null":
                errno = EBADF
            if errno in (ENOENT, ENOTDIR):
                exchange.step("htaccess", path, None, False, f"file:{path}", "exists")
                continue
            where = exchange.evaluator.served_files().place(found)
            exchange.step("htaccess", path, where, not errno, f"file:{path}", "readable")
            if errno:
                log = (
                    f"{error_text(errno)}AH00529: {path} pcfg_openfile: unable to check htaccess file, ensure it is "
                    f"readable and that '{directory}' is executable"
                )
                message = "httpd looks for an .htaccess here and must be able to read it"
                exchange.decided("htaccess-unreadable", where, message, log=log)
                return FORBIDDEN
            read = self._of(path, directory, override, effective.override_list)
            for directive in read.ignored:
                text = f"{directive.written} is not allowed here by AllowOverride and passed over"
                exchange.step("htaccess", text, directive.span, False, "override", "allows", directive.name)
            if read.message:
                if read.message.endswith(JAMMED):
                    exchange.step("htaccess", f"{read.message}: the child ends", read.where)
                    exchange.status_known = False
                    return SERVER_ERROR
                exchange.step("htaccess", f"{read.message}: 500", read.where)
                exchange.decided("htaccess-fault", read.where, read.message, log=f"{path}: {read.message}")
                return SERVER_ERROR
            exchange.step("htaccess", f"{path} is read", where)
            return read.per_dir
        return None

    def sources(self) -> dict[str, ParsedFile]:
        """The files that were read so far."""
        return {path: read.file for path, read in self._parsed.items()}

    def said(self, path: str) -> PerDir | None:
        """What a file that was read so far has come to."""
        found = (read for (known, _, _), read in self._read.items() if known == path and not read.message)
        return next((read.per_dir for read in found), None)

    def parsed(self, path: str) -> Htaccess:
        """The directives of one file. Raises Undecided when its content is not known."""
        known = self._parsed.get(path)
        if known is None:
            data = self._evaluator.served.read(path)
            if not isinstance(data, bytes):
                raise Undecided(Missing(REASON_FILE, path))
            known = self._parsed[path] = parse_htaccess(
                path, data, self._evaluator.model.process, self._evaluator.served
            )
        return known

    def _of(self, path: str, directory: str, override: Override, override_list: frozenset[str] | None) -> Read:
        key = (path, override._replace(directive=None), override_list)
        known = self._read.get(key)
        if known is None:
            known = self._read[key] = self._built(self.parsed(path), directory, override, override_list)
        return known

    def _built(self, file: Htaccess, directory: str, override: Override, override_list: frozenset[str] | None) -> Read:
        nothing = PerDir({})
        ignored: list[Directive] = []
        process = self._evaluator.model.process
        allowed = _Allowed(override, override_list or frozenset(), ignored, process)
        try:
            allowed.conditions(file.executed, override.classes)
            fatal = [problem for problem in file.problems if problem.kind != "context" or not allowed.passes_over]
            fault = _first_fault(fatal, allowed)
            if fault is not None:
                return Read(nothing, None, fault.message, fault.span, ())
            directives = allowed.those(file.directives, override.classes)
        except _NotAllowedError as error:
            return Read(nothing, None, error.message, error.directive.span, ())
        allowed.passed_over = {directive.span for directive in every_directive(ignored)}
        allowed.required = {directive.span for directive in _required(file.directives)}
        fault = _first_fault(check_directives(file.directives, process, HTACCESS), allowed)
        if fault is not None:
            return Read(nothing, None, fault.message, fault.span, ())
        main = self._evaluator.model.main
        builder = Builder(directory, options_allowed=override.options, htaccess=True, process=process, main=main)
        builder.allowed = directives
        builder.add_all(file.directives)
        if builder.faults:
            first = builder.faults[0]
            return Read(nothing, first, first.message, first.directive.span, ())
        return Read(builder.built(), None, "", None, tuple(ignored))


class _NotAllowedError(Exception):
    """AllowOverride does not let a directive in."""

    def __init__(self, directive: Directive, message: str) -> None:
        super().__init__(directive.name)
        self.directive, self.message = directive, message


class _Allowed:
    """Which directives of a file count."""

    def __init__(self, override: Override, names: frozenset[str], ignored: list[Directive], process: Process) -> None:
        self.passes_over = NONFATAL_OVERRIDE in override.nonfatal
        self.passes_unknown = NONFATAL_UNKNOWN in override.nonfatal
        self.passed_over: set[Span] = set()
        self.required: set[Span] = set()
        self.process = process
        self.names = names
        self.ignored = ignored

    def conditions(self, executed: list[Directive], classes: int) -> None:
        """Where only a list of names is allowed, that goes for `<IfModule>` too. Raises _NotAllowedError.

        Passed over, it leaves its closing tag behind.
        """
        for directive in executed:
            if self._allows(directive, classes):
                continue
            message = f"{directive.written} not allowed here"
            if self.passes_over:
                name = directive.written.removeprefix("<")
                message = f"</{name}> without matching <{name}> section: AllowOverride does not allow <{name}>"
            raise _NotAllowedError(directive, message)

    def those(self, directives: list[Directive], classes: int, required: bool = False) -> set[Directive]:
        """All that count, at any depth. Raises _NotAllowedError; always so in a section of `required` conditions."""
        found: set[Directive] = set()
        for directive in directives:
            if self._known(directive) and not self._allows(directive, classes):
                if required or not self.passes_over:
                    place = "here" if directive.parent is None else f"in {directive.parent.written}> context"
                    raise _NotAllowedError(directive, f"{directive.written} not allowed {place}")
                self.ignored.append(directive)
                continue
            found.add(directive)
            if directive.block:
                requires = directive.name in _REQUIRES
                found |= self.those(directive.block, AUTHCFG if requires else classes, required or requires)
        return found

    def lets_pass(self, problem: Problem) -> bool:
        """Whether httpd goes on in spite of a problem, or does not come to it."""
        if problem.span in self.passed_over:
            return True
        if problem.kind in ("directive", "module"):
            return self.passes_unknown and problem.span not in self.required
        return False

    def _allows(self, directive: Directive, classes: int) -> bool:
        return directive.name in self.names or any(command.override & classes for command in self._known(directive))

    def _known(self, directive: Directive) -> list[Command]:
        """What the modules that are loaded make of a directive."""
        loaded = self.process.modules.symbols
        return [one for one in commands(directive.name) if self.process.lenient or one.module in loaded]


def _first_fault(problems: list[Problem], allowed: _Allowed) -> Problem | None:
    real = (problem for problem in problems if problem.kind not in _NO_FAULTS)
    return next((problem for problem in real if not allowed.lets_pass(problem)), None)


def _required(directives: list[Directive]) -> Iterator[Directive]:
    """What stands in `<RequireAll>` and its like, where httpd forgets what Nonfatal lets pass."""
    for directive in directives:
        if directive.block:
            is_required = directive.name in _REQUIRES
            yield from every_directive(directive.block) if is_required else _required(directive.block)
