"""From the tokens of an expression to its tree.

Truth: server/util_expr_parse.y; `not` binds closer than `and`, `and` closer than `or`.
"""

from functools import lru_cache

from audit403.apache.expr import names
from audit403.apache.expr.scan import (
    BACKREF,
    BINARY,
    DIGIT,
    END,
    ERROR,
    ID,
    OPERATOR,
    REGEX,
    REGEX_I,
    STRING,
    STRING_BEGIN,
    STRING_END,
    UNARY,
    VARIABLE_BEGIN,
    VARIABLE_END,
    Token,
    scan,
)
from audit403.apache.expr.tree import (
    And,
    Backref,
    Binary,
    Call,
    Compare,
    Concat,
    Condition,
    Constant,
    Expression,
    InCall,
    InWords,
    Match,
    Not,
    Or,
    Text,
    Unary,
    Variable,
    Word,
)
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import pattern_of
from audit403.apache.model.subnet import parse_subnet
from audit403.http.address import Network

_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">=", "eq", "ne", "lt", "le", "gt", "ge"))


@lru_cache(maxsize=4096)
def parse_condition(text: str, *, restricted: bool = False, with_ssl: bool = True, of_ssl: bool = False) -> Expression:
    """The tree of a condition. Raises ConfigError with httpd's words.

    `restricted` is what stands in an `.htaccess`; `with_ssl` says that mod_ssl is there.
    """
    parser = _Parser(scan(text, is_string=False), restricted, with_ssl)
    try:
        root = parser.condition()
    except RecursionError:
        raise ConfigError("memory exhausted") from None
    parser.expect_end()
    return Expression(text, root, of_ssl, parser.wants_user)


@lru_cache(maxsize=4096)
def parse_string(text: str, *, restricted: bool = False, with_ssl: bool = True) -> Expression:
    """The tree of a text with variables in it. Raises ConfigError with httpd's words."""
    if "%" not in text and "$" not in text and "\\" not in text and "\n" not in text:
        return Expression(text, Text(text))
    parser = _Parser(scan(text, is_string=True), restricted, with_ssl)
    root = parser.string(END)
    parser.expect_end()
    return Expression(text, root, False, parser.wants_user)


