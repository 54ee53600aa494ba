"""RewriteRule and RewriteCond as httpd takes them: a grammar of words of their own, and flags in brackets.

Truth: parseargline, cmd_parseflagfield, cmd_rewritecond and cmd_rewriterule in modules/mappers/mod_rewrite.c.
"""

import re

from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import SPACE, SPACES
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span

#: Kinds of conditions; the comparisons carry their operator.
REGEX, EXPRESSION = "regex", "expr"
FILE, SIZE, LINK, DIRECTORY, EXECUTABLE, LOOK_UP_URL, LOOK_UP_FILE = "-f", "-s", "-l", "-d", "-x", "-U", "-F"
_FILE_TESTS = {"-h": LINK, "-L": LINK, **{kind: kind for kind in ("-f", "-s", "-l", "-d", "-x", "-U", "-F")}}
INTEGER_TESTS = ("-lt", "-le", "-gt", "-ge", "-eq")
TEXT_TESTS = ("<", "<=", "=", ">", ">=")

NO_CASE, OR_NEXT, NO_VARY = "NC", "OR", "NV"
_CONDITION_FLAGS = {
    "nocase": NO_CASE, "nc": NO_CASE, "ornext": OR_NEXT, "or": OR_NEXT, "novary": NO_VARY, "nv": NO_VARY,
}  # fmt: skip

REDIRECT, LAST, NEXT, CHAIN, NO_SUBREQUEST, PROXY, PASS_THROUGH = "R", "L", "N", "C", "NS", "P", "PT"
NO_ESCAPE, NO_SUBSTITUTION, STATUS, END = "NE", "-", "status", "END"
ESCAPE_BACKREFERENCES, ESCAPE_NO_PLUS, ESCAPE_CONTROLS = "B", "BNP", "BCTLS"
APPEND_QUERY, DISCARD_QUERY, LAST_QUESTION_MARK, NO_QUERY = "QSA", "QSD", "QSL", "QS-none"
DISCARD_PATH_INFO, UNSAFE_PREFIX_STAT, UNSAFE_ALLOW_3F, UNC = "DPI", "UnsafePrefixStat", "UnsafeAllow3F", "UNC"
#: Flags without a value of their own; `d…` is taken whatever follows it.
_PLAIN_FLAGS = {
    "bnp": (ESCAPE_NO_PLUS,), "backrefernoplus": (ESCAPE_NO_PLUS,),
    "bctls": (ESCAPE_CONTROLS, ESCAPE_BACKREFERENCES),
    "c": (CHAIN,), "chain": (CHAIN,), "d": (DISCARD_PATH_INFO,), "dpi": (DISCARD_PATH_INFO,),
    "discardpath": (DISCARD_PATH_INFO,), "end": (END,),
    "l": (LAST,), "last": (LAST,), "ne": (NO_ESCAPE,), "noescape": (NO_ESCAPE,),
    "ns": (NO_SUBREQUEST,), "nosubreq": (NO_SUBREQUEST,), "nc": (NO_CASE,), "nocase": (NO_CASE,),
    "p": (PROXY,), "proxy": (PROXY,), "pt": (PASS_THROUGH,), "passthrough": (PASS_THROUGH,),
    "qsa": (APPEND_QUERY,), "qsappend": (APPEND_QUERY,), "qsd": (DISCARD_QUERY,), "qsdiscard": (DISCARD_QUERY,),
    "qsl": (LAST_QUESTION_MARK,), "qslast": (LAST_QUESTION_MARK,),
    "unsafeprefixstat": (UNSAFE_PREFIX_STAT,), "unsafeallow3f": (UNSAFE_ALLOW_3F,), "unc": (UNC,),
}  # fmt: skip
_FORCED = {"f": 403, "forbidden": 403, "g": 410, "gone": 410}
_NAMED = {"permanent": 301, "temp": 302, "seeother": 303}
#: Statuses that httpd has a line for.
KNOWN_STATUSES = frozenset(
    (
        100, 101, 102, *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 418), 421, 422, 423, 424, 426,
        428, 429, 431, 451, *range(500, 509), 510, 511,
    )
)  # fmt: skip
MOST_ROUNDS = 32000
_MOST_WORDS = 3
#: A word without quotes that a space ends, up to that space.
_PLAIN_WORD = re.compile(rf"{SPACE}*+(?![\"'])((?:[^ \t\n\v\f\r\\]++|\\(?=[^ \t\n\v\f\r]))++){SPACE}")
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?\d+)", re.ASCII)


