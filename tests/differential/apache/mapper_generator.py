"""Random configurations for what sends requests elsewhere at the last moment: actions, spelling, files of headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.content_generator import FILES, FOLDERS, HANDLERS, Content
from differential.nginx.duel import Ask

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

METHODS = ("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO", "TRACE")
SCRIPTS = (
    "/cgi-bin/run.cgi", "/cgi-bin/run.cgi", "/cgi-bin/closed.cgi", "/cgi-bin/none", "/cgi-bin", "/sub/deep.cgi/run.cgi",
    "/page.html", "cgi-bin/run.cgi", "/cgi-bin/run.cgi?x=", "/denied/x", "/status", "/sub/",
)  # fmt: skip
META = ("Status: 403 No\n", "X-Y: z\n\nStatus: 403\n", "Content-Type: text/x-odd\n", "no header\n", "Status: 204 x", "")


class Mappers(Content):
    """One random configuration after another on one tree."""

    def __init__(self, rng: Random, top: Path) -> None:
        super().__init__(rng, top)

    def make_tree(self) -> None:
        super().make_tree()
        for folder in FOLDERS:
            for name, mode in ((".web", 0o755), ("meta", 0o755), ("shut", 0o700)):
                beside = self.top / folder / name
                beside.mkdir()
                for file, text in zip(FILES, META, strict=False):
                    for path in (beside / f"{file}.meta", beside / file):
                        path.write_text(text)
                        path.chmod(0o600 if file == "run.cgi" else 0o644)
                beside.chmod(mode)

    def body(self) -> str:
        denied = "<Location /denied>\nRequire all denied\n</Location>"
        scripts = f"ScriptAlias /cgi-bin/ {self.top}/cgi-bin/" if self.rng.random() < 0.7 else ""
        return f"{super().body()}\n{denied}\n{scripts}"

    def settings(self) -> str:
        rng = self.rng
        kind = rng.choice((*HANDLERS, "own", "own", "Own", "text/html", "text/plain", "httpd/unix-directory"))
        action = f"Action {kind} {rng.choice(SCRIPTS)}{rng.choice(('', '', ' virtual'))}"
        known = (
            lambda: action,
            lambda: f"{action}\nSetHandler {kind}",
            lambda: f"{action}\nAddHandler {kind} {rng.choice(('.html', '.pl', 'cgi'))}",
            lambda: f"Script {rng.choice(METHODS)} {rng.choice(SCRIPTS)}",
            lambda: "CheckSpelling on",
            lambda: f"CheckSpelling {rng.choice(('on', 'off'))}\nCheckCaseOnly {rng.choice(('on', 'off'))}",
            lambda: "CheckSpelling on\nCheckBasenameMatch on",
            lambda: "MetaFiles on",
            lambda: f"MetaFiles {rng.choice(('on', 'off'))}\nMetaDir {rng.choice(('meta', 'shut', '.', 'none'))}",
            lambda: f"MetaSuffix {rng.choice(('.meta', '.x', '.de'))}",
            lambda: super(Mappers, self).settings(),
        )
        # A Script stands nowhere but in sections of the server, and a second setting is as good as none.
        return "\n".join(rng.choice(known)() for _ in range(rng.randint(1, 3)))

    def server_level(self) -> str:
        """No roots by name: there mod_speling reads what stands before a URI in httpd's memory."""
        while True:
            line = super().server_level()
            if not line.startswith("Virtual"):
                return line

    def ask(self) -> Ask:
        """A request whose name may be misspelled."""
        rng = self.rng
        if rng.random() < 0.5:
            return super().ask()
        folder, name = rng.choice(FOLDERS), rng.choice(FILES)
        at = rng.randrange(len(name))
        name = rng.choice(
            (
                name.swapcase(), name[:at] + name[at + 1 :], name[:at] + "x" + name[at:],
                name[:at] + "x" + name[at + 1 :],
                name[:at] + name[at : at + 2][::-1] + name[at + 2 :], name.partition(".")[0] + ".none", "x",
                "none.cgi", name,
            )
        )  # fmt: skip
        path = "/".join(part for part in (folder, name) if part) + rng.choice(("", "", "?x=1", "/more"))
        return Ask(self.port, f"/{path}", rng.choice(METHODS), host="first.test")
