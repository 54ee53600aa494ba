"""The lines that look at the User-Agent where a request was refused, and edits of their patterns."""

import re
from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite_rule import OR_NEXT, REGEX, Condition, Rule, word_spans
from audit403.apache.model.setenvif import SETENVIF, UNSET, Entry, SetEnvIfConfig
from audit403.core.decision import Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403_checks.alternatives import without
from audit403_checks.apache.rewriting import refusing_rule, without_flag
from audit403_checks.support import remove, replace

USER_AGENT = "header:user-agent"
_EMPTY_BRANCH = re.compile(r"\|(?=\))|(?<=\()\||\|(?=\|)|\|\Z|\A\|")


class AgentTest(NamedTuple):
    """One line: a condition of the rule that refuses, or one that sets the variable which is refused."""

    pattern: str
    caseless: bool
    span: Span
    alone: tuple[TextEdit, ...]
    """What takes the line out; nothing where the rule would then refuse everybody."""

    def narrowed(self, texts: tuple[str, ...]) -> tuple[TextEdit, ...]:
        """The edits after which none of these texts is taken."""
        whole = _EMPTY_BRANCH.sub("", self.pattern)
        kept = whole if whole != self.pattern else without(self.pattern, self.caseless, texts)
        if kept is None:
            return self.alone
        return self.written(kept)

    def except_for(self, word: str) -> tuple[TextEdit, ...]:
        """The pattern where it does not take what a word stands in."""
        return self.written(f"^(?!.*{word}).*(?:{self.pattern})")

    def written(self, pattern: str) -> tuple[TextEdit, ...]:
        """The edit that puts another pattern in its place."""
        return (replace(self.span, f'"{pattern}"'),) if '"' not in pattern else ()


def lines_on_agents(subject: Subject) -> list[Entry]:
    """SetEnvIf and BrowserMatch on User-Agents, of the server and of what was in effect."""
    empty = SetEnvIfConfig()
    configs: tuple[SetEnvIfConfig, ...] = (
        subject.server.slots.get(SETENVIF, empty),
        subject.exchange.config(SETENVIF, empty),
    )
    entries = (entry for config in configs for entry in config.entries)
    return [one for one in entries if one.name is not None and one.name.text.lower() == "user-agent"]


def tests_that_took(site: Site, refusal: Refusal, subject: Subject, decision: Decision) -> Iterator[AgentTest]:
    """The tests that took the agent of a decided request and are why it is refused."""
    met = {step.where for step in decision.trace if step.field == USER_AGENT and step.met}
    rule = refusing_rule(refusal, subject)
    if rule is not None:
        for condition in rule.conditions:
            if condition.directive.span in met and condition.kind == REGEX and not condition.negated:
                span = word_spans(condition.directive)[1]
                caseless = condition.pattern is not None and condition.pattern.caseless
                yield AgentTest(condition.text, caseless, span, _without_condition(rule, condition))
    words = _words_at(site, refusal)
    for entry in lines_on_agents(subject):
        names = {name for name, value in entry.features if not value.startswith(UNSET)}
        if entry.directive.span in met and names & words:
            index = 0 if entry.directive.name.startswith("browsermatch") else 1
            yield AgentTest(entry.regex, entry.caseless, entry.directive.arg_span(index), (remove(entry.directive),))


def _words_at(site: Site, refusal: Refusal) -> set[str]:
    """The words of the directive that refuses: `env=bad` names a variable."""
    where = refusal.where
    if not isinstance(where, Span):
        return set()
    text = (site.source(where.file) or b"")[where.start : where.end].decode("latin-1")
    return set(re.findall(r"[^\s=!\"'{}()]+", text))


def _without_condition(rule: Rule, condition: Condition) -> tuple[TextEdit, ...]:
    """Take one of several alternatives out; the one before the last alternative loses its [OR]."""
    at = rule.conditions.index(condition)
    before = rule.conditions[at - 1] if at else None
    if OR_NEXT in condition.flags:
        return (remove(condition.directive),)
    if before is not None and OR_NEXT in before.flags:
        return remove(condition.directive), without_flag(before, OR_NEXT)
    return ()
