"""Functions of texts.

Truth: https://developer.hashicorp.com/terraform/language/functions, "String Functions" and "Filesystem Functions".
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue, as_json, not_too_long, number
from audit403.s3.read.terraform.functions.arguments import has_hole, items, on_text, on_two, text, whole
from audit403.s3.read.value import Hole, JsonText, Value

_VERB = re.compile(r"%(?:(%)|([-+ 0#]*)([0-9]*)(?:\.([0-9]+))?([sdvtqboxXf]))")
_OF_NUMBERS = "dboxX"


def _format(pattern: Value, *values: Value) -> Any:
    if isinstance(pattern.value, Hole):
        return NotImplemented
    written = text(pattern)
    if "%" in _VERB.sub("", written):
        return NotImplemented
    left = iter(values)
    parts: list[str] = []
    done = 0
    for found in _VERB.finditer(written):
        part = "%" if found[1] else _formatted(found, left)
        if part is None:
            return NotImplemented
        parts += (written[done : found.start()], part)
        done = found.end()
    if next(left, None) is not None:
        raise NoValue("format")
    return "".join((*parts, written[done:]))


def _formatted(verb: "re.Match[str]", left: Iterator[Value]) -> str | None:
    value = next(left, None)
    if value is None:
        raise NoValue("format")
    flags, width, precision, kind = verb[2], verb[3], verb[4], verb[5]
    not_too_long(int(width or 0) + int(precision or 0))
    if isinstance(value.value, Hole) or has_hole_inside(value):
        return text(value) if kind in "svq" and not (flags or width or precision) else None
    if kind in _OF_NUMBERS:
        return f"%{flags}{width}{kind}" % whole(value) if kind != "b" else f"{whole(value):{width}b}"
    if kind == "f":
        return f"%{flags}{width}.{precision or 6}f" % number(value)
    if kind == "t" and text(value) not in ("true", "false"):
        raise NoValue("format")
    if kind == "v":
        shown = as_json(value) if "#" in flags or isinstance(value.value, list | dict) else text(value)
    else:
        shown = as_json(Value(text(value))) if kind == "q" else text(value)
    if precision is not None:
        shown = shown[: int(precision)]
    fill = "0" if "0" in flags and "-" not in flags else " "
    return shown.ljust(int(width or 0)) if "-" in flags else shown.rjust(int(width or 0), fill)


def has_hole_inside(value: Value) -> bool:
    """Whether a text has a part that is not known."""
    return isinstance(value.value, str) and "⟨" in value.value


def _formatlist(pattern: Value, *values: Value) -> Any:
    lengths = {len(one.value) for one in values if isinstance(one.value, list)}
    if len(lengths) > 1:
        raise NoValue("formatlist")
    found: list[Value] = []
    for at in range(lengths.pop() if lengths else 1):
        one = _format(pattern, *[one.value[at] if isinstance(one.value, list) else one for one in values])
        if one is NotImplemented:
            return NotImplemented
        found.append(Value(one))
    return found


def _join(by: Value, *lists: Value) -> Any:
    if any(isinstance(one.value, Hole) for one in (by, *lists)):
        return NotImplemented
    every = [text(one) for each in lists for one in items(each)]
    not_too_long(sum(map(len, every)) + len(every) * len(text(by)))
    return text(by).join(every)


def _split(by: Value, value: Value) -> Any:
    whole_text, separator = text(value), text(by)
    if "…⟩" in whole_text or not separator:
        return NotImplemented
    return [Value(one) for one in whole_text.split(separator)]


def _substr(value: Value, offset: Value, length: Value) -> Any:
    written = text(value)
    if has_hole(value):
        return NotImplemented
    start = whole(offset) + (len(written) if whole(offset) < 0 else 0)
    if start < 0:
        raise NoValue("substr")
    return written[start:] if whole(length) < 0 else written[start : start + whole(length)]


def _indent(spaces: Value, value: Value) -> Any:
    not_too_long(text(value).count("\n") * whole(spaces))
    return text(value).replace("\n", "\n" + " " * whole(spaces))


def _basename(path: str) -> str:
    """The last part of a path, as Go's filepath.Base has it."""
    return (path.rstrip("/").rpartition("/")[2] or "/") if path else "."


def _dirname(path: str) -> str:
    return posixpath.normpath(posixpath.dirname(path) or ".").replace("//", "/")


def _title(written: str) -> str:
    return re.sub(r"(?<![\w'’])\w", lambda found: found[0].upper(), written)


def _tostring(value: Value) -> Any:
    return value if isinstance(value.value, Hole | str) else text(value)


def _trimspace(value: Value) -> Any:
    return value if isinstance(value.value, JsonText) else text(value).strip()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "basename": on_text(_basename),
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "dirname": on_text(_dirname),
    "endswith": on_two(lambda one, end: one.endswith(end)),
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "join": _join,
    "lower": on_text(str.lower),
    "nonsensitive": lambda value: value,
    "sensitive": lambda value: value,
    "split": _split,
    "startswith": on_two(lambda one, start: one.startswith(start)),
    "strcontains": on_two(lambda one, what: what in one),
    "strrev": on_text(lambda one: one[::-1]),
    "substr": _substr,
    "title": on_text(_title),
    "tostring": _tostring,
    "trim": lambda value, what: text(value).strip(text(what)),
    "trimprefix": lambda value, what: text(value).removeprefix(text(what)),
    "trimspace": _trimspace,
    "trimsuffix": lambda value, what: text(value).removesuffix(text(what)),
    "upper": on_text(str.upper),
}
