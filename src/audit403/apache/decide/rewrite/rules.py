"""A list of rules, one after the other: what matches, what it makes of the URI, and where the list goes on.

Truth: apply_rewrite_list and apply_rewrite_rule in modules/mappers/mod_rewrite.c.
"""

from collections.abc import Iterator

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import FORBIDDEN, SERVER_ERROR
from audit403.apache.decide.rewrite.conditions import all_hold
from audit403.apache.decide.rewrite.context import Context
from audit403.apache.decide.rewrite.expand import expand, expand_substitution
from audit403.apache.decide.rewrite.urls import absolute_prefix, qualify, reduce, split_query
from audit403.apache.model.rewrite import REWRITE
from audit403.apache.model.rewrite_rule import (
    CHAIN,
    DISCARD_PATH_INFO,
    END,
    LAST,
    NEXT,
    NO_CASE,
    NO_ESCAPE,
    NO_SUBREQUEST,
    NO_SUBSTITUTION,
    PASS_THROUGH,
    PROXY,
    REDIRECT,
    STATUS,
    UNC,
    UNSAFE_ALLOW_3F,
    Rule,
)
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Because, Span

UNCHANGED, CHANGED, CHANGED_UNESCAPED, ANSWERED, ANSWERED_AT_ONCE = 0, 1, 2, 4, 8
"""What a list has done: nothing, changed the URI, or given the status that `exchange.status` has."""

FORCED_TYPE, FORCED_HANDLER = "rewrite-forced-mimetype", "rewrite-forced-handler"
_ROUNDS_TOLD = 20


class Applied(NamedTuple):
    """What a list has done, and the last rule that has changed the URI."""

    action: int
    last: Rule | None


class _Run:
    """One run over a list."""

    def __init__(self, exchange: Exchange, rules: tuple[Rule, ...], directory: str | None) -> None:
        self.exchange = exchange
        self.rules = rules
        self.context = Context(exchange, directory)
        self.action = UNCHANGED
        self.last: Rule | None = None
        self.round = 1
        self.seen: set[tuple[object, ...]] = set()

    def over(self) -> bool:
        """Go through the list once; whether it is done with."""
        exchange, rules = self.exchange, self.rules
        index = 0
        while index < len(rules):
            rule = rules[index]
            index += 1
            if exchange.main is not None and (rule.has(NO_SUBREQUEST) or rule.has(REDIRECT)):
                continue
            if not _matches(rule, self.context):
                while rule.has(CHAIN) and index < len(rules):
                    rule = rules[index]
                    index += 1
                continue
            allowed = _substituted(rule, self.context)
            if not rule.has(NO_SUBSTITUTION):
                self.last = rule
            longest = 2 * exchange.server.limits.line
            if len((exchange.filename or "").encode("utf-8", "surrogateescape")) > longest:
                what = f"exceeded maximum length ({longest})"
                self._fail(rule, f"RewriteRule '{rule.pattern.text}' and URI '{exchange.uri}' {what}")
                return True
            if not allowed:
                self.action = ANSWERED_AT_ONCE
                return True
            if rule.has(STATUS):
                self.action = ANSWERED
                return True
            if not rule.has(NO_SUBSTITUTION):
                self.action = CHANGED_UNESCAPED if rule.has(NO_ESCAPE) else CHANGED
            if rule.has(PASS_THROUGH):
                exchange.filename = f"passthrough:{exchange.filename}"
                self.action = CHANGED
                return True
            if rule.has(END):
                exchange.extra[REWRITE] = "END"
                return True
            if rule.has(PROXY) or rule.has(LAST):
                return True
            if rule.has(NEXT):
                return self._goes_round(rule)
            index += max(rule.skip, 0)
        return True

    def _goes_round(self, rule: Rule) -> bool:
        """[N]: from the top again. A list that comes back to where it was would do so up to its limit."""
        exchange = self.exchange
        self.round += 1
        state = (id(rule), exchange.filename, exchange.args, exchange.path_info, str(exchange.env.items()))
        if self.round >= rule.rounds or state in self.seen:
            what = f"exceeded maximum number of rounds ({rule.rounds}) via the [N] flag"
            self._fail(rule, f"AH02596: RewriteRule '{rule.pattern.text}' and URI '{exchange.uri}' {what}")
            return True
        self.seen.add(state)
        if self.round == _ROUNDS_TOLD:
            exchange.step(self.context.phase, "and so on, round after round", rule.directive.span)
        return False

    def _fail(self, rule: Rule, log: str) -> None:
        exchange = self.exchange
        exchange.status = SERVER_ERROR
        exchange.step(self.context.phase, "the rules come to no end: 500", rule.directive.span)
        exchange.decided("rewrite-loop", rule.directive.span, "this rule comes to no end", log=log)
        self.action = ANSWERED


def apply(exchange: Exchange, rules: tuple[Rule, ...], directory: str | None) -> Applied:
    """Run over a list of rules, round after round; `directory` is that of the section, None for a server's rules."""
    run = _Run(exchange, rules, directory)
    told = exchange.steps
    try:
        while not run.over():
            if run.round >= _ROUNDS_TOLD:
                exchange.steps = []
    finally:
        if exchange.steps is not told:
            told += exchange.steps
            exchange.steps = told
    return Applied(run.action, run.last)