class Condition(NamedTuple):
    """One RewriteCond: `kind` is one of the above, `text` what it compares with (a pattern's, an expression's)."""

    subject: str
    kind: str
    text: str
    pattern: Pattern | None
    negated: bool
    flags: frozenset[str]
    directive: Directive


class Rule(NamedTuple):
    """One RewriteRule with its conditions. `rounds` is the limit of its [N], `status` what [R], [F] and [G] answer."""

    pattern: Pattern
    negated: bool
    output: str
    flags: frozenset[str]
    conditions: tuple[Condition, ...]
    directive: Directive
    status: int = 302
    mime_type: str | None = None
    handler: str | None = None
    env: tuple[str, ...] = ()
    skip: int = 0
    rounds: int = MOST_ROUNDS
    escapes: str | None = None
    no_escapes: str | None = None

    def has(self, flag: str) -> bool:
        """Whether the rule has a flag."""
        return flag in self.flags


def condition_of(directive: Directive) -> Condition:
    """The condition that a RewriteCond is. Raises ConfigError with httpd's words."""
    subject, text, flag_field = _words(directive)
    flags = frozenset[str]()
    for key, _ in () if flag_field is None else _flags(directive, flag_field):
        flag = _CONDITION_FLAGS.get(key.lower())
        if flag is None:
            raise ConfigError(f"RewriteCond: unknown flag '{key}'")
        flags |= {flag}
    negated = text.startswith("!")
    text = text[1:] if negated else text
    kind, text = (EXPRESSION, text) if subject.lower() == "expr" else _kind(text)
    if kind == "-ne":
        kind, negated = "-eq", not negated
    pattern = None
    if kind == REGEX:
        message = f"RewriteCond: cannot compile regular expression '{text}'"
        pattern = pattern_of(text, message, NO_CASE in flags)
    elif kind not in TEXT_TESTS:
        flags -= {NO_CASE}
    return Condition(subject, kind, text, pattern, negated, flags, directive)


def _kind(text: str) -> tuple[str, str]:
    """What kind of test a pattern without its `!` is, and what is left of it to compare with."""
    if len(text) < 2:
        return REGEX, text
    if text in _FILE_TESTS:
        return _FILE_TESTS[text], ""
    if text.startswith("-"):
        if len(text) > 3 and text[:3] in (*INTEGER_TESTS, "-ne"):
            return text[:3], text[3:]
        return REGEX, text
    if text[0] in "<>":
        operator = text[:2] if text[1] == "=" else text[0]
        return operator, text[len(operator) :]
    if text[0] == "=":
        return "=", "" if text == '=""' else text[1:]
    return REGEX, text


def rule_of(directive: Directive, conditions: tuple[Condition, ...]) -> Rule:
    """The rule that a RewriteRule is, with the conditions before it. Raises ConfigError with httpd's words."""
    text, output, flag_field = _words(directive)
    flags: set[str] = set()
    fields: dict[str, object] = {}
    for key, value in () if flag_field is None else _flags(directive, flag_field):
        _take_flag(key, value, flags, fields)
    negated = text.startswith("!")
    text = text[1:] if negated else text
    message = f"RewriteRule: cannot compile regular expression '{text}'"
    pattern = pattern_of(text, message, NO_CASE in flags)
    if output == "-":
        flags.add(NO_SUBSTITUTION)
    if output.endswith("?"):
        if APPEND_QUERY in flags:
            flags.add(LAST_QUESTION_MARK)
        else:
            flags.add(NO_QUERY)
            output = output[:-1]
    elif DISCARD_QUERY in flags and "?" not in output:
        flags.add(NO_QUERY)
    rule = Rule(pattern, negated, output, frozenset(flags), conditions, directive)
    return rule._replace(**fields) if fields else rule  # type: ignore[arg-type]


