"""The pattern of the configuration that took a refused request, and what it was held against."""

import re
from urllib.parse import unquote

from audit403.apache.explore.subject import Subject
from audit403.apache.model.aliases import ALIAS, AliasConfig, AliasServer
from audit403.apache.model.pattern import Pattern
from audit403.apache.model.rewrite_rule import word_spans
from audit403.apache.model.section import FILES, LOCATION
from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.explore.subject import Hit
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.support import replace

_RULE, _URI, _NAME = "rule", "uri", "name"
_HELD_AGAINST = re.compile(r': matches "(.*)"\Z', re.DOTALL)


class RefusingPattern(NamedTuple):
    """A pattern with its place: `kind` says whether a rule, a whole URI or the last name was held against it."""

    pattern: Pattern
    span: Span
    label: str
    kind: str

    def text_of(self, site: Site, hit: Hit) -> str:
        """What of a request it was held against."""
        uri = unquote(hit.request.target.partition("?")[0], errors="surrogateescape")
        if self.kind == _NAME:
            return uri.rpartition("/")[2]
        if self.kind == _RULE:
            steps = (step for step in site.decide(hit.request).trace if _is_in(step.where, self.span))
            found = next(filter(None, (_HELD_AGAINST.search(step.text) for step in steps)), None)
            return uri if found is None else found[1]
        return uri

    def rewritten(self, site: Site, pattern: str) -> tuple[TextEdit, ...]:
        """The edit that gives it another pattern; none where the old one is not written as it is."""
        data = site.source(self.span.file) or b""
        written = data[self.span.start : self.span.end].decode("utf-8", "surrogateescape")
        bare = written.strip("\"'")
        if bare != self.pattern.text or any(mark in pattern for mark in "\"' \t"):
            return ()
        return (replace(self.span, written.replace(bare, pattern)),)


def refusing_pattern(refusal: Refusal, subject: Subject) -> RefusingPattern | None:
    """The pattern that took the witness; none where it is a negated one, or no pattern at all."""
    rule = refusing_rule(refusal, subject)
    if rule is not None:
        span = word_spans(rule.directive)[0]
        return None if rule.negated else RefusingPattern(rule.pattern, span, _label(rule.directive), _RULE)
    aliases: AliasServer = subject.server.slots.get(ALIAS, AliasServer())
    here: AliasConfig = subject.exchange.config(ALIAS, AliasConfig())
    for mapping in (*here.redirects, *aliases.redirects):
        directive = mapping.directive
        if directive.span == refusal.where and mapping.pattern is not None:
            span = directive.arg_span(len(directive.args) - 1)
            return RefusingPattern(mapping.pattern, span, _label(directive), _URI)
    for section in reversed((*subject.sections, *subject.core.files)):
        directive = section.directive
        if section.regex is not None and section.kind in (FILES, LOCATION) and is_inside(refusal.where, directive):
            span = directive.arg_span(len(directive.args) - 1)
            return RefusingPattern(section.regex, span, section.label(), _NAME if section.kind == FILES else _URI)
    return None


def _label(directive: Directive) -> str:
    return f"{directive.written} {directive.raw.strip()}"


def _is_in(where: object, span: Span) -> bool:
    return isinstance(where, Span) and where.file == span.file and where.start <= span.start < where.end


def is_inside(where: object, directive: Directive) -> bool:
    """Whether a place lies in the block of a section."""
    return (
        isinstance(where, Span)
        and directive.source.path == where.file
        and directive.start <= where.start < directive.end
    )
