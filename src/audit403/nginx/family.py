"""nginx as a family: how its configurations are found and read, and what they answer.

Nothing but what tells other programs' files is imported before there is a configuration to answer for.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from audit403.core.decision import Decision
from audit403.core.edit import Edit, TextEdit, edited
from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Comment, NotAudited, Options, RunsAs, comments_in
from audit403.core.request import Request
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import Evidence
from audit403.nginx.read.locate import CONF_DIRECTORIES

if TYPE_CHECKING:
    from audit403.core.instance import Instance
    from audit403.evidence.machine import Machine, Process
    from audit403.nginx.kept import Kept
    from audit403.nginx.model.context import Context
    from audit403.nginx.model.model import Model
    from audit403.nginx.read.configuration import Configuration
    from audit403.nginx.read.tree import ParsedFile

name = "nginx"
usual_mains = tuple(f"{folder}/nginx.conf" for folder in CONF_DIRECTORIES)
explores = True
process_names: tuple[str, ...] = ("*nginx*", "openresty", "php-fpm*")
build_texts: tuple[str, ...] = ("configure arguments:",)
STANDARD_INPUT = "(standard input)"


Reread = Callable[[Evidence, Iterable[TextEdit], Mapping[str, "ParsedFile"]], "Configuration"]
"""Reads a configuration again the way it was read first, after edits, with the files that were parsed before."""
Build = Callable[["Configuration", str | None], "Model"]
"""Builds the model of a configuration for a host of that name."""


class NginxSite:
    """One nginx configuration with the world that it serves from."""

    def __init__(
        self,
        configuration: "Configuration",
        evidence: Evidence,
        options: Options,
        reread: Reread,
        model: "Model | None" = None,
        given: Iterable[str] = (),
        build: "Build | None" = None,
    ) -> None:
        from audit403.nginx.decide.evaluator import Evaluator

        self.configuration = configuration
        self.options = options
        self.main = configuration.main.path
        self.files = tuple(configuration.files)
        self.size = configuration.size
        self.evidence = evidence
        tree = evidence if options.tree == "here" else ConfigurationOnly(evidence, options.paths)
        hostname = tree.hostname()
        self._hostname = hostname if isinstance(hostname, str) else None
        self._build = build or _built
        self.model = self._build(configuration, self._hostname) if model is None else model
        # After the model: what is too deep for it is not read, either.
        self.not_audited = tuple(NotAudited(target, reason) for target, reason in configuration.not_read)
        self.assumed: str | None = None
        self.evaluator = Evaluator(self.model, tree, worker=options.worker)
        self._reread = reread
        #: The files that came as text: there is no evidence of them, so it is not changed with them.
        self._given = frozenset(given)
        self._not_explored: tuple[NotAudited, ...] = ()

    def decide(self, request: Request) -> Decision:
        """What nginx answers."""
        return self.evaluator.decide(request)

    def docroots(self) -> Iterable[str]:
        """Every `root` and `alias`, up to the first variable in it."""
        from audit403.nginx.model.location import Location
        from audit403.nginx.model.server import Server

        found: dict[str, None] = {}
        for server in self.model.servers:
            contexts: list[Context] = [server]
            while contexts:
                context = contexts.pop()
                for directive in (*context.own.get("root", ()), *context.own.get("alias", ())):
                    if directive.args:
                        found[self._docroot(directive.args[0])] = None
                if isinstance(context, Server | Location):
                    contexts.extend(context.tree.all())
        for directive in self.model.http.own.get("root", ()):
            if directive.args:
                found[self._docroot(directive.args[0])] = None
        return [path for path in found if path not in ("", "/")]

    def _docroot(self, written: str) -> str:
        from audit403.nginx.decide.map_path import join_prefix

        path, variable, _ = join_prefix(self.model.prefix, written).partition("$")
        return path.rpartition("/")[0] if variable else path.rstrip("/")

    def runs_as(self) -> tuple[RunsAs, ...]:
        """Its workers' user."""
        user, group, directive = self.model.worker
        return (RunsAs(user, group, "nginx's workers", None if directive is None else directive.span),)

    def with_tree(self, tree: str) -> "NginxSite":
        """The same site with or without this machine's files."""
        options = self.options._replace(tree=tree)
        model = None if self.model.after_host else self.model
        return NginxSite(self.configuration, self.evidence, options, self._reread, model, self._given, self._build)

    def facts(self) -> Iterator[Fact]:
        """Every refusal, idle directive and fault in reading."""
        from audit403.nginx.explore.explorer import Explorer
        from audit403.nginx.explore.not_evaluated import not_evaluated
        from audit403.nginx.model.server import ASSUMED_HOSTNAME

        for problem in self.configuration.problems:
            yield ReadingFault(name, problem.kind, problem.span, problem.message)
        for fault in self.model.faults:
            yield ReadingFault(name, "rejected", fault.where(), fault.message)
        for directive in not_evaluated(self.model):
            message = f"`{directive.name}` may refuse requests, and what it does is not evaluated"
            yield ReadingFault(name, "not-evaluated", directive.span, message)
        if self._hostname is None:
            message = "`$hostname` is the server's own name, which is not known here"
            for directive in self.model.after_host:
                yield ReadingFault(
                    name, "not-evaluated", directive.span, f"{message}: {ASSUMED_HOSTNAME} stands for it"
                )
        explorer = Explorer(self.model, self.evaluator, self.options.tree == "here" or bool(self.options.paths))
        yield from explorer.facts()
        self._not_explored = tuple(explorer.missed)

    def alike_facts(self) -> Iterator[Fact]:
        """None: `facts` tells of every server block."""
        return iter(())

    def not_explored(self) -> tuple[NotAudited, ...]:
        """What exploration could not reach or cut off."""
        return self._not_explored

    def comments(self) -> Iterable[Comment]:
        """The comments of all files."""
        for file in self.configuration.files.values():
            yield from comments_in(file.source, file.comments)

    def with_changes(self, edits: Iterable[Edit]) -> "NginxSite":
        """The same site after some edits."""
        edits = tuple(edits)
        texts = [edit for edit in edits if isinstance(edit, TextEdit)]
        changed = self.evidence.with_changes(
            edit for edit in edits if not isinstance(edit, TextEdit) or edit.file not in self._given
        )
        options = self.options
        if options.worker is not None:
            from audit403.files.running import after

            options = options._replace(worker=after(options.worker, edits, changed))
        if not texts:
            return NginxSite(self.configuration, changed, options, self._reread, self.model, self._given, self._build)
        configuration = self._reread(changed, texts, self.configuration.files)
        site = NginxSite(configuration, changed, options, self._reread, None, self._given, self._build)
        is_another = site.model.worker[:2] != self.model.worker[:2]
        return site.with_worker(None) if is_another and options.worker is not None else site

    def with_worker(self, worker: "Process | None") -> "NginxSite":
        """The same site, served by this process."""
        options = self.options._replace(worker=worker)
        return NginxSite(self.configuration, self.evidence, options, self._reread, self.model, self._given, self._build)

    def source(self, path: str) -> bytes | None:
        """The bytes of one of its files."""
        file = self.configuration.files.get(path)
        return None if file is None else file.source.data

    def makes_public(self, request: Request) -> bool:
        """Never: what a web server shows is decided address by address."""
        return False


