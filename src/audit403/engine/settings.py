"""The settings: `audit403.toml`, else `[tool.audit403]` in pyproject.toml; the nearest to a file wins, none are merged.

The schema for editors is settings.schema.json beside this file; the tests hold the two against each other.
"""

import os
import re
import stat
from typing import Any

from audit403.core.errors import BadUsage
from audit403.core.finding import SEVERITIES, WARNING
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span

FILE, PYPROJECT = "audit403.toml", "pyproject.toml"
TREES = ("auto", "here", "none")
MOST_BYTES = 1024 * 1024
#: A key of so many parts is nobody's, and tomllib would need memory for the square of them.
_ENDLESS_KEY = re.compile(r"(?>[\w\"'-]++[ \t]*+\.[ \t]*+){100}")


class IgnoreEntry(NamedTuple):
    """One `[[ignore]]`: findings of `rule` (an id or a family; None: any) in files that match `path` are left out.

    `until` is the last day (YYYY-MM-DD) on which it holds; `where` is the entry itself.
    """

    rule: str | None
    path: str | None
    reason: str
    until: str | None
    where: Span


class Settings(NamedTuple):
    """What one settings file says; relative paths have been completed with its folder."""

    file: str | None = None
    folder: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = WARNING
    strict: bool = False
    tree: str = "auto"
    prefix: str | None = None
    paths: tuple[tuple[str, str], ...] = ()
    ignores: tuple[IgnoreEntry, ...] = ()
    visitors: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Of buckets, by patterns of their names: the profiles of the requests that they are for."""


KEYS = ("select", "ignore", "fail-on", "strict", "tree", "prefix", "paths", "visitors")
PROFILES = (
    "anonymous-https", "anonymous-http", "website", "cloudfront-oac:ID", "oai:ID", "role:ARN", "vpce:ID",
    "presigned:ARN",
)  # fmt: skip
IGNORE_KEYS = ("rule", "path", "reason", "until")
NO_SETTINGS = Settings()


class SettingsFinder:
    """Finds the settings for a path; every folder is looked at once."""

    def __init__(self, given: str | None = None, nowhere: bool = False) -> None:
        self._always = NO_SETTINGS if nowhere else None
        if given is not None:
            self._always = _given(os.path.abspath(given))
        self._of_folder: dict[str, Settings] = {}
        self._faults: dict[str, BadUsage] = {}

    def nearest(self, path: str) -> Settings:
        """The settings of the folder `path`, or of the folder that the file `path` lies in.

        Raises BadUsage where they cannot be used.
        """
        if self._always is not None:
            return self._always
        folder = path if os.path.isdir(path) else os.path.dirname(path)
        passed: list[str] = []
        found = NO_SETTINGS
        while True:
            known = self._of_folder.get(folder) or self._read(folder)
            if known is not None:
                found = known
                break
            passed.append(folder)
            if folder in ("/", ""):
                break
            folder = os.path.dirname(folder)
        self._of_folder.update((folder, found) for folder in passed)
        if found.file is not None:
            self._of_folder[folder] = found
        return found

    def _read(self, folder: str) -> Settings | None:
        if folder in self._faults:
            raise self._faults[folder]
        try:
            return _in_folder(folder)
        except BadUsage as fault:
            self._faults[folder] = fault
            raise


def _given(path: str) -> Settings:
    data = _read(path)
    if data is None:
        raise BadUsage(f"The settings {path} cannot be read: there is no such file.")
    found = _parsed(path, data, path.endswith(PYPROJECT))
    return NO_SETTINGS if found is None else found


def _in_folder(folder: str) -> Settings | None:
    path = os.path.join(folder, FILE)
    data = _read(path)
    if data is not None:
        return _parsed(path, data, False)
    path = os.path.join(folder, PYPROJECT)
    try:
        data = _read(path)
    except BadUsage:
        return None  # that somebody else's file cannot be read is for others to say
    return None if data is None or b"audit403" not in data else _parsed(path, data, True)


def _read(path: str) -> bytes | None:
    """The file's content; None when there is none. Raises BadUsage for what cannot be read or is no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        raise BadUsage(f"The settings {path} cannot be read: Not a regular file.")
    if status.st_size > MOST_BYTES:
        raise BadUsage(f"The settings {path} cannot be read: they are larger than {MOST_BYTES:,} bytes.")
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise BadUsage(f"The settings {path} cannot be read: {error.strerror}.") from error


def _parsed(path: str, data: bytes, in_tool_table: bool) -> Settings | None:
    import tomllib

    try:
        text = data.decode("utf-8")
        if _ENDLESS_KEY.search(text):
            raise RecursionError("a key has more than 100 parts")
        table: Any = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        if in_tool_table:
            return None  # that somebody else's file is broken is for others to say
        raise BadUsage(f"{path} is no TOML: {error}") from error
    if in_tool_table:
        tool = table.get("tool")
        table = tool.get("audit403") if isinstance(tool, dict) else None
        if table is None:
            return None
    return _Reader(path, text).settings(table)


