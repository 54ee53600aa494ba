"""Functions that read files.

Truth: https://developer.hashicorp.com/terraform/language/functions, "Filesystem Functions". Read is what lies below the
configuration, and what it names.
"""

import posixpath
from typing import Any

from audit403.core.source import Source
from audit403.s3.read.terraform.evaluate import NoValue, Scope, combined, text_of_parts
from audit403.s3.read.terraform.syntax import BadHcl
from audit403.s3.read.terraform.templates import whole_file
from audit403.s3.read.terraform.work import Work
from audit403.s3.read.value import Hole, Value, text_of

FILE_FUNCTIONS = frozenset(("file", "templatefile", "fileexists", "abspath", "pathexpand"))


def of_file(name: str, arguments: list[Value], scope: Scope, work: Work) -> Any:
    """What one of these functions gives. Raises NoValue."""
    if not arguments:
        raise NoValue(name)
    if name in ("abspath", "pathexpand"):
        return arguments[0]
    path = text_of(arguments[0])
    if path is None or isinstance(arguments[0].value, Hole) or "⟨" in path:
        return combined(name, *arguments)
    whole = posixpath.normpath(path if path.startswith("/") else f"{work.root}/{path}")
    source = work.source(whole)
    if name == "fileexists":
        return source is not None
    if source is None:
        return combined(name, Value(posixpath.relpath(whole, work.root)), *arguments[1:])
    return _text(source) if name == "file" else _filled(source, arguments, scope)


def _text(source: Source) -> Value:
    return Value(source.data.decode("utf-8", "replace"), source, 0, len(source.data), ((0, 0),))


def _filled(source: Source, arguments: list[Value], scope: Scope) -> Any:
    """A template with the names that it is given."""
    names = arguments[1].value if len(arguments) > 1 else {}
    if not isinstance(names, dict):
        return combined("templatefile", *arguments)
    try:
        template = whole_file(source.text)
    except BadHcl:
        raise NoValue("templatefile") from None
    return text_of_parts(template.parts, Scope(scope.module, source, names), 0, len(source.data))
