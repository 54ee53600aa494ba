"""Changes to the world that a fix makes: of text in files, and of entries of a file system.

The same values are replayed in the model (`Evidence.with_changes`), printed as a diff or a command, and written.
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple


class TextEdit(NamedTuple):
    """Replace the bytes `start`..`end` of `file` by `text`."""

    file: str
    start: int
    end: int
    text: str


class ModeEdit(NamedTuple):
    """chmod: the entry gets exactly these permission bits (07777); with an ACL the group digit sets the mask."""

    path: str
    mode: int


class OwnerEdit(NamedTuple):
    """chown: None leaves that id as it is."""

    path: str
    uid: int | None
    gid: int | None


class AclUserEdit(NamedTuple):
    """setfacl -m u:UID:BITS, with the mask recalculated as setfacl does."""

    path: str
    uid: int
    bits: int


class GroupMemberEdit(NamedTuple):
    """usermod -aG: the user joins the group."""

    user: str
    group: str


class ReloadEdit(NamedTuple):
    """The server whose workers run as this user is reloaded: they take the groups that the user has now."""

    user: str


class UnhideEdit(NamedTuple):
    """A server's sandbox no longer mounts anything of its own at this point."""

    point: str


class LabelEdit(NamedTuple):
    """semanage fcontext and restorecon: `top` and all below it are of this type of SELinux."""

    top: str
    kind: str


class BooleanEdit(NamedTuple):
    """setsebool -P: a boolean of SELinux's policy."""

    name: str
    value: bool


class CreateFileEdit(NamedTuple):
    """A new regular file."""

    path: str
    content: bytes
    mode: int
    uid: int
    gid: int


class RemoveEdit(NamedTuple):
    """The entry is taken away."""

    path: str


class BucketEdit(NamedTuple):
    """A setting of a bucket, in the words of docs/s3.md, becomes this value, a JSON text."""

    bucket: str
    setting: str
    value: str


def edited(content: bytes, edits: Iterable[TextEdit]) -> bytes | None:
    """The content after some edits of it, whose offsets all count in the content as it was; None when two overlap."""
    parts: list[bytes] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not position <= edit.start <= edit.end <= len(content):
            return None
        parts += (content[position : edit.start], edit.text.encode("utf-8", "surrogateescape"))
        position = edit.end
    return b"".join((*parts, content[position:]))


Edit = (
    TextEdit
    | ModeEdit
    | OwnerEdit
    | AclUserEdit
    | GroupMemberEdit
    | ReloadEdit
    | UnhideEdit
    | LabelEdit
    | BooleanEdit
    | CreateFileEdit
    | RemoveEdit
    | BucketEdit
)
