"""suEXEC: the program that runs scripts as their owner, and what it refuses to run. httpd then answers 500.

Truth: main in support/suexec.c, whose order the checks have; ap_unix_create_privileged_process in os/unix/unixd.c.
What a script may be is told for every suEXEC; where it must lie and as whom it may run was built in, and is known of
Debian's (`suexec-pristine -V`).
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.userdir import USERDIR_NOTE
from audit403.apache.model.suexec import SUEXEC, UNIXD, RunAs, Switch
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.core.place import Place
from audit403.evidence.interface import LINK, Absent, Entry, Group, NotCollected, User
from audit403.files.identity import Identity, identity_of
from audit403.files.resolve import Resolver, place_of

PROGRAM = "/usr/lib/apache2/suexec"
"""Where Debian's httpd looks for it."""
_PRISTINE = "/usr/lib/apache2/suexec-pristine"
_DOCROOT, _SUFFIX, _CALLER, _LEAST_ID = "/var/www", "public_html", "www-data", 100
_OF_OTHERS = 0o022
_SET_ID = 0o6000
_SET_USER_ID = 0o4000


class Target(NamedTuple):
    """As whom suEXEC is told to run a script; `home` is the user's where the script is reached as `/~user`."""

    user: User
    group: Group
    home: str | None
    where: Place | None

    @property
    def text(self) -> str:
        """As chown takes it."""
        return f"{self.user.name}:{self.group.name}"


class Refused(NamedTuple):
    """Why it runs nothing: `words` are those of its own log."""

    words: str
    message: str
    place: Place | None


def target_of(exchange: Exchange) -> Target | None:
    """As whom a script is run; None where httpd's own child runs it. Raises Undecided."""
    evaluator = exchange.evaluator
    switch: Switch | None = evaluator.model.main.slots.get(UNIXD)
    if switch is not None and not switch.is_on:
        return None
    name = exchange.notes.get(USERDIR_NOTE)
    account = None if name is None else evaluator.evidence.user(name)
    if isinstance(account, NotCollected):
        raise _unknown(f"the user {name}")
    if isinstance(account, User):
        return _target(exchange, account, str(account.gid), None, account.home) if _is_there(exchange) else None
    told: RunAs | None = exchange.config(SUEXEC, None) if evaluator.has("suexec") else None
    if told is None:
        return None  # httpd does not start with SuexecUserGroup where the program is not there
    return _target(exchange, told.user, told.group, told.directive.span, None)


def refusal(exchange: Exchange, target: Target) -> Refused | None:
    """What suEXEC has against the script of a request. Raises Undecided."""
    files, evidence = exchange.evaluator.files(), exchange.evaluator.evidence
    folder, _, name = (exchange.filename or "").rpartition("/")
    program = files.stat(PROGRAM)
    is_pristine = not program.errno and program.path == _PRISTINE
    said = _of_caller(exchange, target) if is_pristine else None
    if said is not None:
        return said
    identity = identity_of(evidence, target.user.name, target.group.name)
    directory = files.stat(folder or "/")
    if not isinstance(identity, Identity) or directory.entry is None:
        raise _unknown(f"what {target.user.name} may do in {folder}")
    resolver = Resolver(evidence, identity)
    said = _outside(resolver, target, directory.path, name) if is_pristine else None
    return said or _of_script(resolver, target, directory.path, directory.entry, name)


def _outside(resolver: Resolver, target: Target, at: str, name: str) -> Refused | None:
    """Where the directory lies outside what suEXEC was built for. To 2.4.63's /var/www2 is inside, to 2.4.71's not."""
    top = _DOCROOT if target.home is None else f"{target.home}/{_SUFFIX}"
    root = resolver.search(top)
    _known(root.missing)
    if root.errno:
        place = None if root.blocker is None else root.blocker.place
        words = f"cannot get docroot information ({target.home or _DOCROOT})"
        return Refused(words, f"{target.user.name} cannot enter {top}, in which suEXEC's scripts lie", place)
    if f"{at}/".startswith(f"{root.path.rstrip('/')}/"):
        return None
    place = place_of(resolver.evidence, at, None)
    return Refused(f"command not in docroot ({at}/{name})", f"suEXEC runs nothing outside {top}", place)


