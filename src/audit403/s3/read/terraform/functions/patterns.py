"""Functions with regular expressions.

Truth: https://developer.hashicorp.com/terraform/language/functions/regex and /replace: the patterns are RE2's. PCRE
reads these alike, but for what is left open here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue, not_too_long
from audit403.s3.read.terraform.functions.arguments import has_hole, text
from audit403.s3.read.value import Value

#: What RE2 does not know, or reads otherwise than PCRE.
_OTHERWISE = re.compile(r"\(\?(?!:|P<|[ims]+[:)])|\\[QEGKRXNHhVzZ1-9gkCPp]|[*+?}]\+|\$$|\$[|)]|\(\*")
_IN_REPLACEMENT = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")
_HOLES = re.compile("(⟨[^⟩]*⟩)")
_IN_NO_NAME = re.compile("[^a-z0-9.:/-]")
_MOST_MATCHES = 10_000


def _matches(pattern: str, subject: str) -> Iterator[Any] | None:
    """The matches of a pattern; None where they are not known. Raises NoValue."""
    import pcre2

    ends_with_dollar = pattern.endswith("$") and not pattern.endswith("\\$")
    plain = pattern[:-1] if ends_with_dollar else pattern
    if _OTHERWISE.search(plain):
        return None
    try:
        # RE2's $ is the end of the text alone, PCRE's also stands before a last line feed.
        compiled = pcre2.compile(f"{plain}\\z" if ends_with_dollar else plain)
        return iter([found for found, _ in zip(compiled.finditer(subject), range(_MOST_MATCHES), strict=False)])
    except (pcre2.error, ValueError, OverflowError):
        raise NoValue("regex") from None


def _value(found: Any) -> Any:
    """A match as Terraform has it: the text, its groups in a list, or by their names."""
    names = found.re.groupindex
    if names:
        return {name: Value(found.group(name)) for name in names}
    return [Value(one) for one in found.groups()] if found.re.groups else found.group(0)


def _regex(pattern: Value, subject: Value) -> Any:
    matches = None if has_hole(pattern, subject) else _matches(text(pattern), text(subject))
    if matches is None:
        return NotImplemented
    first = next(matches, None)
    if first is None:
        raise NoValue("no match")
    return _value(first)


def _regexall(pattern: Value, subject: Value) -> Any:
    matches = None if has_hole(pattern, subject) else _matches(text(pattern), text(subject))
    return NotImplemented if matches is None else [Value(_value(one)) for one in matches]


def _replace(subject: Value, what: Value, by: Value) -> Any:
    whole, pattern, instead = text(subject), text(what), text(by)
    if has_hole(what):
        return NotImplemented
    if has_hole(subject):
        # What is not known may be a name, an ARN or a path, in which a placeholder like _BUCKET_ cannot be.
        is_placeholder = _IN_NO_NAME.search(pattern) is not None and not pattern.startswith("/")
        if not is_placeholder:
            return NotImplemented
        pieces = enumerate(_HOLES.split(whole))
        return "".join(one if at % 2 else one.replace(pattern, instead) for at, one in pieces)
    if len(pattern) < 2 or not (pattern.startswith("/") and pattern.endswith("/")):
        not_too_long(whole.count(pattern) * len(instead))
        return whole.replace(pattern, instead)
    matches = _matches(pattern[1:-1], whole)
    if matches is None:
        return NotImplemented
    parts: list[str] = []
    done = 0
    for found in matches:
        not_too_long(len(parts) * len(instead))
        parts += (whole[done : found.start()], _expanded(instead, found))
        done = found.end()
    return "".join((*parts, whole[done:]))


def _expanded(instead: str, found: Any) -> str:
    """A replacement with the groups that it names; one that is not there is empty."""

    def group(name: "re.Match[str]") -> str:
        which = name[1] or name[2]
        if which is None:
            return "$"
        try:
            return found.group(int(which) if which.isdigit() else which) or ""
        except (IndexError, KeyError):
            return ""

    return _IN_REPLACEMENT.sub(group, instead)


FUNCTIONS: dict[str, Callable[..., Any]] = {"regex": _regex, "regexall": _regexall, "replace": _replace}
