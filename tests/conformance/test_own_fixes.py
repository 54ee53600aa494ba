"""What is broken, fixed by audit403: its own fixes are made on disk, and the real server then serves what was refused.

The real 403s of shared/cases count, and every broken example of a rule page or under fixtures/. The other half is as
strict as it can be: a request that the fixed state of a case refuses too must stay refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from audit403.core.finding import NOTE
from audit403.core.registry import load_rules
from audit403.engine.audit import Asked, audit
from servers.every_example import CASE_EXAMPLES, PAGE_EXAMPLES, fixed_of, rule_of
from servers.laid_out import lay_out_example
from servers.need import need_root
from servers.own_fixes import follow_the_report
from servers.rule_trial import as_ask
from servers.shared_cases import CASES, SharedCase, lay_out, shared_cases

if TYPE_CHECKING:
    from audit403.core.finding import Finding
    from servers.certificates import Certificates
    from servers.laid_out import LaidOut
    from servers.rule_examples import Ask, Example

#: Configuration or permissions refuse; a sandbox, a page that nobody has written and other programs do not count.
REAL = {
    server: [
        case
        for case in shared_cases(server)
        if case.decided_here and not case.cause.startswith(("fs.sandbox", "index.missing"))
        and case.id not in ("n01-no-index-autoindex-off", "a05-options-no-indexes")
    ]
    for server in ("nginx", "apache")
}  # fmt: skip
WANTED = 0.9
#: Not cured: what would have to be written, nobody can know from the configuration and the tree.
_UNKNOWN_SECRET = "how links are made: the secret, or who makes them"
_UNKNOWN_PROGRAM = "the program that knows who may come in, or runs the page"
_UNKNOWN_NETWORK = "the office's IPv6 network"
NOT_CURED = {
    "n34-npmplus-2757": "the second proxy's address",
    "nginx/auth-request-lets-nobody-in:broken": _UNKNOWN_PROGRAM,
    "nginx/certificate-test-never-holds:broken-name": "whose certificate is shown, so that the fix cannot be proven",
    "nginx/certificate-test-never-holds/behind-a-tls-proxy:broken": "what the proxy in front says of certificates",
    "nginx/certificate-test-never-holds/nothing-to-verify-with:broken": "the authority's certificate",
    "files/symlink-not-followed/loop:broken": "where the link was to lead",
    "files/symlink-not-followed:broken": "where the link was to lead",
    "nginx/allow-list-without-ipv6/geo-of-the-office:broken": _UNKNOWN_NETWORK,
    "nginx/error-page-refused/internal-under-deny:broken": "nothing: the answer stays 403, and only its page is mended",
    "nginx/index-refused/php-denied:broken": _UNKNOWN_PROGRAM,
    "nginx/nobody-let-in/subrequest:broken": "what the program that is asked says, so that the fix cannot be proven",
    "nginx/secure-link-never-right:broken": _UNKNOWN_SECRET,
    "nginx/secure-link-never-right/over:broken": _UNKNOWN_SECRET,
    "nginx/secure-link-never-right/secret-below:broken": _UNKNOWN_SECRET,
    "bad-bot-blocker-142": "nothing: the page is shown, and only its own address is refused",
    "loxberry-301": "which interpreter runs the page: as a plain file its text would be given away",
    "perfsonar-638": "whether the folder is to be listed",
    "a15-phplist-360": "which of the folder's scripts visitors may call",
    "a19-location-overrides-directory": "nothing: the section refuses on purpose",
    "apache/links-not-followed:broken-target": "where the link was to lead",
    "apache/nothing-granted:broken-missing": "where the site's files are",
    "apache/proxy-flag-without-proxy:broken": "whether the module is installed",
    "apache/certificate-test-never-holds:broken-names": "whose certificate is shown, so that the fix cannot be proven",
    "apache/nobody-let-in:broken-negative": "what the DNS says of clients, so that the fix cannot be proven",
    "apache/password-never-asked:broken-rule": "the users' passwords, so that no request shows that the fix helps",
    "apache/index-refused/redirect-403:broken": "what else the pattern is to refuse",
}
FORBIDDEN = 403
#: Every broken state in which something is refused that should not be.
DEFECTS = {rule.id for rule in load_rules()[0] if rule.severity != NOTE} - {
    "nginx/missing-index",
    "apache/missing-index",
}


def _rules(example: Example) -> set[str]:
    """The rules whose findings are expected."""
    return {rule_of(example)} if example.findings is None else set(example.findings)


EXAMPLES = [
    example
    for example in PAGE_EXAMPLES + CASE_EXAMPLES
    if example.state == "broken"
    and _rules(example) & DEFECTS
    and any(ask.status == FORBIDDEN for ask in example.asks)
    and example.is_of_files  # the others need a live audit, with which their pages prove their fixes
]


class Outcome(NamedTuple):
    """What the fixes did to one case: `still` is refused and should not be, `opened` is not and should be."""

    case: str
    fixes: tuple[str, ...]
    still: tuple[str, ...]
    opened: tuple[str, ...]


def fixed_by_us(case: SharedCase) -> Outcome:
    with lay_out(case, "fixed") as cured:
        closed = [request.expected == FORBIDDEN for request in cured.requests]
    with lay_out(case, "broken") as world:
        fixes = follow_the_report(world.main, world.prefix) or follow_the_report(world.main, world.prefix, notes=True)
        with world.server() as server:
            answers = [request.send(server.client).status for request in world.requests]
    still, opened = [], []
    for request, stays, answer in zip(world.requests, closed, answers, strict=True):
        name = f"{request.method} {request.target} from {request.client}: {answer}"
        if request.expected == FORBIDDEN and stays and answer != FORBIDDEN:
            opened.append(name)
        if request.expected == FORBIDDEN and not stays and answer == FORBIDDEN:
            still.append(name)
    return Outcome(case.id, tuple(fix.summary for fix in fixes), tuple(still), tuple(opened))


def example_fixed_by_us(example: Example, certificates: Certificates) -> Outcome:
    fixed = fixed_of(example)
    with lay_out_example(example, certificates) as place:
        witnesses = [as_ask(one.request) for one in _found(place, example) if one.request is not None]
        fixes = follow_the_report(place.main)
        later = {} if fixed is None else {ask[:-1]: ask.status for ask in fixed.asks}
        refused = [ask for ask in example.asks if ask.status == FORBIDDEN]
        with place.running() as running:
            served = [
                *filter(running.can_ask, witnesses),
                *(ask for ask in refused if later.get(ask[:-1], FORBIDDEN) != FORBIDDEN),
            ]
            closed = [ask for ask in refused if later.get(ask[:-1]) == FORBIDDEN]
            still = dict.fromkeys(_shown(ask) for ask in served if running.status(ask) == FORBIDDEN)
            opened = dict.fromkeys(_shown(ask) for ask in closed if running.status(ask) != FORBIDDEN)
        if not served and _found(place, example):
            still["what was found is found again"] = None
    return Outcome(example.id, tuple(fix.summary for fix in fixes), tuple(still), tuple(opened))


def _found(place: LaidOut, example: Example) -> list[Finding]:
    """The errors and warnings of the rule whose example it is."""
    every = (judged.finding for judged in audit([str(place.main)], Asked(tree="here", no_settings=True)).findings)
    return [one for one in every if one.rule == rule_of(example) and one.severity != NOTE]


def _shown(ask: Ask) -> str:
    return f"{ask.method} {ask.url()} from {ask.client}"


@pytest.mark.parametrize("case", [case for cases in REAL.values() for case in cases], ids=lambda case: str(case.id))
def test_a_real_403_is_cured(case: SharedCase) -> None:
    need_root()
    _judge(fixed_by_us(case))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.id))
def test_an_example_is_cured(example: Example, certificates: Certificates) -> None:
    need_root()
    _judge(example_fixed_by_us(example, certificates))


def _judge(outcome: Outcome) -> None:
    made = ", ".join(outcome.fixes) or "nothing"
    assert outcome.opened == (), f"made: {made}"
    reason = NOT_CURED.get(outcome.case)
    if reason is None:
        assert outcome.still == (), f"made: {made}"
    else:
        assert outcome.still, f"it is cured now, though NOT_CURED says that nobody knows {reason}; made: {made}"


@pytest.mark.parametrize("server", REAL)
def test_most_is_cured(server: str) -> None:
    ids = [case.id for case in REAL[server]] + [example.id for example in EXAMPLES if example.family == server]
    cured = [one for one in ids if one not in NOT_CURED]
    assert len(cured) >= WANTED * len(ids), f"{len(cured)} of {len(ids)}"


def test_what_is_not_cured_is_there() -> None:
    known = {case.id for cases in REAL.values() for case in cases} | {example.id for example in EXAMPLES}
    assert not CASES.is_dir() or NOT_CURED.keys() <= known
