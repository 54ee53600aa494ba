"""A directive that httpd refuses: in the wrong place, of a module that is not there, or with a value it cannot take."""

from collections.abc import Iterator

from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, Finding
from audit403.core.registry import check
from audit403_checks.apache.trailing_comment import comment_of
from audit403_checks.apache.unread_rules import unread_block


@check(ERROR, "rejected", "context", "arguments", "directive", "stranger", "module")
def rejected_directive(fact: Fact, site: Site) -> Iterator[Finding]:
    """Httpd then does not start. Which modules there are is only assumed for a file without its server: a note."""
    if not isinstance(fact, ReadingFault) or not isinstance(site, ApacheSite):
        return
    if comment_of(fact, site) is not None or unread_block(fact, site) is not None:
        return  # rules of their own tell of these
    is_open = fact.kind in ("directive", "stranger", "module") and (
        site.configuration.assumed is not None or "not known here" in fact.message
    )
    severity = NOTE if is_open else ERROR
    message = f"httpd does not start with this: {fact.message}"
    if is_open:
        message = f"httpd does not start with this where no further module is loaded: {fact.message}"
    name = "apache/rejected-directive"
    yield Finding(name, severity, message, fact.where, status=None, anchor=fact.message, fact=fact)
