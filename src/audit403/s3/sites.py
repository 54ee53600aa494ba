"""Which documents about buckets stand in a file or a folder: any name will do, what is in them counts."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.family import NotAudited, Options
from audit403.core.source import Source
from audit403.evidence.interface import DIRECTORY, Entry, Evidence
from audit403.evidence.walk import files_below

if TYPE_CHECKING:
    from audit403.s3.site import S3Site

STANDARD_INPUT = "(standard input)"
TERRAFORM = ".tf"
_TEMPLATE = ".tftpl"
_NAMES = (".json", ".policy", ".template", _TEMPLATE, ".yaml", ".yml", ".tfstate", TERRAFORM)
_SERVERLESS = tuple(
    re.compile(rb"(?m)^[\"']?%b[\"']?[ \t]*:" % word) for word in (b"service", b"provider", b"resources")
)
_OF_SERVERLESS = (
    "it is written for the Serverless Framework, which alone knows what its variables come to: check the template "
    "that `serverless package` writes into .serverless"
)
_LARGEST = 50_000_000
_LARGEST_RECORDED = 1_000_000_000
"""Of a state that was recorded: ten thousand policies may have twenty kilobytes each."""
#: One of these is in every document: what has none of them costs no more than this.
_WORDS = (
    b'"Statement"', b'"buckets"', b"Resources", b"AWSTemplateFormatVersion", b'"terraform_version"', b'"expiration"',
    b'Statement\\"',
)  # fmt: skip


def documents(target: str, evidence: Evidence, options: Options) -> "Iterator[S3Site | NotAudited]":
    """The documents behind a path."""
    entry = evidence.entry(target)
    if not (isinstance(entry, Entry) and entry.kind == DIRECTORY):
        if target.endswith(TERRAFORM):
            from audit403.s3.configurations import configurations

            yield from configurations([target.rpartition("/")[0]], evidence, options)
        else:
            found = list(_document(target, evidence, options))
            yield from found
            if not found and _is_of_serverless(evidence.read(target)):
                yield NotAudited(target, _OF_SERVERLESS)
        return
    not_read: list[tuple[str, str]] = []
    folders: dict[str, None] = {}
    for path in files_below(target, evidence, _is_wanted, not_read):
        if path.endswith(TERRAFORM):
            folders[path.rpartition("/")[0]] = None
        else:
            yield from _document(path, evidence, options)
    if folders:
        from audit403.s3.configurations import configurations

        yield from configurations(folders, evidence, options)


def _is_of_serverless(data: object) -> bool:
    return isinstance(data, bytes) and all(word.search(data) for word in _SERVERLESS)


def _is_wanted(folder: str, name: str) -> bool:
    return name.endswith(_NAMES)


def _has_a_word(data: bytes) -> bool:
    return any(word in data for word in _WORDS)


def site_of_text(data: bytes, options: Options) -> "S3Site | None":
    """The site of a document on standard input, the first way that it may turn out; None where it is none."""
    if not _has_a_word(data):
        return None
    from audit403.s3.read.documents import NoJson, describe, may_be_document
    from audit403.s3.site import S3Site

    if not may_be_document(STANDARD_INPUT, data):
        return None
    try:
        described = describe(STANDARD_INPUT, {STANDARD_INPUT: Source(STANDARD_INPUT, data)})
    except NoJson:
        return None
    return S3Site(described[0], options) if described else None


def _document(path: str, evidence: Evidence, options: Options) -> "Iterator[S3Site | NotAudited]":
    data = evidence.read(path)
    if not isinstance(data, bytes) or not _has_a_word(data):
        return
    from audit403.s3.read.documents import NoJson, describe, may_be_document
    from audit403.s3.read.policy_file import is_recorded
    from audit403.s3.site import S3Site

    if not may_be_document(path, data):
        return
    most = _LARGEST_RECORDED if is_recorded(data) else _LARGEST
    if len(data) > most:
        yield NotAudited(path, f"it is larger than {most:,} bytes")
        return
    source = Source(path, data)
    try:
        described = describe(path, {path: source})
    except NoJson as error:
        if path.endswith(_TEMPLATE):  # Terraform makes JSON of it, and reads it then
            return
        line, column = source.position(min(error.offset, len(data)))
        form = "a policy, and is no JSON" if data.lstrip()[:1] in (b"{", b"\xef") else "a template, and is no YAML"
        yield NotAudited(path, f"it looks like {form}: {error} (line {line}, column {column})")
        return
    except Exception as error:  # whatever one holds, the others are read
        yield NotAudited(path, f"internal-error: it could not be read: {type(error).__name__}: {error}")
        return
    for one in described:
        yield S3Site(one, options)
