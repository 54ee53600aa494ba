"""Random rules, conditions, maps and redirects in servers, sections and `.htaccess` files, and requests for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

DIRECTORIES = ("", "a", "a/b", "real", "closed")
FILES = (
    "index.html", "page.html", "x.php", "img.png", "a/index.html", "a/page.html", "a/b/page.html", "a/b/two words.html",
    "real/file.txt", "closed/secret.txt", "what?.html", "secret.html",
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "FOO")
HOSTS = ("localhost", "localhost", "s0.test", "www.s0.test", "S1.TEST", "evil.test", "localhost:8081", "s1.test:80")
_MARK = "#.htaccess "
_PLAIN = (
    "x.php", "page.html", "a/page.html", "a/", "a", "none.html", "a/b/page.html", "real/file.txt", "index.html", "img.png",
    "closed/secret.txt", "link/file.txt", "what?.html", "secret.html",
)  # fmt: skip
_CONDITIONS = (
    ("%{REQUEST_FILENAME}", ("-f", "!-f", "-d", "!-d", "-s", "-x", "-l", "!-l", "-h", "-L", "-F", "!-F", "-U", r"\.php$")),
    ("%{DOCUMENT_ROOT}/$1", ("-f", "!-f", "-d", "-F", "-s")),
    ("%{REQUEST_URI}", ("-U", "!-U", "^/a/", "!^/a/", r"\.(png|txt)$", "(.*)e(.*)", "=/page.html", "!=/page.html", "<z")),
    ("%{HTTP_HOST}", ("^localhost", "^localhost$ [NC]", "!^www\\.", "(.+)\\.test [NC]", "=s0.test", "=S0.TEST [NC]", "^$")),
    ("%{HTTP_REFERER}", ("!^$", "^$", "!^http://(www\\.)?localhost/ [NC]", "evil", ".", "<http://m", ">=a")),
    ("%{QUERY_STRING}", ("^$", "!^$", "(^|&)x=([^&]*)", "id=(\\d+)", "=\"\"", "=x=1", "%", "block [NV]")),
    ("%{THE_REQUEST}", ("\\s/+a", "^GET\\ /", "\\?", "%20", "\\.php[\\ ?]")),
    ("%{REQUEST_METHOD}", ("^(GET|HEAD)$", "!^(GET|HEAD)$", "=POST", "POST", "^HEAD")),
    ("%{HTTP_COOKIE}", ("session=([a-z]+)", "!session", "=a", "^$")),
    ("%{HTTP:X-Test}", ("^1", "!=1", "-gt5", "-eq3", "-lt10", "-le3", "-ge7", "-ne3", "<5", ">a", "!>a", "<=10")),
    ("%{ENV:FLAG}", ("^$", "1", "=on", "!on")),
    ("%{ENV:REDIRECT_STATUS}", ("^$", "200", "!200", "404")),
    ("%{ENV:REDIRECT_FLAG}", ("^$", "on")),
    ("%{LA-U:REQUEST_FILENAME}", ("-f", "!-f", "page", "-d")),
    ("%{LA-F:REQUEST_FILENAME}", ("-f", "page", "^/")),
    ("%{IS_SUBREQ}", ("=true", "false")),
    ("%{REMOTE_ADDR}", ("^127\\.0\\.0\\.1$", "!^127\\.0\\.0\\.2", "=127.0.0.2")),
    ("%{PATH_INFO}", ("^$", "!^$", "info")),
    ("%{HTTPS}", ("off", "=on", "!=on")),
    ("%{SERVER_PORT}", ("^80$", "8081", "-gt1000")),
    ("%{SERVER_NAME}", ("^localhost$", "s0")),
    ("%{CONTEXT_DOCUMENT_ROOT}", ("html", "outside")),
    ("%{SCRIPT_USER}", ("root", "unknown")),
    ("%{REQUEST_SCHEME}://%{HTTP_HOST}%{REQUEST_URI}", ("^http://localhost/", "^(http)://([^/]+)(.*)$")),
    ("$1", ("^$", "a", "!page", "=a/b", "(.)(.)")),
    ("%1", ("^$", "a", "!=s0")),
    ("$1:%1", ("^(.+):\\1$", ":$")),
    ("${names:$1|none}", ("none", "!none", "(.*)", "=page.html")),
    ("${lower:%{HTTP_HOST}}", ("s1", "LOCAL")),
    ("%{REQUEST_FILENAME}x", ("-f", "-d")),
    ("/page.html", ("-F", "-U", "-f")),
    ("%{DOCUMENT_ROOT}/closed/secret.txt", ("-F", "!-F", "-f")),
    ("/closed/secret.txt", ("-U", "!-U")),
)  # fmt: skip


def access_files(body: str) -> dict[str, str]:
    """The `.htaccess` files that a body has in its comments, by directory."""
    found: dict[str, str] = {}
    for line in body.splitlines():
        if line.startswith(_MARK):
            directory, _, text = line.removeprefix(_MARK).partition(": ")
            found[directory] = found.get(directory, "") + text + "\n"
    return found


class Rewrites:
    """One random configuration after another, for a tree that it makes."""

    def __init__(self, rng: Random, prefix: Path) -> None:
        self.rng = rng
        self.root = prefix / "html"
        self.outside = prefix / "outside"
        self.prefix = prefix
        self.port = free_port()
        self._make_tree()

    def _make_tree(self) -> None:
        for directory in DIRECTORIES:
            (self.root / directory).mkdir(parents=True, exist_ok=True)
        (self.outside / "in").mkdir(parents=True, exist_ok=True)
        for path in (*(self.root / file for file in FILES), self.outside / "page.html", self.outside / "in/x.php"):
            path.write_text(path.name)
            path.chmod(0o644)
        (self.root / "empty.html").write_text("")
        (self.root / "x.php").chmod(0o755)
        (self.root / "link").symlink_to("real")
        (self.root / "linked.html").symlink_to("page.html")
        (self.root / "dangling.html").symlink_to("nowhere")
        (self.prefix / "names.txt").write_text(
            "# names\npage page.html\na  a/page.html and more\nempty\nindex.html x.php\n"
        )
        (self.prefix / "one.txt").write_text("page page.html|page.html\na closed/secret.txt|real/file.txt\n")

    def body(self) -> str:
        """Everything behind the LoadModule lines; `.htaccess` files stand in comments."""
        rng = self.rng
        parts = [
            f"Listen 127.0.0.1:{self.port}",
            f'DocumentRoot "{self.root}"',
            *(f'<Directory "{each}">\nRequire all granted\nAllowOverride All\n</Directory>' for each in self._roots()),
            f'<Directory "{self.root}/closed">\nRequire all denied\n</Directory>',
            '<Files "secret.html">\nRequire all denied\n</Files>',
            f'RewriteMap names "txt:{self.prefix}/names.txt"',
            f'RewriteMap one "rnd:{self.prefix}/one.txt"',
            "RewriteMap lower int:tolower",
            "RewriteMap escape int:escape",
            "RewriteMap plain int:unescape",
        ]
        if rng.random() < 0.4:
            parts.append(f'Alias /al "{self.outside}"')
        if rng.random() < 0.2:
            parts.append("SetEnvIf X-Test 3 FLAG=on")
        if rng.random() < 0.2:
            parts.append(f"ErrorDocument {rng.choice((403, 404, 500))} /{rng.choice(('page.html', 'a/', 'none.html'))}")
        if rng.random() < 0.15:
            parts.append("AllowEncodedSlashes " + rng.choice(("On", "NoDecode")))
        if rng.random() < 0.7:
            parts.append(self.rules("/"))
        parts += [self.section() for _ in range(rng.choice((0, 1, 1, 2)))]
        for number in range(rng.choice((0, 0, 1, 2))):
            parts.append(self.vhost(number))
        for directory in DIRECTORIES:
            if rng.random() < 0.25:
                parts += [f"{_MARK}{directory}: {line}" for line in self.rules("").splitlines()]
        return "\n".join(parts)

    def _roots(self) -> tuple[Path, Path]:
        return self.root, self.outside

    def vhost(self, number: int) -> str:
        """A virtual host with rules of its own, or none."""
        rng = self.rng
        inside = [f"ServerName s{number}.test", "ServerAlias *.s0.test" if not number else "ServerAlias localhost"]
        if rng.random() < 0.6:
            inside.append(self.rules("/"))
        elif rng.random() < 0.3:
            inside.append(f"RewriteOptions {rng.choice(('Inherit', 'InheritBefore', 'IgnoreInherit'))}")
        if rng.random() < 0.3:
            inside.append(self.section())
        text = "\n".join(inside)
        return f"<VirtualHost *:{rng.choice((self.port, '*'))}>\n{text}\n</VirtualHost>"

    def section(self) -> str:
        """Rules in a section."""
        rng = self.rng
        path = f"{self.root}/{rng.choice(DIRECTORIES)}".rstrip("/")
        name, argument = rng.choice(
            (
                ("Directory", f'"{path}"'), ("Directory", f'"{path}"'), ("Directory", f'"{self.outside}"'),
                ("Directory", f'"{self.root}/*"'), ("DirectoryMatch", f'"^{self.root}/a"'),
                ("Location", rng.choice(('"/a"', '"/"', '"/al"'))), ("LocationMatch", '"^/(a|link)"'),
                ("Files", '"page.html"'), ("FilesMatch", '"\\.php$"'),
            )
        )  # fmt: skip
        inside = self.rules("/" if name.startswith("Location") and rng.random() < 0.3 else "")
        if name == "Directory" and rng.random() < 0.1:
            inside += '\n<Files "x.php">\n' + self.rules("") + "\n</Files>"
        return f"<{name} {argument}>\n{inside}\n</{name}>"

    def rules(self, slash: str) -> str:
        """The engine, options, base, and a few rules with conditions; or redirects of mod_alias."""
        rng = self.rng
        lines = [] if rng.random() < 0.08 else [f"RewriteEngine {'Off' if rng.random() < 0.06 else 'On'}"]
        if rng.random() < 0.15:
            words = ("Inherit", "InheritBefore", "InheritDown", "InheritDownBefore", "IgnoreInherit", "AllowNoSlash",
                     "MergeBase", "IgnoreContextInfo", "LegacyPrefixDocRoot", "UnsafePrefixStat", "AllowAnyURI")  # fmt: skip
            lines.append("RewriteOptions " + " ".join(rng.sample(words, rng.choice((1, 1, 2)))))
        if not slash and rng.random() < 0.25:
            lines.append("RewriteBase " + rng.choice(("/", "/a", "/a/", "/none/", "/al")))
        if not slash and rng.random() < 0.08:
            lines.append(
                "Options "
                + rng.choice(("None", "SymLinksIfOwnerMatch", "-FollowSymLinks", "+FollowSymLinks", "Indexes"))
            )
        if rng.random() < 0.15:
            lines.append(self.redirect(slash))
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
            lines += [self.condition() for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3)))]
            lines.append(self.rule(slash))
        return "\n".join(lines)

    def condition(self) -> str:
        """One RewriteCond."""
        rng = self.rng
        subject, patterns = rng.choice(_CONDITIONS)
        pattern, _, flags = rng.choice(patterns).partition(" [")
        if "\\ " in pattern and not pattern.startswith('"'):
            pattern = pattern.replace("\\ ", "\\ ")
        extra = [flags.rstrip("]")] if flags else []
        if rng.random() < 0.2:
            extra.append("OR")
        return f"RewriteCond {subject} {pattern}" + (f" [{','.join(extra)}]" if extra else "")

    def rule(self, slash: str) -> str:
        """One RewriteRule."""
        rng = self.rng
        pattern = rng.choice(
            (
                ".*", "^", "^(.*)$", f"^{slash}(.*)$", f"^{slash}(.+)$", f"^{slash}a/(.*)$", f"^{slash}a(/.*)?$", r"\.php$",
                f"^{slash}(.*)\\.html$", f"^{slash}page", "page.html$", "!page", "!^/?a", r"\.(png|txt)$", f"^{slash}$",
                f"^{slash}([^/]+)/(.*)$", f"^{slash}none/(.*)", "(.)$", "^/?(a|link|al)/", "x", f"^{slash}al/(.*)",
                f"^{slash}(.*)b(.*)$", f"!^{slash}(x|a)",
            )
        )  # fmt: skip
        output = self.output(slash)
        flags = self.flags(output)
        return f"RewriteRule {pattern} {output}" + (f" [{','.join(flags)}]" if flags else "")

    def output(self, slash: str) -> str:
        """A substitution."""
        rng = self.rng
        roll = rng.random()
        lead = rng.choice((slash, slash, "/", ""))
        target = rng.choice(_PLAIN)
        if roll < 0.25:
            return "-"
        if roll < 0.45:
            return lead + target + rng.choice(("", "", "", "?x=1", "?q=$1", "?t=%1", "?", "?%{QUERY_STRING}"))
        if roll < 0.65:
            return lead + rng.choice(
                ("$1", "$1.html", "a/$1", "$1?q=$1", "$2/$1", "a/b/$1", "x$1", "$1/info", "$1/", "b$1", "%1", "%2$1", "$0",
                 "index.html?r=$1", "x.php/$1", "${names:$1|page.html}", "${names:$1}", "${one:$1|a/}", "$1\\?x",
                 "${escape:$1}", "${plain:$1}", "${lower:$1}", "a/%{HTTP:X-Test}", "$1?%{QUERY_STRING}")
            )  # fmt: skip
        if roll < 0.72:
            return rng.choice(("", "/")) + rng.choice(
                ("%{DOCUMENT_ROOT}/", "%{REQUEST_URI}", "%{REQUEST_FILENAME}x", "..%{REQUEST_URI}")
            )
        if roll < 0.8:
            return rng.choice((str(self.root), str(self.outside), "%{DOCUMENT_ROOT}")) + rng.choice(
                ("/page.html", "/$1", "/a/", "")
            )
        if roll < 0.92:
            return rng.choice(
                (
                    "http://localhost/$1", "http://localhost:8081/page.html", f"http://s0.test:{self.port}/$1", "https://x.test/$1",
                    "http://%{HTTP_HOST}/a/$1", "https://%{HTTP_HOST}%{REQUEST_URI}", "http://localhost", "ftp://x/$1?y", "mailto:x@y",
                    f"http://localhost:{self.port}/$1",
                )
            )  # fmt: skip
        return rng.choice(
            (
                "//page.html",
                "//$1",
                "/../page.html",
                "a//page.html",
                "page.html?a b",
                "~root/$1",
                "/~nobody/x",
                "/~root",
            )
        )

    def flags(self, output: str) -> list[str]:
        """The flags of a rule, with what makes an answer a bit more often where nothing is substituted."""
        rng = self.rng
        found = ["L"] if rng.random() < 0.4 else []
        odds = 0.55 if output == "-" else 0.06
        if rng.random() < odds:
            found.append(rng.choice(("F", "F", "F", "G", "R=403", "R=404", "R=451", "R=200", "forbidden")))
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            found.append(
                rng.choice(
                    (
                        "NC", "NE", "B", "BNP", "BCTLS", "B=?", "BNE=/", "PT", "PT", "QSA", "QSA", "QSD", "QSL", "NS", "END", "END",
                        "R", "R=301", "R=permanent", "R=303", "S=1", "S=2", "C", "C", "E=FLAG:on", "E=FLAG:$1", "E=!FLAG", "E=FLAG",
                        "DPI", "UnsafeAllow3F", "UnsafePrefixStat", "H=cgi-script", "H=default-handler", "T=text/plain", "P",
                        "CO=a:b:localhost", "N=5", "UNC", "last", "N",
                    )
                )
            )  # fmt: skip
        return found

    def redirect(self, slash: str) -> str:
        """Something of mod_alias."""
        rng = self.rng
        to = rng.choice(("/page.html", "http://localhost/a", "/"))
        path = rng.choice(("/a", "/page.html", "/al", "/none", "/a/b"))
        return rng.choice(
            (
                f"Redirect {path} {to}", f"Redirect 301 {path} {to}", f"Redirect 403 {path}", f"Redirect gone {path}",
                f"RedirectMatch ^{path}(.*) {to}$1", f"RedirectMatch 403 {path}", f"RedirectPermanent {path} {to}",
                f"RedirectTemp {path} {to}", f"Redirect 404 {path}", f"RedirectMatch 410 ^{path}$", f"Redirect seeother {path} {to}",
            )
        )  # fmt: skip

    def asks(self, number: int) -> list[Ask]:
        """Requests for the tree, and for what is not in it."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        """One request."""
        rng = self.rng
        names = (*_PLAIN, "", "empty.html", "linked.html", "dangling.html", "link", "link/", "al/page.html", "al/in/x.php", "al", "al/",
                 "a/b/two%20words.html", "what%3f.html", "none/x", "a/b", "a/b/", "none/page", "page", "a/b/none/x.php")  # fmt: skip
        target = "/" + rng.choice(names).replace("what?", "what%3F")
        roll = rng.random()
        if roll < 0.12:
            target += rng.choice(
                (
                    "/info",
                    "/",
                    "%20b",
                    "%3fx",
                    "%25",
                    "%0a",
                    "%2e",
                    "%c3%a9",
                    "x%26y",
                    "%3f",
                    "/info%3fx",
                    "%2fx",
                    "%7f",
                    "+",
                )
            )
        elif roll < 0.18:
            target = rng.choice(
                ("/" + target, target.replace("/", "//"), "/a/.." + target, "/%61" + target, "/~root/x", "*")
            )
        if rng.random() < 0.3:
            target += rng.choice(("?x=1", "?", "?id=12&x=a", "?block", "?a%20b", "?x=%3f&y", "?x?y", "?&"))
        headers = []
        if rng.random() < 0.3:
            headers.append(
                ("Referer", rng.choice(("http://localhost/x", "http://evil.test/", "", "https://WWW.localhost/")))
            )
        if rng.random() < 0.25:
            headers.append(("X-Test", rng.choice(("1", "3", "5", "7", "12", "abc", " page.html", "-4"))))
        if rng.random() < 0.15:
            headers.append(("Cookie", rng.choice(("session=abc", "a", "x=1; session=Z"))))
        method = "OPTIONS" if target == "*" else rng.choice(METHODS)
        client = rng.choice(("127.0.0.1", "127.0.0.1", "127.0.0.2"))
        return Ask(self.port, target, method, rng.choice(HOSTS), tuple(headers), client)
