"""A test on a client's certificate in the form that nginx writes it in.

Truth: ngx_http_ssl_module's variables. `$ssl_client_s_dn_legacy` and `$ssl_client_i_dn_legacy` are what the names
without `_legacy` were before 1.11.6: tests that were written for those hold for them.
"""

import re
from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import IdleDirective
from audit403.core.family import Site
from audit403.core.place import Span
from audit403.nginx.explore.certificates import FINGERPRINT, NAMES, OLD_FORM, SERIAL, SPACED_FORM
from audit403.nginx.explore.codes import codes_of
from audit403.nginx.explore.subject import Subject
from audit403.nginx.explore.tables import entries_of
from audit403.nginx.family import NginxSite
from audit403.nginx.model.map import Map
from audit403.nginx.model.rewrite_code import If
from audit403_checks.support import replace

_DIGITS = re.compile("[0-9A-Fa-f]+")
_SHA1 = 40


def in_their_form(site: Site, fact: IdleDirective) -> tuple[str, tuple[TextEdit, ...]] | None:
    """What to do, and the edits, for a test that no certificate passes; None where nobody can know the form meant."""
    subject = fact.subject
    if not isinstance(site, NginxSite) or not isinstance(subject, Subject):
        return None
    for definition in site.model.maps.values():
        if any(entry.directive is not None and entry.directive.span == fact.where for entry in entries_of(definition)):
            return _of_map(definition)
    for code in codes_of(subject.server):
        for test in code:
            if isinstance(test, If) and test.directive.span == fact.where:
                return _of_test(test)
    return None


def _of_map(definition: Map) -> tuple[str, tuple[TextEdit, ...]] | None:
    """The older variable, where every line is written for it."""
    name = definition.source.source.strip("${}")
    lines = [entry.key for entry in entries_of(definition) if entry.key != "default"]
    if name not in NAMES or not all(map(OLD_FORM.search, lines)):
        return None
    span = definition.directive.arg_span(0)
    return _older(name), (replace(span, f"${name}_legacy"),)


def _of_test(test: If) -> tuple[str, tuple[TextEdit, ...]] | None:
    condition, directive = test.condition, test.directive
    head = directive.arg_span(0)._replace(end=directive.arg_span(len(directive.args) - 1).end)
    pattern = None if condition.regex is None else condition.regex.pattern
    text = pattern if condition.value is None else condition.value.literal
    if not text:
        return None
    if condition.variable in NAMES and OLD_FORM.search(text.replace("\\/", "/")):
        edits = tuple(_written_anew(directive.source.data, head, condition.variable, f"{condition.variable}_legacy"))
        return (_older(condition.variable), edits) if edits else None
    given = _given(condition.variable, text) if condition.operator == "!=" else None
    edits = () if given is None else tuple(_written_anew(directive.source.data, head, text, given))
    return (f"compare with {given}", edits) if edits else None


def _older(name: str) -> str:
    return f"test `${name}_legacy`, which is written the way that the test expects"


def _given(name: str, text: str) -> str | None:
    """How nginx writes what somebody has copied from another program."""
    if name in NAMES and SPACED_FORM.search(text):
        return re.sub(r"\s*([,=])\s*", r"\1", text)
    digits = text.replace(":", "").replace(" ", "")
    if not _DIGITS.fullmatch(digits):
        return None
    if name == FINGERPRINT and len(digits) == _SHA1:
        return digits.lower()
    return digits.upper() if name == SERIAL else None


def _written_anew(data: bytes, head: Span, old: str, new: str) -> Iterator[TextEdit]:
    """The edit of the one place in the parentheses of an `if` where a text stands; none where there are several."""
    words, sought = data[head.start : head.end], old.encode("utf-8", "surrogateescape")
    if words.count(sought) == 1:
        start = head.start + words.index(sought)
        yield TextEdit(head.file, start, start + len(sought), new)
