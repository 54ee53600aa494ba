"""What httpd does with a directive at once, while it reads, and does not put into its tree (EXEC_ON_READ).

The truth is server/core.c, modules/core/mod_so.c and mod_macro.c. Each function gets the reader, the file or
conditional section that the directive stands in, and the directive.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from audit403.apache.read import macro as macros
from audit403.apache.read.conditions import test
from audit403.apache.read.modules import STATIC
from audit403.apache.read.process import Macro, MacroLine, Process
from audit403.apache.read.tree import Directive, Piece
from audit403.apache.read.words import first_word, values_of
from audit403.core.source import latin

if TYPE_CHECKING:
    from audit403.apache.read.expand import Expander, Frame

Handler = Callable[["Expander", "Frame", Directive], None]

#: AP_MAX_INCLUDE_DEPTH
DEEPEST_INCLUDE = 128
_COUNTS = {"include": (1, 1), "includeoptional": (1, 1), "loadmodule": (2, 2), "define": (1, 2), "undefine": (1, 1)}
_WORDS = {(1, 1): "one argument", (2, 2): "two arguments", (1, 2): "1-2 arguments"}
_NOT_IN_HTACCESS = frozenset({*_COUNTS, "loadfile", "serverroot", "defaultruntimedir"})


def handlers(process: Process) -> dict[str, Handler]:
    """What is done at once with the modules that there are: a name in lower case and its function."""
    found: dict[str, Handler] = {
        "include": _include,
        "includeoptional": _include,
        "define": _define,
        "undefine": _undefine,
        "loadmodule": _load_module,
        "loadfile": _note,
        "serverroot": _server_root,
        "defaultruntimedir": _note,
        "<ifmodule": _condition,
        "<ifdefine": _condition,
        "<iffile": _condition,
        "<ifdirective": _condition,
        "<ifsection": _condition,
    }
    for module, more in _OF_MODULES.items():
        if process.lenient or module in process.modules.symbols:
            found.update(more)
    return found


def _note(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    if _allowed(reader, directive):
        reader.executed.append(directive)


def _include(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    if not _allowed(reader, directive) or not directive.args or not directive.args[0]:
        return
    reader.executed.append(directive)
    if frame.level.depth >= DEEPEST_INCLUDE:
        reader.too_deep = True
        reader.frames.clear()
        return
    found = reader.world.find(reader.process.rooted(directive.args[0]), directive.name == "includeoptional")
    for one in found:
        if one.problem:
            reader.report_at(directive, one.problem, one.kind, 0)
            reader.not_read.append((directive.args[0], one.problem))
    reader.include(directive, frame, found)


def _define(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    if _allowed(reader, directive) and directive.args and _is_name(reader, directive):
        reader.executed.append(directive)
        value = directive.args[1] if len(directive.args) > 1 and directive.args[1] else None
        reader.process.define(directive.args[0], None if value is None else latin(value))


def _undefine(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    if _allowed(reader, directive) and directive.args and _is_name(reader, directive):
        reader.executed.append(directive)
        reader.process.undefine(directive.args[0])


def _is_name(reader: "Expander", directive: Directive) -> bool:
    if ":" not in directive.args[0]:
        return True
    reader.report_at(directive, "Variable name must not contain ':'", "arguments", 0)
    return False


def _load_module(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    if not _allowed(reader, directive) or not directive.args:
        return
    reader.executed.append(directive)
    process = reader.process
    symbol = directive.args[0]
    if symbol in STATIC[3:] and symbol in process.modules.symbols and not process.lenient:
        if process.debian:
            reader.report_at(directive, f"module {symbol} is built-in and can't be loaded", "arguments", 0)
        return
    if not process.modules.add(symbol):
        if process.lenient:
            return
        reader.report_at(directive, f"the module {symbol} is loaded already: httpd skips this", "suspicious", 0)
        return
    if symbol in _OF_MODULES:
        reader.now.update(_OF_MODULES[symbol])
    if len(directive.args) > 1:
        path = process.rooted(directive.args[1])
        folder = path.rpartition("/")[0] or "/"
        if reader.world.exists(path) is False and reader.world.exists(folder):
            reader.report_at(directive, f'the module\'s file "{path}" does not exist', "include", 1)


def _server_root(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    if not _allowed(reader, directive) or not directive.args:
        return
    reader.executed.append(directive)
    reader.process.server_root = reader.process.rooted(directive.args[0])


def _condition(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    reader.executed.append(directive)
    verdict = test(directive, reader.process, reader.world.exists)
    directive.holds = verdict.holds
    if verdict.error:
        reader.report_at(directive, verdict.error, "arguments" if "requires" in verdict.error else "syntax")
    if verdict.unseen:
        message = f'whether this section is read cannot be told: "{verdict.unseen}" cannot be seen'
        reader.report_at(directive, message, "not-collected")
    if verdict.holds:
        reader.enter_condition(directive, frame)
    else:
        reader.skip(directive, frame.level, faulty=bool(verdict.error))


def _macro(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    reader.executed.append(directive)
    macro = _new_macro(reader, directive)
    error = None if macro is None else macros.check_arguments(macro)
    if error:
        reader.report_at(directive, error, "arguments")
    contents: list[MacroLine] = []
    depth = 1
    while depth:
        line = frame.level.next_line(count_blanks=True)
        if line is None:
            reader.report_at(directive, f"{directive.written}> is not closed: expected </Macro> before the file's end")
            directive.end = len(directive.source.text)
            break
        contents += [MacroLine("", line.source, [Piece(0, line.start, line.start, True)])] * line.blanks
        word = first_word(line.text)[0].lower()
        depth += (word == "<macro") - (word == "</macro>")
        directive.end = line.end
        if depth:
            pieces = line.pieces or [Piece(0, line.start, line.end, True)]
            contents.append(MacroLine(line.text, line.source, pieces))
            if len(line.text) >= macros.LONGEST_LINE - 1:
                message = f"line too long: httpd holds at most {macros.LONGEST_LINE:,} bytes of one line of a macro"
                reader.report(line.source, line.start, line.start, message, "limit")
    if macro is not None and not error:
        macro.contents = contents
        reader.process.macros[macro.name] = macro


def _new_macro(reader: "Expander", directive: Directive) -> Macro | None:
    arguments = latin(directive.arguments)
    stop = arguments.rfind(">")
    if stop < 0:
        reader.report_at(directive, f"{directive.written}> directive missing closing '>'")
        return None
    name, at = first_word(arguments[:stop])
    if not name:
        reader.report_at(directive, "macro definition: name not found", "arguments")
        return None
    rest = arguments[at:stop]
    while rest.startswith("/"):
        rest = rest.partition(" ")[2]
    file, line = directive.stated
    names = [latin(word) for word in values_of(rest)]
    return Macro(name.lower(), directive, f'defined on line {line} of "{file}"', names)


def _use(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    reader.executed.append(directive)
    words = [latin(word) for word in directive.args]
    if not words or not words[0]:
        reader.report_at(directive, "no macro name specified with Use", "arguments")
        return
    name, *values = words
    name = name.lower()
    macro = reader.process.macros.get(name)
    if macro is None:
        if name not in reader.unknown_macros:
            reader.unknown_macros.add(name)
            reader.report_at(directive, f"macro '{name}' undefined", _unless_elsewhere(reader), 0)
        return
    if f"macro '{name}'" in frame.level.reading.name:
        reader.report_at(directive, f"recursive use of macro '{name}' is invalid", "arguments", 0)
        return
    if len(values) != len(macro.arguments):
        message = f"macro '{name}' used with {len(values)} arguments instead of {len(macro.arguments)}"
        reader.report_at(directive, message, "arguments")
        return
    expanded = macros.expand(macro, values)
    if isinstance(expanded, str):
        reader.report_at(directive, expanded, "limit")
        return
    file, line = directive.stated
    reader.put_in(directive, frame, f"macro '{name}' ({macro.location}) used on line {line} of \"{file}\"", expanded)


def _undefine_macro(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    reader.executed.append(directive)
    name = latin(directive.args[0]).lower() if directive.args else ""
    if reader.process.macros.pop(name, None) is None:
        reader.report_at(directive, f"cannot remove undefined macro '{name}'", _unless_elsewhere(reader), 0)


def _unless_elsewhere(reader: "Expander") -> str:
    """The kind of a fault that is none where a file that is not at hand may define the macro."""
    return "not-collected" if reader.process.lenient else "arguments"


def _opaque(reader: "Expander", frame: "Frame", directive: Directive) -> None:
    """A section in another language: httpd hands it to the module, and so its lines are no directives."""
    reader.executed.append(directive)
    closing = f"</{directive.name[1:]}>"
    while True:
        line = frame.level.next_line()
        if line is None:
            reader.report_at(directive, f"{directive.written}> is not closed before the end of the file")
            directive.end = len(directive.source.text)
            return
        directive.end = line.end
        if line.text.lower().startswith(closing):
            return


def _allowed(reader: "Expander", directive: Directive) -> bool:
    """Check what every such directive is checked for: that it is not in `.htaccess`, and its number of arguments."""
    if reader.htaccess and directive.name in _NOT_IN_HTACCESS:
        reader.report_at(directive, f"{directive.written} not allowed here", "context")
        return False
    counts = _COUNTS.get(directive.name)
    words = directive.args
    if counts is None or (len(words) <= counts[1] and len(words) >= counts[0] and all(words[: counts[0]])):
        return True
    reader.report_at(directive, f"{directive.written} takes {_WORDS[counts]}", "arguments")
    return directive.name in ("define", "undefine") and bool(words) and words[0] != ""


_LUA = (
    "pretranslatename", "translatename", "fixups", "maptostorage", "checkuserid", "typechecker", "accesschecker",
    "authchecker",
)  # fmt: skip
_OF_MODULES: dict[str, dict[str, Handler]] = {
    "version_module": {"<ifversion": _condition},
    "macro_module": {
        "<macro": _macro,
        "use": _use,
        "undefmacro": _undefine_macro,
        "macroignoreemptyargs": _note,
        "macroignorebadnesting": _note,
    },
    "perl_module": {"<perl": _opaque},
    "lua_module": {
        **{f"<luahook{name}": _opaque for name in _LUA},
        "<luaquickhandler": _opaque,
        "luaauthzprovider": _note,
    },
}
