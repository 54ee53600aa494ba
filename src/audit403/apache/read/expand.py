"""From lines to the tree that httpd works with: sections nested, and done on the way what httpd does while reading.

The truth is ap_build_config, ap_build_cont_config, ap_soak_end_container and ap_build_config_sub in server/config.c.
httpd stops at the first thing that it does not take; here that is one problem, and reading goes on (`recovery`).
"""

from typing import Protocol

from audit403.apache.read import recovery
from audit403.apache.read.include import Found
from audit403.apache.read.lines import tag_name
from audit403.apache.read.macro import Expanded
from audit403.apache.read.now import handlers
from audit403.apache.read.parse import ParsedFile
from audit403.apache.read.process import Process
from audit403.apache.read.reading import Level, Reading
from audit403.apache.read.tree import Directive, Piece
from audit403.apache.read.variables import TooLong, resolve
from audit403.apache.read.words import first_word
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Problem, Source, decoded_bytes

#: How many lines are read in all, files that are included again counted again.
MOST_LINES = 2_000_000
MOST_INCLUSIONS = 100_000
#: How many lines macros may bring in.
MOST_MACRO_LINES = 100_000
#: How many files that are no text are tried before it is clear that something else was included.
MOST_STRANGERS = 50
#: How many characters variables may put in, in all.
MOST_GROWTH = 64 * 1024 * 1024
MOST_PROBLEMS = 200
MOST_PROBLEMS_OF_A_FILE = 20


class World(Protocol):
    """Where the reader gets files from; paths are the server's, absolute."""

    def find(self, path: str, optional: bool) -> list[Found]:
        """What an Include of this path reads."""
        ...

    def read(self, path: str) -> ParsedFile | Found:
        """One of the files that were found, or why it cannot be read."""
        ...

    def exists(self, path: str) -> bool | None:
        """Whether something is there, links followed; None where that cannot be seen."""
        ...


class Frame:
    """A file, or a conditional section of it that holds: what is opened in it has to be closed in it."""

    __slots__ = ("base", "current", "directive", "level", "parent", "sections", "via")

    def __init__(self, level: Level, base: list[Directive], parent: Directive | None, via: Directive | None) -> None:
        self.level = level
        #: Where directives go that stand in no section of this frame.
        self.base = base
        self.current = base
        self.sections: list[Directive] = []
        #: The section around `current`.
        self.parent = parent
        self.via = via
        #: The conditional section, or None for a file.
        self.directive: Directive | None = None

    def open(self, section: Directive) -> None:
        """A section begins."""
        section.block = []
        self.current.append(section)
        self.sections.append(section)
        self.current = section.block
        self.parent = section

    def close(self, end: int) -> None:
        """The innermost section ends."""
        section = self.sections.pop()
        section.end = end
        self.parent = section.parent
        block = self.sections[-1].block if self.sections else None
        self.current = self.base if block is None else block


class Pending(NamedTuple):
    """A file that is to be read next, where its directives go, and the Include behind it."""

    path: str
    base: list[Directive]
    parent: Directive | None
    via: Directive
    depth: int


