"""suEXEC refuses to run a script: for permissions that are too open, an owner of its own, or where it lies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.edit import Edit, ModeEdit, OwnerEdit
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403.evidence.interface import FILE, Absent, Entry, Evidence, NotCollected, Unreadable
from audit403_checks.files.on_host import on_host

if TYPE_CHECKING:
    from audit403.apache.decide.suexec import Target

_RULE = "files/suexec-refuses"
_MOST = 200
_OF_OTHERS, _SET_ID, _TO_RUN = 0o022, 0o6000, 0o100


@check(ERROR, "suexec-refuses")
def suexec_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """The first script of its kind is asked for; others beside it with the same owner and mode go with it."""
    if not isinstance(fact, IdleDirective) or fact.subject is None:
        return
    request = fact.subject.hits[0].request
    decision = site.decide(request)
    path = fact.subject.exchange.filename or ""
    reason = fact.because[0].message if fact.because else "see its log"
    message = f"{request.target} gets 500: suEXEC does not run {path}, because {reason}"
    yield Finding(
        _RULE, ERROR, message, decision.where or fact.where, fact.because, request, "whoever asks for it",
        decision.status, decision.log, fixes=_fixes(fact), anchor=path, fact=fact,
    )  # fmt: skip


def _fixes(fact: IdleDirective) -> tuple[Fix, ...]:
    """What it takes until the script is run; nothing is opened by it."""
    from audit403.apache.decide.suexec import target_of

    exchange = fact.subject.exchange
    evidence: Evidence = exchange.evaluator.evidence
    target = target_of(exchange)
    found = exchange.evaluator.files().stat(exchange.filename.rpartition("/")[0] or "/")
    path = f"{found.path.rstrip('/')}/{exchange.filename.rpartition('/')[2]}"
    script = evidence.entry(path)
    if target is None or found.entry is None or not isinstance(script, Entry) or script.kind != FILE:
        return (Fix("put the script itself there, not a link to it", MANUAL),)
    scripts = [(path, script), *_alike(evidence, found.path, path, script)]
    commands, edits = _modes([(found.path, found.entry), *scripts])
    more, owners = _owners([(found.path, found.entry), *scripts], target)
    if not edits and not owners:
        return (
            Fix(
                "`suexec -V` as root says where scripts may lie and as whom they may run: move the script, or name "
                "another user with SuexecUserGroup",
                MANUAL,
            ),
        )
    # chown takes setuid bits away, and so it comes first.
    summary = f"let {target.user.name} alone write it" if not owners else f"give it to {target.text} alone"
    return on_host(evidence, [Fix(summary, UNSAFE, (), (*more, *commands), (*owners, *edits))])


def _alike(evidence: Evidence, folder: str, path: str, script: Entry) -> Iterator[tuple[str, Entry]]:
    """Other scripts beside it with the same owner, mode and ending."""
    names = evidence.names(folder)
    ending = path.rpartition("/")[2].rpartition(".")[2]
    for name in () if isinstance(names, Absent | NotCollected | Unreadable) else names[:_MOST]:
        other = f"{folder.rstrip('/')}/{name}"
        entry = evidence.entry(other)
        if other == path or name.rpartition(".")[2] != ending or not isinstance(entry, Entry):
            continue
        if (entry.kind, entry.mode, entry.uid, entry.gid) == (FILE, script.mode, script.uid, script.gid):
            yield other, entry


def _modes(entries: list[tuple[str, Entry]]) -> tuple[tuple[str, ...], tuple[Edit, ...]]:
    """What chmod has to do: what others may write, what changes its user, and what cannot be run."""
    from audit403.files.remedy import quote

    by_change: dict[str, list[str]] = {}
    edits: list[Edit] = []
    for path, entry in entries:
        away = entry.mode & (_OF_OTHERS | (_SET_ID if entry.kind == FILE else 0))
        lacks = _TO_RUN if entry.kind == FILE and not entry.mode & _TO_RUN else 0
        words = [
            *(["go-w"] if away & _OF_OTHERS else []),
            *(["ug-s"] if away & _SET_ID else []),
            *(["u+x"] if lacks else []),
        ]
        if words:
            by_change.setdefault(",".join(words), []).append(path)
            edits.append(ModeEdit(path, entry.mode & ~away | lacks))
    return tuple(f"chmod {how} {' '.join(map(quote, paths))}" for how, paths in by_change.items()), tuple(edits)


def _owners(entries: list[tuple[str, Entry]], target: "Target") -> tuple[tuple[str, ...], tuple[Edit, ...]]:
    """The owners, where something belongs to somebody else."""
    from audit403.files.remedy import quote

    ids = target.user.uid, target.group.gid
    others = [path for path, entry in entries if (entry.uid, entry.gid) != ids]
    command = f"chown {quote(target.text)} {' '.join(map(quote, others))}"
    return (command,) if others else (), tuple(OwnerEdit(path, *ids) for path in others)
