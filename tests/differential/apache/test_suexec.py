"""Scripts that the real suEXEC runs or refuses: owners, modes, links, and where they lie; httpd answers 500."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.decision import UNKNOWN
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import User
from audit403.evidence.local import LocalEvidence
from differential.apache.duel import Duel, Real
from differential.nginx.duel import Ask
from servers.need import missing, need_root
from servers.plenty import cases
from servers.ports import free_port
from servers.process import worker_user
from servers.sandbox import in_own_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from audit403.core.decision import Decision
    from audit403.evidence.interface import Absent, Evidence, NotCollected

#: Where Debian's suEXEC runs scripts, and nowhere else.
DOCROOT = Path("/var/www")
NOGROUP = 65534
SCRIPT = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nran'\n"
NAMES = ("a.cgi", "b.cgi", "c.cgi", "d.cgi")
MODES = (*(0o755,) * 9, 0o700, 0o500, 0o777, 0o775, 0o757, 0o4755, 0o2755, 0o1755, 0o644, 0o655, 0o744)
FOLDER_MODES = (*(0o755,) * 9, 0o777, 0o775, 0o757, 0o1777, 0o2755, 0o701, 0o711)


class SuexecDuel(Duel):
    """What a script answers is its own word: these answer 200 when they are run."""

    ran = 0
    not_run = 0

    def kind(self, decision: Decision, real: Real) -> str | None:
        self.ran += real.status == 200
        self.not_run += real.status == 500
        if decision.verdict == UNKNOWN:
            return "unknown"
        expected = 200 if decision.handed_to is not None else decision.status
        return None if expected == real.status else "status"


class Scripts:
    """Random folders of scripts, in suEXEC's docroot and outside."""

    def __init__(self, rng: Random, inside: Path, outside: Path) -> None:
        self.rng = rng
        self.inside, self.outside = inside, outside
        self.port = free_port()
        accounts = [account for account in pwd.getpwall() if account.pw_uid >= 100]
        low = [account for account in pwd.getpwall() if account.pw_uid < 100]
        self.users = [*rng.sample(accounts, min(6, len(accounts))), rng.choice(low)]

    def body(self) -> str:
        """A configuration around a new tree."""
        for top in (self.inside, self.outside):
            shutil.rmtree(top / "s", ignore_errors=True)
        self.user = self.rng.choice(self.users)
        self.group = self.user.pw_gid if self.rng.random() < 0.9 else self.rng.choice(grp.getgrall()).gr_gid
        top = self.inside if self.rng.random() < 0.85 else self.outside
        self.folders = [top / "s" / name for name in ("one", "two", "three")]
        for folder in self.folders:
            self.fill(folder)
        user = self.rng.choice((self.user.pw_name, f"#{self.user.pw_uid}"))
        group = self.rng.choice((grp.getgrgid(self.group).gr_name, f"#{self.group}"))
        by = self.rng.choice(("", "", "", "", "Suexec On\n"))
        told = "" if self.rng.random() < 0.08 else f"SuexecUserGroup {user} {group}\n"
        # As `/~user`, of whom these folders are not the home.
        homes = f"UserDir {top}/s/*/one\n" if self.rng.random() < 0.1 else ""
        for account in self.users if homes else ():
            self.fill(top / "s" / account.pw_name / "one")
        return (
            f"Listen 127.0.0.1:{self.port}\n{by}{told}{homes}DocumentRoot {top}/s\n"
            f"<Directory {top}/s>\nOptions +ExecCGI +FollowSymLinks\nAddHandler cgi-script .cgi\n"
            "Require all granted\n</Directory>\n<Location /closed>\nRequire all denied\n</Location>"
        )

    def asks(self) -> list[Ask]:
        """Every script, and what is refused in any case."""
        users = [f"/~{user.pw_name}/{NAMES[0]}" for user in self.users]
        scripts = [f"/{folder.name}/{name}" for folder in self.folders for name in NAMES]
        return [Ask(self.port, target) for target in (*scripts, *users, "/closed")]

    def fill(self, folder: Path) -> None:
        """A folder of scripts."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            path = folder / name
            path.write_text(SCRIPT)
            self._give(path, self.rng.choice(MODES))
        if self.rng.random() < 0.3:
            last = folder / NAMES[-1]
            last.unlink()
            last.symlink_to(NAMES[0])
        self._give(folder, self.rng.choice(FOLDER_MODES))

    def _give(self, path: Path, mode: int) -> None:
        uid, gid = self.user.pw_uid, self.group
        if self.rng.random() < 0.06:
            uid = self.rng.choice((0, pwd.getpwnam(worker_user()).pw_uid, 4242))
        if self.rng.random() < 0.06:
            gid = self.rng.choice((0, 4242))
        os.chown(path, uid, gid)
        path.chmod(mode)


@pytest.fixture
def in_docroot() -> Iterator[Path]:
    """A folder where suEXEC runs scripts."""
    need_root()
    if not Path("/usr/lib/apache2/suexec").exists():
        missing("suexec", "apache2-suexec-pristine")
    DOCROOT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="audit403-", dir=DOCROOT))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


class WithAnn(Forwarding):
    """This machine with one more user."""

    def __init__(self, home: Path) -> None:
        super().__init__(LocalEvidence())
        self.ann = User("ann", 4711, NOGROUP, str(home))

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        return self.ann if name_or_uid in (self.ann.name, self.ann.uid) else super().user(name_or_uid)

    def with_changes(self, edits: object) -> Evidence:
        raise AssertionError("nobody changes it")


def test_suexec_of_homes(server_dir: Path, in_docroot: Path, rng: Random) -> None:
    """Below `/~ann` scripts run as ann, in her public_html and nowhere else, whether mod_suexec is there or not."""
    home = server_dir / "ann"
    (server_dir / "passwd").write_text(f"{Path('/etc/passwd').read_text()}ann:x:4711:{NOGROUP}::{home}:/bin/sh\n")
    (server_dir / "passwd").chmod(0o644)
    scripts = Scripts(rng, in_docroot, server_dir)
    scripts.user, scripts.group = pwd.struct_passwd(("ann", "x", 4711, NOGROUP, "", str(home), "/bin/sh")), NOGROUP
    within = in_own_mounts(("mount", "--bind", str(server_dir / "passwd"), "/etc/passwd"))
    modules = ("access_compat", "authz_core", "authz_host", "mime", "userdir", "cgi")
    with SuexecDuel(server_dir, modules=modules, results=False, within=within, evidence=lambda: WithAnn(home)) as duel:
        while duel.asked < cases(100):
            shutil.rmtree(home, ignore_errors=True)
            folder = rng.choice(("public_html", "public_html", "public_html/cgi", "public_html2", "www"))
            (home / "public_html").mkdir(parents=True)
            scripts.fill(home / folder)
            home.chmod(rng.choice((0o755, 0o755, 0o711, 0o777)))
            body = (
                f"Listen 127.0.0.1:{scripts.port}\nUserDir {folder}\n{rng.choice(('', '', '', 'Suexec Off'))}\n"
                f"<Directory {home}>\nOptions +ExecCGI +FollowSymLinks\nAddHandler cgi-script .cgi\n"
                "Require all granted\n</Directory>\n<Location /closed>\nRequire all denied\n</Location>"
            )
            if duel.start(body):
                duel.run(
                    body, [Ask(scripts.port, target) for target in (*(f"/~ann/{name}" for name in NAMES), "/closed")]
                )
        duel.check()
    assert duel.ran > duel.asked / 20
    assert duel.not_run > duel.asked / 20


@pytest.mark.parametrize("runner", ["cgid", "cgi"])
def test_suexec(server_dir: Path, in_docroot: Path, rng: Random, runner: str) -> None:
    scripts = Scripts(rng, in_docroot, server_dir)
    modules = ("access_compat", "alias", "authz_core", "authz_host", "dir", "mime", "userdir", "suexec", runner)
    with SuexecDuel(server_dir, modules=modules, results=False) as duel:
        while duel.asked < cases(150):
            body = scripts.body() + (f"\nScriptSock {server_dir}/cgid.sock" if runner == "cgid" else "")
            if duel.start(body):
                duel.run(body, scripts.asks())
        duel.check()
    assert duel.ran > duel.asked / 50
    assert duel.not_run > duel.asked / 10
