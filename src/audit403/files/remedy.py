"""The smallest commands that open a path to one identity, each tried out in the world that it would make.

A remedy is kept only when the same resolver, asked again in that world, grants the access.
"""

from audit403.core.edit import AclUserEdit, Edit, GroupMemberEdit, ModeEdit, OwnerEdit
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.acl import mask_of
from audit403.evidence.interface import Entry, Evidence, Group, User
from audit403.evidence.links import parent_of
from audit403.files.explain import resolve
from audit403.files.identity import Identity
from audit403.files.permission import (
    EXECUTE,
    OWNER_CLASS,
    READ,
    WRITE,
    class_of,
    granted_bits,
    in_group,
    permitted,
)
from audit403.files.resolve import NEED_FOLLOW, NEED_READ, NEED_SEARCH, NEED_WRITE, Blocker, Resolver

_BITS = {NEED_SEARCH: EXECUTE, NEED_READ: READ, NEED_WRITE: WRITE | EXECUTE}
_MOST_STEPS = 64
_ROOT_GID = 0


class Remedy(NamedTuple):
    """Commands for a person to run, and the same as edits; `opens_to` says who gains from them.

    `reload` says that a running server must be reloaded, because it took its groups when it started; a lower
    `exposure` opens the path to fewer.
    """

    commands: tuple[str, ...]
    edits: tuple[Edit, ...]
    opens_to: str
    reload: bool
    exposure: int


class _Step(NamedTuple):
    """One command for one component, and the identity as it is after it."""

    command: str
    edit: Edit
    opens_to: str
    exposure: int
    identity: Identity


# From the least that is opened to the most.
_OWNER, _ONE_USER, _ONE_USER_AND_MASK, _GROUP, _NEW_MEMBER, _EVERYBODY = range(6)


def remedies(evidence: Evidence, identity: Identity, user: str | None, path: str, access: str) -> tuple[Remedy, ...]:
    """One way for each degree of exposure, the least first; none when permissions are not what refuses."""
    found: dict[int, Remedy] = {}
    for preferred in (_OWNER, _ONE_USER, _GROUP, _NEW_MEMBER, _EVERYBODY):
        remedy = _remedy(evidence, identity, user, path, access, preferred)
        if remedy is not None:
            found[remedy.exposure] = remedy
    return tuple(found[exposure] for exposure in sorted(found))


def _remedy(
    evidence: Evidence, identity: Identity, user: str | None, path: str, access: str, preferred: int
) -> Remedy | None:
    """Open one refusing component after the other, each in the way nearest to `preferred`, until access is granted."""
    steps: list[_Step] = []
    for _ in range(_MOST_STEPS):
        answer = resolve(Resolver(evidence, identity), path, access)
        if not answer.errno:
            return _joined(steps) if steps else None
        if answer.blocker is None or answer.entry is None:
            return None
        ways = _ways(evidence, identity, user, answer.blocker, answer.entry)
        if not ways:
            return None
        step = min(ways, key=lambda way: (abs(way.exposure - preferred), way.exposure))
        steps.append(step)
        evidence, identity = evidence.with_changes([step.edit]), step.identity
    return None


def _joined(steps: list[_Step]) -> Remedy:
    commands = tuple(dict.fromkeys(step.command for step in steps))
    opens_to = "; ".join(dict.fromkeys(step.opens_to for step in steps))
    reload = any(isinstance(step.edit, GroupMemberEdit) for step in steps)
    return Remedy(commands, tuple(step.edit for step in steps), opens_to, reload, max(step.exposure for step in steps))


