"""S3 as a family: what answers for its buckets.

It has no servers that run on a host: requests are answered from a state, and documents are found by what they hold.
"""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.family import NotAudited, Options
from audit403.evidence.interface import Evidence

if TYPE_CHECKING:
    from audit403.core.family import Site
    from audit403.core.meaning import Meaning
    from audit403.s3.questions import Questions

name = "s3"
usual_mains: tuple[str, ...] = ()
explores = True
process_names: tuple[str, ...] = ()
build_texts: tuple[str, ...] = ()
url_schemes = ("s3",)


def answering(state: bytes | None) -> "Questions":
    """What answers requests in a state, a JSON text; without one each line of a batch brings its own."""
    from audit403.s3.questions import Questions

    return Questions(state)


def find(targets: Iterable[str], evidence: Evidence, options: Options) -> "Iterator[Site | NotAudited]":
    """The documents about buckets among files and folders."""
    from audit403.s3.sites import documents

    for target in targets:
        yield from documents(os.path.abspath(target), evidence, options)


def read_text(data: bytes, evidence: Evidence, options: Options) -> "Site | None":
    """The site of a document on standard input, or None where it is none."""
    from audit403.s3.sites import site_of_text

    return site_of_text(data, options)


def meanings(text: str) -> "tuple[Meaning, ...]":
    """What answers of S3, or messages about them, mean; none where there is nothing of the kind."""
    from audit403.s3.message import meanings_in

    return meanings_in(text)
