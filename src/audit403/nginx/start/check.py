"""What nginx would refuse at its start, read in nginx's own order; each mistake is said and the rest is read on.

Truth: src/core/ngx_conf_file.c, ngx_http_block in src/http/ngx_http.c, ngx_init_cycle in src/core/ngx_cycle.c. Only
what the files themselves show: nothing is said about other files, ports in use, users, or names that DNS may know.
"""

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from audit403.http.regex import InvalidRegex, Regex, compile_regex
from audit403.nginx.model.faulty import WHOLE, Faulty
from audit403.nginx.model.template import InvalidTemplate, Template, checked_template
from audit403.nginx.read import directives as directive_table
from audit403.nginx.read.configuration import Configuration
from audit403.nginx.read.tree import Directive
from audit403.nginx.start import table
from audit403.nginx.start.level import (
    EVENTS,
    HTTP,
    IF,
    LIMIT_EXCEPT,
    LOCATION,
    MAIN,
    SERVER,
    STREAM,
    STREAM_SERVER,
    STREAM_UPSTREAM,
    UPSTREAM,
    Level,
)
from audit403.nginx.start.values import Check, check_of
from audit403.nginx.start.variables import HTTP_NAMES, STREAM_NAMES, Names, Variables

if TYPE_CHECKING:
    from audit403.nginx.model.url import Url
    from audit403.nginx.start.listens import Parameters, Shared
    from audit403.nginx.start.passes import Upstream
    from audit403.nginx.start.zones import Zone

MOST_FAULTS = 200
_PACKAGE = "audit403.nginx.start."
_ENVIRONMENT = r"\$\{[A-Z][A-Z0-9_]*\}"
_UNREAD = frozenset(("include", "include-in-repository", "not-collected", "limit", "syntax", "bytes", "directive"))
_FLAG_MASKS = {
    "main": directive_table.MAIN | directive_table.EVENTS,
    "stream": directive_table.STREAM | directive_table.STREAM_SERVER | directive_table.STREAM_UPSTREAM,
    "http": directive_table.HTTP | directive_table.SERVER | directive_table.LOCATION | directive_table.UPSTREAM,
}
#: Flags that became something else.
_NO_FLAGS = frozenset(("http2_push_preload",))
_SAME_SLOT = {"proxy_downstream_buffer": "proxy_buffer_size", "proxy_upstream_buffer": "proxy_buffer_size"}

Read = Callable[["Start", Level, Directive], None]


class Rule:
    """What is known of a directive in one family of blocks."""

    __slots__ = ("check", "plain", "read", "slot", "texts")

    def __init__(self, slot: str | None, check: Check | None, texts: str, read: Read | None) -> None:
        self.slot = slot
        self.check = check
        self.texts = texts
        self.read = read
        #: Whether every value goes.
        self.plain = check is None and not texts


class Family:
    """The rules of the http blocks, of the stream blocks or of the main level, made when a name is first met."""

    def __init__(self, name: str, rows: table.Rows, special: table.Special) -> None:
        self.name = name
        self._kinds = {name: row for row in rows for name in row[3].split()}
        self._special: dict[str, tuple[str, str]] = {}
        for module, names in special:
            for written in names.split():
                directive, _, function = written.partition("=")
                self._special[directive] = (module, function or directive)
        self.rules: dict[str, Rule | None] = {}
        #: Whether a directive was ever met that others may contradict.
        self.contradicting = False

    def rule(self, name: str) -> Rule | None:
        """The rule of a directive that was not met before; None where nothing is to be checked."""
        rule = self.rules[name] = self._make(name)
        return rule

    def _make(self, name: str) -> Rule | None:
        self.contradicting = self.contradicting or name.endswith(table.CONTRADICTING)
        special = self._special.get(name)
        if special is not None:
            module, function = special
            return Rule(None, None, "", getattr(import_module(_PACKAGE + module), function))
        row = self._kinds.get(name)
        if row is not None:
            once, kind, texts, _ = row
            return Rule(_SAME_SLOT.get(name, name) if once else None, check_of(kind), texts, None)
        masks = directive_table.masks(name) or ()
        if masks is directive_table.ANYWHERE:
            return Rule(None, None, "", import_module(_PACKAGE + "other_modules").other_module)
        here = _FLAG_MASKS[self.name]
        if name not in _NO_FLAGS and any(mask & directive_table.FLAG and mask & here for mask in masks):
            return Rule(name, None, "", None)
        return None


