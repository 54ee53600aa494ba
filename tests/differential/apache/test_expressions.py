"""Expressions wherever httpd evaluates them: sections, Require, SetEnvIfExpr, error documents, aliases, handlers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.expression_generator import TARGETS, Expressions
from differential.apache.section_generator import make_tree
from differential.nginx.duel import Ask
from servers.plenty import cases
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def _escaped(text: str) -> str:
    """A text as it may stand between double quotes in a configuration."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


class Sites:
    """Configurations of which every location tests an expression in some way."""

    def __init__(self, rng: Random, root: Path) -> None:
        self.rng = rng
        self.root = root
        self.port = free_port()
        self.expressions = Expressions(rng, root)
        self.expressions.knows_file = False

    def body(self) -> str:
        """Everything behind the LoadModule lines."""
        start = f'Listen 127.0.0.1:{self.port}\nDocumentRoot "{self.root}"\nServerAdmin me@x.test\n'
        start += f'SetEnvIf X-One "^a" X=1\n<Directory "{self.root}">\nRequire all granted\n</Directory>\n'
        if self.rng.random() < 0.3:
            start += self.set_env("SEEN=$1") + "\n"
        if self.rng.random() < 0.2:
            start += f"UseCanonicalName {self.rng.choice(('On', 'Off'))}\n"
        return start + "\n".join(f'<Location "{target}">\n{self.inside()}\n</Location>' for target in TARGETS)

    def inside(self) -> str:
        rng, made = self.rng, self.expressions
        expression = made.condition()
        quoted = f'"{_escaped(expression)}"'
        roll = rng.random()
        if roll < 0.45:
            return f"Require expr {expression}"
        if roll < 0.7:
            inner = rng.choice(("Require all denied", f"Require expr {made.condition()}"))
            text = f"<If {quoted}>\n{inner}\n</If>"
            if rng.random() < 0.4:
                text += f'\n<ElseIf "{_escaped(made.condition())}">\nRequire all denied\n</ElseIf>'
            if rng.random() < 0.4:
                text += "\n<Else>\nRequire method GET\n</Else>"
            return text
        if roll < 0.85:
            return self.set_env("SEEN=x$1 !X") + "\nRequire env SEEN\nRequire expr reqenv('SEEN') == 'xa'"
        if roll < 0.9:
            return f'Require all denied\nErrorDocument 403 "/{_escaped(made.text())}"'
        if roll < 0.95:
            return f'SetHandler "{_escaped(made.text())}"'
        return f'Redirect 302 "/{_escaped(made.text())}"'

    def set_env(self, features: str) -> str:
        """A SetEnvIfExpr; without a match httpd takes captures out of memory that nobody has written, and may end."""
        if self.rng.random() < 0.5:
            word = self.rng.choice(("%{req:X-One}", "%{REQUEST_URI}", "toupper(%{HTTP_HOST})"))
            return f'SetEnvIfExpr "{_escaped(word)} =~ m#(a)(b)?#i" {features}'
        condition = re.sub(r"\$[0-9]", "9", self.expressions.condition())
        return f'SetEnvIfExpr "{_escaped(condition)}" {features.replace("$1", "a")}'

    def ask(self) -> Ask:
        return self.expressions.ask(self.port)


def test_expressions(server_dir: Path, rng: Random) -> None:
    root = server_dir / "html"
    make_tree(root)
    sites = Sites(rng, root)
    with Duel(server_dir) as duel:
        duel.hold(cases(1500), sites.body, lambda: [sites.ask() for _ in range(40)])


def test_expressions_of_htaccess(server_dir: Path, rng: Random) -> None:
    """Where an expression is none httpd answers 500; it is read with each request."""
    root = server_dir / "html"
    make_tree(root)
    made = Expressions(rng, root)
    port = free_port()
    body = f'Listen 127.0.0.1:{port}\nDocumentRoot "{root}"\n<Directory "{root}">\nAllowOverride All\n</Directory>'
    with Duel(server_dir) as duel:
        assert duel.start(body)
        while duel.asked < cases(400):
            expression = made.broken() if rng.random() < 0.6 else made.condition()
            # A relative path begins wherever httpd was started.
            if expression.endswith("\\") or re.search(r"-[defsLhx]", expression):
                continue
            line = f"Require expr {expression}"
            if rng.random() < 0.3:
                line = f'<If "{_escaped(expression)}">\nRequire all denied\n</If>\n<Else>\nRequire all granted\n</Else>'
            (root / ".htaccess").write_text(line + "\n")
            duel.run(body, [made.ask(port, "/page.html")])
        duel.check()
