"""Documents about buckets among files, recognised by what they hold, whatever their name."""

from collections.abc import Mapping

from audit403.core.source import Source
from audit403.s3.read.cloudformation import recognise as template
from audit403.s3.read.described import Described
from audit403.s3.read.json_tree import NoJson
from audit403.s3.read.policy_file import looks_like_policy, read_policy_file
from audit403.s3.read.terraform import recognise as terraform

_HEAD = 1 << 16
_JSON_STARTS = (b"{", b"\xef\xbb\xbf")


def looks_like_post_policy(data: bytes) -> bool:
    """Whether a file may hold what a form may upload; cheap, and true of every one that does."""
    return b'"expiration"' in data and b'"conditions"' in data


def may_be_document(name: str, data: bytes) -> bool:
    """Whether it is worth reading: cheap, and true of every document that is known here."""
    if template.recognises(name, data[:_HEAD]):
        return template.is_about_s3(data)
    if not data.lstrip()[:3].startswith(_JSON_STARTS):
        return False
    return looks_like_policy(data) or looks_like_post_policy(data) or terraform.recognises_plan(data[:_HEAD])


def describe(main: str, sources: Mapping[str, Source]) -> tuple[Described, ...]:
    """What a document says, once for each way in which it may turn out; nothing where it is about something else.

    `main` that is none of the sources is the folder of a Terraform configuration. Raises NoJson.
    """
    if main not in sources:
        return _of_folder(main, sources)
    source = sources[main]
    head = source.data[:_HEAD]
    if template.recognises(main, head):
        from audit403.s3.read.cloudformation.read import read_cloudformation

        return read_cloudformation(source)
    if not may_be_document(main, source.data):
        return ()
    if terraform.recognises_plan(head):
        from audit403.s3.read.terraform.plan import read_plan

        found = read_plan(source)
    else:
        found = read_policy_file(source) if looks_like_policy(source.data) else None
        if found is None and looks_like_post_policy(source.data):
            from audit403.s3.read.post_policy import read_post_policy

            found = read_post_policy(source)
    return () if found is None else (found,)


def _of_folder(folder: str, sources: Mapping[str, Source]) -> tuple[Described, ...]:
    from audit403.s3.read.terraform.read import read_terraform

    def read(path: str) -> bytes | None:
        return sources[path].data if path in sources else None

    def names_in(inner: str) -> list[str]:
        return [path.rpartition("/")[2] for path in sources if path.rpartition("/")[0] == inner]

    found = read_terraform(folder, read, names_in)
    return () if found is None else (found,)


__all__ = ["NoJson", "describe", "may_be_document"]