def _take_flag(key: str, value: str, flags: set[str], fields: dict[str, object]) -> None:
    low = key.lower()
    if low in _PLAIN_FLAGS:
        flags.update(_PLAIN_FLAGS[low])
    elif low in ("b", "backrefescaping"):
        flags.add(ESCAPE_BACKREFERENCES)
        fields["escapes"] = value or fields.get("escapes")
    elif low == "bne":
        if not value:
            raise ConfigError("RewriteRule: flag 'BNE' wants a list of characters (i.e. [BNE=...])")
        fields["no_escapes"] = value
    elif low in ("e", "env"):
        fields["env"] = (*fields.get("env", ()), value)  # type: ignore[misc]
    elif low in _FORCED:
        flags.update((STATUS, NO_SUBSTITUTION))
        fields["status"] = _FORCED[low]
    elif low in ("h", "handler"):
        fields["handler"] = value
    elif low in ("t", "type"):
        fields["mime_type"] = value
    elif low in ("n", "next"):
        flags.add(NEXT)
        if value:
            fields["rounds"] = integer(value)
    elif low in ("s", "skip"):
        fields["skip"] = integer(value)
    elif low in ("r", "redirect"):
        flags.add(REDIRECT)
        if value:
            fields["status"] = _status(value, flags)
    elif low not in ("co", "cookie") and not low.startswith("d"):
        raise ConfigError(f"RewriteRule: unknown flag '{key}'")


def _status(value: str, flags: set[str]) -> int:
    """The status of [R=…]; 0 for a word that httpd does not know, which it passes over."""
    if value.lower() in _NAMED:
        return _NAMED[value.lower()]
    if not (value[0].isascii() and value[0].isdigit()):
        return 0
    status = integer(value)
    if status not in KNOWN_STATUSES:
        raise ConfigError(f"RewriteRule: invalid HTTP response code '{value}' for flag 'R'")
    if not 300 <= status < 400:
        flags.update((STATUS, NO_SUBSTITUTION))
    return status


def integer(text: str) -> int:
    """atoi(3)."""
    found = _NUMBER.match(text)
    return int(found[1]) if found else 0


def _words(directive: Directive) -> tuple[str, str, str | None]:
    """The two or three arguments: a quote ends only at the same quote, a backslash keeps a space and stays."""
    text = directive.raw
    first, position, closed = _word(text, 0)
    if not closed:
        raise ConfigError(f"{directive.written}: bad argument line '{text.lstrip(SPACES)}'")
    second, position, closed = _word(text, position)
    if not closed or not text[position:].strip(SPACES):
        return first, second, None
    third, _, _ = _word(text, position)
    return first, second, third


def word_spans(directive: Directive) -> list[Span]:
    """Where the words of a RewriteRule or RewriteCond stand, each with its quotes."""
    text, position = directive.raw, 0
    found: list[Span] = []
    while len(found) < _MOST_WORDS and text[position:].strip(SPACES):
        start = position + len(text[position:]) - len(text[position:].lstrip(SPACES))
        quotes = 2 * (text[start] in "\"'")
        word, position, _ = _word(text, start)
        found.append(directive.raw_span(start, min(start + len(word) + quotes, len(text))))
    return found


def _word(text: str, position: int) -> tuple[str, int, bool]:
    """One argument, where the text behind it begins, and whether it ended before the text did."""
    plain = _PLAIN_WORD.match(text, position)
    if plain is not None:
        return plain[1], plain.end(), True
    length = len(text)
    while position < length and text[position] in SPACES:
        position += 1
    quote = text[position] if position < length and text[position] in "\"'" else ""
    start = position = position + len(quote)
    while position < length:
        mark = text[position]
        if mark == quote or (not quote and mark in SPACES):
            return text[start:position], position + 1, True
        position += 2 if mark == "\\" and position + 1 < length and text[position + 1] in SPACES else 1
    return text[start:], length, False


def _flags(directive: Directive, text: str) -> list[tuple[str, str]]:
    """The flags in their brackets, with what follows their `=`. Raises ConfigError."""
    if len(text) < 2 or not text.startswith("[") or not text.endswith("]"):
        raise ConfigError(f"{directive.written}: bad flag delimiters")
    found = []
    for part in text[1:-1].split(","):
        key, _, value = part.strip(SPACES).partition("=")
        found.append((key, value))
    return found
