"""The syntax tree of Terraform's language; offsets are bytes of the file.

Truth: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

from dataclasses import dataclass, field
from typing import Any


class BadHcl(ValueError):
    """What Terraform would not read: `offset` is the byte at which it stops."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(slots=True)
class Expr:
    """An expression, and where it is written."""

    start: int
    end: int


@dataclass(slots=True)
class Literal(Expr):
    """A number, true, false or null."""

    value: Any


@dataclass(slots=True)
class Text:
    """A part of a template as it stands: `offset` is where it is written."""

    text: str
    offset: int


@dataclass(slots=True)
class If:
    """`%{ if … }` in a template."""

    condition: Expr
    then: "list[Part]"
    otherwise: "list[Part]"


@dataclass(slots=True)
class Loop:
    """`%{ for … }` in a template."""

    key: str | None
    name: str
    over: Expr
    parts: "list[Part]"


Part = Text | Expr | If | Loop


@dataclass(slots=True)
class Template(Expr):
    """A text between quotation marks, or a heredoc."""

    parts: list[Part]


@dataclass(slots=True)
class Eaten(Expr):
    """A policy variable that is written as if it were Terraform's own: `text` is how."""

    text: str


@dataclass(slots=True)
class Variable(Expr):
    """A name."""

    name: str


@dataclass(slots=True)
class Attribute(Expr):
    """`of.name`."""

    of: Expr
    name: str


@dataclass(slots=True)
class Index(Expr):
    """`of[key]`."""

    of: Expr
    key: Expr


@dataclass(slots=True)
class Splat(Expr):
    """`of[*]` or `of.*`: `each` is what is taken of every one, in terms of the variable `*`."""

    of: Expr
    each: Expr


@dataclass(slots=True)
class Call(Expr):
    """A function; `spread` says that the last argument is a list of arguments."""

    name: str
    arguments: list[Expr]
    spread: bool


@dataclass(slots=True)
class Unary(Expr):
    """`-x` or `!x`."""

    operator: str
    of: Expr


@dataclass(slots=True)
class Binary(Expr):
    """Two operands."""

    operator: str
    left: Expr
    right: Expr


@dataclass(slots=True)
class Choice(Expr):
    """`condition ? then : otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(slots=True)
class Tuple(Expr):
    """`[a, b]`."""

    items: list[Expr]


@dataclass(slots=True)
class Object(Expr):
    """`{ a = b }`."""

    items: list[tuple[Expr, Expr]]


@dataclass(slots=True)
class For(Expr):
    """`[for k, v in over : value if condition]`, or with braces and `key`; `grouped` is `...`."""

    key_name: str | None
    value_name: str
    over: Expr
    key: Expr | None
    value: Expr
    condition: Expr | None
    grouped: bool


@dataclass(slots=True)
class Body:
    """What a file or a block holds."""

    attributes: dict[str, Expr] = field(default_factory=dict)
    blocks: "list[Block]" = field(default_factory=list)

    def all_of(self, kind: str) -> "list[Block]":
        """The blocks of a kind."""
        return [block for block in self.blocks if block.kind == kind]


@dataclass(slots=True)
class Block:
    """A block; `start` and `end` are those of its header."""

    kind: str
    labels: list[str]
    body: Body
    start: int
    end: int
    close: int = 0
