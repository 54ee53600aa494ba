"""Random Apache configurations that httpd accepts: every construct of the line grammar and of what is done in reading.

The directives are ones that take any words (UnsetEnv, IndexIgnore, Require env), so that the words can be anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from pathlib import Path

PIECES = [
    "a", "b", "Word", "x-1", "/", ".", "*", "#", "\\", "\\\\", '\\"', "\\'", "'", "$", "{", "}", "é", "\udcff", ">",
    "<", "=", ":", "%", "@", "~", "^", "(", "|", ";", "\\ ", "\\n",
]  # fmt: skip
VARIABLES = ["${ONE}", "${two}", "${THREE}", "${nope}", "${no:pe}", "${unclosed", "$ONE", "${FROM_ENV}"]
OTHER_LINES = ["\n", "  \t\n", "# a comment\n", "  #\n", "# goes on \\\nUnsetEnv not\n", "\r\n", "#>\\\r\n\n"]
NAMES = ["ONE", "two", "Three", "four.5", "FIVE"]
SPACES = [" ", " ", " ", "\t", "  ", " \t ", "\v", "\f", "\r "]
DEPTH = 4


class Generator:
    """One configuration: `files` are the texts by their path below the root; the main one is `main.conf`."""

    def __init__(self, rng: random.Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.files: dict[str, bytes] = {}
        self.macros: list[tuple[str, int]] = []
        self.making = 0

    def make(self, size: int) -> dict[str, bytes]:
        """Make the files; the main one includes some of the others."""
        self._file("main.conf", self._block("server", 0, size))
        return self.files

    def _file(self, path: str, lines: list[str]) -> None:
        text = "".join(self._written(line) for line in lines)
        if self.rng.random() < 0.1:
            text = text.rstrip("\n")
        self.files[path] = text.encode("utf-8", "surrogateescape")

    # Every statement is a list of lines as httpd shall read them; how they are written is decided in the end.

    def _block(self, where: str, depth: int, size: int) -> list[str]:
        lines: list[str] = []
        for _ in range(size):
            lines += self._statement(where, depth)
        return lines

    def _statement(self, where: str, depth: int) -> list[str]:
        rng = self.rng
        choice = rng.random()
        if choice < 0.45 or depth >= DEPTH:
            return [self._directive(where)]
        if choice < 0.6:
            return self._section(where, depth)
        if choice < 0.75:
            return self._conditional(where, depth)
        if choice < 0.82:
            return self._include(where, depth)
        if choice < 0.9:
            return [self._define()]
        return self._macro(where, depth)

    def _directive(self, where: str) -> str:
        names = ["UnsetEnv", "IndexIgnore"]
        if where in ("directory", "files", "location", "limit"):
            names.append("Require env")
        if where == "vhost":
            names.append("ServerAlias")
        name = self._case(self.rng.choice(names))
        if self.rng.random() < 0.03:
            name = f'"{name}"' if " " not in name else name
        if self.rng.random() < 0.03 and " " not in name:
            name += ">"
        return f"{name} first{self._gap()}{self._words()}"

    def _section(self, where: str, depth: int) -> list[str]:
        rng = self.rng
        inside = {
            "server": ["<VirtualHost *:80", "<Directory", "<Location", "<Files", "<If"],
            "vhost": ["<Directory", "<Location", "<Files", "<If", "<DirectoryMatch"],
            "directory": ["<Files", "<Limit GET", "<RequireAny", "<If"],
            "location": ["<Limit GET", "<RequireAny", "<If"],
            "files": ["<Limit GET", "<RequireAny"],
            "limit": ["<RequireAny"],
        }[where]
        name = rng.choice(inside)
        word = name.split()[0][1:]
        within = {
            "VirtualHost": "vhost",
            "Files": "files",
            "If": "files",
            "RequireAny": "require",
            "Location": "location",
            "Limit": "limit",
        }
        argument = {"If": ' "true"', "Directory": f" {self._path()}", "Location": f" {self._path()}",
                    "Files": f" {self._path()}", "DirectoryMatch": ' "^/x"'}.get(word, "")  # fmt: skip
        after = rng.choice(["", "", "", " ", " # > no comment", "x"]) if word not in ("If", "DirectoryMatch") else ""
        if after.endswith(("t", "x")) and (">" in after or word in ("VirtualHost", "Limit", "RequireAny")):
            after = ""
        where_inside = within.get(word, "directory")
        if where_inside == "require":
            body = [f"Require env first {self._words()}" for _ in range(rng.randint(1, 2))]
        else:
            body = self._block(where_inside, depth + 1, rng.randint(0, 4))
        opening = f"{self._case(name)}{argument}>{after}"
        return [opening, *body, f"{self._case('</' + word)}>{rng.choice(['', '', ' ', ' behind', ' > x'])}"]

    def _conditional(self, where: str, depth: int) -> list[str]:
        rng = self.rng
        name, argument = rng.choice(
            [
                ("IfModule", "mod_rewrite.c"), ("IfModule", "rewrite_module"), ("IfModule", "!mod_rewrite.c"),
                ("IfModule", "mod_nope.c"), ("IfModule", "!nope_module"), ("IfModule", "mod_so.c"),
                ("IfModule", "Rewrite_module"), ("IfModule", "event.c"), ("IfModule", "mpm_event_module"),
                ("IfDefine", rng.choice(NAMES)), ("IfDefine", f"!{rng.choice(NAMES)}"), ("IfDefine", "COMMAND_LINE"),
                ("IfVersion", ">= 2.4"), ("IfVersion", "< 2.4.0"), ("IfVersion", "2.4.71"), ("IfVersion", "!= 2.2"),
                ("IfVersion", r"~ ^2\.[24]"), ("IfVersion", "= /^2.4/"), ("IfVersion", "<= 2"), ("IfVersion", "!> 3 "),
                ("IfFile", "main.conf"), ("IfFile", "!no/such"), ("IfFile", str(self.root)),
                ("IfDirective", "RewriteRule"), ("IfDirective", "!rewriterule"), ("IfDirective", "SSLEngine"),
                ("IfSection", "Directory"), ("IfSection", "!NoSuch"), ("IfSection", "Macro"),
            ]
        )  # fmt: skip
        if name != "IfVersion" and rng.random() < 0.3:
            negated = argument.startswith("!")
            bare = argument.removeprefix("!")
            argument = f'{"!" * negated}"{bare}"'
        after = rng.choice(["", "", "", " "])
        body = self._block(where, depth + 1, rng.randint(0, 4))
        return [f"{self._case('<' + name)} {argument}>{after}", *body, self._case(f"</{name}>")]

    def _include(self, where: str, depth: int) -> list[str]:
        rng = self.rng
        number = len(self.files)
        folder = f"part{number}"
        self.files[f"{folder}/.keep"] = b""
        for name in rng.sample(["b.conf", "a.conf", "c.inc", "Z.conf", "sub/x.conf"], rng.randint(1, 3)):
            self.files[f"{folder}/{name}"] = b""
            self._file(f"{folder}/{name}", self._block(where, depth + 1, rng.randint(0, 4)))
        names = [path for path in self.files if path.startswith(f"{folder}/")]
        name = rng.choice(["Include", "IncludeOptional"])
        what = rng.choice([folder, f"{folder}/", f"{folder}/*", f"./{folder}//{names[-1].split('/', 1)[1]}", "glob"])
        if what == "glob":
            name, what = "IncludeOptional", rng.choice([f"{folder}/*.conf", f"{folder}/[abZ]*", "part*/none*",
                                                        f"{folder[:-1]}?/sub/*"])  # fmt: skip
            if what.startswith(f"{folder[:-1]}?"):
                what = f"{folder}/*/x.conf"
        if rng.random() < 0.2:
            what = f"{self.root}/{what.removeprefix('./')}"
        return [f"{self._case(name)} {what}"]

    def _define(self) -> str:
        rng = self.rng
        if rng.random() < 0.25:
            return f"{self._case('UnDefine')} {rng.choice(NAMES)}"
        value = rng.choice(["", " value", ' "two words"', " 'x\\y>'", ' "a \\"b"', ' "${ONE}x"', " #", " é"])
        return f"{self._case('Define')} {rng.choice(NAMES)}{value}"

    def _macro(self, where: str, depth: int) -> list[str]:
        """A macro and its use; only at the top, because httpd keeps one set of them."""
        rng = self.rng
        if self.making:
            return [self._directive(where)]
        self.making += 1
        number = len(self.macros)
        arguments = rng.sample(["$a", "%b", "@c", "$ab", "${d}"], rng.randint(0, 3))
        body: list[str] = []
        for _ in range(rng.randint(1, 3)):
            body += self._statement(where, depth + 1)
        body = [self._with_arguments(line, arguments) for line in body]
        self.making -= 1
        name = f"m{number}"
        self.macros.append((name, len(arguments)))
        lines = [f"{self._case('<Macro')} {name} {' '.join(arguments)}>", *body, self._case("</Macro>")]
        for _ in range(rng.randint(0, 2)):
            values = [rng.choice(["v", '"two words"', "'q'", '"a\\"b"', "x\\\\y", "é", "#h", '""']) for _ in arguments]
            lines.append(f"{self._case('Use')} {name.upper() if rng.random() < 0.3 else name} {' '.join(values)}")
        return lines

    def _with_arguments(self, line: str, arguments: list[str]) -> str:
        if not arguments or line.startswith("<") or not line.lower().startswith(("unsetenv", "indexignore")):
            return line
        return f"{line} x{self.rng.choice(arguments)}y {self.rng.choice(arguments)}"

    def _words(self) -> str:
        return self._gap().join(self._word() for _ in range(self.rng.randint(0, 4)))

    def _word(self) -> str:
        rng = self.rng
        inner = "".join(rng.choices(PIECES, k=rng.randint(1, 5)))
        if rng.random() < 0.2:
            inner += rng.choice(VARIABLES)
        style = rng.random()
        if style < 0.6:
            return inner
        if style < 0.8:
            return f'"{inner}"'
        return f"'{inner}'" if style < 0.95 else f'"{inner}'

    def _path(self) -> str:
        inner = "".join(self.rng.choices(["a", "b", "/", ".", "*", "é", " ", "#", ">", "'"], k=self.rng.randint(1, 5)))
        return f'"/{inner}"'

    def _gap(self) -> str:
        return self.rng.choice(SPACES)

    def _case(self, name: str) -> str:
        choice = self.rng.random()
        word, space, rest = name.partition(" ")
        return (word.upper() if choice < 0.1 else word.lower() if choice < 0.2 else word) + space + rest

    def _written(self, line: str) -> str:
        """A line as it stands in the file: with spaces, continuations, and other lines around it."""
        rng = self.rng
        out = ""
        while rng.random() < 0.2:
            out += rng.choice(OTHER_LINES)
        # A line that ends in a backslash of its own would go on.
        line = f"{line} ." if line.endswith("\\") and not line.startswith("<") else line
        while rng.random() < 0.15:
            at = rng.randrange(len(line) + 1)
            if at and line[at - 1] in "\\\r":
                continue
            broken = rng.choice(["\\\n", "\\\r\n"]) + ("\t" if line[at : at + 1] == " " else "")
            line = line[:at] + broken + line[at:]
        indent = rng.choice(["", "", "    ", "\t", " \v"])
        return out + indent + line + rng.choice(["", "", "", " ", "\t", "\r"]) + "\n"
