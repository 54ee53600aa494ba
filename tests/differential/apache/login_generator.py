"""Random sections that ask for a login, files of passwords and groups in every state, and requests with credentials."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from differential.apache.section_generator import CLIENTS, make_tree
from differential.nginx.duel import Ask
from differential.nginx.password_files import FILES as PASSWORD_FILES
from differential.nginx.password_files import SECRET, write_password_files
from servers.need import need
from servers.ports import free_port

if TYPE_CHECKING:
    from random import Random

#: What htpasswd writes: MD5, bcrypt, SHA-256, SHA-512, crypt, SHA-1 and the password as it is.
FORMS = {"ann": "-m", "ben": "-B", "cat": "-2", "dan": "-5", "eve": "-d", "fay": "-s", "gil": "-p"}
GROUPS = """\
staff: ann ben  \\
 cat
# no: dan
ad min: dan
staff2 : ann
empty:

nobody
www-data: eve ann
"q s": gil 'fay'
"""
GROUP_FILES = ("groups", "groups", "groups", "no-groups", "closed/groups", "unreadable", "empty", "folder")
PATHS = ("a", "a/b", "a/b/c", "private", "private/open", "owned")
FILES = ("a/index.html", "a/b/page.html", "a/b/c/x.php", "private/secret.txt", "private/open/page.html",
         "owned/mine.txt", "owned/", "a/", "a/b", "private/none", "owned/none")  # fmt: skip
REALM = "Private area"


def make_files(prefix: Path) -> tuple[Path, Path]:
    """The documents, and the files of passwords and groups beside them."""
    root, folder = prefix / "html", prefix / "auth"
    make_tree(root)
    (root / "owned").mkdir()
    (root / "owned/mine.txt").write_text("mine")
    shutil.chown(root / "owned/mine.txt", "www-data", "www-data")
    write_password_files(folder)
    lines = [_line(name, option) for name, option in FORMS.items()]
    lines += [f"root:{_sha(SECRET)}", f"www-data:{_sha(SECRET)}", "nopass", "bare:", f"::{_sha(SECRET)}", "x" * 9000]
    lines.insert(3, "   # not this:x \\\nann:{SHA}wrong")
    (folder / "htpasswd").write_text("\n".join(lines) + f"\nlate:{_sha(SECRET)}\n")
    digest = hashlib.md5(f"ann:{REALM}:{SECRET}".encode(), usedforsecurity=False).hexdigest()
    (folder / "htdigest").write_text(f"ann:other:x\nann:{REALM}:{digest}\nben:{REALM}:wrong\n")
    for place in ("groups", "closed/groups"):
        (folder / place).write_text(GROUPS)
    return root, folder


def _line(name: str, option: str) -> str:
    done = subprocess.run([need("htpasswd"), "-nb", option, name, SECRET], capture_output=True, check=True, text=True)
    return done.stdout.strip()


def _sha(secret: str) -> str:
    return "{SHA}" + base64.b64encode(hashlib.sha1(secret.encode(), usedforsecurity=False).digest()).decode()


class Logins:
    """One random configuration after another."""

    def __init__(self, rng: Random, root: Path, folder: Path) -> None:
        self.rng = rng
        self.root = root
        self.folder = folder
        self.port = free_port()

    def body(self) -> str:
        """Everything behind the LoadModule lines; `.htaccess` files are written on the way."""
        rng = self.rng
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.root}"', self.aliases()]
        parts.append(f'<Directory "{self.root}">\nAllowOverride All\n{self.settings()}\n</Directory>')
        parts += [self.section() for _ in range(rng.randint(0, 4))]
        for path in PATHS:
            htaccess = self.root / path / ".htaccess"
            htaccess.unlink(missing_ok=True)
            if rng.random() < 0.2:
                htaccess.write_text(self.settings() + "\n")
                htaccess.chmod(0o644)
        return "\n".join(parts)

    def aliases(self) -> str:
        file = self.folder / "htpasswd"
        return f"""<AuthnProviderAlias file first>