def _of_script(resolver: Resolver, target: Target, at: str, entry: Entry, name: str) -> Refused | None:
    """What it has against a script, and the directory that it lies in, whatever it was built for."""
    evidence = resolver.evidence
    here = place_of(evidence, at, entry)
    entered = resolver.search(at)
    _known(entered.missing)
    if entered.errno:
        place = here if entered.blocker is None else entered.blocker.place
        return Refused("cannot get docroot information", f"{target.user.name} may not enter the directory", place)
    if entry.mode & _OF_OTHERS:
        return Refused(f"directory is writable by others: ({at})", _writable(entry, "the directory"), here)
    path = f"{at.rstrip('/')}/{name}"
    found = resolver.lstat(path)
    _known(found.missing)
    script = found.entry
    there = place_of(evidence, path, script)
    if found.errno or script is None or script.kind == LINK:
        return Refused(f"cannot stat program: ({name})", "suEXEC follows no link to a script", there)
    if script.mode & _OF_OTHERS:
        return Refused(f"file is writable by others: ({path})", _writable(script, "the script"), there)
    if script.mode & _SET_ID:
        bit = "setuid" if script.mode & _SET_USER_ID else "setgid"
        return Refused(f"file is either setuid or setgid: ({path})", f"the script is {bit}", there)
    ids = target.user.uid, target.group.gid
    for one, place, what in ((entry, here, "the directory"), (script, there, "the script")):
        if (one.uid, one.gid) != ids:
            words = f"target uid/gid ({ids[0]}/{ids[1]}) mismatch with directory ({entry.uid}/{entry.gid})"
            words += f" or program ({script.uid}/{script.gid})"
            return Refused(words, f"{what} does not belong to {target.text}", place)
    if not script.mode & 0o100:
        return Refused(f"file has no execute permission: ({path})", "its owner may not run the script", there)
    return None


def _of_caller(exchange: Exchange, target: Target) -> Refused | None:
    """What it has against who calls it, and against whom it is to run scripts as."""
    evaluator = exchange.evaluator
    called = evaluator.files().execute(PROGRAM)
    who = evaluator.who()
    if called.errno:
        return Refused("Permission denied", f"{who} may not run suEXEC", evaluator.files().place(called))
    caller = evaluator.evidence.user(evaluator.files().resolver.identity.uid)
    if isinstance(caller, NotCollected):
        raise _unknown(f"the user {who}")
    if isinstance(caller, Absent) or caller.name != _CALLER:
        return Refused(f"user mismatch ({who} instead of {_CALLER})", f"suEXEC obeys {_CALLER} alone", target.where)
    for number, what, kind in (
        (target.user.uid, target.user.name, "uid"),
        (target.group.gid, target.group.name, "gid"),
    ):
        if number < _LEAST_ID:
            words = f"cannot run as forbidden {kind} ({number}/{(exchange.filename or '').rpartition('/')[2]})"
            return Refused(
                words, f"suEXEC runs nothing as {what}, whose {kind} {number} is below {_LEAST_ID}", target.where
            )
    return None


def _target(exchange: Exchange, user: User | str, group: str, where: Place | None, home: str | None) -> Target:
    evidence = exchange.evaluator.evidence
    account = evidence.user(_key(user)) if isinstance(user, str) else user
    owner = evidence.group(int(group) if home is not None else _key(group))
    if not isinstance(account, User) or not isinstance(owner, Group):
        raise _unknown(f"the user and group that suEXEC runs {exchange.filename} as")
    return Target(account, owner, home, where)


def _key(name: str) -> str | int:
    """A name, or the number behind `#` (ap_uname2id)."""
    return int(name[1:]) if name.startswith("#") and name[1:].isdigit() else name


def _is_there(exchange: Exchange) -> bool:
    """Whether httpd found suEXEC when it started: root's, with its setuid bit."""
    found = exchange.evaluator.files().stat(PROGRAM)
    return found.entry is not None and found.entry.uid == 0 and bool(found.entry.mode & _SET_USER_ID)


def _writable(entry: Entry, what: str) -> str:
    others = [who for bit, who in ((0o020, "its group"), (0o002, "everybody")) if entry.mode & bit]
    return f"{' and '.join(others)} may write {what}"


def _known(missing: Missing | None) -> None:
    if missing is not None:
        raise Undecided(missing)


def _unknown(what: str) -> Undecided:
    return Undecided(Missing(REASON_FILE, what))
