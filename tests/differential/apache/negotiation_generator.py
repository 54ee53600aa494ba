"""Random variants of pages, type maps and requests that choose among them, on a new random tree each time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from differential.nginx.duel import Ask
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

#: What the Duel takes for an answer of another program.
SCRIPT = "#!/bin/sh\ncat >/dev/null\nprintf 'Status: 502 Other\\nContent-Type: text/plain\\n\\nx'\n"
OPEN = ("", "sub", "sub/deep", "error")
FOLDERS = (*OPEN, "closed", "dark")
STEMS = ("index", "page", "page", "doc", "a.b", "p", "403")
ENDINGS = (
    "html", "html.en", "en.html", "de.html", "html.de", "html.en.gz", "html.gz", "txt", "txt.fr", "html.fr", "fr",
    "en-gb.html", "html.pt-br", "en.de.html", "html.latin2", "html.en.utf8", "gif", "png", "gif.en", "cgi", "cgi.en",
    "en", "foo", "html.foo", "foo.html", "shtml", "html3", "b.html", "HTML.EN", "x-z.html", "tgz", "..html", "php",
    "html.Z", "asis",
)  # fmt: skip
TYPES = ("text/html", "text/plain", "image/gif", "image/png", "*/*", "text/*", "image/*", "*",
         "application/x-httpd-cgi", "text/x-server-parsed-html", "application/x-type-map", "audio/*")  # fmt: skip
QUALITIES = ("", "", "", ";q=0.5", "; q=0.9", ";q=0", ";q=0.001", ";q=1.0", ";q=0.8", "; Q=.3", ";q=0.", ";q=2", ";q=x",
             ';q="0.4"', ";q=0.7;level=1", ";level=2", ";level=3;q=.9")  # fmt: skip
LANGUAGES = ("en", "de", "fr", "en-gb", "en-us", "pt-br", "pt", "*", "EN", "de-ch", "e", "x-z")
ENCODINGS = ("gzip", "x-gzip", "compress", "identity", "*", "br", "GZIP")
CHARSETS = ("utf-8", "iso-8859-1", "iso-8859-2", "*", "UTF-8")
NEGOTIATE = ("trans", "1.0", "*", "vlist", "guess-small", "0.9", "", "trans, 1.0", "none", "TRANS")
OPTIONS = ("All", "All MultiViews", "+MultiViews", "-MultiViews", "Indexes FollowSymLinks MultiViews", "MultiViews",
           "+MultiViews -FollowSymLinks", "MultiViews SymLinksIfOwnerMatch", "+ExecCGI", "-Indexes")  # fmt: skip


class Negotiations:
    """One random tree and configuration after another."""

    def __init__(self, rng: Random, top: Path) -> None:
        self.rng = rng
        self.top = top / "tree"
        self.port = free_port()

    def make_tree(self) -> None:
        """New variants, maps, traps and links."""
        rng = self.rng
        for folder in (*reversed(FOLDERS), "away"):
            if (self.top / folder).is_dir():
                (self.top / folder).chmod(0o755)
        shutil.rmtree(self.top, ignore_errors=True)
        (self.top / "away").mkdir(parents=True)
        for name in ("index.html", "page.html.en", "doc"):
            (self.top / "away" / name).write_text("away")
        for folder in FOLDERS:
            (self.top / folder).mkdir(parents=True, exist_ok=True)
            for _ in range(rng.randint(3, 14)):
                self.make_variant(self.top / folder)
            if rng.random() < 0.6:
                self.make_map(self.top / folder)
            if rng.random() < 0.2:
                (self.top / folder / ".htaccess").write_text(self.settings(in_file=True) + "\n")
        (self.top / "closed").chmod(0o711)
        (self.top / "dark").chmod(rng.choice((0o700, 0o744)))

    def make_variant(self, folder: Path) -> None:
        rng = self.rng
        path = folder / f"{rng.choice(STEMS)}.{rng.choice(ENDINGS)}"
        if path.exists() or path.is_symlink():
            return
        roll = rng.random()
        if roll < 0.08:
            path.symlink_to(
                rng.choice((self.top / "away/page.html.en", self.top / "away", "none", "page.html", "deep"))
            )
        elif roll < 0.12:
            path.mkdir()
            if rng.random() < 0.5:
                (path / "index.html").write_text("index")
        else:
            path.write_text(SCRIPT if "cgi" in path.name else "x" * rng.randint(1, 4))
            path.chmod(0o755 if "cgi" in path.name else 0o600 if rng.random() < 0.08 else 0o644)

    def make_map(self, folder: Path) -> None:
        rng = self.rng
        stem = rng.choice(STEMS)
        path = folder / f"{stem}.{rng.choice(('var', 'html.var', 'var', 'en.var', 'map'))}"
        path.write_text("".join(self.map_block(str(folder)) for _ in range(rng.randint(1, 4))))
        path.chmod(rng.choice((0o644, 0o644, 0o644, 0o644, 0o600)))

    def map_block(self, folder: str) -> str:
        rng = self.rng
        lines: list[str] = []
        if rng.random() < 0.9:
            lines.append(f"URI: {self.map_target(folder)}")
        known: tuple[Callable[[], str], ...] = (
            lambda: (
                f"Content-Type: {rng.choice(TYPES)}{rng.choice(('', '; qs=0.5', ';qs=0.9; charset=utf-8', ';level=3'))}"
            ),
            lambda: f"Content-type: {rng.choice(('text/html', 'text/plain', 'text/html (a; b)'))}",
            lambda: f"Content-Language: {', '.join(rng.choices(LANGUAGES, k=rng.randint(1, 2)))}",
            lambda: f"Content-Encoding: {rng.choice(ENCODINGS)}",
            lambda: f"Content-Length: {rng.choice(('5', '1', '12', 'x', '-1', '+3'))}",
            lambda: "Description: a page\n of its own",
            lambda: "# nothing",
            lambda: rng.choice(("X-Other: 1", "Content-Type:\n text/html", "Nothing", "Empty:", "URI: other.html")),
        )
        weights = (5, 5, 5, 2, 1, 1, 1, 0.5)
        lines += [make() for make in rng.choices(known, weights, k=rng.randint(1, 3))]
        if rng.random() < 0.5:
            rng.shuffle(lines)
        if rng.random() < 0.12:
            lines.append(rng.choice(("Body:--end--\nhello\n--end--", "Body: ab\nxab", "Body:x\nnever")))
        return "\n".join(lines) + rng.choice(("\n\n", "\n\n", "\n\n", "\n \n", "\n", ""))

    def map_target(self, folder: str) -> str:
        rng = self.rng
        there = self.existing(folder)
        name = f"{rng.choice(STEMS)}.{rng.choice(ENDINGS)}"
        return rng.choice(
            (
                there,
                there,
                there,
                there,
                there,
                name,
                rng.choice(STEMS),
                f"sub/{name}",
                f"../{name}",
                f"/{name}",
                "page.var",
                "none",
            )
        )

    def body(self) -> str:
        """A new tree, and everything behind the LoadModule lines."""
        rng = self.rng
        self.make_tree()
        parts = [f"Listen 127.0.0.1:{self.port}", f'DocumentRoot "{self.top}"']
        override = rng.choice(("None", "All", "All", "FileInfo Indexes Options"))
        base = rng.choice(("Options +MultiViews", "Options +MultiViews", "Options All MultiViews", ""))
        kinds = [
            "AddLanguage en .en", "AddLanguage de .de", "AddLanguage fr .fr", "AddLanguage en-GB .en-gb",
            "AddLanguage pt-br .pt-br", "AddEncoding x-gzip .gz .tgz", "AddEncoding x-compress .Z",
            "AddCharset iso-8859-2 .latin2", "AddCharset utf-8 .utf8", "AddHandler type-map var",
            "AddHandler cgi-script .cgi", "AddType text/x-server-parsed-html .shtml",
            "AddType text/x-server-parsed-html3 .html3", "AddType application/x-type-map .map",
        ]  # fmt: skip
        parts += [line for line in kinds if rng.random() < 0.85]
        settings = self.settings() if rng.random() < 0.6 else ""
        parts.append(
            f'<Directory "{self.top}">\nRequire all granted\nAllowOverride {override}\n{base}\n{settings}\n</Directory>'
        )
        parts += [self.section() for _ in range(rng.randint(0, 4))]
        if rng.random() < 0.4:
            parts.append(self.settings())
        if rng.random() < 0.15:
            parts.append(f"Alias /al {self.top}/{rng.choice(FOLDERS)}")
        if rng.random() < 0.2:
            parts.append(f"Options {rng.choice(OPTIONS)}")
        if rng.random() < 0.3:
            status = rng.choice((403, 404, 406))
            parts.append(f"ErrorDocument {status} {rng.choice(('/error/403', '/403', '/page', '/error/none'))}")
        return "\n".join(parts)

    def section(self) -> str:
        rng = self.rng
        files = ("*.de", "page.*", "*.html", "*.en", "*.var", "page", "*.gz", "index*")
        places = ("page", "page.html.en", "sub/index", "error/403", "index.html")
        inside = rng.choice((self.settings, self.settings, lambda: "Require all denied"))()
        head, close = rng.choice(
            (
                (f'<Directory "{self.top}/{rng.choice(FOLDERS)}">', "</Directory>"),
                (f"<Files {rng.choice(files)}>", "</Files>"),
                ("<Files *.var>\nSetHandler type-map", "</Files>"),
                (f"<Files {rng.choice(('*.en*', '*.txt', '*.html.*', '*.cgi', '*.fr*'))}>", "</Files>"),
                (f"<Location /{rng.choice(FOLDERS)}>", "</Location>"),
                (f"<Location /{rng.choice(places)}>", "</Location>"),
            )
        )  # fmt: skip
        if "<Location" in head:
            inside = "\n".join(line for line in inside.split("\n") if not line.startswith("MultiviewsMatch"))
        return f"{head}\n{inside}\n{close}"

    def settings(self, *, in_file: bool = False) -> str:
        rng = self.rng
        matches = ("Any", "NegotiatedOnly", "Handlers", "Filters", "Handlers Filters")
        indexes = ("index", "index page", "page", "doc index.html", "disabled", "p doc")
        flags = ("SetEnvIf X-No . no-gzip", "SetEnv no-gzip 1", "SetEnvIf Host . gzip-only-text/html=1")
        removed, endings = ("Language", "Encoding", "Type", "Handler", "Charset"), ("en", "html", "gz", "var", "cgi")
        known: tuple[Callable[[], str], ...] = (
            lambda: f"Options {rng.choice(OPTIONS)}",
            lambda: f"LanguagePriority {' '.join(rng.sample(LANGUAGES, k=rng.randint(1, 4)))}",
            lambda: f"ForceLanguagePriority {rng.choice(('None', 'Prefer', 'Fallback', 'Prefer Fallback'))}",
            lambda: f"ForceLanguagePriority {rng.choice(('Prefer Fallback', 'Fallback'))}",
            lambda: f"MultiviewsMatch {rng.choice(matches)}",
            lambda: f"DirectoryIndex {rng.choice(indexes)}",
            lambda: f"DefaultLanguage {rng.choice(('en', 'de'))}",
            lambda: f"SetEnvIf Request_URI . prefer-language={rng.choice(('en', 'de', 'fr'))}",
            lambda: rng.choice(flags),
            lambda: f"AddType {rng.choice(('text/html;qs=0.5', 'text/plain;level=2', 'image/png'))} .html",
            lambda: f"AddType '{rng.choice(('text/html; charset=utf-8', 'text/html;charset=x;qs=.3', 'text'))}' .fr",
            lambda: f"Remove{rng.choice(removed)} .{rng.choice(endings)}",
            lambda: f"SetHandler {rng.choice(('none', 'none', 'cgi-script', 'default-handler'))}",
            lambda: f"ForceType {rng.choice(('text/html', 'none', 'image/png'))}",
            lambda: f"AddOutputFilter INCLUDES .{rng.choice(('foo', 'shtml'))}",
            lambda: f"AcceptPathInfo {rng.choice(('On', 'Off'))}",
            lambda: f"FallbackResource {rng.choice(('/page', '/sub/index', 'page.html', 'disabled', '/none'))}",
            lambda: f"DirectoryIndexRedirect {rng.choice(('on', 'off', 'permanent', 'seeother'))}",
            lambda: f"DirectorySlash {rng.choice(('On', 'Off'))}",
            lambda: f"DirectoryCheckHandler {rng.choice(('On', 'Off'))}",
            lambda: "ModMimeUsePathInfo On",
        )  # fmt: skip
        weights = (6, 4, 2, 2, 4, 4, 1, 1.5, 1.5, 2, 1, 2, 0.7, 0.5, 1, 1, 1, 1, 1, 0.7, 0.5)
        lines = [make() for make in rng.choices(known, weights, k=rng.randint(1, 3))]
        return "\n".join(line for line in lines if not (in_file and line.startswith("ModMime")))

    def ask(self) -> Ask:
        """A request for a page, one of its variants, a directory, or a map."""
        rng = self.rng
        folder = rng.choice((*FOLDERS, *OPEN, *OPEN))
        roll = rng.random()
        if roll < 0.2:
            name = rng.choice(STEMS)
        elif roll < 0.55:
            name = self.existing(folder).partition(".")[0]
        elif roll < 0.65:
            name = ""
        elif roll < 0.75:
            name = f"{rng.choice(STEMS)}.{rng.choice(('html', 'en', 'html.en', 'gz', 'foo', 'de'))}"
        elif roll < 0.84:
            name = self.existing(folder)
        elif roll < 0.92:
            name = rng.choice(self.names(folder, ("var", "map")) or ["page.var"])
        else:
            name = rng.choice(("none", "pag", "a", "a.", "..", "403", "doc.", ".ht", "al/page", "al/"))
        path = "/".join(part for part in (folder, name) if part) + ("/" if not name and folder else "")
        if rng.random() < 0.12:
            path += rng.choice(("/info", "/", "/x.html", "?x=1", "/a?b", "//x/", "/x.en"))
        method = rng.choice(("GET",) * 8 + ("HEAD", "POST", "OPTIONS", "PUT"))
        return Ask(self.port, "/" + path.lstrip("/"), method, headers=self.headers())

    def existing(self, folder: str) -> str:
        return self.rng.choice([name for name in self.names(folder) if not name.startswith(".ht")] or ["none"])

    def names(self, folder: str, endings: tuple[str, ...] = ("",)) -> list[str]:
        """The files of a folder that end so."""
        return sorted(
            path.name for path in (self.top / folder).iterdir() if path.is_file() and path.name.endswith(endings)
        )

    def headers(self) -> tuple[tuple[str, str], ...]:
        rng = self.rng
        found: list[tuple[str, str]] = []
        if rng.random() < 0.5:
            found.append(("Accept", self.weighed(TYPES)))
        if rng.random() < 0.6:
            found.append(("Accept-Language", self.weighed(LANGUAGES)))
        if rng.random() < 0.35:
            found.append(("Accept-Encoding", self.weighed(ENCODINGS)))
        if rng.random() < 0.2:
            found.append(("Accept-Charset", self.weighed(CHARSETS)))
        if rng.random() < 0.25:
            found.append(("Negotiate", rng.choice(NEGOTIATE)))
        if rng.random() < 0.1:
            found.append(
                rng.choice((("X-No", "1"), ("User-Agent", "Lynx/2.8"), ("If-Match", '"x"'), ("If-Match", "*")))
            )
        return tuple(found)

    def weighed(self, words: tuple[str, ...]) -> str:
        rng = self.rng
        if rng.random() < 0.04:
            return rng.choice(("", ",", ";q=0.3", ", ,en", "en gzip text/html"))
        chosen = rng.choices(words, k=rng.choice((1, 1, 2, 2, 3)))
        return rng.choice((", ", ",", " , ")).join(word + rng.choice(QUALITIES) for word in chosen)
