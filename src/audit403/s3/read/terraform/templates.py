"""Templates: what stands between quotation marks or in heredocs, with `${…}` and `%{…}`; also whole files of them.

Truth: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions: `$${` and `%%{` are
the characters themselves; a heredoc with `<<-` loses the blanks that all its lines begin with.
"""

import re

from audit403.core.source import decoded_bytes
from audit403.s3.read.terraform.syntax import BadHcl, Eaten, Expr, If, Loop, Part, Template, Text

_HEREDOC = re.compile(r"<<(-?)([A-Za-z_][\w-]*)[ \t]*\r?\n")
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_POLICY_VARIABLE = re.compile(r"\$\{[A-Za-z][A-Za-z0-9-]*:(?!:)[^}\"\n]*\}")
_WORD = re.compile(r"[ \t]*(if|else|endif|for|endfor)\b")


def quoted(text: str, start: int, depth: int) -> tuple[Template, int]:
    """The text that begins with a quotation mark, and where it ends."""
    reader = _Reader(text, start + 1, len(text), depth, in_quotes=True)
    parts = reader.parts(())
    return Template(start, reader.at, parts), reader.at


def heredoc(text: str, start: int, depth: int) -> tuple[Template, int]:
    """The heredoc that begins here, and where it ends."""
    found = _HEREDOC.match(text, start)
    if found is None:
        raise BadHcl("this is no heredoc", start)
    closing = re.compile(rf"^[ \t]*{re.escape(found[2])}[ \t]*\r?$", re.MULTILINE).search(text, found.end())
    if closing is None:
        raise BadHcl(f"the end of the heredoc, {found[2]}, is missing", start)
    reader = _Reader(text, found.end(), closing.start(), depth, in_quotes=False)
    parts = reader.parts(())
    if found[1]:
        parts = _dedented(parts)
    end = closing.end() - (1 if text[closing.end() - 1] == "\r" else 0)
    return Template(start, end, parts), end


def whole_file(text: str) -> Template:
    """A file that is a template."""
    reader = _Reader(text, 0, len(text), 0, in_quotes=False)
    return Template(0, len(text), reader.parts(()))