def _matches(rule: Rule, context: Context) -> bool:
    """Whether a rule's pattern and conditions hold for the URI as it is now."""
    exchange = context.exchange
    uri = exchange.filename or ""
    if context.directory is not None:
        uri += exchange.path_info
        if not _is_proxied(exchange) and uri.startswith(context.directory):
            uri = uri[len(context.directory) :]
    context.uri = uri
    captured = rule.pattern.search(uri)
    met = (captured is not None) != rule.negated
    operator = ("!" if rule.negated else "") + ("~*" if rule.has(NO_CASE) else "~")
    directive = rule.directive
    text = f'{directive.written} {directive.raw.strip()}: {"matches" if met else "does not match"} "{uri}"'
    field = "uri" if uri == exchange.uri else "rewritten-uri"
    exchange.step(context.phase, text, directive.span, met, field, operator, rule.pattern.text)
    if not met:
        return False
    context.by_condition = None
    context.by_rule = None if rule.negated else captured
    return all_hold(rule, context)


def _substituted(rule: Rule, context: Context) -> bool:
    """Make of the request what a rule that matches makes of it; False where that is a status at once."""
    exchange = context.exchange
    where = rule.directive.span
    if rule.has(NO_SUBSTITUTION):
        _set_env(rule, context)
        _force(rule, context)
        if rule.has(STATUS):
            exchange.status = rule.status
            exchange.step(context.phase, f"the rule answers {rule.status}", where)
            if rule.status >= 400:
                also = tuple(Because(where, "its condition holds") for where in _held(rule, exchange))
                exchange.decided("rewrite-rule", where, f"this rule answers {rule.status}", also=also)
        return True
    text, unsafe = expand_substitution(rule.output, context, rule)
    if unsafe and not rule.has(UNSAFE_ALLOW_3F):
        exchange.status = FORBIDDEN
        exchange.step(context.phase, "what the client sent would become a query string (%3f): 403", where)
        log = "AH10508: Unsafe URL with %3f URL rewritten without UnsafeAllow3F"
        message = "an encoded question mark would end up unencoded in what this rule makes"
        exchange.decided("rewrite-question-mark", where, message, log=log)
        return False
    if isinstance(text, Unknown):
        text = _unknown_target(rule, text)
    _set_env(rule, context)
    prefixed = False
    if not _is_proxied(exchange) and not text.startswith("/") and not absolute_prefix(text):
        if context.directory is not None:
            text, prefixed = context.directory + text, True
        elif not rule.has(PROXY) and not rule.has(REDIRECT):
            text, prefixed = f"/{text}", True
    exchange.filename = text
    if context.directory is not None and rule.has(DISCARD_PATH_INFO):
        exchange.path_info = ""
    split_query(exchange, rule)
    exchange.step(context.phase, f"it is now {exchange.filename}{_query(exchange)}", where, value=exchange.filename)
    if rule.has(PROXY):
        qualify(exchange)
        exchange.filename = f"proxy:{exchange.filename}"
        return True
    if rule.has(REDIRECT):
        qualify(exchange)
        exchange.status = rule.status
        return True
    reduce(exchange)
    if absolute_prefix(exchange.filename):
        exchange.status = rule.status
        return True
    if not rule.has(UNC) and not prefixed and not rule.output.startswith("//"):
        while exchange.filename.startswith("//"):
            exchange.filename = exchange.filename[1:]
    _force(rule, context)
    return True


def _held(rule: Rule, exchange: Exchange) -> Iterator[Span]:
    """Those of a rule's conditions that hold, as they were tested last; behind [OR] some were not looked at."""
    tested = {step.where: step.met for step in exchange.steps if step.met is not None}
    yield from (each.directive.span for each in rule.conditions if tested.get(each.directive.span))


def _unknown_target(rule: Rule, text: Unknown) -> str:
    """What stands for a target that is not known; the status of a redirect is the same wherever it leads."""
    leaves = rule.has(REDIRECT) or absolute_prefix(rule.output)
    if leaves and (rule.has(LAST) or rule.has(END)) and not rule.has(NO_ESCAPE) and "?" not in rule.output:
        return "http://unknown/"
    raise Undecided(text.missing)


def _query(exchange: Exchange) -> str:
    return "" if exchange.args is None else f"?{exchange.args}"


def _is_proxied(exchange: Exchange) -> bool:
    return bool(exchange.proxied) and (exchange.filename or "").startswith("proxy:")


def _set_env(rule: Rule, context: Context) -> None:
    """[E=name:value] and [E=!name]."""
    env = context.exchange.env
    for data in rule.env:
        text = expand(data, context)
        if isinstance(text, Unknown):
            name, _, _ = data.partition(":")
            if any(mark in name for mark in "%$\\!"):
                raise Undecided(text.missing)
            env.set(name, text)
        elif text.startswith("!"):
            env.unset(text[1:])
        else:
            name, _, value = text.partition(":")
            env.set(name, value)


def _force(rule: Rule, context: Context) -> None:
    """[T=type] and [H=handler]."""
    for data, note in ((rule.mime_type, FORCED_TYPE), (rule.handler, FORCED_HANDLER)):
        if data is None:
            continue
        text = expand(data, context, rule)
        if isinstance(text, Unknown):
            raise Undecided(text.missing)
        if text:
            context.exchange.notes[note] = text.lower()
