"""The tokens of httpd's expressions.

Truth: server/util_expr_scan.l, whose states are this scanner's: outside, in a text, in a variable's name, in the
argument of `%{function:argument}`, in a regular expression. Where flex finds no rule at all httpd ends at once; here
that is an error as any other.
"""

import re

from audit403.core.named_tuple import NamedTuple

ID, DIGIT, STRING, BACKREF, UNARY, BINARY = "id", "digit", "string", "backref", "unary", "binary"
STRING_BEGIN, STRING_END, VARIABLE_BEGIN, VARIABLE_END = "string-begin", "string-end", "%{", "}"
REGEX, REGEX_I, OPERATOR, END, ERROR = "regex", "regex-i", "operator", "end", "error"

JAMMED = "flex scanner jammed"
"""What httpd says where it ends at once: the whole server at its start, a child in the middle of a request."""

_LONGEST = 8191
_OPERATORS = {
    "=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "=~": "=~", "!~": "!~",
    "and": "and", "&&": "and", "or": "or", "||": "or", "not": "not", "!": "not", ".": ".", "-in": "in", "in": "in",
    "-eq": "eq", "-ne": "ne", "-ge": "ge", "-le": "le", "-gt": "gt", "-lt": "lt",
    "eq": "eq", "ne": "ne", "ge": "ge", "le": "le", "gt": "gt", "lt": "lt", "true": "true", "false": "false",
    "(": "(", ")": ")", "{": "{", ",": ",", "}": "}", ":": ":",
}  # fmt: skip
#: Outside of texts, the longest first, and of equal ones httpd's first.
_OUTSIDE = re.compile(
    r"""(?P<space>[ \t\n]+)|(?P<text>["'])|(?P<variable>%\{)|(?P<backref>\$[0-9])"""
    r"""|(?P<regex>/|m[/#$%^,;:_?|\-!.'"](?:(?<!_)|(?![a-zA-Z0-9_])))"""
    r"""|(?P<digit>-?[0-9]+)|(?P<dashed>-[a-zA-Z_][a-zA-Z_0-9]*)|(?P<word>[a-zA-Z][a-zA-Z0-9_]*)"""
    r"""|(?P<operator>==|=~|!=|!~|<=|>=|&&|\|\||[=<>!.(){},:])"""
)
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_PLAIN = re.compile(r"""[^\\\n"'%}$]+""")
_NUMBER = re.compile(r"\\([0-9]+)")
_OCTAL = re.compile(r"\\([0-7]{1,3})")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Token(NamedTuple):
    """One token; `value` is its text, without quotes and escapes."""

    kind: str
    value: str = ""


def scan(text: str, *, is_string: bool) -> list[Token]:
    """All tokens, with END behind the last, or ERROR with httpd's words; httpd reads no further than it parses."""
    scanner = _Scanner(text)
    try:
        if is_string:
            scanner.inside("", ends_at_end=True)
        scanner.outside()
    except _ScanError as error:
        scanner.tokens.append(Token(ERROR, str(error)))
    scanner.tokens.append(Token(END))
    return scanner.tokens


