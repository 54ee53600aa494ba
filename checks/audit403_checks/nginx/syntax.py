"""A file that nginx cannot read: a missing `;`, brace or quote, or bytes that belong in no configuration."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, SAFE, Finding, Fix
from audit403.core.registry import check

_NO_SEMICOLON = 'is not terminated by ";"'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@check(ERROR, "syntax", "bytes")
def syntax(fact: Fact, site: Site) -> Iterator[Finding]:
    """One is enough: nginx stops at the first and keeps serving what it had loaded before, or does not start at all."""
    if isinstance(fact, ReadingFault):
        yield Finding("nginx/syntax", ERROR, fact.message, fact.where, status=None, fixes=_fixes(fact, site), fact=fact)


def _fixes(fact: ReadingFault, site: Site) -> tuple[Fix, ...]:
    where = fact.where
    if _NO_SEMICOLON in fact.message and where.start == where.end:
        return (Fix("put the `;` there", SAFE, (TextEdit(where.file, where.start, where.end, ";"),)),)
    data = site.source(where.file) or b""
    if fact.kind == "bytes" and data.startswith(_BYTE_ORDER_MARK) and where.start == 0:
        edit = TextEdit(where.file, 0, len(_BYTE_ORDER_MARK), "")
        return (Fix("take the byte order mark out", SAFE, (edit,)),)
    return ()
