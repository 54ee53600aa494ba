"""The environment that httpd is started with: Debian's `envvars`, a shell script that apache2ctl reads.

Only what such files are made of is understood: assignments, exports, the expansions of variables, and tests of them.
What is not leaves a variable unknown; nothing is ever run.
"""

import re
import shlex

from audit403.core.named_tuple import NamedTuple

#: What Debian's own file sets; a repository without the file leaves it to the package.
DEBIAN = {
    "APACHE_RUN_USER": "www-data",
    "APACHE_RUN_GROUP": "www-data",
    "APACHE_PID_FILE": "/var/run/apache2/apache2.pid",
    "APACHE_RUN_DIR": "/var/run/apache2",
    "APACHE_LOCK_DIR": "/var/lock/apache2",
    "APACHE_LOG_DIR": "/var/log/apache2",
    "LANG": "C",
}

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", re.DOTALL)
_EXPANSION = re.compile(
    r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=+?]|##?|%%?)([^}]*))?\})|(\$\(|`)"
)
LARGEST_SCRIPT = 256 * 1024


class Environment(NamedTuple):
    """The exported variables, the command line options in APACHE_ARGUMENTS, and whether all of it was understood."""

    variables: dict[str, str]
    defines: tuple[str, ...]
    complete: bool


def read_envvars(text: str, conf_directory: str = "/etc/apache2") -> Environment:
    """What a shell that reads this script exports."""
    shell = _Shell(conf_directory)
    for line in _logical_lines(text[:LARGEST_SCRIPT]):
        shell.run(line)
    variables = {name: shell.values[name] for name in shell.exported if name in shell.values}
    arguments = _words(variables.get("APACHE_ARGUMENTS", "")) or []
    return Environment(variables, _defines(arguments), shell.complete)


class _Shell:
    def __init__(self, conf_directory: str) -> None:
        self.values = {"APACHE_CONFDIR": conf_directory}
        self.exported: dict[str, None] = {}
        self.complete = True
        #: For every open `if`: whether its lines are run now, and whether a branch of it has been.
        self.branches: list[tuple[bool, bool]] = []

    def run(self, line: str) -> None:
        """Run one command."""
        words = _words(line)
        if words is None:
            self.complete = False
            return
        if not words:
            return
        first = words[0]
        if first in ("if", "elif", "else", "fi", "then"):
            self._branch(first, words[1:])
            if first in ("else", "then") and len(words) > 1:
                self.run(line.lstrip()[len(first) :])
            return
        if all(active for active, _ in self.branches):
            self._command(first, words)

    def _command(self, first: str, words: list[str]) -> None:
        if first == "export":
            # The shell expands all the words of a command before it runs it.
            for name, assigned in [self._expanded_assignment(word) for word in words[1:]]:
                self.exported[name] = None
                if assigned:
                    self._set(name, assigned[0])
        elif first == "unset":
            for word in words[1:]:
                self.values.pop(word, None)
                self.exported.pop(word, None)
        elif first == ":":
            for word in words[1:]:
                self._expanded(word)
        elif _ASSIGNMENT.match(first):
            for word in words:
                name, assigned = self._expanded_assignment(word)
                if assigned:
                    self._set(name, assigned[0])
        elif first not in ("ulimit", "umask", "true", "set"):
            self.complete = False

    def _branch(self, word: str, rest: list[str]) -> None:
        if word == "if":
            holds = self._test(rest)
            self.branches.append((holds, holds))
        elif word == "fi":
            if self.branches:
                self.branches.pop()
        elif word != "then" and self.branches:
            _, taken = self.branches.pop()
            holds = not taken and (word == "else" or self._test(rest))
            self.branches.append((holds, taken or holds))

    def _test(self, words: list[str]) -> bool:
        """`[ A = B ]` and its like; what is not understood does not hold."""
        if not words or words[0] not in ("[", "[[", "test"):
            self.complete = False
            return False
        operands = [self._expanded(word) for word in words[1:] if word not in ("]", "]]")]
        if len(operands) == 2 and operands[0] in ("-n", "-z"):
            return (operands[1] != "") == (operands[0] == "-n")
        if len(operands) == 3 and operands[1] in ("=", "==", "!="):
            return (operands[0] == operands[2]) == (operands[1] != "!=")
        self.complete = False
        return False

    def _expanded_assignment(self, word: str) -> tuple[str, tuple[str | None] | None]:
        """The name in a word, and the value that it assigns (None where that is not known), if it does."""
        found = _ASSIGNMENT.match(word)
        return (word, None) if found is None else (found[1], (self._expanded(found[2]),))

    def _set(self, name: str, value: str | None) -> None:
        if value is None:
            self.values.pop(name, None)
        else:
            self.values[name] = value

    def _expanded(self, word: str) -> str | None:
        """A word with its variables put in; None where a command would have to be run."""
        parts: list[str] = []
        position = 0
        for found in _EXPANSION.finditer(word):
            if found[5]:
                self.complete = False
                return None
            parts.append(word[position : found.start()])
            parts.append(self._value(found[1] or found[2], found[3] or "", found[4] or ""))
            position = found.end()
        return "".join(parts) + word[position:]

    def _value(self, name: str, operator: str, operand: str) -> str:
        value = self.values.get(name)
        if operator in ("#", "##", "%", "%%"):
            return _trimmed(value or "", operator, self._expanded(operand) or "")
        missing = value is None or (operator.startswith(":") and value == "")
        if operator.endswith("+"):
            return "" if missing else self._expanded(operand) or ""
        if not missing:
            return value or ""
        if operator.endswith(("-", "=")):
            given = self._expanded(operand) or ""
            if operator.endswith("="):
                self.values[name] = given
            return given
        return ""


def _trimmed(value: str, operator: str, pattern: str) -> str:
    """`${NAME##PATTERN}` and its like, for patterns without wildcards."""
    if any(mark in pattern for mark in "*?["):
        return value
    return value.removeprefix(pattern) if operator.startswith("#") else value.removesuffix(pattern)


def _logical_lines(text: str) -> list[str]:
    """The commands of a script, `;` taken for a line's end where it stands alone between words."""
    found: list[str] = []
    for line in text.replace("\\\n", "").splitlines():
        found += re.split(r"\s*;\s+|;$", line) if "'" not in line else [line]
    return found


def _without_comment(line: str) -> str:
    quote = ""
    for position, mark in enumerate(line):
        if mark == quote:
            quote = ""
        elif not quote and mark in "\"'":
            quote = mark
        elif not quote and mark == "#" and (position == 0 or line[position - 1].isspace()):
            return line[:position]
    return line


def _words(line: str) -> list[str] | None:
    try:
        return shlex.split(_without_comment(line))
    except ValueError:
        return None


def _defines(arguments: list[str]) -> tuple[str, ...]:
    """The names that `-D NAME` and `-DNAME` define."""
    found = []
    for index, word in enumerate(arguments):
        if word == "-D" and index + 1 < len(arguments):
            found.append(arguments[index + 1])
        elif word.startswith("-D") and len(word) > 2:
            found.append(word[2:])
    return tuple(found)
