"""ACL entries that what lies beside a file has and the file has not: acl(5), "OBJECT CREATION AND DEFAULT ACLs"."""

from collections.abc import Iterator

from audit403.core.edit import AclUserEdit
from audit403.core.finding import Fix
from audit403.evidence.interface import DIRECTORY, Absent, Entry, Evidence, NotCollected, Unreadable
from audit403.evidence.links import parent_of, real_path
from audit403.files.identity import Identity
from audit403.files.permission import granted_bits, in_group, permitted
from audit403_checks.files.behind import BITS, DEFAULT, Behind, Question
from audit403_checks.files.remedies import fix_for_all

_MOST_NEIGHBOURS = 500
_ENOUGH = 3
_MOST_FOLDERS = 6


def behind(question: Question) -> Behind | None:
    """A file or directory that came later than the `setfacl -R` which gave its neighbours their entries."""
    entry, path, bits = question.entry, question.path, BITS[question.access]
    if entry is None or entry.group_bits is not None or path == "/":
        return None
    resolver, user = question.served.evaluator.files().resolver, question.served.evaluator.who()
    evidence, identity = resolver.evidence, resolver.identity
    folder = parent_of(path)
    count = _neighbours(evidence, identity, folder, entry.kind, bits)
    above = evidence.entry(folder)
    if not count or not (count >= _ENOUGH or (isinstance(above, Entry) and _lets_in(above, identity, bits))):
        return None

    def the_same(paths: list[str]) -> tuple[Fix, ...]:
        from audit403.files.remedy import letters, quote

        if not path.isprintable():
            return ()
        granted = granted_bits(entry, identity) | bits
        command = f"setfacl -m {quote(f'u:{user}:{letters(granted)}')} {quote(paths[0])}"
        summary = f"give {'them' if len(paths) > 1 else 'it'} the entry for {user}, and what comes later as well"
        fix = fix_for_all(question.served, paths, summary, command, AclUserEdit(paths[0], identity.uid, granted))
        folders = list(dict.fromkeys(parent_of(one) for one in paths))[:_MOST_FOLDERS]
        default = f"setfacl -d -m {quote(f'u:{user}:rX')} {' '.join(map(quote, folders))}"
        return (fix._replace(commands=(*fix.commands, default)),)

    reason = (
        f"what lies beside it has an ACL entry for {user}, which only a default ACL of {folder} gives to what is new"
    )
    return Behind(DEFAULT, reason, the_same)


def _neighbours(evidence: Evidence, identity: Identity, folder: str, kind: str, bits: int) -> int:
    """How many entries of the same kind in a directory have an ACL that lets the worker in."""
    key = identity, folder, kind == DIRECTORY, bits
    if not any(evidence is of and key == known for of, known, _ in _LAST):
        beside = (one for one in _with_acl(evidence, folder) if (one.kind == DIRECTORY) == key[2])
        _LAST[:] = [(evidence, key, sum(_lets_in(one, identity, bits) for one in beside))]
    return _LAST[0][2]


def _with_acl(evidence: Evidence, folder: str) -> Iterator[Entry]:
    """Those of the first entries in a directory that have an ACL: where some are the same together, none has."""
    real = real_path(evidence, folder)
    if isinstance(real, str) and evidence.groups(real) is None:
        names = evidence.names(real)
        if not isinstance(names, Absent | NotCollected | Unreadable):
            for one in evidence.entries(real, names[:_MOST_NEIGHBOURS]):
                if isinstance(one, Entry) and one.acl:
                    yield one


_LAST: list[tuple[Evidence, tuple[Identity, str, bool, int], int]] = []
"""The last directory that was asked about: those that refuse come by directory."""


def _lets_in(entry: Entry, identity: Identity, bits: int) -> bool:
    named = any(
        one.id == identity.uid if one.tag == "user" else one.tag == "group" and in_group(one.id, identity)
        for one in entry.acl
    )
    return named and permitted(entry, identity, bits)