class _Parser:
    def __init__(self, tokens: list[Token], restricted: bool, with_ssl: bool) -> None:
        self.tokens = tokens
        self.at = 0
        self.restricted = restricted
        self.with_ssl = with_ssl
        self.wants_user = False
        #: What is said about a name that does not exist; httpd reads on all the same.
        self.unknown: str | None = None

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The next token, gone past."""
        token = self.tokens[self.at]
        self.at += 1
        return token

    def takes(self, operator: str) -> bool:
        """Go past an operator, if it is next."""
        if self.token.kind == OPERATOR and self.token.value == operator:
            self.at += 1
            return True
        return False

    def expect(self, operator: str) -> None:
        """Go past an operator that must be next."""
        if not self.takes(operator):
            raise self.unexpected()

    def expect_end(self) -> None:
        """Nothing may follow, and every name must have been known."""
        if self.token.kind != END:
            raise self.unexpected()
        if self.unknown is not None:
            raise ConfigError(self.unknown)

    def unexpected(self) -> ConfigError:
        """What is said about a token that cannot stand here."""
        token = self.token
        if token.kind == ERROR:
            return ConfigError(token.value)
        what = "$end" if token.kind == END else token.value or token.kind
        return ConfigError(f"syntax error, unexpected {what}{'' if self.unknown is None else f': {self.unknown}'}")

    def missing(self, message: str) -> None:
        """Note what is said about a name that does not exist."""
        self.unknown = message

    def condition(self) -> Condition:
        """Conditions with `or` between them."""
        found = [self.conjunction()]
        while self.takes("or"):
            found.append(self.conjunction())
        root = found.pop()
        for left in reversed(found):
            root = Or(left, root)
        return root

    def conjunction(self) -> Condition:
        """Conditions with `and` between them."""
        found = [self.negation()]
        while self.takes("and"):
            found.append(self.negation())
        root = found.pop()
        for left in reversed(found):
            root = And(left, root)
        return root

    def negation(self) -> Condition:
        """One condition, or what is not so."""
        return Not(self.negation()) if self.takes("not") else self.single()

    def single(self) -> Condition:
        """One condition."""
        token = self.token
        if self.takes("true"):
            return Constant(True)
        if self.takes("false"):
            return Constant(False)
        if self.takes("("):
            inner = self.condition()
            self.expect(")")
            return inner
        if token.kind == UNARY:
            self.at += 1
            word = self.word()
            if token.value not in names.UNARY:
                self.missing(f"Unary operator '-{token.value}' does not exist")
            return Unary(token.value, word, self._network(token.value, word))
        return self.comparison()

    def comparison(self) -> Condition:
        """A word and what is asked about it."""
        word = self.word()
        token = self.take()
        if token.kind == BINARY:
            name = token.value.lower()
            right = self.word()
            if name not in names.BINARY:
                self.missing(f"Binary operator '-{token.value}' does not exist")
            return Binary(name, word, right, self._network(name, right))
        if token.kind == OPERATOR and token.value in _COMPARISONS:
            return Compare(token.value, word, self.word())
        if token.kind == OPERATOR and token.value == "in":
            return self.containment(word)
        if token.kind == OPERATOR and token.value in ("=~", "!~"):
            regex = self.take()
            if regex.kind not in (REGEX, REGEX_I):
                self.at -= 1
                raise self.unexpected()
            pattern = pattern_of(regex.value, "Failed to compile regular expression", regex.kind == REGEX_I)
            return Match(word, pattern, pattern.group_count, token.value == "!~")
        self.at -= 1
        raise self.unexpected()

    def containment(self, word: Word) -> Condition:
        """What stands behind `in`."""
        if self.takes("{"):
            words = [self.word()]
            while self.takes(","):
                words.append(self.word())
            self.expect("}")
            return InWords(word, tuple(reversed(words)))
        name = self.take()
        if name.kind != ID:
            self.at -= 1
            raise self.unexpected()
        self.expect("(")
        argument = self.word()
        self.expect(")")
        if name.value.lower() != names.SSL_LIST or not self.with_ssl:
            self.missing(f"List-returning function '{name.value}' does not exist")
        return InCall(word, names.SSL_LIST, argument)

    def word(self) -> Word:
        """A word, or several with dots between them."""
        left = self.plain_word()
        return Concat(left, self.word()) if self.takes(".") else left

    def plain_word(self) -> Word:
        """One word."""
        token = self.take()
        if token.kind == DIGIT:
            return Text(token.value, True)
        if token.kind == VARIABLE_BEGIN:
            return self.variable()
        if token.kind == BACKREF:
            return Backref(int(token.value))
        if token.kind == ID:
            self.expect("(")
            argument = self.word()
            self.expect(")")
            return self._call(token.value, argument)
        if token.kind == STRING_BEGIN:
            word = Text("") if self.token.kind == STRING_END else self.string(STRING_END)
            self.at += 1
            return word
        self.at -= 1
        raise self.unexpected()

    def string(self, end: str) -> Word:
        """The parts of a text, up to a token that ends it."""
        word = self.string_part()
        while self.token.kind != end:
            word = Concat(word, self.string_part())
        return word

    def string_part(self) -> Word:
        """One part of a text."""
        token = self.take()
        if token.kind == STRING:
            return Text(token.value)
        if token.kind == BACKREF:
            return Backref(int(token.value))
        if token.kind == VARIABLE_BEGIN:
            return self.variable()
        self.at -= 1
        raise self.unexpected()

    def variable(self) -> Word:
        """What stands behind `%{`."""
        name = self.take()
        if name.kind != ID:
            self.at -= 1
            raise self.unexpected()
        if self.takes(":"):
            argument = self.string(VARIABLE_END)
            self.at += 1
            return self._call(name.value, argument)
        if self.take().kind != VARIABLE_END:
            self.at -= 1
            raise self.unexpected()
        upper = name.value.upper()
        self.wants_user = self.wants_user or upper == "REMOTE_USER"
        if upper not in names.VARIABLES and not (self.with_ssl and upper.startswith(names.SSL_PREFIX)):
            self.missing(f"Variable '{name.value}' does not exist")
        return Variable(upper)

    def _call(self, written: str, argument: Word) -> Word:
        name = written.lower()
        if name not in names.FUNCTIONS and not (self.with_ssl and name == names.SSL_FUNCTION):
            self.missing(f"Function '{written}' does not exist")
        if self.restricted and name in names.RESTRICTED:
            self.missing(f"{name} not available in restricted context")
        return Call(name, argument)

    def _network(self, name: str, word: Word) -> Network | None:
        if name not in names.OF_NETWORKS:
            return None
        if not isinstance(word, Text) or word.is_number:
            self.missing(f"-{name} requires subnet/netmask as constant argument")
            return None
        base, slash, mask = word.value.partition("/")
        try:
            network = parse_subnet(base, mask if slash else None)
        except ConfigError:
            network = None
        if network is None:
            self.missing("parsing of subnet/netmask failed")
        return network
