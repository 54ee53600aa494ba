"""What mod_dav_fs does to files and directories, with their properties: delete, copy, move.

Truth: dav_fs_remove_resource, dav_fs_copymove_resource, dav_fs_move_resource, dav_fs_copymoveset and dav_fs_deleteset
in modules/dav/fs/repos.c. Properties are in one file each in `.DAV`, as Berkeley DB keeps them.
"""

from errno import EEXIST, ENOENT, ENOSPC

from audit403.apache.decide.dav.headers import INFINITY
from audit403.apache.decide.dav.outcome import CONFLICT, MULTI_STATUS, Failure, Resource, refused_by_file
from audit403.apache.decide.dav.walk import Walk, walk
from audit403.apache.decide.outcome import FORBIDDEN, SERVER_ERROR
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import PathPlace
from audit403.evidence.interface import DIRECTORY
from audit403.files.changing_tree import ChangingTree, head_of
from audit403.files.resolve import Resolution

_STATE_OF_DIRECTORY = ".state_for_dir"
_ALL_BITS = 0o777


def status_of(errno: int) -> int:
    """The status for a file that cannot be written (MAP_IO2HTTP)."""
    return 507 if errno == ENOSPC else CONFLICT if errno == ENOENT else SERVER_ERROR


def remove(tree: ChangingTree, resource: Resource) -> None:
    """Delete a file with its properties, or a directory with all that is in it. Raises Failure."""
    if not resource.is_collection:
        found = tree.unlink(resource.path)
        if found.errno:
            raise refused_by_file(found, resource.path, "Cannot remove resource")
        _remove_properties(tree, resource)
        return
    left: list[tuple[Resource, Resolution]] = []

    def visit(member: Resource, after: bool) -> int:
        if after or not member.is_collection:
            found = tree.rmdir(member.path) if after else tree.unlink(member.path)
            if found.errno:
                left.append((member, found))
        return 0

    ended = walk(Walk(tree, visit, hidden=True, postfix=True), resource, INFINITY)
    if ended:
        raise Failure(ended, "", cause="dav-walk")
    if left:
        raise Failure(MULTI_STATUS, "Error(s) occurred on some resources during the deletion process.", sent=True)


def _remove_properties(tree: ChangingTree, resource: Resource) -> None:
    directory, _, name = resource.path.rpartition("/")
    found = tree.unlink(f"{directory}/.DAV/{name}")
    if found.errno not in (0, ENOENT):
        raise refused_by_file(found, resource.path, "Could not remove properties.", SERVER_ERROR)


def copy(tree: ChangingTree, source: Resource, target: Resource, depth: int) -> None:
    """Copy a file with its properties, or a directory as deep as is asked for. Raises Failure."""
    if not source.is_collection:
        copied = copy_file(tree, source, target.path)
        if copied is not None:
            raise copied
        copy_properties(tree, source, target, moves=False)
        return
    if _leads_into(tree, source, target):
        raise Undecided(Missing(REASON_STATE, f"the end of a copy of {source.path} into itself"))
    left: list[str] = []

    def visit(member: Resource, _: bool) -> int:
        path = target.path + member.path[len(source.path) :]
        failure = _make_directory(tree, path) if member.is_collection else copy_file(tree, member, path)
        if failure is None:
            return 0
        if failure.status >= SERVER_ERROR or member is source:
            ends.append(failure)
            return failure.status
        left.append(path)
        return 0

    ends: list[Failure] = []
    ended = walk(Walk(tree, visit, hidden=True), source, depth)
    if ended:
        raise next((end for end in ends if end.status == ended), Failure(ended, "", cause="dav-walk"))
    if left:
        words = "Error(s) occurred on some resources during the COPY/MOVE process."
        raise Failure(MULTI_STATUS, words, sent=True)


def _make_directory(tree: ChangingTree, path: str) -> Failure | None:
    made = tree.mkdir(path, _ALL_BITS)
    if not made.errno:
        return None
    failure = refused_by_file(made, path, "", FORBIDDEN)
    failure.place = failure.place if made.blocker is not None else PathPlace(head_of(path))
    return failure


def copy_file(tree: ChangingTree, source: Resource, target: str) -> Failure | None:
    """Write one file's content to another place; None where that works."""
    opened = tree.open(source.path)
    if opened.errno:
        return refused_by_file(opened, source.path, "Could not open file for reading", SERVER_ERROR)
    created = tree.create(target)
    if created.errno:
        status = status_of(created.errno)
        return refused_by_file(created, target, "Could not open file for writing", status)
    if opened.entry is not None and opened.entry.kind == DIRECTORY:
        return Failure(SERVER_ERROR, "Could not read input file")
    return None


def move(tree: ChangingTree, source: Resource, target: Resource) -> None:
    """Rename, and take the properties along. Raises Failure."""
    errno = tree.rename(source.path, target.path)
    if errno:
        raise Failure(SERVER_ERROR, "Could not rename resource.", errno=errno)
    copy_properties(tree, source, target, moves=True)


def copy_properties(tree: ChangingTree, source: Resource, target: Resource, *, moves: bool) -> None:
    """dav_fs_copymoveset. A directory that was moved is taken for a file whose properties are beside it."""
    directory, _, name = source.path.rpartition("/")
    state = f"{directory}/.DAV/{name}"
    if tree.stat(state).errno:
        return
    if source.is_collection:
        # What was moved is looked at where it was.
        to, to_name = source.path, _STATE_OF_DIRECTORY
    else:
        to, _, to_name = target.path.rpartition("/")
    folder = f"{to}/.DAV"
    made = tree.mkdir(folder, _ALL_BITS)
    if made.errno not in (0, EEXIST):
        raise refused_by_file(made, folder, "Could not create internal state directory", SERVER_ERROR)
    found = tree.stat(folder)
    if found.errno or found.entry is None or found.entry.kind != DIRECTORY:
        raise Failure(SERVER_ERROR, "State directory is actually a file")
    if moves:
        errno = tree.rename(state, f"{folder}/{to_name}")
        if errno:
            raise Failure(SERVER_ERROR, "Could not move state file.", errno=errno)
        return
    copied = copy_file(tree, Resource("", state, None), f"{folder}/{to_name}")
    if copied is not None:
        raise copied


def _leads_into(tree: ChangingTree, source: Resource, target: Resource) -> bool:
    """Whether the copy would lie in what is copied, by way of a link."""
    above = tree.stat(head_of(target.path))
    inside = (above.path + "/").startswith(source.place + "/")
    return not above.errno and inside and not target.path.startswith(source.path + "/")