def _ways(evidence: Evidence, identity: Identity, user: str | None, blocker: Blocker, entry: Entry) -> list[_Step]:
    """What makes this one component grant what it refuses."""
    path = blocker.place.path
    # A command with a line feed or an escape sequence in it is not safe to print.
    if not path.isprintable():
        return []
    if blocker.need == NEED_FOLLOW:
        return _chown_link(evidence, identity, path)
    if blocker.need not in _BITS:
        return []
    bits = _BITS[blocker.need]
    if class_of(entry, identity) == OWNER_CLASS:
        possible = [_chmod(identity, path, entry, "u", bits, f"its owner {blocker.place.owner}")]
    else:
        possible = [
            _setfacl(identity, path, entry, user, bits),
            *_usermod(evidence, identity, user, entry),
            _chmod(identity, path, entry, "g", bits, f"the group {blocker.place.group}"),
            _chmod(identity, path, entry, "o", bits, "every user of this machine"),
        ]
    return [step for step in possible if _grants(evidence, step, path, bits)]


def _grants(evidence: Evidence, step: _Step, path: str, bits: int) -> bool:
    entry = evidence.with_changes([step.edit]).entry(path)
    return isinstance(entry, Entry) and permitted(entry, step.identity, bits)


def _chmod(identity: Identity, path: str, entry: Entry, who: str, bits: int, opens_to: str) -> _Step:
    shift, exposure = {"u": (6, _OWNER), "g": (3, _GROUP), "o": (0, _EVERYBODY)}[who]
    command = f"chmod {who}+{letters(bits)} {quote(path)}"
    return _Step(command, ModeEdit(path, entry.mode | bits << shift), opens_to, exposure, identity)


def _setfacl(identity: Identity, path: str, entry: Entry, user: str | None, bits: int) -> _Step:
    # The named entry takes the place of the class that counted before, so it repeats what that one granted.
    granted = granted_bits(entry, identity) | bits
    who = user or str(identity.uid)
    command = f"setfacl -m {quote(f'u:{who}:{letters(granted)}')} {quote(path)}"
    edit = AclUserEdit(path, identity.uid, granted)
    if _mask_cuts_others(entry, granted):
        return _Step(command, edit, f"{who}, and whom the ACL's mask cut off", _ONE_USER_AND_MASK, identity)
    return _Step(command, edit, f"{who} alone", _ONE_USER, identity)


def _mask_cuts_others(entry: Entry, granted: int) -> bool:
    """Whether the mask that setfacl calculates gives other entries back what the present one takes from them."""
    if entry.group_bits is None:
        return False
    mask = mask_of(entry.acl, entry.group_bits) | granted
    held_back = mask & ~(entry.mode >> 3)
    return any(
        bits & held_back for bits in (entry.group_bits, *(named.bits for named in entry.acl if named.id is not None))
    )


def _usermod(evidence: Evidence, identity: Identity, user: str | None, entry: Entry) -> list[_Step]:
    group = evidence.group(entry.gid)
    # Nobody should join root's group to read a web page.
    if user is None or not isinstance(group, Group) or group.gid == _ROOT_GID or in_group(group.gid, identity):
        return []
    member = identity._replace(groups=identity.groups | {group.gid})
    command = f"usermod -aG {quote(group.name)} {quote(user)}"
    opens_to = f"{user}, with all else that the group {group.name} may reach"
    return [_Step(command, GroupMemberEdit(user, group.name), opens_to, _NEW_MEMBER, member)]


def _chown_link(evidence: Evidence, identity: Identity, path: str) -> list[_Step]:
    """A protected link is followed when it belongs to the owner of its directory."""
    directory = evidence.entry(parent_of(path))
    if not isinstance(directory, Entry):
        return []
    owner = evidence.user(directory.uid)
    name = owner.name if isinstance(owner, User) else str(directory.uid)
    command = f"chown -h {quote(name)} {quote(path)}"
    return [_Step(command, OwnerEdit(path, directory.uid, None), "every user who may follow links", _GROUP, identity)]


def letters(bits: int) -> str:
    """The permission bits as chmod and setfacl write them."""
    return "".join(letter for letter, bit in (("r", READ), ("w", WRITE), ("x", EXECUTE)) if bits & bit)


def quote(word: str) -> str:
    """The word as one argument of a POSIX shell."""
    import shlex

    return shlex.quote(word)