def find(targets: Iterable[str], evidence: Evidence, options: Options) -> Iterator[NginxSite | NotAudited]:
    """The nginx configurations among files and folders."""
    from audit403.nginx.sites import configurations

    for target in targets:
        for found in configurations(os.path.abspath(target), evidence, options):
            yield found if isinstance(found, NotAudited) else _site(found, evidence, options)


def read(main: str, evidence: Evidence, options: Options) -> NginxSite:
    """The site of one main configuration; a file that is none is answered for where it belongs."""
    from audit403.nginx.read.configuration import read_configuration
    from audit403.nginx.read.surroundings import is_main

    path_map, kept = dict(options.paths), _kept()
    configuration = read_configuration(main, evidence, prefix=options.prefix, path_map=path_map, parse_file=kept.parsed)
    if configuration.directives and not is_main(list(configuration.expand(configuration.directives))):
        from audit403.nginx.read.fragment import read_lone

        return _site(read_lone(main, evidence, prefix=options.prefix, path_map=path_map), evidence, options)

    def reread(changed: Evidence, _: object, parsed: "Mapping[str, ParsedFile]") -> "Configuration":
        found = read_configuration(
            main, changed, prefix=options.prefix, path_map=path_map, read_before=parsed, parse_file=kept.parsed
        )
        return kept.same(found)

    return NginxSite(kept.same(configuration), evidence, options, reread, build=kept.model)


