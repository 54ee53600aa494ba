"""The answer of `audit403 reach` for people: the verdict, the components as namei(1) lists them, and the commands."""

from os import strerror

from audit403.core.family import RunsAs
from audit403.evidence.interface import Evidence, Group, NotCollected
from audit403.evidence.links import real_path
from audit403.files.answer import errno_name
from audit403.files.explain import Component, components, mode_text
from audit403.files.identity import Identity
from audit403.files.permission import (
    GROUP_CLASS,
    NAMED_USER_CLASS,
    OTHER_CLASS,
    OWNER_CLASS,
    class_of,
    granted_bits,
)
from audit403.files.remedy import Remedy, remedies
from audit403.files.resolve import (
    NEED_FOLLOW,
    NEED_LOOP,
    NEED_READ,
    NEED_SEARCH,
    Resolution,
    place_of,
)
from audit403.report.terminal import Style, safe

_STANDING = {
    OWNER_CLASS: "is its owner",
    NAMED_USER_CLASS: "is named in its ACL",
    GROUP_CLASS: "is in its group or in one that its ACL names",
    OTHER_CLASS: "is neither its owner nor in its group",
}
_PERMISSION = {NEED_SEARCH: "search (x)", NEED_READ: "read (r)"}


def reach_text(
    evidence: Evidence,
    identity: Identity,
    user: str | None,
    path: str,
    access: str,
    resolution: Resolution,
    style: Style,
) -> str:
    """The whole answer."""
    who = user or f"uid {identity.uid}"
    colour = "warning" if resolution.missing is not None else "error" if resolution.errno else "new"
    lines = [style.paint(_verdict(who, path, access, resolution), colour)]
    kept = _kept(evidence, resolution)
    reason = f"  {kept}" if kept is not None else _reason(who, identity, resolution)
    if reason is not None:
        lines.append(reason)
    lines.append("")
    lines += [
        style.paint(line, colour) if line.startswith(">") else line
        for line in _listing(evidence, identity, path, access, resolution)
    ]
    if resolution.blocker is not None and kept is None:
        lines += ["", *_commands(remedies(evidence, identity, user, path, access), _is_seen(evidence, path), style)]
    return "\n".join(lines) + "\n"


def asker_text(evidence: Evidence, identity: Identity, server: RunsAs) -> str:
    """Who reaches for it, in one line: which part of a server, where that is written, and in which groups."""
    groups = ", ".join(safe(_group_name(evidence, gid)) for gid in sorted(identity.groups))
    written = "by default" if server.where is None else f"{safe(server.where.file)}:{server.where.line}"
    where = "" if server.runs else f" ({written})"
    return f"{safe(server.user)} – {safe(server.what)}{where}, in the groups {groups}\n"


def _group_name(evidence: Evidence, gid: int) -> str:
    group = evidence.group(gid)
    return group.name if isinstance(group, Group) else str(gid)


def _verdict(who: str, path: str, access: str, resolution: Resolution) -> str:
    if resolution.missing is not None:
        needed = safe(resolution.missing.name)
        return f"unknown: whether {who} can {access} {safe(path)} hangs on {needed}, which cannot be seen"
    if not resolution.errno:
        return f"allowed: {who} can {access} {safe(path)}"
    error = f"{errno_name(resolution.errno)} ({strerror(resolution.errno)})"
    return f"denied: {who} cannot {access} {safe(path)}: {error}"


def _kept(evidence: Evidence, resolution: Resolution) -> str | None:
    """What refuses whatever the modes say: a mount, a security module, a sandbox."""
    from audit403.files.mounts import INACCESSIBLE, SeenByWorker

    if resolution.blocker is None:
        return None
    if resolution.blocker.kept is not None:
        return safe(resolution.blocker.kept.why)
    hidden = evidence.hidden(resolution.path) if isinstance(evidence, SeenByWorker) else None
    if hidden is None or hidden.how != INACCESSIBLE:
        return None
    what = "its sandbox" if hidden.setting is None else f"{hidden.setting} of its unit"
    return safe(f"{what} keeps the server out of {hidden.point}")


def _reason(who: str, identity: Identity, resolution: Resolution) -> str | None:
    if not resolution.errno or resolution.missing is not None:
        return None
    at = safe(resolution.path)
    blocker, entry = resolution.blocker, resolution.entry
    if blocker is None or entry is None:
        return f"  at {at}"
    if blocker.need == NEED_LOOP:
        return f"  {at} is the 41st link on the way, and Linux follows 40"
    if blocker.need == NEED_FOLLOW:
        return (
            f"  {at} is a link in a sticky directory that everybody may write to, and fs.protected_symlinks is on:"
            f" only its owner {blocker.place.owner} may follow it, or all if it belonged to the directory's owner"
        )
    bits = granted_bits(entry, identity)
    granted = "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
    standing = _STANDING[class_of(entry, identity)]
    return f"  {at} refuses {_PERMISSION[blocker.need]}: {who} {standing} and has {granted} there"


def _listing(evidence: Evidence, identity: Identity, path: str, access: str, resolution: Resolution) -> list[str]:
    walked = components(evidence, identity, path, access)
    rows = [_row(evidence, component, resolution) for component in walked]
    widths = [max(len(row[column]) for row in rows) for column in range(1, 4)]
    return [
        f"{row[0]} {row[1]:<{widths[0]}} {row[2]:<{widths[1]}} {row[3]:<{widths[2]}} {row[4]}".rstrip() for row in rows
    ]


def _row(evidence: Evidence, component: Component, resolution: Resolution) -> tuple[str, str, str, str, str]:
    """The mark, the type with the mode, owner, group, and the name with what there is to say of it."""
    name = "  " * component.depth + safe(component.name)
    entry = component.entry
    first = component.path == resolution.path and resolution.errno != 0
    mark = ">" if first else " "
    if entry is None:
        answer = evidence.entry(component.path)
        state = f"not collected: {safe(answer.reason)}" if isinstance(answer, NotCollected) else "nothing there"
        return mark, "?", "?", "?", f"{name}  <- {state}"
    if entry.target is not None:
        name += f" -> {safe(entry.target)}"
    if component.refuses:
        name += f"  <- refuses {_PERMISSION.get(component.need or '', component.need)}"
    elif first:
        name += f"  <- {strerror(resolution.errno)}" if resolution.errno > 0 else "  <- not known"
    place = place_of(evidence, component.path, entry)
    return mark, mode_text(entry), place.owner or "?", place.group or "?", name


def _is_seen(evidence: Evidence, path: str) -> bool:
    """Whether it is known what lies at the end of a path."""
    return not isinstance(real_path(evidence, path), NotCollected)


def _commands(found: tuple[Remedy, ...], is_seen: bool, style: Style) -> list[str]:
    if not found and not is_seen:
        return ["What would open it is not known: what lies behind was not looked at."]
    if not found:
        return ["No chmod, setfacl or usermod opens it."]
    lines = ["To open it, the least exposure first:"]
    for remedy in found:
        lines += [f"  # for {safe(remedy.opens_to)}{'; then reload the server' if remedy.reload else ''}"]
        lines += [style.paint(f"  {safe(command)}", "new") for command in remedy.commands]
    return lines