AuthUserFile "{self.folder}/good"
</AuthnProviderAlias>
<AuthnProviderAlias file second>
AuthUserFile {file}
</AuthnProviderAlias>
<AuthzProviderAlias ip near "127.0.0.2 127.0.1.0/24">
</AuthzProviderAlias>
<AuthzProviderAlias user chief ann>
</AuthzProviderAlias>
<AuthzProviderAlias group crew "staff ad">
AuthGroupFile {self.folder}/groups
</AuthzProviderAlias>"""

    def section(self) -> str:
        rng = self.rng
        path = rng.choice(PATHS)
        name, argument = rng.choice(
            (("Directory", self.root / path), ("Directory", self.root / path), ("Location", f"/{path}"),
             ("Files", rng.choice(("*.html", "secret.txt", "x.*")))),
        )  # fmt: skip
        return f'<{name} "{argument}">\n{self.settings()}\n</{name}>'

    def settings(self) -> str:
        """How to log in, who may, or both."""
        rng = self.rng
        lines = []
        if rng.random() < 0.75:
            lines += self.login()
        if rng.random() < 0.8:
            lines += self.requires()
        if rng.random() < 0.2:
            lines += [f"Satisfy {rng.choice(('Any', 'Any', 'All'))}", *self.compat()]
        if rng.random() < 0.25:
            lines.append(f"AuthMerging {rng.choice(('And', 'Or', 'Off'))}")
        if rng.random() < 0.2:
            lines.append(f"AuthzSendForbiddenOnFailure {rng.choice(('On', 'Off'))}")
        rng.shuffle(lines)
        return "\n".join(lines)

    def login(self) -> list[str]:
        rng = self.rng
        lines = []
        if rng.random() < 0.95:
            lines.append(f"AuthType {rng.choice(('Basic',) * 12 + ('basic', 'None', 'Nonesuch', 'none'))}")
        if rng.random() < 0.95:
            lines.append(f'AuthName "{REALM}"')
        if rng.random() < 0.85:
            odd = rng.choice(PASSWORD_FILES) if rng.random() < 0.35 else "htpasswd"
            lines.append(f'AuthUserFile "{self.folder}/{odd}"')
        if rng.random() < 0.7:
            lines.append(f'AuthGroupFile "{self.folder}/{rng.choice(GROUP_FILES)}"')
        if rng.random() < 0.3:
            lines.append(
                "AuthBasicProvider " + rng.choice(("file", "anon", "file anon", "anon file", "first second", "second"))
            )
        if rng.random() < 0.15:
            lines.append(f"AuthBasicAuthoritative {rng.choice(('On', 'Off'))}")
        if rng.random() < 0.1:
            lines += ["AuthBasicUseDigestAlgorithm MD5", f'AuthUserFile "{self.folder}/htdigest"']
        if rng.random() < 0.2:
            lines.append(f"Anonymous {rng.choice(('guest anonymous', 'Guest', '*'))}")
            lines += [
                f"Anonymous_{name} {rng.choice(('On', 'Off'))}" for name in ("NoUserID", "MustGiveEmail", "VerifyEmail")
            ]
        return lines

    def requires(self, depth: int = 0) -> list[str]:
        rng = self.rng
        lines: list[str] = []
        for _ in range(rng.randint(1, 3)):
            roll = rng.random()
            if depth < 2 and roll < 0.15:
                name = rng.choice(("RequireAll", "RequireAny"))
                lines.append("\n".join([f"<{name}>", *self.requires(depth + 1), f"</{name}>"]))
            elif depth < 2 and roll < 0.22:
                inner = rng.choice(
                    (
                        f"Require not {self.requirement()}",
                        f"<RequireNone>\nRequire {self.requirement()}\n</RequireNone>",
                    )
                )
                lines.append(f"<RequireAll>\nRequire {self.requirement()}\n{inner}\n</RequireAll>")
            elif depth == 0 and roll < 0.32:
                name = rng.choice(("Limit", "LimitExcept"))
                lines.append(
                    f"<{name} {rng.choice(('GET', 'POST', 'GET POST'))}>\nRequire {self.requirement()}\n</{name}>"
                )
            else:
                lines.append(f"Require {self.requirement()}")
        return lines

    def requirement(self) -> str:
        if self.rng.random() < 0.01:
            return self.rng.choice(("not-there", "ssl", "All granted", "valid-User"))
        return self.rng.choice(
            (
                "valid-user", "valid-user", "valid-user", "user ann", "user ann ben", 'user "cat" dan', "group staff",
                "group staff2 ad", 'group "ad min"', "group www-data", "all granted", "all denied", "ip 127.0.0.1",
                "near", "chief", "crew", "file-owner", "file-group", "expr %{REMOTE_USER} == 'ann'",
                "expr %{REQUEST_METHOD} == 'GET'", "forward-dns localhost", "local",
                "user %{REMOTE_USER}", "method GET",
            )
        )  # fmt: skip

    def compat(self) -> list[str]:
        return self.rng.choice(
            (
                ["Deny from all"],
                ["Allow from all"],
                ["Order allow,deny"],
                ["Order deny,allow", "Deny from all", "Allow from 127.0.0.2"],
            )
        )

    def asks(self, number: int) -> list[Ask]:
        """Requests with and without credentials."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        rng = self.rng
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS"))
        headers = (("Authorization", self.credentials()),) if rng.random() < 0.85 else ()
        return Ask(self.port, "/" + rng.choice(FILES), method, "localhost", headers, rng.choice(CLIENTS))

    def credentials(self) -> str:
        rng = self.rng
        user = rng.choice((*FORMS, *FORMS, "ann", "ann", "root", "www-data", "guest", "GUEST", "", "nobody", "bare",
                           "nopass", "late", "apr1", "plain", "bob", "q s"))  # fmt: skip
        password = rng.choice((SECRET,) * 8 + ("wrong", "", "me@example.org", "me@there"))
        text = base64.b64encode(f"{user}:{password}".encode()).decode()
        roll = rng.random()
        if roll < 0.9:
            return f"Basic {text}"
        return rng.choice(
            (f"basic  {text}", f"BASIC {text.rstrip('=')}", f"Basic{text}", f"Bearer {text}", "Basic", "Basic ???",
             f"Basic \t{text}", f"Basic {base64.b64encode(user.encode()).decode()}", f"Basic {text[:3]} {text[3:]}",
             f"Basic {base64.b64encode(f'{user}:{password}:x'.encode()).decode()}")
        )  # fmt: skip
