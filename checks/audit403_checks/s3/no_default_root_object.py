"""The address of a distribution without a path is refused, because nothing says which object it shows."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, WARNING, Finding
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.s3.documents import viewer_finding


@check(WARNING, "no-default-root-object")
def no_default_root_object(fact: Fact, site: Site) -> Iterator[Finding]:
    """A warning where something tells that pages are meant; a note where it may serve files that others link."""
    if not isinstance(fact, DocumentFault):
        return
    expected = fact.subject.expected
    found = viewer_finding(
        "no-default-root-object",
        WARNING if expected else NOTE,
        fact,
        "name the start page as the distribution's default root object (index.html)",
    )
    told = tuple(Because(fact.where, words) for words in expected)
    yield found._replace(because=(*found.because, *told))
