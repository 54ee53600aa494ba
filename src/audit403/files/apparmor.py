"""What an AppArmor profile in enforce mode lets a worker read, by its path.

Truth: apparmor.d(5); convert_aaregex_to_pcre() of parser/parser_regex.c for patterns; apparmor_file_open() of the
kernel: opening is what counts, while searching directories and asking for attributes is free.
"""

import re
from collections.abc import Iterator
from errno import EACCES

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import DIRECTORY, Absent, Entry, Evidence, NotCollected, Unreadable
from audit403.evidence.machine import Process
from audit403.files.guard import Kept, NoGuard, Verdict
from audit403.files.permission import READ

BY_PROFILE = "apparmor"
FOLDER = "/etc/apparmor.d"
_ENFORCED = re.compile(r"(.+) \(enforce\)")
_VARIABLE = re.compile(r"^\s*(@\{\w+\})\s*(\+?=)\s*(.*)$")
_INCLUDE = re.compile(r'^\s*#?include\s+(if\s+exists\s+)?[<"]([^>"]+)[>"]')
_RULE = re.compile(
    r"^\s*(?P<words>(?:audit |quiet |deny |allow |owner |other |file )*)"
    r'(?:(?P<path>"[^"]+"|[/@{]\S*)\s+(?P<bits>[a-zA-Z]+)|(?P<bits_first>[a-zA-Z]+)\s+(?P<path_last>"[^"]+"|[/@{]\S*))'
    r"(?:\s*->\s*\S+)?\s*$"
)
_OF_OTHERS = re.compile(
    r"^\s*(?:audit |quiet |deny |allow )*(?:capability|network|signal|ptrace|dbus|mount|remount|umount|pivot_root|unix|"
    r"set |rlimit|userns|io_uring|mqueue|change_profile|change_hat|abi|alias|hat|link)\b"
)
_BLOCK = re.compile(r"^\s*(?:profile\s+|hat\s+|\^)?(\S.*?)?\s*(?:flags\s*=\s*\([^)]*\)\s*)?\{$")
_DEEPEST = 8
_OF_CONTAINERS = ("docker-default", "containers-default", "cri-containerd.apparmor.d", "crio-default", "lxc-container-")
"""Docker, Podman, containerd, CRI-O and LXC make these profiles themselves; each says `file,` and denies writing."""
_MOST_VALUES = 200


class Rule(NamedTuple):
    """One rule about files: what it matches, whether it denies, and whether only the owner's files are meant."""

    pattern: "re.Pattern[str]"
    denies: bool
    of_owner: bool


class Profile(NamedTuple):
    """The rules of a profile about reading; `lacking` is what of it could not be understood, or not be read."""

    file: str
    rules: tuple[Rule, ...]
    includes: tuple[str, ...]
    lacking: Missing | None


class ApparmorGuard(NoGuard):
    """The profile of one process."""

    def __init__(self, evidence: Evidence, worker: Process, name: str) -> None:
        self._evidence = evidence
        self._worker = worker
        self._name = name
        self._profile: Profile | Missing | None = None

    @property
    def profile(self) -> Profile | Missing:
        """The profile, when somebody asks for it first."""
        if self._profile is None:
            self._profile = Reader(self._evidence).profile(self._name)
        return self._profile

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """Reading is what is asked for; a directory's path ends in a slash."""
        if not granted or not bits & READ:
            return None
        profile = self.profile
        if isinstance(profile, Missing):
            return profile
        asked = f"{path.rstrip('/')}/" if entry.kind == DIRECTORY else path
        found = [rule for rule in profile.rules if rule.pattern.fullmatch(asked)]
        found = [rule for rule in found if not rule.of_owner or entry.uid == self._worker.uid]
        if any(rule.denies for rule in found):
            return Kept(EACCES, BY_PROFILE, f"the AppArmor profile {self._name} has a rule that denies reading {asked}")
        if found:
            return None
        why = f"the AppArmor profile {self._name} has no rule that lets the worker read {asked}"
        return profile.lacking or Kept(EACCES, BY_PROFILE, why)


def profile_of(worker: Process) -> str | None:
    """The name of the profile that a process is held to; None where none is enforced, or where it is a container's,
    which let all files be read that a site could consist of.
    """
    found = _ENFORCED.fullmatch(worker.label or "")
    return None if found is None or found[1].startswith(_OF_CONTAINERS) else found[1]


