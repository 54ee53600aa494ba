"""What is wrong with the files of a configuration, as facts; and which files are none that httpd on Unix would read."""

import re
from collections.abc import Callable, Iterable, Iterator

from audit403.apache.model.model import Model
from audit403.apache.model.not_evaluated import not_evaluated
from audit403.apache.read.configuration import Configuration
from audit403.apache.read.parse import ParsedFile
from audit403.core.fact import Fact, IdleDirective, ReadingFault
from audit403.core.family import NotAudited
from audit403.core.place import ASSUMED, Span
from audit403.core.source import Problem
from audit403.explore.left_open import NOT_EVALUATED

FAMILY = "apache"
FOR_WINDOWS = "it is for httpd on Windows, as its paths begin with a drive: what that answers is not worked out"
_NAME_PATHS = frozenset({"documentroot", "serverroot", "<directory", "alias", "scriptalias", "define"})
_DRIVE = re.compile(
    r"""(?:DocumentRoot|ServerRoot|<Directory|(?:Script)?Alias[ \t]+\S+|Define[ \t]+\w+)[ \t]+"?[A-Z]:[/\\]""",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\$\{([^}]+)\}")
#: Kinds of faults with which httpd starts, or which say nothing about the text.
_HARMLESS = frozenset({NOT_EVALUATED, "suspicious", "not-collected", "stranger", "include"})
_HTACCESS_FAULT = "htaccess-fault"

Text = Callable[[str], bytes | None]
"""Gives the bytes of one of a site's files."""


def reading_faults(configuration: Configuration, model: Model) -> Iterator[ReadingFault]:
    """What httpd would not start with, and what of it has a say in answers and is not evaluated."""
    problems = configuration.problems
    told = {problem.span for problem in problems}
    faults = (fault for fault in model.faults if fault.directive.span not in told)
    rejected = [Problem(fault.directive.span, fault.message, "rejected") for fault in faults]
    for problem in (*problems, *rejected):
        is_open = problem.kind in ("arguments", "rejected") and _has_open_value(configuration, problem.span)
        if not is_open and problem.span.file != ASSUMED:
            yield ReadingFault(FAMILY, problem.kind, problem.span, problem.message)
    for directive, words in not_evaluated(configuration):
        message = f"`{directive.written}` has a say in what is answered: {words}"
        yield ReadingFault(FAMILY, NOT_EVALUATED, directive.span, message)


def _has_open_value(configuration: Configuration, span: Span) -> bool:
    """Whether a variable stands there that is set elsewhere: nobody knows here whether httpd takes its value."""
    process, file = configuration.process, configuration.files.get(span.file)
    if process.environment_known or file is None:
        return False
    names = _VARIABLE.findall(file.source.data[span.start : span.end].decode("latin-1"))
    return any(process.value_of(name) is None for name in names)


def for_another_reader(configuration: Configuration, faults: Iterable[ReadingFault], text: Text) -> list[NotAudited]:
    """The files that are for Windows, or that are templates: those httpd on Unix would not take as they are."""
    if any(map(_names_a_drive, configuration.files.values())):
        return [NotAudited(configuration.about, FOR_WINDOWS)]
    files = {fault.where.file for fault in faults if fault.kind not in _HARMLESS and isinstance(fault.where, Span)}
    return [missed for file in sorted(files) for missed in _as_template(file, text)]


def _names_a_drive(file: ParsedFile) -> bool:
    text = file.source.text
    return any(_DRIVE.match(text, start) for name, start, _, _ in file.lines.lines if name in _NAME_PATHS)


def template_at(fact: Fact, text: Text) -> list[NotAudited]:
    """The `.htaccess` that httpd does not take, where it is a template."""
    if not isinstance(fact, IdleDirective) or fact.kind != _HTACCESS_FAULT or not isinstance(fact.where, Span):
        return []
    return list(_as_template(fact.where.file, text))


def _as_template(file: str, text: Text) -> Iterator[NotAudited]:
    from audit403.core.template_file import MESSAGE, is_template

    if is_template((text(file) or b"").decode("utf-8", "replace")):
        yield NotAudited(file, MESSAGE)
