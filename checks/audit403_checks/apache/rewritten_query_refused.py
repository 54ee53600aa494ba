"""A rule puts what a client sends into the query string as it was decoded: addresses with spaces are refused."""

import re
from collections.abc import Iterator

from audit403.apache.decide.rewrite.urls import absolute_prefix
from audit403.apache.explore.subject import Subject
from audit403.apache.model.rewrite_rule import ESCAPE_BACKREFERENCES, OR_NEXT, PROXY, REDIRECT, Rule, word_spans
from audit403.core.decision import Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.subject import PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_LINKED, Hit
from audit403_checks.apache.rewriting import refusing_rule, rewritten_by, with_flag
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before, replace

_NAME = "apache/rewritten-query-refused"
_ENCODED = re.compile(r"%(?:[01][0-9A-Fa-f]|20|7[Ff])")
_SEGMENT = re.compile(rf"[^/?]*{_ENCODED.pattern}[^/?]*")
_FOR_MACHINES = re.compile(r"\^?/?\(?(?:api|rest|rpc|webservice|graphql|oauth|v\d)\b", re.IGNORECASE)
_PUT_IN = re.compile(r"(?<!\\)(?:[$%][0-9]|%\{(?!QUERY_STRING\})[^{}]+\})")
_BARE_PUT_IN = re.compile(r"(?<!=)(?<!\\)[$%][0-9]")
_OF_CONDITION = re.compile(r"(?<!\\)%[0-9]")
_NO_SPACE_IN_IT = re.compile(r"\((?:\[(?!\^)(?:[^\]\s\\.]|\\[.dw-])+\]|\\[dw])(?:[+*?]|\{[0-9,]+\})?\)")
_GROUP = re.compile(r"(?<!\\)\((?!\?)(?:[^()\\]|\\.)*\)")


