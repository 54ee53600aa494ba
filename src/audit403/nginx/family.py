"""nginx as a family: how its configurations are found and read, and what they answer."""

import os
from collections.abc import Iterable, Iterator

from audit403.core.decision import Decision
from audit403.core.edit import Edit
from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Comment, NotAudited, Options
from audit403.core.request import Request
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import Evidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import Configuration, read_configuration
from audit403.nginx.read.dump import read_dump

name = "nginx"


class NginxSite:
    """One nginx configuration with the world that it serves from."""

    def __init__(self, configuration: Configuration, evidence: Evidence, options: Options) -> None:
        self.configuration = configuration
        self.options = options
        self.main = configuration.main.path
        self.files = tuple(configuration.files)
        self.not_audited = tuple(NotAudited(target, reason) for target, reason in configuration.not_read)
        self.evidence = evidence
        self.model = build_model(configuration)
        tree = evidence if options.tree == "here" else ConfigurationOnly(evidence, options.paths)
        self.evaluator = Evaluator(self.model, tree)
        self._not_explored: tuple[NotAudited, ...] = ()

    def decide(self, request: Request) -> Decision:
        """What nginx answers."""
        return self.evaluator.decide(request)

    def facts(self) -> Iterator[Fact]:
        """Every refusal, idle directive and fault in reading."""
        for problem in self.configuration.problems:
            yield ReadingFault(name, problem.kind, problem.span, problem.message)
        for fault in self.model.faults:
            yield ReadingFault(name, "rejected", fault.directive.span, fault.message)
        explorer = Explorer(self.model, self.evaluator, self.options.tree == "here" or bool(self.options.paths))
        yield from explorer.facts()
        self._not_explored = tuple(explorer.missed)

    def not_explored(self) -> tuple[NotAudited, ...]:
        """What exploration could not reach or cut off."""
        return self._not_explored

    def comments(self) -> Iterable[Comment]:
        """The comments of all files."""
        for file in self.configuration.files.values():
            for start, end in file.comments:
                text = file.source.data[start:end].decode("utf-8", "replace")
                before = file.source.data[file.source.data.rfind(b"\n", 0, start) + 1 : start]
                yield Comment(file.source.span(start, end), text, not before.strip())

    def with_changes(self, edits: Iterable[Edit]) -> "NginxSite":
        """The same site after some edits."""
        changed = self.evidence.with_changes(edits)
        return read(self.main, changed, self.options)

    def source(self, path: str) -> bytes | None:
        """The bytes of one of its files."""
        file = self.configuration.files.get(path)
        return None if file is None else file.source.data


def find(targets: Iterable[str], evidence: Evidence, options: Options) -> Iterator[NginxSite]:
    """The nginx configurations among files and folders."""
    from audit403.nginx.sites import configurations

    for target in targets:
        for configuration in configurations(os.path.abspath(target), evidence, options):
            yield NginxSite(configuration, evidence, options)


def read(main: str, evidence: Evidence, options: Options) -> NginxSite:
    """The site of one main configuration."""
    configuration = read_configuration(main, evidence, prefix=options.prefix, path_map=dict(options.paths))
    return NginxSite(configuration, evidence, options)


def read_text(data: bytes, evidence: Evidence, options: Options) -> NginxSite | None:
    """The site of an `nginx -T` dump, or of one file on standard input."""
    return NginxSite(read_dump(data), evidence, options)
