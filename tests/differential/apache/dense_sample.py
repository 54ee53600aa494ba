"""The dense sample of requests around a configuration of Apache: which of its words decide something."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING

from differential.dense_sample import TEXTS, Change, DenseSample, Notes, Port, around, entries
from differential.random_texts import texts_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from audit403.apache.read.tree import Directive

_MOST_ENTRIES = 400
_TESTED = re.compile(r"%\{(?:(HTTP|HTTP:|REQ:|req:|http:)?([A-Za-z_:-]+))\}")
_QUOTED = re.compile(r"""m#([^#]*)#|=~\s*/((?:[^/\\]|\\.)*)/|'([^']*)'|"([^"]*)\"""")
_USERS = ("joe:secret", "joe:wrong", "nobody:secret")
_STRANGERS = (None, "xyz", "http://stranger.example/x", "https://site.example/", "https://www.example.com/")


class ApacheSample(DenseSample):
    """Reads a configuration's statements, and those of the `.htaccess` files in its trees."""

    def __init__(self, rng: random.Random, ports: list[Port], directives: Iterable[Directive]) -> None:
        super().__init__(rng, ports)
        for directive in directives:
            if directive.name == "<virtualhost":
                self.servers.append(Notes())
                self._note_all(directive.block, self.servers[-1], "")
            else:
                self._note(directive, self.around, "")
        for own in self.servers:
            own.paths += self.around.paths

    def access_file(self, directives: Iterable[Directive], url: str) -> None:
        """Note an `.htaccess` whose directory is reached as `url`."""
        self._note_all(directives, self.around, url)
        for own in self.servers:
            self._note_all(directives, own, url)

    def _note_all(self, directives: Iterable[Directive] | None, notes: Notes, prefix: str) -> None:
        for directive in directives or ():
            self._note(directive, notes, prefix)

    def _note(self, directive: Directive, notes: Notes, prefix: str) -> None:
        name = directive.name
        note = getattr(self, f"_of_{name.strip('<')}", None)
        args = [word.rstrip(">") if name.startswith("<") else word for word in directive.args]
        if note is not None and args:
            note(args, notes, prefix)
        self._note_all(directive.block, notes, prefix)

    def _plain(self, path: str, notes: Notes) -> None:
        if path.startswith("/"):
            stem = path.rstrip("/")
            notes.paths += [path, path, f"{stem}/", f"{stem}/more", f"{path}x", f"{stem}/x.php", f"{stem}/a/b.html"]

    def _pattern(self, pattern: str, notes: Notes, prefix: str) -> None:
        for text in texts_of(self.rng, pattern, TEXTS):
            rooted = text if text.startswith("/") else f"/{text}"
            notes.paths += [f"{prefix.rstrip('/')}{rooted}", rooted, f"{prefix.rstrip('/')}/a{text}"]

    def _of_location(self, args: list[str], notes: Notes, prefix: str) -> None:
        if args[0] == "~":
            self._pattern(args[-1], notes, "")
        else:
            self._plain(args[0].replace("*", "x").replace("?", "y"), notes)

    def _of_locationmatch(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._pattern(args[0], notes, "")

    def _of_files(self, args: list[str], notes: Notes, prefix: str) -> None:
        if args[0] == "~":
            self._pattern(args[-1], notes, prefix)
        else:
            notes.paths.append(f"{prefix.rstrip('/')}/{args[0].replace('*', 'x').replace('?', 'y')}")

    def _of_filesmatch(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._pattern(args[0], notes, prefix)

    def _of_directorymatch(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._pattern(args[0], notes, "")

    def _of_redirectmatch(self, args: list[str], notes: Notes, prefix: str) -> None:
        for word in args[:2]:
            self._pattern(word, notes, "")

    def _of_redirect(self, args: list[str], notes: Notes, prefix: str) -> None:
        for word in args[:2]:
            self._plain(word, notes)

    def _of_alias(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._plain(args[0], notes)
        self._tree(args[-1], notes, args[0].rstrip("/"))

    _of_scriptalias = _of_alias

    def _of_aliasmatch(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._pattern(args[0], notes, "")

    _of_scriptaliasmatch = _of_aliasmatch

    def _of_documentroot(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._tree(args[0], notes, "")

    def _tree(self, folder: str, notes: Notes, start: str) -> None:
        if os.path.isdir(folder):
            notes.paths += [start + below for below in islice(entries(folder), _MOST_ENTRIES)]

    def _of_rewriterule(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._pattern(args[0].lstrip("!"), notes, prefix)

    def _of_rewritecond(self, args: list[str], notes: Notes, prefix: str) -> None:
        pattern = args[1].lstrip("!") if len(args) > 1 else ""
        texts = [pattern.lstrip("=<>")] if pattern[:1] in "=<>" else texts_of(self.rng, pattern, TEXTS)
        for name in _names(args[0]):
            for text in (*texts, ""):
                self._set(name, text, notes)

    def _of_errordocument(self, args: list[str], notes: Notes, prefix: str) -> None:
        notes.paths += [word for word in args[1:] if word.startswith("/")]

    def _of_directoryindex(self, args: list[str], notes: Notes, prefix: str) -> None:
        notes.paths += [word if word.startswith("/") else f"{prefix.rstrip('/')}/{word}" for word in args]

    _of_fallbackresource = _of_directoryindex

    def _of_servername(self, args: list[str], notes: Notes, prefix: str) -> None:
        names = (word.rpartition("//")[2].partition(":")[0].replace("*", "some").replace("?", "x") for word in args)
        notes.hosts += [name for name in names if re.fullmatch(r"[\w.-]+", name)]

    _of_serveralias = _of_servername

    def _of_require(self, args: list[str], notes: Notes, prefix: str) -> None:
        words = args[1:] if args[0].lower() == "not" else args
        kind, values = words[0].lower(), words[1:]
        if kind == "ip":
            for value in values:
                notes.clients += around(_network(value))
        elif kind == "method":
            for value in (*values, "POST"):
                notes.change(Change("method", "", value))
        elif kind in ("user", "valid-user", "group"):
            for pair in _USERS:
                notes.change(Change("user", "", pair))
        elif kind == "expr":
            self._of_if(values, notes, prefix)

    def _of_allow(self, args: list[str], notes: Notes, prefix: str) -> None:
        for value in args[1:]:
            notes.clients += around(_network(value))

    _of_deny = _of_allow

    def _of_limit(self, args: list[str], notes: Notes, prefix: str) -> None:
        for method in (*args, "POST", "OPTIONS", "DELETE"):
            notes.change(Change("method", "", method))

    _of_limitexcept = _of_allowmethods = _of_dav = _of_limit

    def _of_setenvif(self, args: list[str], notes: Notes, prefix: str) -> None:
        if len(args) > 1:
            for text in (*texts_of(self.rng, args[1], TEXTS), ""):
                self._set(args[0], text, notes)

    _of_setenvifnocase = _of_setenvif

    def _of_browsermatch(self, args: list[str], notes: Notes, prefix: str) -> None:
        self._of_setenvif(["User-Agent", *args], notes, prefix)

    _of_browsermatchnocase = _of_browsermatch

    def _of_if(self, args: list[str], notes: Notes, prefix: str) -> None:
        expression = " ".join(args)
        texts = [next(filter(None, found), "") for found in _QUOTED.findall(expression)]
        for name in _names(expression):
            for text in texts:
                for one in (text, *texts_of(self.rng, text, 2)):
                    self._set(name, one, notes)

    _of_elseif = _of_if

    def _set(self, name: str, text: str, notes: Notes) -> None:
        """Changes for which `%{name}` may be this text, where a client has a say in it."""
        upper = name.upper().replace("-", "_").removeprefix("HTTP:").removeprefix("REQ:")
        if upper in ("REMOTE_ADDR", "CONN_REMOTE_ADDR"):
            notes.clients += around(text)
        elif upper in ("HTTP_HOST", "HOST", "SERVER_NAME"):
            notes.change(Change("host", "", text))
        elif upper == "REQUEST_METHOD":
            notes.change(Change("method", "", text))
        elif upper == "QUERY_STRING":
            notes.change(Change("query", "", text))
        elif upper in ("REQUEST_URI", "THE_REQUEST", "REQUEST_FILENAME"):
            notes.paths += [text] if text.startswith("/") else []
        elif upper in ("HTTP_REFERER", "REFERER"):
            for value in (*_STRANGERS, text):
                notes.change(Change("header", "Referer", value))
        elif upper == "HTTP_COOKIE":
            notes.change(Change("header", "Cookie", text or None))
        elif ":" in name or upper.startswith("HTTP_") or name.istitle():
            header = name.rpartition(":")[2].upper().removeprefix("HTTP_").replace("_", "-").title()
            notes.change(Change("header", header, text or None))


def _names(text: str) -> list[str]:
    """The names that `%{…}` stands for in a text."""
    return [f"{kind or ''}{name}" for kind, name in _TESTED.findall(text)]


def _network(text: str) -> str:
    """An address list's word as a network: a partial address is one, too."""
    parts = text.rstrip(".").split(".")
    if "/" in text or ":" in text or len(parts) > 3 or not all(part.isdigit() for part in parts):
        return text
    return ".".join([*parts, *["0"] * (4 - len(parts))]) + f"/{8 * len(parts)}"
