"""Edits of what a statement says: in JSON, YAML and Terraform's language alike, where its words stand once."""

import re
from collections.abc import Iterable

from audit403.core.edit import TextEdit
from audit403.core.family import Site
from audit403.core.place import Span
from audit403.s3.explore.mistake import Needed
from audit403.s3.model.policy import Statement

_BEFORE_WORD, _BEHIND_WORD = rb"(?<![\w:*?./$-])", rb"(?![\w*?./$-]|:\S)"
_RESOURCES = re.compile(rb"[\"']?\bResource\b[\"']?\s*[:=]|\bresources\s*=")
_NEXT = re.compile(
    rb"[\n,{]\s*[\"']?(?:Sid|Effect|Principal|NotPrincipal|Action|NotAction|Condition)[\"']?\s*[:=]"
    rb"|\n\s*(?:sid|effect|actions|not_actions|principals|not_principals|condition)\s*[={]"
)
#: What an expression of a template looks like, with a function's tag in front.
_TEMPLATE = rb"(?:!Sub\s+)?[\"']?[^\"'\s]*\$\{[^}]+\}"
_TERRAFORM = rb"(?<![\w\"$.{])((?:data\.)?[a-z]\w*\.[\w-]+(?:\[[^\]]*\])?\.arn)(?![\w.\"}])"
_GET_ATT = rb"!GetAtt\s+([\w.]+)\.Arn\b"


def word_in_place_of(site: Site, statement: Statement, written: str, instead: str) -> tuple[TextEdit, ...]:
    """The edit that writes one word for another; none where that stands elsewhere, or more than once."""
    found = _text_of(site, statement)
    if found is None or not instead:
        return ()
    where, data = found
    word = re.escape(written.encode())
    if not is_variable(written):
        word = _BEFORE_WORD + word + _BEHIND_WORD
    places = list(re.finditer(word, data))
    if len(places) != 1:
        return ()
    start, end = (where.start + at for at in places[0].span())
    return (TextEdit(where.file, start, end, instead),)


def is_variable(word: str) -> bool:
    """Whether a word is a policy variable, which is told apart wherever it stands."""
    return word.startswith(("${", "&{"))


def with_resource(site: Site, statement: Statement, needed: Needed | None) -> tuple[TextEdit, ...]:
    """The edit that gives a statement the resource that it needs, in place of the other one or beside it."""
    found = _text_of(site, statement)
    if found is None or needed is None:
        return ()
    where, data = found
    token = _token(data, needed)
    if token is None:
        return ()
    start, end, text = token
    if needed.in_place:
        return (TextEdit(where.file, where.start + start, where.start + end, text),)
    before = data[:start].rstrip()
    if before.endswith((b"[", b",")):
        return (TextEdit(where.file, where.start + end, where.start + end, f", {text}"),)
    if before.endswith(b"-") and not before[:-1].rsplit(b"\n", 1)[-1].strip():
        indent = len(before) - 1 - (before.rfind(b"\n") + 1)
        line = "\n" + " " * indent + f"- {text}"
        return (TextEdit(where.file, where.start + end, where.start + end, line),)
    old = data[start:end].decode("utf-8", "surrogateescape")
    return (TextEdit(where.file, where.start + start, where.start + end, f"[{old}, {text}]"),)


def _text_of(site: Site, statement: Statement) -> tuple[Span, bytes] | None:
    where = statement.where
    data = site.source(where.file) if isinstance(where, Span) else None
    return None if data is None or not isinstance(where, Span) else (where, data[where.start : where.end])


def _token(data: bytes, needed: Needed) -> tuple[int, int, str] | None:
    """Where the resource stands that is named, quotes and all, and how the one that is needed is written there."""
    first, last = _resources_in(data)
    cut, add = _difference(needed)
    named = re.escape(needed.named.encode())
    places = list(re.compile(rb"(?:!Sub\s+)?([\"']?)" + named + rb"\1(?![\w*./-])").finditer(data, first, last))
    if not places and (cut or add):
        _, slash, key = needed.named.partition("/")
        tail = re.escape((slash + key).encode())
        places = list(re.compile(_TEMPLATE + tail + rb"[\"']?(?![\w*./$:-])").finditer(data, first, last))
    if not places and not cut and not add:
        return _with_other_key(data, first, last, needed)
    if len(places) == 1:
        start, end = places[0].span()
        return start, end, _rewritten(places[0][0].decode("utf-8", "surrogateescape"), needed, cut, add)
    return _bare(data, first, last, add) if not places and add else None


def _with_other_key(data: bytes, first: int, last: int, needed: Needed) -> tuple[int, int, str] | None:
    """An expression of a template for the bucket, with the key that is needed behind it for the one that is named."""
    bucket, _, key = needed.named.partition("/")
    other, _, right = needed.needed.partition("/")
    if not needed.in_place or bucket != other:
        return None
    tail = b"/" + key.encode()
    places = list(re.compile(_TEMPLATE + re.escape(tail) + rb"[\"']?(?![\w*./$:-])").finditer(data, first, last))
    if len(places) != 1:
        return None
    start, end = places[0].span()
    at = places[0][0].rfind(tail)
    text = places[0][0][:at] + b"/" + right.encode() + places[0][0][at + len(tail) :]
    return start, end, text.decode("utf-8", "surrogateescape")


def _resources_in(data: bytes) -> tuple[int, int]:
    """From where to where a statement names its resources; all of it where that is not plain."""
    found = list(_RESOURCES.finditer(data))
    if len(found) != 1:
        return 0, len(data)
    behind = _NEXT.search(data, found[0].end())
    return found[0].end(), len(data) if behind is None else behind.start()


def _difference(needed: Needed) -> tuple[str, str]:
    """What is cut off at the end, and what is put there."""
    if needed.needed and needed.named.startswith(needed.needed):
        return needed.named[len(needed.needed) :], ""
    return ("", needed.needed[len(needed.named) :]) if needed.needed.startswith(needed.named) else ("", "")


def _rewritten(token: str, needed: Needed, cut: str, add: str) -> str:
    quote = token[-1] if token[-1] in "\"'" else ""
    body = token[: len(token) - len(quote)]
    if not cut and not add:
        return body.replace(needed.named, needed.needed) + quote
    body = body[: len(body) - len(cut)] if cut and body.endswith(cut) else body
    return body + add + quote


def _bare(data: bytes, first: int, last: int, add: str) -> tuple[int, int, str] | None:
    """An ARN that is named without quotes: `aws_s3_bucket.site.arn`, `!GetAtt Site.Arn`."""
    terraform = list(re.compile(_TERRAFORM).finditer(data, first, last))
    attributes = list(re.compile(_GET_ATT).finditer(data, first, last))
    if len(terraform) + len(attributes) != 1:
        return None
    if terraform:
        start, end = terraform[0].span(1)
        return start, end, f'"${{{terraform[0][1].decode()}}}{add}"'
    start, end = attributes[0].span()
    return start, end, f'!Sub "${{{attributes[0][1].decode()}.Arn}}{add}"'


def both(*parts: Iterable[TextEdit]) -> tuple[TextEdit, ...]:
    """The edits together; none where one of them is missing."""
    every = [tuple(part) for part in parts]
    return tuple(edit for part in every for edit in part) if all(every) else ()
