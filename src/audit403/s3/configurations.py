"""The Terraform configurations among some folders: those that no other of them calls as its module."""

from collections.abc import Iterable, Iterator

from audit403.core.family import NotAudited, Options
from audit403.evidence.interface import Absent, Evidence, NotCollected, Unreadable
from audit403.s3.read.described import Described
from audit403.s3.read.terraform.read import read_terraform
from audit403.s3.read.terraform.recognise import is_about_s3, recognises
from audit403.s3.site import S3Site

LARGEST = 5_000_000


def configurations(folders: Iterable[str], evidence: Evidence, options: Options) -> Iterator[S3Site | NotAudited]:
    """What each folder with files of Terraform describes."""
    files = _Files(evidence)
    found: dict[str, Described] = {}
    for folder in folders:
        own = files.own(folder)
        if any(recognises(path, data) for path, data in own.items()) and any(map(is_about_s3, own.values())):
            try:
                described = read_terraform(folder, files.read, files.names)
            except Exception as error:  # whatever one holds, the others are read
                yield NotAudited(folder, f"internal-error: it could not be read: {type(error).__name__}: {error}")
                continue
            if described is not None:
                found[folder] = described
    for folder, described in found.items():
        own_paths = files.own(folder).keys()
        if not any(own_paths <= other.sources.keys() for name, other in found.items() if name != folder):
            yield S3Site(described, options)
    yield from (NotAudited(path, f"it is larger than {LARGEST:,} bytes") for path in files.too_large)


class _Files:
    """Files, read once."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[str, bytes | None] = {}
        self.too_large: dict[str, None] = {}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none to read."""
        if path not in self._known:
            data = self._evidence.read(path)
            if isinstance(data, bytes) and len(data) > LARGEST:
                self.too_large[path] = None
            self._known[path] = data if isinstance(data, bytes) and len(data) <= LARGEST else None
        return self._known[path]

    def names(self, folder: str) -> list[str]:
        """The names in a folder."""
        names = self._evidence.names(folder)
        return [] if isinstance(names, Absent | NotCollected | Unreadable) else list(names)

    def own(self, folder: str) -> dict[str, bytes]:
        """The files of Terraform's language in a folder."""
        paths = [f"{folder}/{name}" for name in self.names(folder) if name.endswith(".tf")]
        return {path: data for path in paths if (data := self.read(path)) is not None}