class Expander:
    """Reads one configuration, or one `.htaccess` file, into a tree."""

    def __init__(self, process: Process, world: World, *, htaccess: bool = False, cut_circles: bool = False) -> None:
        self.process = process
        self.world = world
        self.htaccess = htaccess
        #: Whether a file may include one that is being read, as it may until that goes too deep.
        self.cut_circles = cut_circles
        #: An Include went too deep: nothing more was read.
        self.too_deep = False
        self.directives: list[Directive] = []
        #: What was done while reading, in order: includes, LoadModule, Define, conditional sections, macros.
        self.executed: list[Directive] = []
        self.files: dict[str, ParsedFile] = {}
        self.problems: list[Problem] = []
        self.not_read: list[tuple[str, str]] = []
        self.frames: list[Frame | Pending] = []
        self.now = handlers(process)
        #: The macros that were used without having been defined, each reported once.
        self.unknown_macros: set[str] = set()
        self._reported: set[tuple[str, int, str]] = set()
        self._by_file: dict[str, int] = {}
        self._lines = 0
        self._inclusions = 0
        self._grown = 0
        self._macro_lines = 0
        self._strangers = 0

    def run(self, main: ParsedFile) -> None:
        """Read the main file and all that it leads to."""
        self._enter(main, self.directives, None, None, 0)
        while self.frames:
            top = self.frames[-1]
            if isinstance(top, Pending):
                self.frames.pop()
                self._begin(top)
            else:
                self._read(top)

    def report(self, source: Source, start: int, end: int, message: str, kind: str = "syntax") -> None:
        """Note a problem at a byte range, once, unless there are too many already."""
        key = (source.path, start, message)
        if key in self._reported or len(self.problems) >= MOST_PROBLEMS:
            return
        count = self._by_file.get(source.path, 0)
        if count >= MOST_PROBLEMS_OF_A_FILE:
            return
        self._by_file[source.path] = count + 1
        self._reported.add(key)
        self.problems.append(Problem(source.span(start, end), message, kind))

    def report_at(self, directive: Directive, message: str, kind: str = "syntax", argument: int | None = None) -> None:
        """Note a problem with a directive, or with one of its arguments."""
        if self._by_file.get(directive.source.path, 0) >= MOST_PROBLEMS_OF_A_FILE:
            return
        whole = argument is None or argument >= len(directive.args)
        span = directive.span if whole or argument is None else directive.arg_span(argument)
        self.report(directive.source, span.start, span.end, message, kind)

    def include(self, directive: Directive, frame: Frame, found: list[Found]) -> None:
        """Read these files next, in this order; their directives go where the Include stands."""
        paths = [one.path for one in found if one.path]
        if self.cut_circles:
            active = {held.level.file.path for held in self.open_frames()}
            for path in active.intersection(paths):
                message = f'"{path}" includes itself: httpd would go too deep'
                self.report_at(directive, message, "include", 0)
                self.not_read.append((path, message))
            paths = [path for path in paths if path not in active]
        self._inclusions += len(paths)
        if self._inclusions > MOST_INCLUSIONS:
            message = f"it is not followed: more than {MOST_INCLUSIONS:,} files would be read"
            self.report_at(directive, message, "limit")
            self.not_read.append((directive.args[0], message))
            return
        depth = frame.level.depth + 1
        pending = [Pending(path, frame.current, frame.parent, directive, depth) for path in paths]
        self.frames.extend(reversed(pending))

    def put_in(self, directive: Directive, frame: Frame, name: str, expanded: Expanded) -> None:
        """Read the lines of a macro before the rest of the file."""
        self._macro_lines += len(expanded.lines) + 1
        if self._macro_lines > MOST_MACRO_LINES:
            message = f"it is not put in: macros bring in more than {MOST_MACRO_LINES:,} lines"
            self.report_at(directive, message, "limit")
            self.not_read.append((name, message))
            return
        reading = Reading(name, directive.source, expanded.lines, expanded.joined)
        reading.origins = expanded.origins
        reading.unfinished = expanded.unfinished
        reading.via = directive
        reading.depth = len(self.frames)
        frame.level.put_in(reading)

    def enter_condition(self, directive: Directive, frame: Frame) -> None:
        """A conditional section holds: what stands in it goes where it stands itself."""
        inner = Frame(frame.level, frame.current, frame.parent, directive)
        inner.directive = directive
        self.frames.append(inner)

    def skip(self, directive: Directive, level: Level, *, faulty: bool = False) -> None:
        """A conditional section does not hold: pass over all that stands in it.

        One that is `faulty` and never closed is but a line: nothing is passed over, nor said about it again.
        """
        names = [directive.written[1:]]
        begin, index = level.reading, level.reading.index
        while True:
            reading = level.reading
            line = level.next_line()
            if line is None:
                directive.end = directive.line_end if faulty else len(directive.source.text)
                if faulty and begin is level.reading:
                    begin.index = index
                elif not faulty:
                    self.report_at(directive, recovery.not_closed(directive))
                return
            if line.text[0] not in "<\"'":
                continue
            word, args_at = first_word(line.text)
            if word.startswith("</"):
                if word[2:-1].lower() == names[-1].lower():
                    names.pop()
                elif not recovery.mend_skipped(self, directive, names, line, word):
                    reading.index -= 1
                    level.reading = reading
                    directive.end = line.start
                    return
                if not names:
                    directive.end = line.end
                    return
            elif word.startswith("<"):
                names.append((word[:-1] if word.endswith(">") and args_at >= len(line.text) else word)[1:])

    def _read(self, frame: Frame) -> None:
        """Read lines as long as they are plain directives, and one that is more than that."""
        reading = frame.level.reading
        lines, joined, index = reading.lines, reading.joined, reading.index
        if reading.origins is None:
            source, now = reading.source, self.now
            text = source.text
            variables = reading.has_variables
            add, parent, via = frame.current.append, frame.parent, self._via(frame)
            count = len(lines)
            while index < count:
                name, start, end, args_at = lines[index]
                if (
                    name in now
                    or name[:1] == "<"
                    or (joined and start in joined)
                    or (variables and "${" in text[start:end])
                ):
                    break
                add(Directive(name, source, start, end, args_at, parent, via))
                index += 1
        if index < len(lines):
            reading.index = index + 1
            self._line(frame, reading, index)
            return
        reading.index = index
        if frame.level.resume():
            return
        self.frames.pop()
        recovery.end_of_file(self, frame)

    def _line(self, frame: Frame, reading: Reading, index: int) -> None:
        name, start, end, args_at = reading.lines[index]
        source, joined = reading.joined_at(index)
        text: str | None = None
        pieces: list[Piece] | None = None
        stated: tuple[str, int] | None = None
        if joined is not None:
            text, pieces, last = joined
            start, end = pieces[0].start, pieces[-1].end
            stated = (reading.name, last)
        whole = source.text[start:end] if text is None else text
        if name[:2] == "</" and recovery.ends_condition(frame, whole):
            self.end_condition(frame, end)
            return
        if name[:2] == "</" and frame.sections and name == f"</{frame.sections[-1].name[1:]}>":
            frame.close(end)
            return
        missing: list[tuple[int, str]] = []
        if "${" in whole:
            try:
                text, pieces, missing = resolve(whole, start, pieces, self.process)
            except TooLong:
                text = None
            self._grown += 0 if text is None else max(0, len(text) - len(whole))
            if text is None or self._grown > MOST_GROWTH:
                message = "this line is not read: what its variables stand for is too long"
                self.report(source, start, end, message, "limit")
                return
            word, args_at = first_word(text)
            if not word:
                return
            name = tag_name(word).lower()
        directive = Directive(name, source, start, end, args_at, frame.parent, self._via(frame), text, pieces, stated)
        for _, variable in missing:
            self._report_variable(directive, variable)
        handler = self.now.get(name)
        if handler is not None:
            handler(self, frame, directive)
        elif name[:1] != "<":
            frame.current.append(directive)
        elif name[1:2] == "/":
            recovery.close(self, frame, directive)
        else:
            recovery.check_opening(self, frame, directive)

    def end_condition(self, frame: Frame, end: int) -> Frame:
        """The conditional section of the innermost frame ends; gives the frame around it."""
        if frame.directive is not None:
            frame.directive.end = end
        self.frames.pop()
        return next(held for held in reversed(self.frames) if isinstance(held, Frame))

    def open_frames(self) -> list[Frame]:
        """The files and conditional sections that are being read, the outermost first."""
        return [held for held in self.frames if isinstance(held, Frame)]

    def _via(self, frame: Frame) -> Directive | None:
        reading = frame.level.reading
        if reading.via is not None and len(self.frames) <= reading.depth:
            return reading.via
        return frame.via

    def _report_variable(self, directive: Directive, variable: str) -> None:
        name = decoded_bytes(variable)
        kind = "suspicious" if self.process.environment_known else "not-collected"
        self.report_at(directive, f"the variable ${{{name}}} is not defined: httpd takes it as it is written", kind)

    def _begin(self, pending: Pending) -> None:
        if self._strangers > MOST_STRANGERS:
            message = f"it is not followed: more than {MOST_STRANGERS} of the files are no text"
            self.report_at(pending.via, message, "limit", 0)
            self.not_read.append((pending.path, message))
            return
        answer = self.world.read(pending.path)
        if isinstance(answer, Found):
            message = f'the included file "{pending.path}" cannot be read: {answer.problem}'
            self.report_at(pending.via, message, answer.kind, 0)
            self.not_read.append((pending.path, answer.problem))
            return
        if self._takes(len(answer.lines.lines), pending.via, pending.path):
            self._enter(answer, pending.base, pending.parent, pending.via, pending.depth)

    def _enter(
        self, file: ParsedFile, base: list[Directive], parent: Directive | None, via: Directive | None, depth: int
    ) -> None:
        if file.path not in self.files:
            self.files[file.path] = file
            self._strangers += bool(file.problems) and not file.lines.lines
            self.problems += file.problems
            for problem in file.problems:
                if problem.kind in ("limit", "bytes"):
                    self.not_read.append((f"{file.path}:{problem.span.line}", problem.message))
        self.frames.append(Frame(Level(file, depth), base, parent, via))

    def _takes(self, lines: int, via: Directive, what: str) -> bool:
        self._lines += lines
        if self._lines <= MOST_LINES:
            return True
        message = f"it is not followed: more than {MOST_LINES:,} lines would be read"
        self.report_at(via, message, "limit")
        self.not_read.append((what, message))
        return False
