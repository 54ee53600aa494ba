"""A server block refuses one of the names that its own `server_name` lists."""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.nginx.explore.doors import taken_by
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import parse_address
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import ServerName
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_after

_NAME = "nginx/own-name-refused"
_MOST_NAMES = 30
_MOST_VALUES = 3
_ALL_OTHERS = ("differs", "!~", "!~*")
_DIFFERS = re.compile(rb"!=\s*[\"']?([A-Za-z0-9.-]+)[\"']?(?=\s*\))")


@check(ERROR, "return")
def own_name_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where the name is among all others that a test refuses: one that a rule names is refused on purpose."""
    found = own_refusal_of(fact)
    if found is None or len(found[1].server.names) < 2 or not any(map(_is_about_names, found[0].decision.trace)):
        return
    refusal, subject = found
    if subject.location is not None and subject.location.name != "/":
        return  # a part of the site may well be for one of its names alone
    refused: list[tuple[ServerName, Request, Decision]] = []
    served = ""
    for name in islice(_names(subject), _MOST_NAMES):
        asked = _by_name(refusal.witness, name.text or "")
        decision = site.decide(asked)
        if decision.verdict != REFUSED:
            served = served or name.text or ""
        elif decision.where == refusal.where and any(map(_refuses_all_others, decision.trace)):
            refused.append((name, asked, decision))
    if not served or not refused:
        return
    name, asked, decision = refused[0]
    names = ", ".join(one.text or "" for one, _, _ in refused)
    message = f"`server_name` lists {names}, and a test on the name refuses {'it' if len(refused) == 1 else 'them'}"
    fixes = tuple(_fixes(site, decision, [one.text or "" for one, _, _ in refused]))
    finding = finding_of(_NAME, ERROR, message, refusal, fixes, anchor=names)
    listed = () if name.directive is None else (Because(name.directive.span, f"lists {name.text}"),)
    chain = (*listed, *decision.because)
    yield finding._replace(request=asked, because=chain, who=f"every request for {names}", log=decision.log)


def _names(subject: Subject) -> Iterator[ServerName]:
    """The names that somebody can ask for, without wildcards, patterns and addresses."""
    for name in subject.server.names:
        text = name.text
        if text is None or "*" in text or text.startswith(".") or "." not in text or parse_address(text) is not None:
            continue
        if taken_by(subject.socket, text) is subject.server:
            yield name


def _by_name(witness: Request, name: str) -> Request:
    tls = None if witness.tls is None else witness.tls._replace(sni=name)
    return witness._replace(host=name, tls=tls)


def _is_about_names(step: Step) -> bool:
    return step.phase != "server" and step.field in ("host", "header:host", "value:$host", "value:$http_host")


def _refuses_all_others(step: Step) -> bool:
    """A test that a name meets because it is not the one that is written there."""
    if not _is_about_names(step):
        return False
    return bool(step.met and step.operator in _ALL_OTHERS) or _is_default(step)


def _is_default(step: Step) -> bool:
    return step.operator == "map" and step.value == "default"


def _fixes(site: Site, decision: Decision, names: list[str]) -> Iterator[Fix]:
    """The one name of a `!=` becomes a list, a map gets a line; any other test a person changes."""
    step = next((step for step in decision.trace if _refuses_all_others(step)), None)
    where = None if step is None else step.where
    if step is not None and _is_default(step) and isinstance(site, NginxSite):
        yield from _lines(site.model, step, names)
    elif isinstance(where, Span):
        data = site.source(where.file) or b""
        one = _DIFFERS.search(data, where.start, where.end)
        if one is not None:
            listed = "|".join(re.escape(name).replace(r"\-", "-") for name in (one[1].decode(), *names))
            edit = TextEdit(where.file, one.start(), one.end(), f"!~ ^({listed})$")
            yield Fix(_summary(names), UNSAFE, (edit,))
    yield Fix("let the name through in the test, or take it out of `server_name`", MANUAL)


def _lines(model: Model, step: Step, names: list[str]) -> Iterator[Fix]:
    """Lines of the map for the names, with each of the values that other names have in turn."""
    for definition in model.maps.values():
        default = definition.default.directive
        if default is None or default.span != step.where:
            continue
        values = dict.fromkeys(entry.value.source for entry in definition.table.exact.values())
        for value in islice(values, _MOST_VALUES):
            if value and not re.search(r"[\s;{}\"'$]", value):
                edit = insert_after(default, "\n".join(f"{name} {value};" for name in names))
                yield Fix(_summary(names), UNSAFE, (edit,))


def _summary(names: list[str]) -> str:
    return f"let {', '.join(names)} through"