@check(WARNING, "rewrite-query", "rewrite-question-mark")
def rewritten_query_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """No rule means to refuse them: an error where every address or a file is hit, a note where only machines ask."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    if refusal.cause == "rewrite-question-mark":
        yield from _queries(site, refusal, subject)
        return
    hit = _file_hit(subject)
    request = hit.request if hit is not None else _with_space(site, refusal)
    if request is None:
        return
    decision = site.decide(request)
    rule = next((one for one in rewritten_by(decision, subject) if "?" in one.output), None)
    who = "requests with a space in their address"
    if _ENCODED.search(request.target) is None:
        severity, who = ERROR, refusal.who
        what = f"{request.target} is refused: this rule makes a query string with a space in it"
    else:
        severity = ERROR if hit is not None else WARNING if rule is not None and _is_for_pages(rule) else NOTE
        what = f"addresses with a space are refused, such as {request.target}: this rule puts it decoded into the query"
    fixes = (_BY_HAND,) if rule is None else tuple(_fixes(rule))
    yield _finding(severity, what, refusal, request, decision, fixes, who)


_WITH_QUERY = "requests with a query string"
_BY_HAND = Fix("let nothing decoded come into the query string: capture it out of %{THE_REQUEST}, or use [B]", MANUAL)


def _finding(
    severity: str,
    message: str,
    refusal: Refusal,
    request: Request,
    decision: Decision,
    fixes: tuple[Fix, ...],
    who: str,
) -> Finding:
    about = refusal._replace(
        who=who if request.target != refusal.witness.target or "%" in request.target else "every client"
    )
    return finding_of(_NAME, severity, message, about, fixes, hit=(Hit(request, PURPOSE_LINKED, None), decision))


def _queries(site: Site, refusal: Refusal, subject: Subject) -> Iterator[Finding]:
    """Where an ordinary question mark is refused: one that a client has encoded is refused on purpose by httpd."""
    path = refusal.witness.target.partition("?")[0]
    rule = refusing_rule(refusal, subject)
    if "%" in path or rule is None:
        return
    fixes = (Fix("take question marks that are put in for what they are", UNSAFE, (with_flag(rule, "UnsafeAllow3F"),)),)
    plain, asking = (refusal.witness._replace(target=target) for target in (path, f"{path}?x=1"))
    for request, what, who in (
        (plain, f"what this rule takes is refused, such as {path}: a variable puts a `?` into its target", refusal.who),
        (asking, f"every address with a query is refused, such as {path}?x=1: its `?` is put in here", _WITH_QUERY),
    ):
        decision = site.decide(request)
        if (decision.cause, decision.where) == (refusal.cause, refusal.where):
            yield _finding(ERROR, what, refusal, request, decision, fixes, who)
            return


def _file_hit(subject: Subject) -> Hit | None:
    """Something that lies in the tree, or that a page loads."""
    of_tree = (hit for hit in subject.hits if hit.purpose in (PURPOSE_FILE, PURPOSE_DIRECTORY, PURPOSE_LINKED))
    return next((hit for hit in of_tree if "%20" in hit.request.target), None)


def _with_space(site: Site, refusal: Refusal) -> Request | None:
    """A request of the kind that is refused with a space and nothing odd in it; None where there is none."""
    witness = refusal.witness
    if _ENCODED.search(witness.target) is None:
        return witness
    plainer = (_SEGMENT.sub("some%20word", witness.target, count=1), _ENCODED.sub("%20", witness.target))
    for target in dict.fromkeys(plainer):
        request = witness._replace(target=target)
        decision = site.decide(request)
        if (decision.cause, decision.where) == (refusal.cause, refusal.where):
            return request
    return None


def _is_for_pages(rule: Rule) -> bool:
    """Whether the addresses are the site's own pages.

    What is sent on to another site and the interfaces of programs have spaces only where something is wrong.
    """
    leaves = rule.has(REDIRECT) or (absolute_prefix(rule.output) > 0 and not rule.has(PROXY))
    return not leaves and _FOR_MACHINES.match(rule.pattern.text) is None


def _fixes(rule: Rule) -> Iterator[Fix]:
    """Encode what is put in; a variable, which no flag encodes, is captured by a condition first."""
    path, _, query = rule.output.partition("?")
    if " " in query:
        yield from _without_space(rule)
        return
    variables = [text for text in _PUT_IN.findall(query) if text.startswith("%{")]
    if variables:
        yield from _captured(rule, variables)
    elif _PUT_IN.search(query) and not rule.has(ESCAPE_BACKREFERENCES):
        in_path = _PUT_IN.findall(path)
        if not in_path and not _BARE_PUT_IN.search(query):
            yield Fix("encode what is put into the query string with [B]", UNSAFE, (with_flag(rule, "B"),))
        if all(_has_no_space(rule, text) or text in query for text in in_path):
            summary = "encode the spaces that are put in with [BCTLS] (httpd 2.4.57 and newer)"
            yield Fix(summary, UNSAFE, (with_flag(rule, "BCTLS"),))
    yield _BY_HAND


def _without_space(rule: Rule) -> Iterator[Fix]:
    """The space that the rule itself says, as it stands in a query string."""
    span = word_spans(rule.directive)[1]
    path, mark, query = (
        rule.directive.source.data[span.start : span.end].decode("utf-8", "surrogateescape").partition("?")
    )
    written = path + mark + re.sub(r"\\? ", "+", query)
    yield Fix("write the space in the query string as `+`", UNSAFE, (replace(span, written),))


def _has_no_space(rule: Rule, text: str) -> bool:
    """Whether a `$1` of the path never has a space in it, so that nothing is changed about it."""
    groups = _GROUP.findall(rule.pattern.text)
    number = int(text[1]) - 1 if text[0] == "$" else -1
    return (
        rule.pattern.text.count("(") == len(groups)
        and 0 <= number < len(groups)
        and bool(_NO_SPACE_IN_IT.fullmatch(groups[number]))
    )


def _captured(rule: Rule, variables: list[str]) -> Iterator[Fix]:
    """The variable as a `%1` of one more condition, which [B] encodes."""
    has_or = any(OR_NEXT in condition.flags for condition in rule.conditions[-1:])
    if (
        len(variables) != 1
        or has_or
        or _OF_CONDITION.search(rule.output)
        or _PUT_IN.search(rule.output.partition("?")[0])
    ):
        return
    if rule.has(ESCAPE_BACKREFERENCES) or rule.directive.written.lower() != "rewriterule":
        return
    spans = word_spans(rule.directive)
    written = rule.directive.source.data[spans[1].start : spans[1].end].decode("utf-8", "surrogateescape")
    edits = (
        insert_before(rule.directive, f"RewriteCond {variables[0]} ^(.*)$"),
        replace(spans[1], written.replace(variables[0], "%1")),
        with_flag(rule, "B"),
    )
    yield Fix(f"capture {variables[0]} in a condition and encode it with [B]", UNSAFE, edits)
