"""A file that httpd cannot read: a section that is not closed, or bytes that belong in no configuration."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, SAFE, Finding, Fix
from audit403.core.registry import check

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@check(ERROR, "syntax", "bytes")
def syntax(fact: Fact, site: Site) -> Iterator[Finding]:
    """One is enough: httpd does not start with it, or goes on with what it had loaded before."""
    if isinstance(fact, ReadingFault):
        message, fixes = fact.message, _fixes(fact, site)
        yield Finding("apache/syntax", ERROR, message, fact.where, status=None, fixes=fixes, anchor=message, fact=fact)


def _fixes(fact: ReadingFault, site: Site) -> tuple[Fix, ...]:
    where = fact.where
    data = site.source(where.file) or b""
    if fact.kind == "bytes" and data.startswith(_BYTE_ORDER_MARK) and where.start == 0:
        edit = TextEdit(where.file, 0, len(_BYTE_ORDER_MARK), "")
        return (Fix("take the byte order mark out", SAFE, (edit,)),)
    return ()
