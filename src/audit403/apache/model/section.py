"""Sections: a pattern for directories, files, URLs or a condition, and the per-directory configuration behind it.

Truth: dirsection, filesection, urlsection and ifsection in server/core.c; how each pattern is matched is in
server/request.c. A `<Directory>` is sorted by the slashes in its text, also where that is a regular expression.
"""

from audit403.apache import fnmatch
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.model.per_dir import NOTHING, PerDir
from audit403.apache.paths import merge
from audit403.apache.read.tree import Directive
from audit403.http.regex import Captured

DIRECTORY, FILES, LOCATION, IF, PROXY = "directory", "files", "location", "if", "proxy"
ALWAYS, WHEN, OTHERWISE, OTHERWISE_WHEN = "always", "if", "else", "elseif"


class Section:
    """One section. `text` is its pattern as httpd keeps it: a directory's ends with a slash.

    `text` of an `<If>` or `<ElseIf>` is its expression; `chain` says which of these it is.
    """

    __slots__ = ("_label", "chain", "directive", "is_pattern", "kind", "per_dir", "regex", "slashes", "text")

    def __init__(self, kind: str, text: str, regex: Pattern | None, directive: Directive) -> None:
        self.kind = kind
        self.text = text
        self.regex = regex
        self.directive = directive
        self.is_pattern = regex is None and fnmatch.is_pattern(text)
        self.slashes = 0 if text == "/" else text.count("/")
        self.per_dir: PerDir = NOTHING
        self.chain = ALWAYS
        self._label: str | None = None

    def label(self) -> str:
        """The section as it is written: `<Directory /srv>`."""
        label = self._label
        if label is None:
            label = self._label = f"{self.directive.written} {self.directive.raw.strip()}>"
        return label

    def captures(self, subject: str) -> Captured | None:
        """What the section's regular expression captures, or None."""
        return None if self.regex is None else self.regex.search(subject)

    def __repr__(self) -> str:
        return f"{self.label()} {self.directive.source.path}:{self.directive.line}"


def section_of(kind: str, directive: Directive) -> Section:
    """The section that a directive opens, still without what stands in it. Raises ConfigError with httpd's words."""
    words = directive.args
    if not words:
        raise ConfigError(f"{directive.written}> directive requires additional arguments")
    text = words[0]
    regex = None
    if directive.name.endswith("match") or text == "~":
        if text == "~":
            if len(words) < 2:
                raise ConfigError(f"{directive.written} ~ > block must specify a path")
            text = words[1]
            words = words[1:]
        regex = pattern_of(text, "Regex could not be compiled")
    elif kind == DIRECTORY and text != "/":
        text = merge("/", text)
        text = text if text.endswith("/") else f"{text}/"
    elif kind == FILES:
        text = _merged_name(text)
    if kind == PROXY:
        text = text[len("proxy:") :] if text[:6].lower() == "proxy:" else text
    elif len(words) > 1:
        raise ConfigError(f"Multiple {directive.written}> arguments not (yet) supported.")
    return Section(kind, text, regex, directive)


def _merged_name(text: str) -> str:
    """A relative path of `<Files>` without empty and `.` parts, as apr_filepath_merge leaves it."""
    if text.startswith("/"):
        return merge("/", text)
    parts = [part for part in text.split("/") if part not in ("", ".")]
    return "/".join(parts) + ("/" if text.endswith("/") and parts else "")
