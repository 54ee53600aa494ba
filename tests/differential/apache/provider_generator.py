"""Random sections whose passwords and groups are elsewhere: dbm files, a database, a directory, programs.

What stands there is left open; whether the server comes as far as asking is not.
"""

from __future__ import annotations

import sqlite3
import subprocess
from typing import TYPE_CHECKING

from differential.apache.login_generator import FORMS, Logins, _sha
from differential.nginx.password_files import SECRET
from servers.need import need
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

DBM_FILES = ("users.db", "users.db", "users.gdbm", "users.sdbm", "htpasswd", "empty", "none", "closed.db", "folder")
MODULES = (
    "authn_anon", "authz_owner", "authn_dbm", "authz_dbm", "dbd", "authn_dbd", "authz_dbd", "ldap", "authnz_ldap",
    "authnz_fcgi", "socache_shmcb", "authn_socache",
)  # fmt: skip


def make_provider_files(folder: Path) -> None:
    """Files of dbm in three kinds, and a database."""
    for kind, name in (("DB", "users.db"), ("GDBM", "users.gdbm"), ("SDBM", "users.sdbm"), ("DB", "closed.db")):
        subprocess.run([need("htdbm"), f"-T{kind}", "-cb", str(folder / name), "ann", SECRET], check=True,
                       capture_output=True)  # fmt: skip
    for name in ("users.db", "users.gdbm", "users.sdbm.dir", "users.sdbm.pag"):
        (folder / name).chmod(0o644)
    (folder / "closed.db").chmod(0o600)
    with sqlite3.connect(folder / "users.sqlite") as database:
        database.execute("create table users (name text, password text, crew text)")
        database.execute("insert into users values ('ann', ?, 'staff')", (_sha(SECRET),))
    database.close()
    (folder / "users.sqlite").chmod(0o644)


class Providers(Logins):
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path, folder: Path) -> None:
        super().__init__(rng, root, folder)
        self.closed = free_port()

    def aliases(self) -> str:
        return f"""{super().aliases()}
DBDriver sqlite3
DBDParams {self.folder}/users.sqlite
<Directory "{self.root}/queries">
AuthDBDUserPWQuery "select password from users where name = %s"
AuthDBDUserRealmQuery "select password from users where name = %s and crew = %s"
AuthzDBDQuery "select crew from users where name = %s"
</Directory>
AuthnCacheEnable
AuthnCacheSOCache shmcb
AuthnzFcgiDefineProvider authn asker fcgi://127.0.0.1:{self.closed}/
AuthnzFcgiDefineProvider authz decider fcgi://127.0.0.1:{self.closed}/
<AuthnProviderAlias dbm other>
AuthDBMUserFile {self.folder}/users.gdbm
AuthDBMType GDBM
</AuthnProviderAlias>
<AuthzProviderAlias dbm-group dbmcrew staff>
AuthDBMGroupFile {self.folder}/none
</AuthzProviderAlias>"""

    def login(self) -> list[str]:
        rng = self.rng
        lines = super().login()
        lines = [line for line in lines if not line.startswith(("AuthBasicProvider", "AuthType"))]
        lines.append("AuthType Basic")
        if rng.random() < 0.8:
            names = (
                "dbm",
                "dbd",
                "ldap",
                "asker",
                "other",
                "socache file",
                "socache",
                "file dbm",
                "dbm file",
                "anon dbd",
            )
            lines.append(f"AuthBasicProvider {rng.choice(names)}")
        if rng.random() < 0.6:
            lines.append(f"AuthDBMUserFile {self.folder}/{rng.choice(DBM_FILES)}")
        if rng.random() < 0.5:
            lines.append(f"AuthDBMType {rng.choice(('default', 'DB', 'gdbm', 'SDBM', 'NDBM', 'x'))}")
        if rng.random() < 0.4:
            lines.append(f"AuthDBMGroupFile {self.folder}/{rng.choice(DBM_FILES)}")
        if rng.random() < 0.5:
            lines.append(f"AuthLDAPURL ldap://127.0.0.1:{self.closed}/o=x?uid")
        if rng.random() < 0.3:
            lines.append(f"AuthnCacheProvideFor {rng.choice(('file', 'file dbm'))}")
        return lines

    def settings(self) -> str:
        return super().settings()

    def section(self) -> str:
        """A section, where a query for the database may stand too."""
        text = super().section()
        if self.rng.random() < 0.5:
            text = text.replace("\n</", '\nAuthDBDUserPWQuery "select password from users where name = %s"\n</', 1)
        if self.rng.random() < 0.5:
            text = text.replace("\n</", '\nAuthzDBDQuery "select crew from users where name = %s"\n</', 1)
        return text

    def requirement(self) -> str:
        return self.rng.choice(
            (
                "valid-user", "valid-user", "user ann", "group staff", "all denied", "dbm-group staff",
                "dbm-file-group", "dbd-group staff", "dbd-login", "ldap-user ann",
                "ldap-search (uid=ann)",
                "ldap-attribute a=b", "decider", "dbmcrew", f"expr %{{REMOTE_USER}} == '{next(iter(FORMS))}'", "near",
            )
        )  # fmt: skip
