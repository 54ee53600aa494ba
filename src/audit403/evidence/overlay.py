"""A world after a fix: any evidence with some edits laid over it, as root's chmod, chown, setfacl, usermod and rm do.

chmod and setfacl keep mode and mask in step as acl(5) says; chown drops the set-id bits as fs/attr.c does.
"""

from collections.abc import Callable, Iterable
from errno import EINVAL, EISDIR
from typing import TYPE_CHECKING

from audit403.core.edit import (
    AclUserEdit,
    BooleanEdit,
    CreateFileEdit,
    Edit,
    GroupMemberEdit,
    LabelEdit,
    ModeEdit,
    OwnerEdit,
    RemoveEdit,
    TextEdit,
    UnhideEdit,
)
from audit403.evidence.acl import in_kernel_order, mask_of
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import (
    ABSENT,
    DIRECTORY,
    FILE,
    LINK,
    Absent,
    AclEntry,
    Entry,
    Evidence,
    Group,
    NotCollected,
    Unreadable,
)
from audit403.evidence.links import parent_of, real_entry_path, real_path

if TYPE_CHECKING:
    from audit403.evidence.machine import Machine


class ImpossibleEdit(ValueError):
    """The edit cannot be made in that world; the text is one plain sentence."""


class Overlay(Forwarding):
    """The world `base` after `edits`: first those of text, then the others one after the other; `base` is not touched.

    The byte offsets of all text edits to a file count in the file as it was. A path that is not collected
    stays so after an edit. A link's own owner is changed (`chown -h`); its mode and ACL are those of what it leads to.
    """

    def __init__(self, base: Evidence, edits: Iterable[Edit]) -> None:
        super().__init__(base)
        self._entries: dict[str, Entry | Absent] = {}
        self._contents: dict[str, bytes] = {}
        self._removed: tuple[str, ...] = ()
        self._added_names: dict[str, set[str]] = {}
        self._memberships: dict[str, tuple[str, ...]] = {}
        self._unhidden: frozenset[str] = frozenset()
        self._labelled: tuple[LabelEdit, ...] = ()
        self._booleans: dict[str, bool] = {}
        edits = tuple(edits)
        self._edit_texts([edit for edit in edits if isinstance(edit, TextEdit)])
        for edit in edits:
            self._make(edit)

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself (a link is not followed)."""
        changed = self._entries.get(path)
        if changed is not None:
            return changed
        if self._removed and self._is_below_removed(path):
            return ABSENT
        return self._inner.entry(path)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to, links followed."""
        real = real_path(self, path)
        if not isinstance(real, str):
            return real
        if real in self._contents:
            return self._contents[real]
        entry = self.entry(real)
        if not isinstance(entry, Entry):
            return entry
        if entry.kind == DIRECTORY:
            return Unreadable(EISDIR, "Is a directory")
        if entry.kind != FILE:
            return Unreadable(EINVAL, "Not a regular file")
        return self._inner.read(real)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`, sorted by bytes."""
        if isinstance(self.entry(path), Absent):
            return ABSENT
        names = self._inner.names(path)
        if isinstance(names, Absent | NotCollected | Unreadable):
            return names
        gone = {removed.rpartition("/")[2] for removed in self._removed if parent_of(removed) == path}
        left = set(names) - gone | self._added_names.get(path, set())
        return tuple(sorted(left, key=_bytes_of))

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """The group of this name or gid, with the members that joined."""
        group = self._inner.group(name_or_gid)
        if isinstance(group, Group):
            joined = [user for user, groups in self._memberships.items() if group.name in groups]
            group = group._replace(members=(*group.members, *(user for user in joined if user not in group.members)))
        return group

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """What initgroups(3) would give `user`, with the groups that the user joined."""
        gids = self._inner.group_ids(user, primary_gid)
        if user not in self._memberships or isinstance(gids, NotCollected):
            return gids
        joined = []
        for name in self._memberships[user]:
            group = self._inner.group(name)
            if isinstance(group, NotCollected):
                return group
            if isinstance(group, Group):
                joined.append(group.gid)
        return tuple(sorted({*gids, *joined}))

    def machine(self) -> "Machine | NotCollected":
        """What runs there, without what sandboxes no longer mount."""
        machine = self._inner.machine()
        if isinstance(machine, NotCollected):
            return machine
        if self._booleans:
            machine = machine._replace(booleans=tuple({**dict(machine.booleans), **self._booleans}.items()))
        if machine.kernel and self._entries:
            # What an edit has changed the kernel was not asked about, and other mounts have other names for it.
            alike = {one.pid for one in machine.processes if one.mounts == machine.login.mounts}
            answers = tuple(one.without(self._entries) for one in machine.kernel if one.pid in alike)
            machine = machine._replace(kernel=answers)
        if not self._unhidden:
            return machine
        machine = machine._replace(kernel=())
        from audit403.evidence.machine import without_mounts

        own = machine.login.mounts
        tables = enumerate(machine.mount_tables)
        changed = (table if number == own else without_mounts(table, self._unhidden) for number, table in tables)
        return machine._replace(mount_tables=tuple(changed))

    def label(self, path: str) -> str | NotCollected | None:
        """The SELinux context of the entry at a canonical path, after it was labelled anew."""
        for edit in reversed(self._labelled):
            if path == edit.top or path.startswith(f"{edit.top}/"):
                return f"system_u:object_r:{edit.kind}:s0"
        return self._inner.label(path)

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after `edits` too."""
        return Overlay(self, edits)

    def _is_below_removed(self, path: str) -> bool:
        return any(path == removed or path.startswith(removed + "/") for removed in self._removed)

    def _make(self, edit: Edit) -> None:
        if isinstance(edit, ModeEdit):
            self._change(edit.path, True, lambda entry: _with_mode(entry, edit.mode))
        elif isinstance(edit, OwnerEdit):
            self._change(edit.path, False, lambda entry: _with_owner(entry, edit.uid, edit.gid))
        elif isinstance(edit, AclUserEdit):
            self._change(edit.path, True, lambda entry: _with_acl_user(entry, edit.uid, edit.bits))
        elif isinstance(edit, GroupMemberEdit):
            self._join(edit)
        elif isinstance(edit, CreateFileEdit):
            self._create(edit)
        elif isinstance(edit, RemoveEdit):
            self._remove(edit)
        elif isinstance(edit, UnhideEdit):
            self._unhidden |= {edit.point}
        elif isinstance(edit, LabelEdit):
            self._labelled = (*self._labelled, edit)
        elif isinstance(edit, BooleanEdit):
            self._booleans[edit.name] = edit.value

    def _change(self, path: str, follow: bool, change: Callable[[Entry], Entry]) -> None:
        found = self._find(path, follow)
        if found is not None:
            real, entry = found
            self._entries[real] = change(entry)

    def _find(self, path: str, follow: bool) -> tuple[str, Entry] | None:
        """The entry that a command given `path` acts on; None when the evidence does not show it."""
        real = real_path(self, path) if follow else real_entry_path(self, path)
        if isinstance(real, NotCollected):
            return None
        if isinstance(real, Unreadable):
            raise ImpossibleEdit(f"{path} cannot be changed: {real.message}.")
        entry = ABSENT if isinstance(real, Absent) else self.entry(real)
        if isinstance(entry, Absent) or isinstance(real, Absent):
            raise ImpossibleEdit(f"{path} cannot be changed: nothing is there.")
        return None if isinstance(entry, NotCollected) else (real, entry)

    def _join(self, edit: GroupMemberEdit) -> None:
        if isinstance(self.group(edit.group), Absent):
            raise ImpossibleEdit(f"The user {edit.user} cannot join the group {edit.group}: there is no such group.")
        if isinstance(self.user(edit.user), Absent):
            raise ImpossibleEdit(f"The user {edit.user} cannot join the group {edit.group}: there is no such user.")
        self._memberships[edit.user] = (*self._memberships.get(edit.user, ()), edit.group)

    def _create(self, edit: CreateFileEdit) -> None:
        real = real_entry_path(self, edit.path)
        if isinstance(real, NotCollected):
            return
        directory = self.entry(parent_of(real)) if isinstance(real, str) else ABSENT
        if isinstance(directory, NotCollected):
            return
        if not isinstance(real, str) or not isinstance(directory, Entry) or directory.kind != DIRECTORY:
            raise ImpossibleEdit(f"{edit.path} cannot be created: its directory is not there.")
        if isinstance(self.entry(real), Entry):
            raise ImpossibleEdit(f"{edit.path} cannot be created: it is there already.")
        self._entries[real] = Entry(FILE, edit.mode, edit.uid, edit.gid, size=len(edit.content))
        self._contents[real] = edit.content
        self._added_names.setdefault(parent_of(real), set()).add(real.rpartition("/")[2])

    def _remove(self, edit: RemoveEdit) -> None:
        found = self._find(edit.path, follow=False)
        if found is None:
            return
        real, _ = found
        if real == "/":
            raise ImpossibleEdit("The root directory cannot be removed.")
        below = real + "/"
        for mapping in (self._entries, self._contents, self._added_names):
            for path in [path for path in mapping if path == real or path.startswith(below)]:
                del mapping[path]
        self._added_names.get(parent_of(real), set()).discard(real.rpartition("/")[2])
        self._entries[real] = ABSENT
        self._removed = (*self._removed, real)

    def _edit_texts(self, edits: list[TextEdit]) -> None:
        edits_by_path: dict[str, list[TextEdit]] = {}
        for edit in edits:
            found = self._find(edit.file, follow=True)
            if found is not None:
                edits_by_path.setdefault(found[0], []).append(edit)
        for path, edits_there in edits_by_path.items():
            content = self.read(path)
            if isinstance(content, bytes):
                self._write(path, _edited(path, content, edits_there))
            elif not isinstance(content, NotCollected):
                raise ImpossibleEdit(f"{path} cannot be edited: it is not a readable file.")

    def _write(self, path: str, content: bytes) -> None:
        self._contents[path] = content
        entry = self.entry(path)
        if isinstance(entry, Entry):
            self._entries[path] = entry._replace(size=len(content), mtime=None)


def _with_mode(entry: Entry, mode: int) -> Entry:
    if entry.group_bits is None:
        return entry._replace(mode=mode)
    return entry._replace(mode=mode, acl=_with_mask(entry.acl, mode >> 3 & 7))


def _with_mask(acl: tuple[AclEntry, ...], mask: int) -> tuple[AclEntry, ...]:
    named = [entry for entry in acl if entry.tag != "mask"]
    return in_kernel_order([*named, AclEntry("mask", None, mask)])


def _with_owner(entry: Entry, uid: int | None, gid: int | None) -> Entry:
    mode = entry.mode
    if entry.kind not in (DIRECTORY, LINK):
        mode &= ~0o4000
        # Without the group's x bit, 02000 is not set-group-ID, and root's chown leaves it.
        if mode & 0o010:
            mode &= ~0o2000
    return entry._replace(mode=mode, uid=entry.uid if uid is None else uid, gid=entry.gid if gid is None else gid)


def _with_acl_user(entry: Entry, uid: int, bits: int) -> Entry:
    group_bits = entry.mode >> 3 & 7 if entry.group_bits is None else entry.group_bits
    others = [named for named in entry.acl if named.tag != "mask" and (named.tag, named.id) != ("user", uid)]
    named_entries = (*others, AclEntry("user", uid, bits))
    mask = mask_of(named_entries, group_bits)
    return entry._replace(
        mode=entry.mode & ~0o070 | mask << 3, acl=_with_mask(named_entries, mask), group_bits=group_bits
    )


def _edited(path: str, content: bytes, edits: list[TextEdit]) -> bytes:
    parts: list[bytes] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not position <= edit.start <= edit.end <= len(content):
            raise ImpossibleEdit(f"{path} cannot be edited: two edits overlap, or one lies outside the file.")
        parts += (content[position : edit.start], edit.text.encode("utf-8", "surrogateescape"))
        position = edit.end
    return b"".join((*parts, content[position:]))


def _bytes_of(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
