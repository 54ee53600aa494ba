"""From text to the syntax tree of Terraform's language.

Truth: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. The text is latin-1, so that an offset is a byte;
what stands in strings is decoded.

Why not `tfparse` (0.6.22), the engine of trivy: it has no columns and no places inside policies, gives nothing at all
and says nothing where one file has a slip, makes a whole list null where one of its parts is not known, and hands out
the raw text of other templates, so that `$${x}` cannot be told from `${x}`. This reader is held against it by
tests/differential/s3/test_terraform_reader.py.
"""

import re

from audit403.core.source import Source, decoded_bytes
from audit403.s3.read.terraform.syntax import (
    Attribute,
    BadHcl,
    Binary,
    Block,
    Body,
    Call,
    Choice,
    Expr,
    For,
    Index,
    Literal,
    Object,
    Splat,
    Tuple,
    Unary,
    Variable,
)
from audit403.s3.read.terraform.templates import heredoc, quoted

DEEPEST = 80
_SPACE = re.compile(r"(?:[ \t\r\xa0]|\xef\xbb\xbf|/\*.*?\*/)*", re.DOTALL)
_LINES = re.compile(r"(?:[ \t\r\n]|\xef\xbb\xbf|/\*.*?\*/|(?:#|//)[^\n]*)*", re.DOTALL)
_COMMENT = re.compile(r"(?:#|//)[^\n]*")
_NAME = re.compile(r"[A-Za-z_\x80-\xff][\w\x80-\xff-]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_OPERATORS = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
_WORDS = {"true": True, "false": False, "null": None}


def parse_file(source: Source) -> Body:
    """The body of a file. Raises BadHcl."""
    try:
        return Parser(source.text).whole()
    except RecursionError:
        raise BadHcl("it is nested too deep", 0) from None


class Parser:
    """Reads one text, from `at` on. `depth` counts what is open around."""

    def __init__(self, text: str, at: int = 0, depth: int = 0) -> None:
        self.text = text
        self.at = at
        self.depth = depth
        #: Within brackets a line end means nothing.
        self._brackets = 0

    def whole(self) -> Body:
        """The body of the whole text."""
        body = self.body(top=True)
        if self.at < len(self.text):
            raise BadHcl(f'"{self.text[self.at]}" is not expected here', self.at)
        return body

    def body(self, *, top: bool = False) -> Body:
        """Attributes and blocks up to the brace that closes them."""
        body = Body()
        while True:
            self.lines()
            if self.at >= len(self.text):
                if not top:
                    raise BadHcl('"}" is missing at the end', self.at)
                return body
            if self.text[self.at] == "}":
                return body
            self._element(body)
            self.space()
            comment = _COMMENT.match(self.text, self.at)
            if comment is not None:
                self.at = comment.end()
            if self.at < len(self.text) and self.text[self.at] not in "\n}":
                raise BadHcl("a new line must begin before this", self.at)

    def _element(self, body: Body) -> None:
        start = self.at
        name = self.name()
        self.space()
        if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
            self.at += 1
            body.attributes[name] = self.expression()
            return
        labels: list[str] = []
        while not self.text.startswith("{", self.at):
            if self.text.startswith('"', self.at):
                end = self.text.find('"', self.at + 1)
                if end < 0 or "\n" in self.text[self.at : end]:
                    raise BadHcl("a quotation mark is missing", self.at)
                labels.append(decoded_bytes(self.text[self.at + 1 : end]))
                self.at = end + 1
            else:
                labels.append(self.name())
            self.space()
        header_end = self.at
        self.at += 1
        self._deeper()
        inner = self.body()
        self.depth -= 1
        self.at += 1
        end = header_end
        while end > start and self.text[end - 1] in " \t":
            end -= 1
        body.blocks.append(Block(name, labels, inner, start, end, self.at))

    def expression(self) -> Expr:
        """One expression."""
        self._deeper()
        found = self._choice()
        self.depth -= 1
        return found

    def _choice(self) -> Expr:
        condition = self._binary(0)
        self.skip()
        if not self.text.startswith("?", self.at):
            return condition
        self.at += 1
        self._brackets += 1  # both branches may stand on lines of their own
        then = self.expression()
        self._brackets -= 1
        self.expect(":", lines=True)
        self.lines()
        otherwise = self.expression()
        return Choice(condition.start, otherwise.end, condition, then, otherwise)

    def _binary(self, level: int) -> Expr:
        if level == len(_OPERATORS):
            return self._unary()
        left = self._binary(level + 1)
        while True:
            before = self.at
            self.skip()
            operator = next((one for one in _OPERATORS[level] if self.text.startswith(one, self.at)), None)
            if operator is None or self.text.startswith(("//", "/*"), self.at):
                self.at = before
                return left
            self.at += len(operator)
            self.lines()
            right = self._binary(level + 1)
            left = Binary(left.start, right.end, operator, left, right)

    def _unary(self) -> Expr:
        self.skip()
        start = self.at
        if self.text[start : start + 1] in ("!", "-") and self.text[start : start + 1]:
            self.at += 1
            self._deeper()
            of = self._unary()
            self.depth -= 1
            return Unary(start, of.end, self.text[start], of)
        return self._postfix(self._primary())

    def _postfix(self, of: Expr, *, attributes_only: bool = False) -> Expr:
        while True:
            before = self.at
            self.skip()
            following = self.text[self.at : self.at + 1]
            if following == "." and not self.text.startswith("...", self.at):
                self.at += 1
                if self.text.startswith("*", self.at):
                    self.at += 1
                    return self._postfix(self._splat(of, attributes_only=True), attributes_only=attributes_only)
                number = _NUMBER.match(self.text, self.at)
                if number is not None:
                    index = re.match(r"[0-9]+", self.text[self.at :])
                    assert index is not None
                    self.at += index.end()
                    of = Index(of.start, self.at, of, Literal(self.at, self.at, int(index[0])))
                else:
                    name = self.name()
                    of = Attribute(of.start, self.at, of, name)
            elif following == "[" and not attributes_only:
                self.at += 1
                self._brackets += 1
                self.skip()
                if self.text.startswith("*", self.at):
                    self.at += 1
                    self.expect("]")
                    self._brackets -= 1
                    return self._splat(of)
                key = self.expression()
                self.expect("]")
                self._brackets -= 1
                of = Index(of.start, self.at, of, key)
            else:
                self.at = before
                return of

    def _splat(self, of: Expr, *, attributes_only: bool = False) -> Expr:
        """What follows is done to each; after `.*`, the older form, these are attributes alone."""
        each = self._postfix(Variable(self.at, self.at, "*"), attributes_only=attributes_only)
        return Splat(of.start, self.at, of, each)

    def _primary(self) -> Expr:
        self.skip()
        text, start = self.text, self.at
        first = text[start : start + 1]
        if first == '"':
            found, self.at = quoted(text, start, self.depth)
            return found
        if text.startswith("<<", start):
            found, self.at = heredoc(text, start, self.depth)
            return found
        if first == "(":
            self.at += 1
            self._brackets += 1
            inner = self.expression()
            self.expect(")")
            self._brackets -= 1
            return inner
        if first == "[":
            return self._list(start)
        if first == "{":
            return self._object(start)
        number = _NUMBER.match(text, start)
        if number is not None:
            self.at = number.end()
            whole = number[0].isdigit() and len(number[0]) < 300
            return Literal(start, self.at, int(number[0]) if whole else float(number[0]))
        name = self.name()
        if text.startswith("(", self.at):
            return self._call(name, start)
        if text.startswith("::", self.at):  # provider::name::function()
            while text.startswith("::", self.at):
                self.at += 2
                name = f"{name}::{self.name()}"
            return self._call(name, start)
        if name in _WORDS:
            return Literal(start, self.at, _WORDS[name])
        return Variable(start, self.at, name)

    def _call(self, name: str, start: int) -> Expr:
        self.at += 1
        self._brackets += 1
        arguments: list[Expr] = []
        spread = False
        self.skip()
        while not self.text.startswith(")", self.at):
            arguments.append(self.expression())
            self.skip()
            if self.text.startswith("...", self.at):
                self.at += 3
                spread = True
                self.skip()
            if not self.text.startswith(")", self.at):
                self.expect(",")
                self.skip()
        self.at += 1
        self._brackets -= 1
        return Call(start, self.at, name, arguments, spread)

    def _list(self, start: int) -> Expr:
        self.at += 1
        self._brackets += 1
        self.skip()
        if self._begins_for():
            found = self._for(start, "]")
        else:
            items: list[Expr] = []
            while not self.text.startswith("]", self.at):
                items.append(self.expression())
                self.skip()
                if not self.text.startswith("]", self.at):
                    self.expect(",")
                    self.skip()
            self.at += 1
            found = Tuple(start, self.at, items)
        self._brackets -= 1
        return found

    def _object(self, start: int) -> Expr:
        self.at += 1
        outer, self._brackets = self._brackets, 1
        self.skip()
        if self._begins_for():
            found: Expr = self._for(start, "}")
            self._brackets = outer
            return found
        items: list[tuple[Expr, Expr]] = []
        while True:
            self.lines()
            if self.text.startswith("}", self.at):
                break
            self._brackets = 1
            key = self.expression()
            self.skip()
            if self.text[self.at : self.at + 1] not in ("=", ":"):
                raise BadHcl('"=" is missing', self.at)
            self.at += 1
            self.lines()
            self._brackets = 0
            items.append((key, self.expression()))
            self.space()
            comment = _COMMENT.match(self.text, self.at)
            if comment is not None:
                self.at = comment.end()
            if self.text.startswith(",", self.at):
                self.at += 1
            elif self.text[self.at : self.at + 1] not in ("\n", "}"):
                raise BadHcl("a comma, or a new line, is missing", self.at)
        self.at += 1
        self._brackets = outer
        return Object(start, self.at, items)

    def _begins_for(self) -> bool:
        return re.compile(r"for[\s]").match(self.text, self.at) is not None

    def _for(self, start: int, close: str) -> Expr:
        self.at += 3
        self.skip()
        first, second = self.name(), None
        self.skip()
        if self.text.startswith(",", self.at):
            self.at += 1
            self.skip()
            second = self.name()
            self.skip()
        if self.name() != "in":
            raise BadHcl('"in" is missing', self.at)
        over = self.expression()
        self.expect(":")
        value = self.expression()
        key: Expr | None = None
        self.skip()
        if self.text.startswith("=>", self.at):
            self.at += 2
            key, value = value, self.expression()
            self.skip()
        grouped = self.text.startswith("...", self.at)
        if grouped:
            self.at += 3
            self.skip()
        condition: Expr | None = None
        if re.compile(r"if\b").match(self.text, self.at) is not None:
            self.at += 2
            condition = self.expression()
        self.expect(close)
        names = (first, second) if second is not None else (None, first)
        return For(start, self.at, names[0], names[1] or "", over, key, value, condition, grouped)

    def name(self) -> str:
        """An identifier."""
        found = _NAME.match(self.text, self.at)
        if found is None:
            here = self.text[self.at : self.at + 1]
            raise BadHcl(f'"{here}" is not expected here' if here.strip() else "it ends too early", self.at)
        self.at = found.end()
        return decoded_bytes(found[0])

    def expect(self, what: str, *, lines: bool = False) -> None:
        """What must stand here."""
        if lines:
            self.lines()
        else:
            self.skip()
        if not self.text.startswith(what, self.at):
            raise BadHcl(f'"{what}" is missing', self.at)
        self.at += len(what)

    def skip(self) -> None:
        """Blanks; line ends as well where they mean nothing."""
        if self._brackets:
            self.lines()
        else:
            self.space()

    def space(self) -> None:
        """Blanks within a line."""
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def lines(self) -> None:
        """Blanks, comments and line ends."""
        found = _LINES.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadHcl(f"it is nested deeper than {DEEPEST} levels", self.at)