class _Reader:
    """Turns one table into settings; every complaint names the file and the key."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.folder = os.path.dirname(path)
        self.text = text

    def settings(self, table: Any) -> Settings:
        if not isinstance(table, dict):
            raise self.wrong("the settings must be a table")
        self.known(table, KEYS, "")
        rules, entries = self.ignore(table.get("ignore", []))
        prefix = table.get("prefix")
        if prefix is not None:
            prefix = os.path.join(self.folder, self.text_of("prefix", prefix))
        strict = table.get("strict", False)
        if not isinstance(strict, bool):
            raise self.wrong("strict must be true or false")
        return Settings(
            self.path,
            self.folder,
            self.texts("select", table.get("select", [])),
            rules,
            self.one_of("fail-on", table.get("fail-on", WARNING), SEVERITIES),
            strict,
            self.one_of("tree", table.get("tree", "auto"), TREES),
            prefix,
            self.paths(table.get("paths", {})),
            entries,
            self.visitors(table.get("visitors", {})),
        )

    def wrong(self, what: str) -> BadUsage:
        shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in what)  # a key may hold anything
        return BadUsage(f"{self.path}: {shown}.")

    def known(self, table: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in keys:
                raise self.wrong(f'unknown key "{key}"{where}{did_you_mean(key, keys)}')

    def text_of(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{key} must be a text")
        return value

    def texts(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self.wrong(f"{key} must be a list of rules")
        return tuple(self.text_of(f"each entry of {key}", one) for one in value)

    def one_of(self, key: str, value: Any, choices: tuple[str, ...]) -> str:
        if value not in choices or not isinstance(value, str):
            raise self.wrong(f"{key} must be one of {', '.join(choices)}")
        return value

    def paths(self, value: Any) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, dict):
            raise self.wrong('paths must be a table such as "/var/www/site" = "public"')
        found = []
        for server, here in value.items():
            if not server.startswith("/"):
                raise self.wrong(f'"{server}" in paths must be an absolute path of the server')
            here = self.text_of(f'"{server}" in paths', here)
            found.append((server, os.path.normpath(os.path.join(self.folder, here))))
        return tuple(found)

    def visitors(self, value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, dict):
            raise self.wrong('visitors must be a table such as "site-*" = ["anonymous-https"]')
        found = []
        for bucket, names in value.items():
            if not isinstance(names, list):
                raise self.wrong(f'"{bucket}" in visitors must be a list of profiles')
            texts = (self.text_of(f'each entry of "{bucket}" in visitors', one) for one in names)
            found.append((bucket, tuple(map(self.profile, texts))))
        return tuple(found)

    def profile(self, name: str) -> str:
        kind, colon, about = name.partition(":")
        kinds = [one.partition(":")[0] for one in PROFILES]
        if kind not in kinds:
            raise self.wrong(f'unknown profile "{name}" in visitors{did_you_mean(kind, kinds)}')
        form = PROFILES[kinds.index(kind)]
        if (":" in form) is not bool(colon and about):
            raise self.wrong(f'the profile "{name}" in visitors must be of the form {form}')
        return name

    def ignore(self, value: Any) -> tuple[tuple[str, ...], tuple[IgnoreEntry, ...]]:
        if not isinstance(value, list):
            raise self.wrong("ignore must be a list of rules, or [[ignore]] tables")
        rules, entries = [], []
        for number, one in enumerate(value):
            if isinstance(one, dict):
                entries.append(self.entry(one, number))
            else:
                rules.append(self.text_of("each entry of ignore", one))
        return tuple(rules), tuple(entries)

    def entry(self, table: dict[str, Any], number: int) -> IgnoreEntry:
        self.known(table, IGNORE_KEYS, " in [[ignore]]")
        rule, path, until = table.get("rule"), table.get("path"), table.get("until")
        if rule is None and path is None:
            raise self.wrong("an [[ignore]] needs a rule, a path or both")
        if rule is not None:
            self.text_of("rule in [[ignore]]", rule)
        if path is not None:
            self.text_of("path in [[ignore]]", path)
        if "reason" not in table:
            raise self.wrong("an [[ignore]] needs a reason")
        reason = self.text_of("reason in [[ignore]]", table["reason"])
        if until is not None:
            until = str(until)
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", until):
                raise self.wrong("until in [[ignore]] must be a day such as 2027-01-31")
        return IgnoreEntry(rule, path, reason, until, self.place(number))

    def place(self, number: int) -> Span:
        """The header of the `[[ignore]]` with this number, as far as it can be told."""
        headers = list(re.finditer(r"^[ \t]*\[\[[ \t]*(?:tool\.audit403\.)?ignore[ \t]*\]\]", self.text, re.MULTILINE))
        if number >= len(headers):
            return Span(self.path, 1, 1, 1, 1, 0, 0)
        start, end = headers[number].span()
        line = self.text.count("\n", 0, start) + 1
        offset = len(self.text[:start].encode())
        return Span(self.path, line, 1, line, end - start + 1, offset, offset + len(self.text[start:end].encode()))


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """` (did you mean "x"?)` or a list of what there is, for the end of a sentence about an unknown word."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, 1, 0.5)
    if close:
        return f' (did you mean "{close[0]}"?)'
    return f" (there are: {', '.join(known)})" if len(known) <= 12 else ""
