"""The dense sample of requests around a configuration of nginx: which of its words decide something."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING

from differential.dense_sample import TEXTS, Change, DenseSample, Notes, Port, around, entries, is_address
from differential.random_texts import texts_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from audit403.nginx.read.tree import Directive

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_BETWEEN = re.compile(r"\$(?:\{\w+\}|\w+)")


class NginxSample(DenseSample):
    """Reads a configuration's statements and draws requests around them."""

    def __init__(self, rng: random.Random, ports: list[Port], directives: Iterable[Directive]) -> None:
        super().__init__(rng, ports)
        for directive in directives:
            self._top(directive)

    def _top(self, directive: Directive) -> None:
        if directive.name == "http":
            for inner in directive.block or ():
                self._top(inner)
        elif directive.name == "server":
            self.servers.append(Notes())
            for inner in directive.block or ():
                self._note(inner, self.servers[-1], "")
        else:
            self._note(directive, self.around, "")

    def _note(self, directive: Directive, notes: Notes, prefix: str) -> None:
        name, args = directive.name, directive.args
        note = getattr(self, f"_of_{name}", None)
        if note is not None and args:
            note(directive, notes, prefix)
        if name in ("map", "geo", "types", "split_clients"):
            return
        if name == "location" and args:
            prefix = prefix if args[0].startswith("~") else args[-1]
        for inner in directive.block or ():
            self._note(inner, notes, prefix)

    def _of_location(self, directive: Directive, notes: Notes, prefix: str) -> None:
        name = directive.args[-1]
        if directive.args[0] in ("~", "~*"):
            self._pattern(name, notes, prefix)
        elif name.startswith("/"):
            stem = name.rstrip("/")
            notes.paths += [name, name, f"{stem}/", f"{stem}/more", f"{name}x", f"{stem}/x.php", f"{stem}/a/b.html"]

    def _pattern(self, pattern: str, notes: Notes, prefix: str) -> None:
        for text in texts_of(self.rng, pattern, TEXTS):
            rooted = text if text.startswith("/") else f"/{text}"
            notes.paths += [rooted, f"{prefix.rstrip('/')}{rooted}", f"{prefix.rstrip('/')}/a{text}"]

    def _of_rewrite(self, directive: Directive, notes: Notes, prefix: str) -> None:
        self._pattern(directive.args[0], notes, prefix)

    def _of_try_files(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.paths += [word for word in directive.args if word.startswith("/") and "$" not in word]

    _of_index = _of_error_page = _of_auth_request = _of_try_files

    def _of_server_name(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for name in directive.args:
            if name.startswith("~"):
                notes.hosts += texts_of(self.rng, name[1:].strip("^$"), 3)
            elif name not in ("_", ""):
                notes.hosts += [name.replace("*", "some").lstrip("."), name.replace("*", "www").lstrip(".")]
                notes.hosts += [f"x{name}"] if name.startswith(".") else []
        notes.hosts = [host for host in notes.hosts if re.fullmatch(r"[\w.:-]+", host)]

    def _of_allow(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.clients += around(directive.args[0])

    _of_deny = _of_set_real_ip_from = _of_allow

    def _of_limit_except(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for method in (*directive.args, "POST", "DELETE"):
            notes.change(Change("method", "", method))

    def _of_limit_req(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.limited = True

    _of_limit_conn = _of_limit_req

    def _of_client_max_body_size(self, directive: Directive, notes: Notes, prefix: str) -> None:
        notes.change(Change("method", "", "POST"), Change("body", "", "5000"))

    def _of_valid_referers(self, directive: Directive, notes: Notes, prefix: str) -> None:
        values: list[str | None] = [None, "xyz", "http://stranger.example/x", "https://a.example/"]
        for word in directive.args:
            if word.startswith("~"):
                values += [f"http://{text}" for text in texts_of(self.rng, word[1:], 3)]
            elif "." in word:
                values += [f"http://{word.replace('*', 'www').lstrip('.')}/x"]
        for value in values:
            notes.change(Change("header", "Referer", value))

    def _of_auth_basic_user_file(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for pair in ("joe:secret", "joe:wrong", "nobody:secret"):
            notes.change(Change("user", "", pair))

    def _of_root(self, directive: Directive, notes: Notes, prefix: str) -> None:
        folder = directive.args[0]
        if os.path.isdir(folder) and "$" not in folder:
            start = prefix.rstrip("/") if directive.name == "alias" else ""
            notes.paths += [start + below for below in islice(entries(folder), 400)]

    _of_alias = _of_root

    def _of_if(self, directive: Directive, notes: Notes, prefix: str) -> None:
        words = " ".join(directive.args).removeprefix("(").removesuffix(")").strip()
        found = re.fullmatch(r"\$\{?(\w+)\}?\s*(?:(!?~\*?|!?=)\s*(.*))?", words, re.DOTALL)
        if found is None:
            return
        name, operator, value = found[1], found[2] or "", (found[3] or "").strip().strip("\"'")
        texts = texts_of(self.rng, value, TEXTS) if "~" in operator else [value]
        for text in ("1", "") if not operator else texts:
            self._set(name, text, notes)

    def _of_map(self, directive: Directive, notes: Notes, prefix: str) -> None:
        for row in directive.block or ():
            key = row.name
            if key in ("default", "hostnames", "volatile", "include"):
                continue
            pattern = key[1:].removeprefix("*") if key.startswith("~") else None
            texts = [key.removeprefix("\\")] if pattern is None else texts_of(self.rng, pattern, TEXTS)
            for text in texts:
                self._make(directive.args[0], text, notes)

    def _of_geo(self, directive: Directive, notes: Notes, prefix: str) -> None:
        source = directive.args[0] if len(directive.args) > 1 else ""
        for row in directive.block or ():
            for address in around(row.args[0] if row.name == "proxy" and row.args else row.name):
                if source:
                    self._make(source, address, notes)
                else:
                    notes.clients.append(address)

    def _make(self, template: str, text: str, notes: Notes) -> None:
        """Changes for which a text with variables may be what is written."""
        names = [found[1] or found[2] for found in _VARIABLE.finditer(template)]
        if len(names) == 1:
            self._set(names[0], text, notes)
            return
        found = re.fullmatch("(.*?)".join(map(re.escape, _BETWEEN.split(template))), text, re.DOTALL)
        pieces = found.groups() if found else [text] * len(names)
        made = [change for name, piece in zip(names, pieces, strict=False) for change in changes_for(name, piece)]
        if made:
            notes.change(*made)

    def _set(self, name: str, text: str, notes: Notes) -> None:
        if name in ("remote_addr", "realip_remote_addr"):
            notes.clients += [text] if is_address(text) else [f"{text.strip('.')}.1.1.1"[:15]]
            notes.clients[:] = [client for client in notes.clients if is_address(client)]
            return
        made = changes_for(name, text)
        if made:
            notes.change(*made)


def changes_for(name: str, text: str) -> tuple[Change, ...]:
    """What makes `$name` this text, where a client has a say in it."""
    if name.startswith("cookie_"):
        return (Change("cookie", name[7:], text),)
    if name.startswith("arg_"):
        return (Change("argument", name[4:], text),)
    if name in ("host", "http_host"):
        return (Change("host", "", text),)
    if name.startswith("http_") or name == "content_type":
        header = name.removeprefix("http_").replace("_", "-").title()
        return (Change("header", header, text or None),)
    kinds = {
        "args": "query", "query_string": "query", "is_args": "query", "request_uri": "target", "uri": "path",
        "document_uri": "path", "request_method": "method",
    }  # fmt: skip
    return (Change(kinds[name], "", text),) if name in kinds else ()
