"""Policy variables of which a template language keeps its hands off: `${!aws:username}`, `$${aws:username}`."""

import re

from audit403.core.edit import TextEdit
from audit403.core.fact import ReadingFault
from audit403.core.family import Site

_VARIABLE = re.compile(rb"(?<!\$)\$\{(?!!)\s*(?:aws|s3|saml|sts|kms|[a-z0-9.-]+\.com):(?!:)[^}]*\}", re.IGNORECASE)
_TERRAFORM = (".tf", ".tftpl")


def escaped(site: Site, fact: ReadingFault) -> tuple[TextEdit, ...]:
    """The edits that escape every policy variable of the place."""
    where = fact.where
    data = site.source(where.file)
    if data is None:
        return ()
    mark = "$" if where.file.endswith(_TERRAFORM) else "!"
    edits = []
    for found in _VARIABLE.finditer(data, where.start, where.end):
        at = found.start() + (0 if mark == "$" else 2)
        edits.append(TextEdit(where.file, at, at, mark))
    return tuple(edits)