#: By the kind of block.
_families: dict[str, Family] = {}


def _family(kind: str) -> Family:
    """The rules for a kind of block."""
    if not _families:
        _families[MAIN] = _families[EVENTS] = Family("main", table.MAIN, table.SPECIAL_MAIN)
        http = Family("http", table.HTTP, table.SPECIAL_HTTP)
        _families.update(dict.fromkeys((HTTP, SERVER, LOCATION, IF, LIMIT_EXCEPT, UPSTREAM), http))
        stream = Family("stream", table.STREAM, table.SPECIAL_STREAM)
        _families.update(dict.fromkeys((STREAM, STREAM_SERVER, STREAM_UPSTREAM), stream))
    return _families[kind]


class Space:
    """What has names within http, and again within stream."""

    __slots__ = ("buffers", "fine", "formats", "sockets", "texts", "upstreams", "variables")

    def __init__(self, names: Names, *formats: str) -> None:
        self.variables = Variables(names)
        #: Statements and values that are in order, word for word.
        self.fine: set[tuple[str, ...]] = set()
        self.texts: set[str] = set()
        self.sockets: dict[tuple[str, int, int, str, bool], Shared] = {}
        self.upstreams: dict[str, list[Upstream]] = {}
        #: The names of log formats by how they are looked up, in small letters.
        self.formats: dict[str, set[str]] = {name: {name} for name in formats}
        self.buffers: dict[str, tuple[int, int, int]] = {}