class _ScanError(Exception):
    """There is no token here."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []

    def outside(self) -> None:
        """Everything that is in no text."""
        text, tokens = self.text, self.tokens
        while self.at < len(text):
            found = _OUTSIDE.match(text, self.at)
            if found is None:
                raise _ScanError(f"syntax error, unexpected T_ERROR: Parse error near '{text[self.at]}'")
            self.at = found.end()
            kind, value = found.lastgroup, found.group()
            if kind == "text":
                tokens.append(Token(STRING_BEGIN))
                self.inside(value, ends_at_end=False)
                tokens.append(Token(STRING_END))
            elif kind == "variable":
                self.variable()
            elif kind == "backref":
                tokens.append(Token(BACKREF, value[1]))
            elif kind == "regex":
                self.regex(value[-1])
            elif kind == "digit":
                tokens.append(Token(DIGIT, value))
            elif kind in ("word", "operator") or (kind == "dashed" and value in _OPERATORS):
                operator = _OPERATORS.get(value)
                tokens.append(Token(ID, value) if operator is None else Token(OPERATOR, operator))
            elif kind == "dashed":
                tokens.append(Token(UNARY if len(value) == 2 else BINARY, value[1:]))

    def inside(self, delimiter: str, *, ends_at_end: bool) -> None:
        """A text up to its delimiter, or to the end of the expression."""
        parts = _Parts(self.tokens)
        text = self.text
        while True:
            if self.at >= len(text):
                if not ends_at_end:
                    raise _ScanError("syntax error, unexpected T_ERROR: Unterminated string or variable")
                parts.end(even_if_empty=True)
                return
            mark = text[self.at]
            if mark in "\"'":
                self.at += 1
                if mark == delimiter:
                    parts.end()
                    return
                parts.add(mark)
            elif not self._common(parts):
                if mark == "\n":
                    raise _ScanError("syntax error, unexpected T_ERROR: Unterminated string or variable")
                parts.add(mark)
                self.at += 1

    def argument(self) -> None:
        """What stands behind the colon of `%{function:argument}`."""
        parts = _Parts(self.tokens)
        text = self.text
        while True:
            if self.at >= len(text) or text[self.at] == "\n":
                raise _ScanError("syntax error, unexpected T_ERROR: Unterminated string or variable")
            mark = text[self.at]
            if mark == "}":
                self.at += 1
                parts.end()
                self.tokens.append(Token(VARIABLE_END))
                return
            if mark in "\"'":
                raise _ScanError(JAMMED)
            if not self._common(parts):
                parts.add(mark)
                self.at += 1

    def _common(self, parts: "_Parts") -> bool:
        """What texts and arguments have in common: plain characters, escapes, `$1` and `%{`."""
        text = self.text
        mark = text[self.at]
        following = text[self.at + 1 : self.at + 2]
        plain = _PLAIN.match(text, self.at)
        if plain is not None:
            parts.add(plain.group())
            self.at = plain.end()
        elif mark == "\\":
            parts.add(self._escaped())
        elif mark == "$" and following.isascii() and following.isdigit():
            parts.end()
            self.tokens.append(Token(BACKREF, following))
            self.at += 2
        elif mark == "%" and following == "{":
            parts.end()
            self.at += 2
            self.variable()
        else:
            return False
        return True

    def _escaped(self) -> str:
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            octal = _OCTAL.match(self.text, self.at)
            if octal is None or octal.end() < number.end():
                raise _ScanError("syntax error, unexpected T_ERROR: Bad escape sequence")
            code = int(octal[1], 8)
            if code > 0xFF:
                raise _ScanError("syntax error, unexpected T_ERROR: Escape sequence out of bound")
            self.at = octal.end()
            return bytes((code,)).decode("utf-8", "surrogateescape")
        following = self.text[self.at + 1 : self.at + 2]
        if not following:
            raise _ScanError(JAMMED)
        self.at += 2
        return _ESCAPED.get(following, following)

    def variable(self) -> None:
        """The name behind `%{`, and the argument of a function."""
        text = self.text
        self.tokens.append(Token(VARIABLE_BEGIN))
        while True:
            if self.at >= len(text):
                raise _ScanError("syntax error, unexpected T_ERROR: Unterminated string or variable")
            name = _NAME.match(text, self.at)
            if name is not None:
                self.tokens.append(Token(ID, name.group()))
                self.at = name.end()
                continue
            mark = text[self.at]
            self.at += 1
            if mark == "}":
                self.tokens.append(Token(VARIABLE_END))
                return
            if mark == ":":
                self.tokens.append(Token(OPERATOR, ":"))
                self.argument()
                return
            if mark == "\n":
                raise _ScanError("syntax error, unexpected T_ERROR: Unterminated string or variable")
            raise _ScanError(f"syntax error, unexpected T_ERROR: Invalid character in variable name '{mark}'")

    def regex(self, delimiter: str) -> None:
        """A regular expression, in which nothing is escaped, and its flag; without its end the whole text ends."""
        end = self.text.find(delimiter, self.at)
        if end < 0:
            self.at = len(self.text)
            return
        pattern = self.text[self.at : end]
        if len(pattern.encode("utf-8", "surrogateescape")) > _LONGEST:
            raise _ScanError("Regexp too long")
        self.at = end + 1
        is_caseless = self.text[self.at : self.at + 1] == "i"
        self.at += is_caseless
        self.tokens.append(Token(REGEX_I if is_caseless else REGEX, pattern))


class _Parts:
    """The stretches of a text between its variables; a NUL ends one early, as it does in C."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.parts: list[str] = []

    def add(self, text: str) -> None:
        """More of the text."""
        self.parts.append(text)

    def end(self, *, even_if_empty: bool = False) -> None:
        """What there is so far is a token."""
        if not self.parts and not even_if_empty:
            return
        text = "".join(self.parts)
        if len(text.encode("utf-8", "surrogateescape")) > _LONGEST:
            raise _ScanError("syntax error, unexpected T_ERROR: String too long")
        self.tokens.append(Token(STRING, text.partition("\0")[0]))
        self.parts.clear()
