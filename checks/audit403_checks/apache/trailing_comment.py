"""Comments behind rules of access: httpd has comments on lines of their own only."""

import re

from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import IdleDirective, ReadingFault
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span

OF_ACCESS = ("require", "allow", "deny", "order", "satisfy")
_BEHIND = re.compile(r"""([^"'#]*?)[ \t]+(#[^\n]*)\Z""")
_GLUED = re.compile(r"""([^"'#]*[^"'#\s])(#[^\n]*)\Z""")
_SAID = ("No comments are allowed", "'#", "takes one argument", "must be 'granted'")
"""What httpd says where a comment is the reason."""


class WithComment(NamedTuple):
    """A rule and the comment behind it."""

    rule: str
    comment: str


def comment_of(fact: IdleDirective | ReadingFault, site: ApacheSite) -> WithComment | None:
    """The rule that httpd does not take because of a comment behind it."""
    return with_comment(fact.where, site) if any(words in fact.message for words in _SAID) else None


def with_comment(where: Span, site: ApacheSite) -> WithComment | None:
    """A rule of access with a comment behind it."""
    text = (site.source(where.file) or b"")[where.start : where.end].decode("utf-8", "surrogateescape")
    name = text.split(None, 1)[0].lower() if text.strip() else ""
    if name not in OF_ACCESS:
        return None
    found = _BEHIND.match(text) or (_GLUED.match(text) if name in ("allow", "deny") else None)
    return None if found is None else WithComment(found[1].rstrip(), found[2].rstrip())


def comment_above(where: Span, site: ApacheSite) -> TextEdit | None:
    """The edit that puts the comment on a line of its own, above the rule."""
    found = with_comment(where, site)
    data = site.source(where.file) or b""
    before = data[data.rfind(b"\n", 0, where.start) + 1 : where.start].decode("latin-1")
    if found is None or before.strip():
        return None
    return TextEdit(where.file, where.start, where.end, f"{found.comment}\n{before}{found.rule}")