def read_text(data: bytes, evidence: Evidence, options: Options) -> NginxSite | None:
    """The site of an `nginx -T` dump, or of one file on standard input."""
    from audit403.nginx.read.dump import files_of, is_dump, read_files
    from audit403.nginx.read.fragment import read_standard_input

    if is_dump(data):
        files = files_of(data)

        def reread_files(_: Evidence, edits: Iterable[TextEdit], __: object) -> "Configuration":
            return read_files(_after(files, [edit for edit in edits if edit.file in files]))

        return NginxSite(read_files(files), evidence, options, reread_files, None, files)

    def reread(changed: Evidence, edits: Iterable[TextEdit], _: object) -> "Configuration":
        own = [edit for edit in edits if edit.file == STANDARD_INPUT]
        text = _after({STANDARD_INPUT: data}, own)[STANDARD_INPUT]
        return read_standard_input(text, STANDARD_INPUT, changed, prefix=options.prefix, path_map=dict(options.paths))

    return NginxSite(reread(evidence, (), None), evidence, options, reread, None, (STANDARD_INPUT,))


def running(machine: "Machine") -> "tuple[Instance, ...]":
    """Every nginx that runs on a machine."""
    from audit403.nginx.running import running

    return running(machine)


def _site(configuration: "Configuration", evidence: Evidence, options: Options) -> NginxSite:
    from audit403.nginx.read.configuration import read_configuration

    path_map = dict(options.paths)
    lone = configuration.about if configuration.assumed is not None else None

    def reread(changed: Evidence, _: object, parsed: "Mapping[str, ParsedFile]") -> "Configuration":
        if lone is None:
            main = configuration.main.path
            return read_configuration(main, changed, prefix=options.prefix, path_map=path_map, read_before=parsed)
        from audit403.nginx.read.fragment import read_lone

        return read_lone(lone, changed, prefix=options.prefix, path_map=path_map, read_before=parsed)

    return NginxSite(configuration, evidence, options, reread)


def _built(configuration: "Configuration", hostname: str | None) -> "Model":
    """The model of a configuration on a host of that name."""
    from audit403.nginx.model.build import build_model
    from audit403.nginx.start.check import refused

    return build_model(configuration, hostname, refused(configuration))


@cache
def _kept() -> "Kept":
    """What the sites of this process may share."""
    from audit403.nginx.kept import Kept

    return Kept()


def _after(files: Mapping[str, bytes], edits: Iterable[TextEdit]) -> dict[str, bytes]:
    """The files after edits of them."""
    changed = dict(files)
    by_file: dict[str, list[TextEdit]] = {}
    for edit in edits:
        by_file.setdefault(edit.file, []).append(edit)
    for path, there in by_file.items():
        content = edited(files.get(path, b""), there)
        if content is None:
            raise ValueError(f"{path} cannot be edited: two edits overlap, or one lies outside the file")
        changed[path] = content
    return changed
