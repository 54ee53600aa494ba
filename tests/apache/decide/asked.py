"""Asks the evaluator about a request to a small httpd that is only written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.model.build import build_model
from audit403.apache.read.configuration import read_configuration
from audit403.core.request import Request, Tls
from audit403.evidence.local import LocalEvidence
from servers.apache import USUAL

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.apache.model.model import Model
    from audit403.core.decision import Decision

MORE = (
    "remoteip",
    "allowmethods",
    "ssl",
    "authn_anon",
    "authz_owner",
    "cgid",
    "userdir",
    "vhost_alias",
    "asis",
    "status",
    "info",
    "dav",
    "dav_fs",
    "authn_dbm",
    "ldap",
    "authnz_ldap",
    "request",
    "session",
    "session_cookie",
    "auth_form",
)


class Httpd:
    """One configuration around `body`: port 80 on every address, one page in the document root, open to all.

    `without` names modules that it does not load.
    """

    def __init__(self, prefix: Path, body: str, htaccess: str = "", without: tuple[str, ...] = ()) -> None:
        root = prefix / "html"
        root.mkdir(exist_ok=True)
        (root / "page.html").write_text("page")
        if htaccess:
            (root / ".htaccess").write_text(htaccess)
        modules = "".join(
            f"LoadModule {name}_module modules/mod_{name}.so\n" for name in (*USUAL, *MORE) if name not in without
        )
        conf = prefix / "apache.conf"
        opened = f'<Directory "{root}">\nAllowOverride All\nRequire all granted\n</Directory>'
        start = f'ServerRoot {prefix}\nServerName own.test\nUser root\nListen 80\nDocumentRoot "{root}"\n'
        conf.write_text(f"{start}{modules}{opened}\n{body}\n")
        evidence = LocalEvidence()
        self.model: Model = build_model(read_configuration(str(conf), evidence))
        self.evaluator = Evaluator(self.model, evidence)

    def ask(self, target: str = "/page.html", /, **given: object) -> Decision:
        """The decision on a request; `given` are the fields of the request and, by their names, headers."""
        fields = {"method": "GET", "host": "own.test", "client": "127.0.0.1"}
        fields |= {name: str(given.pop(name)) for name in list(given) if name in fields}
        length, tls = given.pop("body_length", None), given.pop("tls", None)
        assert isinstance(length, int | None) and isinstance(tls, Tls | None)
        headers = tuple((name.replace("_", "-"), str(value)) for name, value in given.items())
        scheme = "https" if tls else "http"
        request = Request(
            fields["method"], scheme, fields["host"], 80, target, fields["client"], headers, tls=tls,
            body_length=length,
        )  # fmt: skip
        return self.evaluator.decide(request)

    def status(self, target: str = "/page.html", /, **given: object) -> int | None:
        """The status alone."""
        return self.ask(target, **given).status
