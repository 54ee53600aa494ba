"""Access hangs on a variable that nothing sets, and something sets one of nearly the same name."""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.apache.explore.subject import Subject
from audit403.apache.model.setenvif import SETENVIF, UNSET, Entry, SetEnvIfConfig
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.fields import with_header
from audit403.explore.regex_witness import witnesses
from audit403.http.address import parse_plain
from audit403_checks.apache.env_set_too_late import is_set_in_time, set_late, waiting
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, replace

_MOST_TEXTS = 4
_LEAST = 4


@check(ERROR, "require", "access-compat")
def variable_never_set(fact: Fact, site: Site) -> Iterator[Finding]:
    """Modules set variables that no line tells of; a slip of the pen shows in the other name that nobody asks for."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    for name, line in dict.fromkeys(waiting(refusal, subject)):
        if is_set_in_time(subject, name) or set_late(subject, name) is not None:
            continue
        entry, meant = next(_nearly(subject, name), (None, ""))
        if entry is None or _is_asked_for(site, meant):
            continue
        what = f"`{entry.directive.written} {entry.directive.raw.strip()}` sets {meant}"
        message = f"`{line.written} {line.raw.strip()}` waits for {name}, which nothing sets: {what}"
        chain = (Because(line.span, f"waits for {name}"), Because(entry.directive.span, f"sets {meant}"))
        request = next(_with_it(refusal, entry, site), refusal.witness)
        about = refusal._replace(
            where=line.span, because=(*chain, *refusal.because), witness=request, decision=site.decide(request)
        )
        data = (site.source(line.span.file) or b"")[line.span.start : line.span.end].decode("utf-8", "surrogateescape")
        edit = replace(line.span, re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", meant, data))
        fix = Fix(f"wait for {meant}", UNSAFE, (edit,))
        yield finding_of("apache/variable-never-set", ERROR, message, about, (fix,), anchor=name)
        return


def _nearly(subject: Subject, name: str) -> Iterator[tuple[Entry, str]]:
    """The lines that set a variable of nearly this name before access is decided."""
    exchange = subject.exchange
    own: SetEnvIfConfig = exchange.config(SETENVIF, SetEnvIfConfig())
    servers: SetEnvIfConfig = exchange.server.slots.get(SETENVIF, SetEnvIfConfig())
    for entry in (*servers.entries, *own.entries):
        for key, value in entry.features:
            if value != UNSET and key.lower() != name.lower() and _are_near(key.lower(), name.lower()):
                yield entry, key


def _are_near(one: str, other: str) -> bool:
    """Whether two names differ in signs, in one letter, or in two that have changed places; not in a number."""
    first, second = (re.sub(r"[^a-z0-9]", "", name) for name in (one, other))
    if first == second:
        return True
    if min(len(first), len(second)) < _LEAST or re.sub(r"\d", "", first) == re.sub(r"\d", "", second):
        return False
    while first[:1] == second[:1]:
        first, second = first[1:], second[1:]
    has_changed_places = first[:2] == second[1::-1] and first[2:] == second[2:]
    return has_changed_places or first[1:] == second or first == second[1:] or first[1:] == second[1:]


def _is_asked_for(site: ApacheSite, name: str) -> bool:
    """Whether any other line of the files speaks of the variable."""
    written = re.escape(name.encode("utf-8", "surrogateescape"))
    word = re.compile(rb"(?<![\w-])" + written + rb"(?![\w-])", re.IGNORECASE)
    parsed = (*site.configuration.files.values(), *site.evaluator.access_files.sources().values())
    lines = {line.strip() for file in parsed for line in file.source.data.splitlines() if word.search(line)}
    return any(not line.lower().startswith((b"setenvif", b"browsermatch", b"#")) for line in lines)


def _with_it(refusal: Refusal, entry: Entry, site: ApacheSite) -> Iterator[Request]:
    """The witness as somebody sends it for whom the other variable is set."""
    texts = iter(()) if entry.pattern is None else witnesses(entry.pattern)
    for text in islice(texts if entry.plain is None else iter((entry.plain,)), _MOST_TEXTS):
        if entry.special == "remote_addr":
            request = refusal.witness._replace(client=text) if parse_plain(text) is not None else None
        elif entry.name is not None and entry.special is None:
            request = with_header(refusal.witness, entry.name.text.lower(), text)
        else:
            request = None
        if request is not None and site.decide(request).where == refusal.where:
            yield request
