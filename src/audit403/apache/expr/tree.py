"""What an expression of httpd's is made of: words, and the conditions that look at them.

Truth: the node kinds of server/util_expr_private.h.
"""

from audit403.apache.model.pattern import Pattern
from audit403.core.named_tuple import NamedTuple
from audit403.http.address import Network


class Text(NamedTuple):
    """A word that stands for itself; a number without quotes is one too, but no network (`-R`)."""

    value: str
    is_number: bool = False


class Variable(NamedTuple):
    """`%{NAME}`; the name in upper case."""

    name: str


class Backref(NamedTuple):
    """`$1`: what the last match with groups has captured."""

    number: int


class Concat(NamedTuple):
    """Two words put together."""

    left: "Word"
    right: "Word"


class Call(NamedTuple):
    """`function(word)` or `%{function:word}`; the name in lower case."""

    name: str
    argument: "Word"


Word = Text | Variable | Backref | Concat | Call


class Constant(NamedTuple):
    """`true` or `false`."""

    value: bool


class Not(NamedTuple):
    """What is not so."""

    inner: "Condition"


class Or(NamedTuple):
    """Either of two."""

    left: "Condition"
    right: "Condition"


class And(NamedTuple):
    """Both of two."""

    left: "Condition"
    right: "Condition"


class Compare(NamedTuple):
    """Two words compared: as numbers (`eq ne lt le gt ge`) or as texts (`== != < <= > >=`)."""

    operator: str
    left: Word
    right: Word


class InWords(NamedTuple):
    """`word in { words }`, the words in the order in which httpd looks at them."""

    word: Word
    words: tuple[Word, ...]


class InCall(NamedTuple):
    """`word in PeerExtList(word)`."""

    word: Word
    name: str
    argument: Word


class Match(NamedTuple):
    """`word =~ /pattern/`, or `!~`."""

    word: Word
    pattern: Pattern
    groups: int
    negated: bool


class Unary(NamedTuple):
    """`-f word`; `network` is what `-R` names."""

    name: str
    word: Word
    network: Network | None


class Binary(NamedTuple):
    """`word -strmatch word`; `network` is what `-ipmatch` names."""

    name: str
    left: Word
    right: Word
    network: Network | None


Condition = Constant | Not | Or | And | Compare | InWords | InCall | Match | Unary | Binary


def written(node: Word) -> str:
    """A word as it may be written."""
    if isinstance(node, Text):
        return node.value if node.is_number else f"'{node.value}'"
    if isinstance(node, Variable):
        return f"%{{{node.name}}}"
    if isinstance(node, Backref):
        return f"${node.number}"
    if isinstance(node, Concat):
        return f"{written(node.left)} . {written(node.right)}"
    if isinstance(node.argument, Text):
        return f"%{{{node.name}:{node.argument.value}}}"
    return f"{node.name}({written(node.argument)})"


class Expression(NamedTuple):
    """A whole expression: a condition, or (`is_string`) a word.

    `of_ssl` compares as SSLRequire does; `wants_user` says that REMOTE_USER is in it.
    """

    text: str
    root: Condition | Word
    of_ssl: bool = False
    wants_user: bool = False
