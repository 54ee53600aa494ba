"""Random sections that ask for a login by a form, and clients with sessions in cookies, right and wrong."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from differential.apache.login_generator import FILES, REALM, Logins
from differential.apache.section_generator import CLIENTS
from differential.nginx.duel import Ask
from differential.nginx.password_files import SECRET

if TYPE_CHECKING:
    from random import Random

MODULES = ("authn_anon", "authz_owner", "request", "session", "session_cookie", "auth_form")
PASSPHRASE = "by the sea"


class Forms(Logins):
    """One random configuration after another."""

    def aliases(self) -> str:
        rng = self.rng
        required = rng.choice(("", "AuthFormLoginRequiredLocation /login.html"))
        return f"""{super().aliases()}
{rng.choice(("Session On", "Session On", ""))}
{rng.choice(("SessionCookieName session path=/", "SessionCookieName session path=/", "SessionCookieName2 session", ""))}
<Location "/login">
SetHandler form-login-handler
{required}
</Location>
<Location "/logout">
SetHandler form-logout-handler
{rng.choice(("", "AuthFormLogoutLocation http://localhost/bye"))}
</Location>"""

    def login(self) -> list[str]:
        rng = self.rng
        lines = [line for line in super().login() if not line.startswith(("AuthBasic", "AuthType"))]
        lines.append(f"AuthType {rng.choice(('form',) * 8 + ('Form', 'Basic', 'None'))}")
        if rng.random() < 0.4:
            lines.append("AuthFormProvider " + rng.choice(("file", "anon", "file anon", "first second", "second")))
        if rng.random() < 0.3:
            lines.append(f"AuthFormLoginRequiredLocation {rng.choice(('/login.html', 'http://%{HTTP_HOST}/login'))}")
        if rng.random() < 0.2:
            lines.append(f"AuthFormAuthoritative {rng.choice(('On', 'Off', 'Off'))}")
        if rng.random() < 0.2:
            lines.append(f'AuthFormSitePassphrase "{PASSPHRASE}"')
        if rng.random() < 0.2:
            lines.append(f"AuthFormFakeBasicAuth {rng.choice(('On', 'Off'))}")
        if rng.random() < 0.4:
            lines.append(f"Session {rng.choice(('On', 'On', 'Off'))}")
        if rng.random() < 0.2:
            lines.append(f"SessionCookieName {rng.choice(('session', 'other'))} path=/")
        if rng.random() < 0.15:
            lines.append(f"{rng.choice(('SessionInclude', 'SessionExclude'))} {rng.choice(('/a', '/private', '/'))}")
        if rng.random() < 0.1:
            lines.append(f"AuthFormUsername {rng.choice(('user', 'name'))}")
        return lines

    def ask(self) -> Ask:
        rng = self.rng
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS"))
        headers = (("Cookie", self.cookies()),) if rng.random() < 0.85 else ()
        target = "/" + rng.choice((*FILES, "login", "logout", "login"))
        return Ask(self.port, target, method, "localhost", headers, rng.choice(CLIENTS))

    def cookies(self) -> str:
        rng = self.rng
        name = rng.choice(("session",) * 8 + ("other", "Session"))
        parts = [f"{name}={self.session(rng)}"]
        if rng.random() < 0.2:
            parts.insert(rng.randint(0, 1), "x=y")
        return rng.choice(("; ", ";", ", ")).join(parts)

    def session(self, rng: Random) -> str:
        user = rng.choice(("ann",) * 8 + ("ben", "dan", "root", "www-data", "bob", "guest", ""))
        password = rng.choice((SECRET,) * 8 + ("wrong", "", "me@example.org"))
        realm = rng.choice((REALM,) * 10 + ("Other",))
        pairs = [(f"{realm}-user", user), (f"{realm}-pw", password)]
        if rng.random() < 0.3:
            hashed = hashlib.md5(f"{user}:{PASSPHRASE}".encode(), usedforsecurity=False).hexdigest()
            pairs.append((f"{realm}-site", rng.choice((hashed, "x"))))
        if rng.random() < 0.3:
            now = int(time.time() * 1_000_000)
            pairs.append(("expiry", str(rng.choice((now + 10**12, now - 10**12, 0)))))
        text = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs)
        return rng.choice((text,) * 10 + (text.replace("+", "%20"), "", "&&" + text, text.replace("=", "=%zz", 1), "x"))
