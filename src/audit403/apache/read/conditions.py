"""Whether a conditional section holds: `<IfModule>`, `<IfDefine>`, `<IfFile>`, `<IfVersion>` and their like.

The truth is start_cond_section in server/core.c and modules/metadata/mod_version.c.
"""

import re
from collections.abc import Callable

from audit403.apache.read import commands
from audit403.apache.read.process import Process
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import first_word, values_of
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import decoded_bytes, latin

#: Whether something is at an absolute path of the server; None where that cannot be seen.
Exists = Callable[[str], bool | None]


class Verdict(NamedTuple):
    """Whether a section holds; `error` is what httpd has against it, `unseen` what would have to be seen to tell."""

    holds: bool
    error: str = ""
    unseen: str = ""


def test(directive: Directive, process: Process, exists: Exists) -> Verdict:
    """Test the opening tag of a conditional section."""
    if directive.name == "<ifversion":
        return _version(directive, process.version)
    arguments = latin(directive.arguments)
    stop = arguments.rfind(">")
    if stop < 0:
        return Verdict(False, f"{directive.written}> directive missing closing '>'")
    arguments = arguments[:stop]
    negated = arguments.startswith("!")
    word, _ = first_word(arguments[negated:])
    if not word:
        return Verdict(False, f"{directive.written}> directive requires additional arguments")
    name = decoded_bytes(word)
    verdict = _simple(directive.name, name, process, exists)
    return verdict._replace(holds=verdict.holds != negated)


def _simple(kind: str, name: str, process: Process, exists: Exists) -> Verdict:
    if kind == "<ifmodule":
        return Verdict(process.modules.has(name))
    if kind == "<ifdefine":
        return Verdict(name in process.defines)
    if kind == "<iffile":
        path = process.rooted(name)
        there = exists(path)
        return Verdict(bool(there), unseen=path if there is None else "")
    directive = name if kind == "<ifdirective" else f"<{name}"
    loaded = process.modules.symbols
    return Verdict(any(module in loaded for module in commands.modules_with(directive.lower())))


_OPERATOR = re.compile(r"(!?)([=<>~])(=?)\Z")
#: The numbers of a version; between dots there may be nothing.
_NUMBERS = re.compile(r"([0-9]+)(?:\.([0-9]*))?(?:\.([0-9]*))?\.?\Z")


def _version(directive: Directive, version: tuple[int, int, int]) -> Verdict:
    words = values_of(latin(directive.arguments))
    if not words or len(words) > 3:
        return Verdict(False, f"{directive.written} takes one, two or three arguments")
    operator, wanted, mark = _operands(words)
    if not mark:
        if not wanted.endswith(">"):
            return Verdict(False, f"{directive.written}> directive missing closing '>'")
        wanted = wanted[:-1]
    found = _OPERATOR.match(operator)
    if found is None or (found[2] == "~" and found[3]):
        return Verdict(False, f"unrecognized operator '{operator}'")
    negated, kind, or_equal = found.groups()
    if kind == "~" or (kind == "=" and wanted.startswith("/")):
        if kind == "=":
            if len(wanted) < 2 or not wanted.endswith("/"):
                return Verdict(False, "Missing delimiting / of regular expression.")
            wanted = wanted[1:-1]
        return _pattern(wanted, version, bool(negated))
    numbers = _NUMBERS.match(wanted)
    if numbers is None:
        return Verdict(False, f'"{wanted}" is no version: expected major[.minor[.patch]]')
    other = tuple(int(number or "0") for number in numbers.groups())
    holds = version == other if kind == "=" else version < other if kind == "<" else version > other
    holds = holds or (bool(or_equal) and version == other)
    return Verdict(holds != bool(negated))


def _operands(words: list[str]) -> tuple[str, str, bool]:
    """The operator, the version – with the tag's `>` at its end, unless that is a word of its own."""
    if len(words) == 1:
        return "=", words[0], False
    if len(words) == 2:
        return ("=", words[0], True) if words[1] == ">" else (words[0], words[1], False)
    return words[0], words[1], words[2] == ">"


def _pattern(pattern: str, version: tuple[int, int, int], negated: bool) -> Verdict:
    import pcre2

    try:
        expression = pcre2.compile(pattern.encode("utf-8", "surrogateescape"))
        found = expression.search(".".join(map(str, version)).encode())
    except Exception as error:  # whatever PCRE has to say
        return Verdict(False, f"Unable to compile regular expression: {error}")
    return Verdict((found is not None) != negated)
