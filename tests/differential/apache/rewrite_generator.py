"""Random rules, conditions, maps and redirects in servers, sections and `.htaccess` files, and requests for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from differential.apache import rewrite_words as words
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
_MARK = "#.htaccess "
_WORD = re.compile(r'"[^"]*"(?=\s|$)|\S+')
_CONDITIONS = [
    (subject, patterns)
    for subject, *patterns in (_WORD.findall(line) for line in words.CONDITIONS.strip().splitlines())
]
_PLAIN = words.PATHS.split()


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
        (self.prefix / "one.txt").write_text("page page.html|page.html\na a/page.html|a/page.html|a/page.html\n")

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
        if rng.random() < 0.1:
            parts.append(rng.choice(("MergeSlashes Off", "UseCanonicalName On", "UseCanonicalPhysicalPort On")))
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
        text = "\n".join(parts)
        # Look-aheads that look ahead themselves would keep httpd busy for minutes.
        looks = len(re.findall(r"-[FU]\b|LA-", text))
        limit = "10 3" if looks == 1 else "10 2" if looks > 1 else rng.choice(("10", "3", "2 5", "1"))
        return f"LimitInternalRecursion {limit}\n{text}"

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
                ("Files", '"page.html"'), ("If", '"%{REQUEST_URI} =~ /a/"'), ("FilesMatch", '"\\.php$"'),
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
            lines.append("RewriteOptions " + " ".join(rng.sample(words.OPTIONS.split(), rng.choice((1, 1, 2)))))
        if not slash and rng.random() < 0.25:
            lines.append("RewriteBase " + rng.choice(("/", "/a", "/a/", "/none/", "/al")))
        if not slash and rng.random() < 0.08:
            lines.append(
                "Options "
                + rng.choice(("None", "SymLinksIfOwnerMatch", "-FollowSymLinks", "+FollowSymLinks", "Indexes"))
            )
        if rng.random() < 0.15:
            lines.append(self.redirect())
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
            lines += [self.condition() for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3)))]
            lines.append(self.rule(slash))
        return "\n".join(lines)

    def condition(self) -> str:
        """One RewriteCond."""
        rng = self.rng
        subject, patterns = rng.choice(_CONDITIONS)
        pattern = rng.choice(patterns)
        found = re.fullmatch(r"(.+):(NC|NV)", pattern)
        flags = [found[2]] if found else []
        if rng.random() < 0.2:
            flags.append("OR")
        return f"RewriteCond {subject} {found[1] if found else pattern}" + (f" [{','.join(flags)}]" if flags else "")

    def rule(self, slash: str) -> str:
        """One RewriteRule."""
        pattern = self.rng.choice(words.PATTERNS.split()).replace("{slash}", slash)
        output = self.output(slash)
        flags = self.flags(output)
        return f"RewriteRule {pattern} {output}" + (f" [{','.join(flags)}]" if flags else "")

    def output(self, slash: str) -> str:
        """A substitution."""
        rng = self.rng
        roll = rng.random()
        lead = rng.choice((slash, slash, "/", ""))
        if roll < 0.25:
            return "-"
        if roll < 0.45:
            return lead + rng.choice(_PLAIN) + rng.choice(["", "", "", *words.QUERIES.split()])
        if roll < 0.65:
            return lead + rng.choice(words.REFERENCES.split())
        if roll < 0.72:
            texts = ("%{DOCUMENT_ROOT}/", "%{REQUEST_URI}", "%{REQUEST_FILENAME}x", "..%{REQUEST_URI}")
            return rng.choice(("", "/")) + rng.choice(texts)
        if roll < 0.8:
            root = rng.choice((str(self.root), str(self.outside), "%{DOCUMENT_ROOT}"))
            return root + rng.choice(("/page.html", "/$1", "/a/", ""))
        if roll < 0.92:
            return rng.choice(words.URLS.split()).replace("{port}", str(self.port))
        odd: list[str] = _WORD.findall(words.ODD)
        return rng.choice(odd)

    def flags(self, output: str) -> list[str]:
        """The flags of a rule, with what makes an answer a bit more often where nothing is substituted."""
        rng = self.rng
        found = ["L"] if rng.random() < 0.4 else []
        if rng.random() < (0.55 if output == "-" else 0.06):
            found.append(rng.choice(words.ANSWERS.split()))
        return found + [rng.choice(words.FLAGS.split()) for _ in range(rng.choice((0, 0, 1, 1, 2)))]

    def redirect(self) -> str:
        """Something of mod_alias."""
        line = self.rng.choice(words.REDIRECTS.strip().splitlines())
        path = self.rng.choice(("/a", "/page.html", "/al", "/none", "/a/b"))
        to = self.rng.choice(("/page.html", "http://localhost/a", "/"))
        return line.replace("{path}", path).replace("{to}", to)

    def asks(self, number: int) -> list[Ask]:
        """Requests for the tree, and for what is not in it."""
        return [self.ask() for _ in range(number)]

    def ask(self) -> Ask:
        """One request."""
        rng = self.rng
        target = "/" + rng.choice([*_PLAIN, "", *words.TARGETS.split()]).replace("what?", "what%3F")
        roll = rng.random()
        if roll < 0.12:
            target += rng.choice(words.ENDS.split())
        elif roll < 0.18:
            odd = ("/" + target, target.replace("/", "//"), "/a/.." + target, "/%61" + target, "/~root/x", "*")
            target = rng.choice(odd)
        if rng.random() < 0.3:
            target += rng.choice(words.ASKED.split())
        headers = []
        if rng.random() < 0.3:
            referers = ("http://localhost/x", "http://evil.test/", "", "https://WWW.localhost/")
            headers.append(("Referer", rng.choice(referers)))
        if rng.random() < 0.25:
            headers.append(("X-Test", rng.choice(("1", "3", "5", "7", "12", "abc", " page.html", "-4"))))
        if rng.random() < 0.15:
            headers.append(("Cookie", rng.choice(("session=abc", "a", "x=1; session=Z"))))
        method = "OPTIONS" if target == "*" else rng.choice(words.METHODS.split())
        client = rng.choice(("127.0.0.1", "127.0.0.1", "127.0.0.2"))
        return Ask(self.port, target, method, rng.choice(words.HOSTS.split()), tuple(headers), client)
