"""Random expressions, mostly valid, and requests that make them true or false."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.section_generator import CLIENTS, FILES
from differential.nginx.duel import Ask

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

VARIABLES = (
    "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_COOKIE", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_FORWARDED",
    "HTTP_PROXY_CONNECTION", "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI", "REQUEST_FILENAME", "REMOTE_HOST",
    "REMOTE_IDENT", "REMOTE_USER", "SERVER_ADMIN", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SCRIPT_FILENAME",
    "PATH_INFO", "QUERY_STRING", "IS_SUBREQ", "DOCUMENT_ROOT", "AUTH_TYPE", "THE_REQUEST", "CONTENT_TYPE", "HANDLER",
    "SCRIPT_USER", "SCRIPT_GROUP", "DOCUMENT_URI", "CONTEXT_PREFIX", "CONTEXT_DOCUMENT_ROOT", "REQUEST_STATUS",
    "REMOTE_ADDR", "HTTPS", "IPV6", "CONN_REMOTE_ADDR", "HTTP2", "API_VERSION",
)  # fmt: skip
OFTEN = ("REQUEST_URI", "HTTP_USER_AGENT", "QUERY_STRING", "REMOTE_ADDR", "REQUEST_METHOD", "HTTP_HOST", "SERVER_NAME")
HEADERS = ("User-Agent", "X-One", "X-Two", "Referer", "cookie", "X-None", "Host")
VALUES = (
    "a", "b", "A", "ab", "10", "9", "-3", "007", "", "off", "No", "on", "false", "0", "127.0.0.1", "10.1.2.3", "::1",
    "x y", "a%20b", "%2f", "%zz", "YWI=", "Mozilla/5.0 (X11)", "é", "curl/8", "a/b", "/page.html", "*", "[ab]",
    "k=v; other=2", "1e3", " 12", "+5", "99999999999999999999", "127.1", "a\\b", "$1", "{x}",
)  # fmt: skip
PATTERNS = (
    "a", "^a", "b$", "(a)(b)?", "^/(.*)\\.html$", "([0-9]+)", "^$", "Mozilla|curl", "(?i)MOZ", "(x)|(y)", ".", "é",
    "^127\\.0\\.0\\.([0-9])$", "[ab]+", "(.)(.)(.)", "page", "\\bk=(\\w)", "^(?!.*a)",
)  # fmt: skip
GLOBS = ("*", "a*", "*.html", "/page*", "?", "[ab]*", "*/*", "[!a]", "127.*", "", "A*", "*[", "\\\\a")
NETWORKS = ("127.0.0.0/8", "127.0.0.2", "10.1", "10.0.0.0/255.0.0.0", "::1", "::/0", "0.0.0.0/0", "127.0.0.1/32")
TARGETS = tuple(f"/{name}" for name in FILES if not name.startswith("."))


class Expressions:
    """One random expression after another."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        #: Whether it is known which file the request is for; before, httpd ends at `-F`.
        self.knows_file = True

    def condition(self, depth: int = 0) -> str:
        """A condition."""
        rng = self.rng
        roll = rng.random()
        if depth < 3 and roll < 0.34:
            left, right = self.condition(depth + 1), self.condition(depth + 1)
            operator = rng.choice((" && ", " || ", " and ", " or ", "&&", "||"))
            text = left + operator + right
            return f"({text})" if rng.random() < 0.5 else text
        if depth < 4 and roll < 0.44:
            return rng.choice(("!", "not ", "! ")) + self.condition(depth + 1)
        if roll < 0.47:
            return rng.choice(("true", "false"))
        return self.test()

    def test(self) -> str:
        rng = self.rng
        roll = rng.random()
        if roll < 0.28:
            operator = rng.choice(("==", "==", "=", "!=", "<", "<=", ">", ">="))
            return f"{self.word()} {operator} {self.word()}"
        if roll < 0.4:
            operator = rng.choice(("-eq", "-ne", "-lt", "-le", "-gt", "-ge", "eq", "ne", "lt", "le", "gt", "ge"))
            return f"{self.word()} {operator} {self.word()}"
        if roll < 0.62:
            mark = rng.choice(("//", "//", "m##", "m!!", "m::", "m,,"))
            pattern = rng.choice(PATTERNS)
            if mark[-1] in pattern:
                mark = "m%%"
            operator = rng.choice(("=~", "=~", "=~", "!~"))
            return f"{self.word()} {operator} {mark[:-1]}{pattern}{mark[-1]}{rng.choice(('', '', 'i'))}"
        if roll < 0.7:
            return f"{self.word()} in {{ {', '.join(self.word() for _ in range(rng.randint(1, 4)))} }}"
        if roll < 0.84:
            return self.unary()
        operator = rng.choice(("-strmatch", "-strcmatch", "-fnmatch", "-STRMATCH"))
        if rng.random() < 0.3:
            subject = rng.choice(("%{REMOTE_ADDR}", "%{req:X-One}", self.quoted(), "'127.0.0.2'"))
            return f"{subject} -ipmatch '{rng.choice(NETWORKS)}'"
        return f"{self.word()} {operator} '{rng.choice(GLOBS)}'"

    def unary(self) -> str:
        rng = self.rng
        name = rng.choice("nzTRdefsLhxFU" if self.knows_file else "nzTRdefsLhxU")
        if name == "R":
            return f"-R '{rng.choice(NETWORKS)}'"
        if name in "nzT":
            return f"-{name} {self.word()}"
        if name == "U":
            return f"-{name} '{rng.choice((*TARGETS, '/none', '/private/secret.txt'))}'"
        places = ("%{REQUEST_FILENAME}", "'%{DOCUMENT_ROOT}/page.html'", "'%{DOCUMENT_ROOT}/none'", f"'{self.root}'")
        beside = "'%{DOCUMENT_ROOT}/a/' . %{req:X-One}"
        return f"-{name} {rng.choice((*places, beside, '%{DOCUMENT_ROOT}'))}"

    def word(self, depth: int = 0) -> str:
        rng = self.rng
        roll = rng.random()
        if depth < 3 and roll < 0.12:
            return f"{self.word(depth + 1)}{rng.choice((' . ', '.'))}{self.word(depth + 1)}"
        if roll < 0.3:
            return f"%{{{self.name()}}}"
        if roll < 0.5:
            return self.call(depth)
        if roll < 0.56:
            return rng.choice(("1", "10", "-3", "007", "9"))
        if roll < 0.66:
            return f"${rng.randint(0, 3)}"
        if roll < 0.8:
            return self.interpolated()
        return self.quoted()

    def name(self) -> str:
        rng = self.rng
        name = rng.choice(OFTEN if rng.random() < 0.5 else VARIABLES)
        return name.lower() if rng.random() < 0.1 else name

    def call(self, depth: int) -> str:
        rng = self.rng
        if rng.random() < 0.5:
            return f"%{{{rng.choice(('req', 'http', 'HTTP', 'req_novary'))}:{rng.choice(HEADERS)}}}"
        name = rng.choice(
            (
                "req", "http", "env", "reqenv", "osenv", "note", "resp", "tolower", "toupper", "escape", "unescape",
                "base64", "unbase64", "sha1", "md5", "ldap", "filesize", "Tolower",
            )
        )  # fmt: skip
        if name == "filesize":
            return f"filesize('{self.root}/{rng.choice(FILES)}')"
        if name in ("env", "reqenv", "osenv", "note", "resp"):
            return f"{name}('{rng.choice(('SEEN', 'X', 'NEVER', 'seen'))}')"
        if depth < 3:
            return f"{name}({self.word(depth + 1)})"
        return f"{name}({self.quoted()})"

    def quoted(self) -> str:
        value = self.rng.choice(VALUES).replace("\\", "\\\\").replace("$", "\\$")
        quote = "'" if self.rng.random() < 0.8 else '"'
        return f"{quote}{value}{quote}"

    def interpolated(self) -> str:
        rng = self.rng
        parts = [
            rng.choice(
                ("a", "/", "%{REQUEST_URI}", "$1", "%{tolower:%{HTTP_HOST}}", "x%{req:X-One}", "\\101", "\\'", "%")
            )
            for _ in range(rng.randint(1, 3))
        ]
        return f"'{''.join(parts)}'"

    def text(self) -> str:
        """A string expression."""
        rng = self.rng
        parts = [
            rng.choice(
                ("a", "/", "%{REQUEST_URI}", "$1", "%{tolower:%{HTTP_HOST}}", "%{req:X-One}", "%{env:X}", "page", ".")
            )
            for _ in range(rng.randint(1, 3))
        ]
        return "".join(parts)

    def broken(self) -> str:
        """A condition with something amiss, perhaps."""
        rng = self.rng
        text = self.condition()
        for _ in range(rng.randint(1, 2)):
            at = rng.randrange(len(text) + 1)
            if rng.random() < 0.4:
                text = text[:at] + text[at + rng.randint(1, 4) :]
            else:
                text = text[:at] + rng.choice("'%{}$/!()m-.:,&|=~\\ 9iax#@") + text[at:]
        return text

    def ask(self, port: int, target: str | None = None) -> Ask:
        """A request with headers that expressions look at."""
        rng = self.rng
        headers = tuple(
            (name, rng.choice(VALUES).strip())
            for name in ("User-Agent", "X-One", "X-Two", "Referer", "Cookie", "Accept")
            if rng.random() < 0.4
        )
        target = target or rng.choice(TARGETS)
        if rng.random() < 0.3:
            target += "?" + rng.choice(("a", "x=1", "", "10", "a/b"))
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST", "FOO", "OPTIONS"))
        host = rng.choice(("localhost", "localhost", "LOCALHOST", "a.test", f"localhost:{port}", "a.test:8080"))
        return Ask(port, target, method, host, headers, rng.choice(CLIENTS))