class _Reader:
    def __init__(self, text: str, at: int, end: int, depth: int, *, in_quotes: bool) -> None:
        self.text = text
        self.at = at
        self.end = end
        self.depth = depth
        self.in_quotes = in_quotes
        self.stopped_at: str | None = None

    def parts(self, until: tuple[str, ...]) -> list[Part]:
        """The parts up to the end, or to one of these words."""
        found: list[Part] = []
        begin = self.at
        while True:
            if self.at >= self.end:
                if self.in_quotes:
                    raise BadHcl("a quotation mark is missing", begin - 1)
                if until:
                    raise BadHcl(f"%{{ {until[-1]} }} is missing", begin)
                self._text(found, begin)
                return found
            character = self.text[self.at]
            if self.in_quotes and character == '"':
                self._text(found, begin)
                self.at += 1
                return found
            if self.in_quotes and character == "\n":
                raise BadHcl("a quotation mark is missing at the end of the line", self.at)
            if self.in_quotes and character == "\\":
                self._text(found, begin)
                begin = self._escape(found)
            elif self.text.startswith(("$${", "%%{"), self.at):
                self._text(found, begin)
                found.append(Text(f"{character}{{", self.at + 1))
                self.at += 3
                begin = self.at
            elif self.text.startswith("${", self.at):
                self._text(found, begin)
                found.append(self._interpolation(found))
                begin = self.at
            elif self.text.startswith("%{", self.at):
                self._text(found, begin)
                part = self._directive(found, until)
                if part is None:
                    return found
                found.append(part)
                begin = self.at
            else:
                self.at += 1

    def _text(self, found: list[Part], begin: int) -> None:
        if begin < self.at:
            found.append(Text(decoded_bytes(self.text[begin : self.at]), begin))

    def _escape(self, found: list[Part]) -> int:
        escape = _ESCAPE.match(self.text, self.at)
        if escape is None:
            raise BadHcl("this escape is not known", self.at)
        plain = _PLAIN[escape[1]] if escape[1] else chr(min(int(escape[2] or escape[3], 16), 0x10FFFF))
        found.append(Text(plain, self.at))
        self.at = escape.end()
        return self.at

    def _interpolation(self, found: list[Part]) -> Expr:
        start = self.at
        eaten = _POLICY_VARIABLE.match(self.text, start)
        if eaten is not None:
            self.at = eaten.end()
            return Eaten(start, self.at, eaten[0])
        self._open(found)
        inner = self._expression()
        self._close()
        return inner

    def _directive(self, found: list[Part], until: tuple[str, ...]) -> Part | None:
        start = self.at
        self._open(found)
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise BadHcl("this is neither if nor for", start)
        self.at = word.end()
        if word[1] in until:
            self.stopped_at = word[1]
            self._close()
            return None
        if word[1] == "if":
            condition = self._expression()
            self._close()
            then = self.parts(("else", "endif"))
            otherwise = self.parts(("endif",)) if self.stopped_at == "else" else []
            return If(condition, then, otherwise)
        if word[1] != "for":
            raise BadHcl(f"%{{ {word[1]} }} closes nothing", start)
        names = re.compile(r"[ \t]*([\w-]+)[ \t]*(?:,[ \t]*([\w-]+)[ \t]*)?\bin\b").match(self.text, self.at)
        if names is None:
            raise BadHcl("this is no for", start)
        self.at = names.end()
        over = self._expression()
        self._close()
        parts = self.parts(("endfor",))
        return Loop(names[1] if names[2] else None, names[2] or names[1], over, parts)

    def _open(self, found: list[Part]) -> None:
        self.at += 2
        if self.text.startswith("~", self.at):
            self.at += 1
            if found and isinstance(found[-1], Text):
                found[-1] = Text(found[-1].text.rstrip(), found[-1].offset)

    def _expression(self) -> Expr:
        from audit403.s3.read.terraform.parse import Parser

        parser = Parser(self.text, self.at, self.depth + 1)
        parser._brackets = 1
        found = parser.expression()
        parser.lines()
        self.at = parser.at
        return found

    def _close(self) -> None:
        blank = re.compile(r"\s*(~?)\}").match(self.text, self.at)
        if blank is None:
            raise BadHcl('"}" is missing', self.at)
        self.at = blank.end()
        if blank[1]:
            rest = re.compile(r"\s*").match(self.text, self.at)
            assert rest is not None
            self.at = min(rest.end(), self.end)


def _dedented(parts: list[Part]) -> list[Part]:
    """Without the blanks that every line begins with."""
    indents: list[int] = []
    at_start = True
    for part in parts:
        if not isinstance(part, Text):
            if at_start:
                indents.append(0)
            at_start = False
            continue
        for number, line in enumerate(part.text.split("\n")):
            begins = at_start if number == 0 else True
            bare = line.lstrip(" \t")
            last = number == part.text.count("\n")
            if begins and (bare or (last and part is not parts[-1])):
                indents.append(len(line) - len(bare))
        at_start = part.text.endswith("\n")
    least = min(indents, default=0)
    if not least:
        return parts
    found: list[Part] = []
    at_start = True
    for part in parts:
        if not isinstance(part, Text):
            found.append(part)
            at_start = False
            continue
        offset = part.offset
        for line in part.text.splitlines(keepends=True):
            cut = min(least, len(line) - len(line.lstrip(" \t"))) if at_start else 0
            found.append(Text(line[cut:], offset + cut))
            offset += len(line.encode("utf-8", "surrogateescape"))
            at_start = line.endswith("\n")
    return found


__all__ = ["heredoc", "quoted", "whole_file"]