class Reader:
    """Reads profiles with what they include."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._variables: dict[str, list[str]] = {}
        self._lacking: Missing | None = None
        self._rules: list[Rule] = []
        self._includes: list[str] = []

    def profile(self, name: str) -> Profile | Missing:
        """The profile of this name."""
        names = self._evidence.names(FOLDER)
        if isinstance(names, Absent | NotCollected | Unreadable):
            return Missing(REASON_FILE, f"the AppArmor profile {name} in {FOLDER}")
        for file in names:
            text = self._text(f"{FOLDER}/{file}")
            lines = None if text is None else _body(text, name)
            if text is not None and lines is not None:
                for line in text.split("\n"):
                    self._preamble(line, 0)
                for line in lines:
                    self._line(line, 0)
                return Profile(f"{FOLDER}/{file}", tuple(self._rules), tuple(self._includes), self._lacking)
        return Missing(REASON_FILE, f"the AppArmor profile {name} in {FOLDER}")

    def _preamble(self, line: str, depth: int) -> None:
        """Variables, which stand in front of profiles and in the files that are included there."""
        found = _VARIABLE.match(line)
        if found is not None:
            values = [value.strip('"') for value in found[3].split("#")[0].split()]
            known = self._variables.get(found[1], []) if found[2] == "+=" else []
            self._variables[found[1]] = known + values
        include = _INCLUDE.match(line)
        if include is not None and include[2].startswith("tunables") and depth < _DEEPEST:
            for text in self._included(include[2], optional=True):
                for one in text.split("\n"):
                    self._preamble(one, depth + 1)

    def _line(self, line: str, depth: int) -> None:
        include = _INCLUDE.match(line)
        if include is not None:
            self._includes.append(include[2])
            if depth >= _DEEPEST:
                self._not_understood(line)
                return
            for text in self._included(include[2], optional=bool(include[1])):
                for one in _statements(text.split("\n")):
                    self._line(one, depth + 1)
            return
        line = line.partition(" #")[0].strip() if not line.lstrip().startswith("#") else ""
        if not line or _OF_OTHERS.match(line) or _VARIABLE.match(line):
            return
        line = line.removesuffix(",").rstrip()
        words = line.split()
        if words[-1] == "file" and set(words[:-1]) <= {"allow", "audit", "owner"}:
            self._rules.append(Rule(re.compile(".*", re.DOTALL), False, "owner" in words))
            return
        found = _RULE.match(line)
        if found is None:
            self._not_understood(line)
            return
        bits, path = found["bits"] or found["bits_first"], (found["path"] or found["path_last"]).strip('"')
        if "r" in bits:
            said = found["words"].split()
            for pattern in self._patterns(path):
                self._rules.append(Rule(pattern, "deny" in said, "owner" in said))

    def _patterns(self, path: str) -> "Iterator[re.Pattern[str]]":
        pending = [path]
        made = 0
        while pending:
            text = pending.pop()
            variable = re.search(r"@\{\w+\}", text)
            if variable is None:
                try:
                    yield re.compile(regex_of(text), re.DOTALL)
                except re.error:
                    self._not_understood(path)
                continue
            made += 1
            values = self._variables.get(variable[0])
            if values is None or made > _MOST_VALUES:
                self._not_understood(path)
                return
            pending += [text[: variable.start()] + value + text[variable.end() :] for value in values]

    def _included(self, name: str, *, optional: bool) -> list[str]:
        path = name if name.startswith("/") else f"{FOLDER}/{name}"
        text = self._text(path)
        if text is not None:
            return [text]
        names = self._evidence.names(path)
        if not isinstance(names, Absent | NotCollected | Unreadable):
            texts = [self._text(f"{path}/{one}") for one in names]
            return [one for one in texts if one is not None]
        if not optional or not isinstance(names, Absent | Unreadable):
            self._lacking = self._lacking or Missing(REASON_FILE, path)
        return []

    def _text(self, path: str) -> str | None:
        data = self._evidence.read(path)
        return data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else None

    def _not_understood(self, what: str) -> None:
        self._lacking = self._lacking or Missing(REASON_STATE, f"what the AppArmor profile means by {what.strip()}")


def _body(text: str, name: str) -> list[str] | None:
    """The statements of the profile of this name, without those of blocks inside it; None where there is none."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        found = _BLOCK.match(line.rstrip()) if not line.lstrip().startswith("#") else None
        if found is not None and found[1] and name in _names(found[1]):
            return list(_statements(lines[number + 1 :]))
    return None


def _names(head: str) -> list[str]:
    """The name and the attachment of a profile."""
    return [word.strip('"') for word in head.split()]


def _statements(lines: list[str]) -> Iterator[str]:
    """The lines up to the brace that closes what they are in, without those of blocks inside."""
    depth = 0
    for line in lines:
        text = line.strip()
        if not text.startswith("#") and text.endswith("{"):
            depth += 1
        elif text == "}":
            depth -= 1
            if depth < 0:
                return
        elif depth == 0:
            yield line


def regex_of(pattern: str) -> str:
    """A pattern of AppArmor as a regular expression: `*` stays in its directory, `**` does not."""
    made, braces, position = "", 0, 0
    while position < len(pattern):
        letter = pattern[position]
        rest = pattern[position + 1 :]
        if letter == "*":
            double = rest.startswith("*")
            rest = rest[1:] if double else rest
            # After a slash it stands for a name, not for none.
            is_name = made.endswith("/") and (not rest or rest.startswith("/"))
            made += ("[^/]" if is_name else "") + (".*" if double else "[^/]*")
            position += 2 if double else 1
            continue
        if letter == "\\" and rest:
            made += re.escape(rest[0])
            position += 2
            continue
        if letter == "[" and "]" in rest:
            end = rest.index("]")
            made += f"[{rest[:end]}]"
            position += end + 2
            continue
        braces += {"{": 1, "}": -1}.get(letter, 0)
        made += {"?": "[^/]", "{": "(?:", "}": ")"}.get(letter) or (
            "|" if letter == "," and braces else re.escape(letter)
        )
        position += 1
    return made