class Start:
    """One reading of a configuration."""

    def __init__(self, configuration: Configuration, skipped: frozenset[tuple[str, int]]) -> None:
        self.configuration = configuration
        #: Whether everything that nginx would read was read: only then is it known what is nowhere.
        self.complete = configuration.assumed is None and not any(
            problem.kind in _UNREAD for problem in configuration.problems
        )
        self.faults: list[Faulty] = []
        self._templates: dict[str, bool] = {}
        self._said: set[tuple[str, int, str]] = set()
        self.at_end: list[Callable[[], None]] = []
        self.http = Space(HTTP_NAMES, "combined")
        self.stream = Space(STREAM_NAMES)
        #: Statements of `listen` that were read before, word for word.
        self.listens: dict[tuple[str, ...], tuple[Url, Parameters]] = {}
        #: What belongs to the protocol that is being read.
        self.space = self.http
        #: Shared memory and threads belong to nginx as a whole.
        self.zones: dict[str, Zone] = {}
        self.paths: dict[str, Directive] = {}
        self.pools: dict[str, tuple[Directive, int]] = {}
        self.known_pools: set[str] = {"default"}
        self._skipped = skipped
        self._has_includes = bool(configuration.include_edges())

    def refuse(self, directive: Directive, message: str, word: int = WHOLE, *, dropped: bool = True) -> None:
        """Note what nginx would say; what a template leaves to its variables is none of ours."""
        if self._is_template(directive):
            return
        key = (directive.source.path, directive.start, message)
        if key not in self._said and len(self.faults) < MOST_FAULTS:
            self._said.add(key)
            self.faults.append(Faulty(directive, message, word, dropped))

    def _is_template(self, directive: Directive) -> bool:
        """Whether the file is one that no server reads as it is; it is then said that it was not audited."""
        source = directive.source
        if source.path.endswith(".template") and re.search(_ENVIRONMENT, " ".join(directive.args)):
            return True
        known = self._templates.get(source.path)
        if known is None:
            from audit403.core.template_file import MESSAGE, is_template

            known = self._templates[source.path] = is_template(source.text)
            if known:
                self.configuration.not_read.append((source.path, MESSAGE))
        return known

    def regex(
        self, directive: Directive, word: int, pattern: str, caseless: bool, *, dropped: bool = True
    ) -> Regex | None:
        """Look at a pattern whose named groups make variables; None where PCRE does not take it."""
        try:
            regex = compile_regex(pattern, caseless)
        except InvalidRegex as error:
            self.refuse(directive, str(error), word, dropped=dropped)
            return None
        self.define_groups(regex, directive)
        return regex

    def define_groups(self, regex: Regex, directive: Directive) -> None:
        """Named groups make variables."""
        for name in regex.names:
            self._define(name, directive, WHOLE)

    def define(self, directive: Directive, word: int) -> bool:
        """The word is a variable's name, which the directive makes; whether nginx lets it."""
        written = directive.args[word]
        if not written.startswith("$") or len(written) == 1:
            self.refuse(directive, f'invalid variable name "{written}"', word, dropped=False)
            return False
        return self._define(written[1:], directive, word)

    def _define(self, name: str, directive: Directive, word: int) -> bool:
        if self.space.variables.define(name.lower()):
            return True
        self.refuse(directive, f'the duplicate "{name}" variable', word, dropped=False)
        return False

    def use(self, template: Template, directive: Directive, word: int) -> None:
        """A value is computed out of variables."""
        for name in template.variables():
            self.space.variables.use(name, directive, word)

    def use_alone(self, directive: Directive, word: int) -> None:
        """The word is a variable."""
        self.space.variables.use(directive.args[word][1:].lower(), directive, word)

    def duplicate(self, directive: Directive) -> None:
        """The message for what may be set once only."""
        self.refuse(directive, f'"{directive.name}" directive is duplicate')

    def expand(self, directive: Directive) -> Iterable[Directive]:
        """The statements of a block with its includes in place."""
        block = directive.block or []
        return self.configuration.expand(block) if self._has_includes else block

    @property
    def may_contradict(self) -> bool:
        """Whether there is anything that other directives of http may contradict."""
        return _family(HTTP).contradicting

    def finish(self) -> None:
        """A protocol's blocks are read: look at what needed all of them."""
        for look in self.at_end:
            look()
        self.at_end.clear()

    def block(self, level: Level, directives: Iterable[Directive]) -> None:
        """Read the statements of one block."""
        family = _family(level.kind)
        rules = family.rules
        given, fine, skipped = level.given, self.space.fine, self._skipped
        for directive in directives:
            name = directive.name
            rule = rules[name] if name in rules else family.rule(name)
            if rule is None or (skipped and (directive.source.path, directive.start) in skipped):
                continue
            read = rule.read
            if read is not None:
                read(self, level, directive)
                continue
            slot = rule.slot
            if slot is not None:
                if slot in given:
                    self.duplicate(directive)
                    continue
                given[slot] = directive
            if rule.plain:
                continue
            key = (name, *directive.args)
            if key not in fine and self._is_fine(directive, rule):
                fine.add(key)

    def _is_fine(self, directive: Directive, rule: Rule) -> bool:
        check = rule.check
        said = None if check is None else check(directive.name, directive.args)
        if said is not None:
            self.refuse(directive, said[1], said[0])
            return False
        return not rule.texts or self._texts(directive, rule.texts)

    def text(self, directive: Directive, word: int, text: str | None = None, *, dropped: bool = True) -> bool:
        """Look at a value with variables; whether nginx takes it."""
        text = directive.args[word] if text is None else text
        if "$" not in text or text in self.space.texts:
            return True
        try:
            template = checked_template(text)
        except InvalidTemplate as error:
            self.refuse(directive, str(error), word, dropped=dropped)
            return False
        for name in template.variables():
            self.space.variables.use(name, directive, word)
        self.space.texts.add(text)
        return True

    def _texts(self, directive: Directive, where: str) -> bool:
        args = directive.args
        if where == "all":
            return len(args) == sum(self.text(directive, word) for word in range(len(args)))
        word = len(args) - 1 if where == "last" else int(where)
        return word >= len(args) or self.text(directive, word)


def refused(configuration: Configuration) -> list[Faulty]:
    """All that nginx would refuse because of a value or a combination, in the order in which it is found."""
    if not configuration.recognised:
        return []
    wrong = frozenset(
        (problem.span.file, problem.span.start)
        for problem in configuration.problems
        if problem.kind in ("context", "arguments", "syntax")
    )
    start = Start(configuration, wrong)
    start.block(Level(MAIN, None, None), configuration.expand(configuration.directives))
    start.finish()
    if start.zones:
        from audit403.nginx.start.zones import check_zones

        check_zones(start)
    if start.complete:
        for name, (directive, word) in start.pools.items():
            if name not in start.known_pools:
                start.refuse(directive, f'unknown thread pool "{name}"', word)
        for space in (start.http, start.stream):
            for directive, message, word in space.variables.unknown():
                start.refuse(directive, message, word, dropped=False)
    return start.faults
