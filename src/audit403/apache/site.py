"""One Apache configuration with the world that it serves from."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.explorer import Explorer
from audit403.apache.family import NOT_RECOGNISED
from audit403.apache.macro_edits import writes_one_use
from audit403.apache.model.build import build_model, every_section
from audit403.apache.model.model import Model
from audit403.apache.model.section import DIRECTORY
from audit403.apache.read.by_name import ACCESS_FILE
from audit403.apache.read.configuration import Configuration
from audit403.apache.read.fragment import (
    access_files_above,
    access_files_down_to,
    around_htaccess,
    read_lone,
    read_standard_input,
)
from audit403.apache.read.modules import SHARED_HOST
from audit403.apache.read.tree import Directive
from audit403.apache.reading_faults import for_another_reader, reading_faults, template_at
from audit403.apache.single_files import single_files
from audit403.apache.sites import settings_of
from audit403.core.decision import Decision, Step
from audit403.core.edit import Edit, TextEdit
from audit403.core.errors import Audit403Error
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Comment, NotAudited, Options, RunsAs, comments_in
from audit403.core.place import ASSUMED, Span
from audit403.core.request import Request
from audit403.evidence.assumed import AssumedTree
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import Evidence

if TYPE_CHECKING:
    from audit403.evidence.machine import Process

STANDARD_INPUT = "(standard input)"
_MOST_DECIDED = 256

Reread = Callable[[Evidence], Configuration]
"""Reads a configuration again the way it was read first."""


class ApacheSite:
    """One configuration; it answers requests."""

    def __init__(
        self,
        configuration: Configuration,
        evidence: Evidence,
        options: Options,
        reread: Reread,
        model: Model | None = None,
    ) -> None:
        self.configuration = configuration
        self.options = options
        self.main = configuration.main.path
        self.files = tuple(dict.fromkeys((*configuration.files, configuration.about)))
        alone = self._is_lone_access_file
        self.assumed = f"{configuration.assumed}, and {SHARED_HOST.about}" if alone else None
        self.size = sum(len(file.source.data) for file in configuration.files.values())
        self.evidence = evidence
        self.model = build_model(configuration) if model is None else model
        self.not_audited = tuple(NotAudited(target, reason) for target, reason in configuration.not_read)
        self.evaluator = self._evaluator(self.model)
        self._linkless: Evaluator | None = None
        self._reread = reread
        self._not_explored: tuple[NotAudited, ...] = ()
        self._explorer: Explorer | None = None
        #: What rules ask of one refusal after the other, with what was assumed of the tree.
        self._decided: dict[Request, tuple[Evidence, Decision]] = {}

    def go_on_as(self, request: Request) -> None:
        """Have files be those that whoever answers this request may use, where requests have users of their own."""
        self.evaluator.go_on_as(request)

    def decide(self, request: Request) -> Decision:
        """What httpd answers; for a lone `.htaccess` with what is taken for granted about its server."""
        known = self._decided.get(request)
        if known is not None and known[0] is self.evaluator.served:
            return known[1]
        decision = self._decide(request)
        if len(self._decided) >= _MOST_DECIDED:
            self._decided.clear()
        self._decided[request] = (self.evaluator.served, decision)
        return decision

    def _decide(self, request: Request) -> Decision:
        decision = self.evaluator.decide(request)
        if not self._is_lone_access_file:
            return decision
        step = Step("assumed", f"nothing is known of the server: {self.configuration.assumed}")
        other = self._without_links().decide(request)
        if (other.verdict, other.status) != (decision.verdict, decision.status):
            answer = other.status if other.status is not None else other.verdict
            step = step._replace(text=f"{step.text}; with FollowSymLinks off it would be {answer} ({other.cause})")
        return decision._replace(trace=(step, *decision.trace))

    @property
    def _is_lone_access_file(self) -> bool:
        return self.configuration.about.endswith(f"/{ACCESS_FILE}")

    def _without_links(self) -> Evaluator:
        """The evaluator of the same `.htaccess` on a server that follows no links."""
        if self._linkless is None:
            settings = settings_of(self.options)
            configuration = around_htaccess(self.configuration.about, self.evidence, settings, "None")
            self._linkless = self._evaluator(build_model(configuration))
        return self._linkless

    def _evaluator(self, model: Model) -> Evaluator:
        if self.options.tree == "here":
            return Evaluator(model, self.evidence, worker=self.options.worker)
        tree = ConfigurationOnly(self.evidence, self.options.paths)
        return Evaluator(model, tree, assumed=self._assumed(tree))

    def _assumed(self, tree: Evidence) -> AssumedTree:
        """What is assumed of a tree that is not known."""
        roots = [server.document_root for server in self.model.servers]
        lone = access_files_down_to(self.configuration.about, tree) if self._is_lone_access_file else []
        absent = {name for server in self.model.servers for name in server.access_names}
        directories = [path for path in (*roots, *self.directories()) if path.startswith("/")]
        return AssumedTree(tree, directories, (*lone, *single_files(self.model)), absent)

    def docroots(self) -> Iterable[str]:
        """Every DocumentRoot that is written; httpd's own only where a whole configuration writes none."""
        servers = self.model.servers
        written = [server for server in servers if server.core.document_root_directive is not None]
        if not written and self.configuration.assumed is None:
            written = servers
        roots = {server.document_root.rstrip("/"): None for server in written}
        return [root for root in roots if root]

    def runs_as(self) -> tuple[RunsAs, ...]:
        """The children's user, and those that mpm-itk and suexec change to."""
        from audit403.apache.model.runs_as import runs_as

        return tuple(runs_as(self.model))

    def with_tree(self, tree: str) -> "ApacheSite":
        """The same site with or without this machine's files."""
        return ApacheSite(self.configuration, self.evidence, self.options._replace(tree=tree), self._reread, self.model)

    def facts(self) -> Iterator[Fact]:
        """Every refusal and every fault in reading; of virtual hosts that are alike the first stands for all."""
        faults = list(reading_faults(self.configuration, self.model))
        self._not_explored = tuple(for_another_reader(self.configuration, faults, self.source))
        if self._not_explored:
            return
        yield from faults
        self._explorer = Explorer(self.model, self.evaluator, self.options.tree == "here" or bool(self.options.paths))
        yield from self._found(self._explorer, self._explorer.explored())

    def alike_facts(self) -> Iterator[Fact]:
        """The refusals of the virtual hosts that another stands for."""
        if self._explorer is not None:
            yield from self._found(self._explorer, self._explorer.alike())

    def _found(self, explorer: Explorer, facts: Iterator[Fact]) -> Iterator[Fact]:
        missed = explorer.missed
        for fact in facts:
            templates = template_at(fact, self.source)
            missed += templates
            if not templates and not self._is_of_others(fact):
                yield fact
        self._not_explored = tuple(dict.fromkeys(missed))
        # The `.htaccess` files that requests have come to belong to the site as well.
        self.files = tuple(dict.fromkeys((*self.files, *self.evaluator.access_files.sources())))

    def _is_of_others(self, fact: Fact) -> bool:
        """Whether a refusal comes only from what is taken to stand around a file: with an `.htaccess` alone all of that
        and what the folders above it say, with other files that `.ht*` files are refused.
        """
        if not isinstance(fact.where, Span):
            return False
        file = fact.where.file
        if self._is_lone_access_file:
            return file == ASSUMED or file in access_files_above(self.configuration.about)
        return file == ASSUMED and isinstance(fact, Refusal) and "/.ht" in fact.witness.target

    def not_explored(self) -> tuple[NotAudited, ...]:
        """What exploration could not reach or cut off."""
        return self._not_explored

    def comments(self) -> Iterable[Comment]:
        """The comments of all files."""
        for file in (self.configuration.files | self.evaluator.access_files.sources()).values():
            yield from comments_in(file.source, file.comments)

    def with_changes(self, edits: Iterable[Edit]) -> "ApacheSite":
        """The same site after some edits."""
        edits = tuple(edits)
        if writes_one_use(self.configuration, edits):
            raise Audit403Error("it would put what one use of a macro says into the macro.")
        changed = self.evidence.with_changes(edits)
        options = self.options
        if options.worker is not None:
            from audit403.files.running import after

            options = options._replace(worker=after(options.worker, edits, changed))
        texts = any(isinstance(edit, TextEdit) for edit in edits)
        if not texts:
            return ApacheSite(self.configuration, changed, options, self._reread, self.model)
        site = ApacheSite(self._reread(changed), changed, options, self._reread)
        is_another = site.model.worker[:2] != self.model.worker[:2]
        return site.with_worker(None) if is_another and options.worker is not None else site

    def with_worker(self, worker: "Process | None") -> "ApacheSite":
        """The same site, served by this process."""
        options = self.options._replace(worker=worker)
        return ApacheSite(self.configuration, self.evidence, options, self._reread, self.model)

    def source(self, path: str) -> bytes | None:
        """The bytes of one of its files."""
        file = self.configuration.files.get(path) or self.evaluator.access_files.sources().get(path)
        return None if file is None else file.source.data

    def makes_public(self, request: Request) -> bool:
        """Never: what a web server shows is decided address by address."""
        return False

    def siblings(self, directive: Directive) -> list[Directive]:
        """What stands beside a directive: in its section, or in its file where it stands in none."""
        if directive.parent is not None:
            return directive.parent.block or []
        path = directive.source.path
        if path in self.evaluator.access_files.sources():
            return self.evaluator.access_files.parsed(path).directives
        return self.configuration.directives

    def directories(self) -> list[str]:
        """The directories that sections name, without wildcards."""
        sections = every_section(self.model.servers)
        return [one.text for one in sections if one.kind == DIRECTORY and one.regex is None and not one.is_pattern]


def read_site(main: str, evidence: Evidence, options: Options) -> ApacheSite:
    """The site that a file belongs to."""
    return site_around(read_lone(main, evidence, settings_of(options)), main, evidence, options)


def read_text_site(data: bytes, evidence: Evidence, options: Options) -> ApacheSite | None:
    """The site of a configuration on standard input."""

    def reread(changed: Evidence) -> Configuration:
        return read_standard_input(data, STANDARD_INPUT, changed, settings_of(options))

    configuration = reread(evidence)
    if (STANDARD_INPUT, NOT_RECOGNISED) in configuration.not_read:
        return None
    return ApacheSite(configuration, evidence, options, reread)


def site_around(configuration: Configuration, path: str, evidence: Evidence, options: Options) -> ApacheSite:
    """The site of a configuration that was read for a path."""
    settings = settings_of(options)
    return ApacheSite(configuration, evidence, options, lambda changed: read_lone(path, changed, settings))
