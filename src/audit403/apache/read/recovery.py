"""What to make of tags that httpd refuses: one problem where the mistake is, and reading goes on behind it.

The cases are the errors of ap_build_config_sub, ap_build_config and ap_soak_end_container in server/config.c.
"""

from typing import TYPE_CHECKING

from audit403.apache.read.tree import Directive
from audit403.apache.read.words import first_word
from audit403.core.source import decoded_bytes

if TYPE_CHECKING:
    from audit403.apache.read.expand import Expander, Frame
    from audit403.apache.read.reading import Level, RawLine

#: Sections that never stand in one another: where one begins in another, that one lacks its closing tag.
_APART = frozenset({"<directory", "<directorymatch", "<location", "<locationmatch", "<proxy", "<proxymatch"})
_ALIKE = 0.75


def not_closed(section: Directive) -> str:
    """The message about a section without its closing tag."""
    return f"{section.written}> was not closed: expected </{section.written[1:]}> before the end of the file"


def ends_condition(frame: "Frame", text: str) -> bool:
    """Whether a line is the closing tag of the conditional section that is being read: nothing may follow it."""
    directive = frame.directive
    return directive is not None and not frame.sections and text.lower() == f"</{directive.name[1:]}>"


def check_opening(reader: "Expander", frame: "Frame", section: Directive) -> None:
    """A section begins; where it cannot stand, and the one around it lacks its closing tag, that one ends first."""
    around = frame.sections[-1] if frame.sections else None
    if around is not None and _never_inside(section.name, around.name) and _lacks_closing(frame.level, around.name):
        message = f"{around.written}> was not closed: expected </{around.written[1:]}> before {section.written}>"
        reader.report_at(around, message)
        frame.close(section.start)
        section.parent = frame.parent
    if section.name == "<":
        reader.report_at(section, 'expected the name of a section right after "<"')
        if not section.give_name():
            frame.level.forgiven.append("")
            return
    elif ">" not in section.arguments:
        reader.report_at(section, f"{section.written}> directive missing closing '>'")
    frame.open(section)


def close(reader: "Expander", frame: "Frame", tag: Directive) -> None:
    """A closing tag that is not a conditional section's own."""
    name = tag.name[2:]
    section = frame.sections[-1] if frame.sections else None
    if section is not None and name == f"{section.name[1:]}>":
        frame.close(tag.end)
        return
    name = name.rstrip(">")
    if not name and tag.args:
        name = tag.args[0].lower().rstrip(">")
    if tag.name[2:] and not tag.name.endswith(">") and section is not None and name == section.name[1:]:
        reader.report_at(tag, f"{_tag(tag)}> directive missing closing '>'")
        frame.close(tag.end)
        return
    if _close_outer(reader, frame, tag, name):
        return
    if name in frame.level.forgiven:
        frame.level.forgiven.remove(name)
        return
    if section is not None and _alike(name, section.name[1:]):
        reader.report_at(tag, f"Expected </{section.written[1:]}> but saw {_tag(tag)}")
        frame.close(tag.end)
        return
    if section is not None:
        reader.report_at(tag, f"Expected </{section.written[1:]}> but saw {_tag(tag)}: no such section is open here")
        return
    reader.report_at(tag, f"{_tag(tag)} without matching <{_tag(tag)[2:].removesuffix('>')}> section")


def end_of_file(reader: "Expander", frame: "Frame") -> None:
    """A file, or a conditional section in it, ends because the file does."""
    end = len(frame.level.reading.source.text)
    for source, start, stop in frame.level.lost:
        if source.text[start:stop].strip()[:1] in ("", "#"):
            continue
        message = "httpd loses this line: it is read right behind a macro, and the file ends without a line break"
        reader.report(source, start, stop, message, "suspicious")
    frame.level.lost.clear()
    if frame.sections:
        outer = frame.sections[0]
        if frame.directive is None:
            reader.report_at(outer, not_closed(outer))
        else:
            message = f"{not_closed(outer)}; httpd lets it pass in {frame.directive.written}>"
            reader.report_at(outer, message, "suspicious")
    while frame.sections:
        frame.close(end)
    if frame.directive is not None:
        frame.directive.end = end
        message = f"{not_closed(frame.directive)}; httpd lets it pass as long as the condition holds"
        reader.report_at(frame.directive, message, "suspicious")


def mend_skipped(reader: "Expander", directive: Directive, names: list[str], line: "RawLine", word: str) -> bool:
    """A closing tag in a section that is passed over fits none of `names`; False to pass over no more, from it on."""
    closed = word[2:].rstrip(">").lower()
    tag = decoded_bytes(word)
    bare = [name.rstrip(">").lower() for name in names]
    expected = f"Expected </{names[-1]}> but saw {tag}"
    if closed in bare:
        while bare.pop() != closed:
            names.pop()
        names.pop()
        reader.report(line.source, line.start, line.end, expected)
        return True
    if any(section.name[1:] == closed for frame in reader.open_frames() for section in frame.sections):
        message = f"{directive.written}> was not closed: expected </{directive.written[1:]}> before {tag}"
        reader.report_at(directive, message)
        return False
    reader.report(line.source, line.start, line.end, expected)
    return True


def _close_outer(reader: "Expander", frame: "Frame", tag: Directive, name: str, *, said: bool = False) -> bool:
    """Close the section that the tag names although others, opened in it, are not closed yet, or the tag is misspelled.

    `said` is whether the mistake has been reported.
    """
    for section in reversed(frame.sections):
        if section.name[1:] != name:
            continue
        inner = frame.sections[-1]
        if not said:
            reader.report_at(tag, f"Expected </{inner.written[1:]}> but saw {_tag(tag)}")
        while frame.sections[-1] is not section:
            frame.level.forgiven.append(frame.sections[-1].name[1:])
            frame.close(tag.start)
        frame.close(tag.end)
        return True
    if frame.directive is not None and frame.directive.name[1:] == name:
        _close_condition(reader, frame, tag)
        return True
    holders = [held for held in reader.open_frames() if any(section.name[1:] == name for section in held.sections)]
    if not holders or holders[-1].level is not frame.level:
        return False
    if frame.directive is not None and not said:
        reader.report_at(tag, f"{_tag(tag)} without matching <{_tag(tag)[2:]} section in {frame.directive.written}>")
    while frame is not holders[-1]:
        while frame.sections:
            frame.close(tag.start)
        if frame.directive is not None:
            frame.level.forgiven.append(frame.directive.name[1:])
        frame = reader.end_condition(frame, tag.start)
    _close_outer(reader, frame, tag, name, said=True)
    return True


def _close_condition(reader: "Expander", frame: "Frame", tag: Directive) -> None:
    """The tag of a conditional section with something behind it, or while sections in it are open."""
    if frame.sections:
        inner = frame.sections[-1]
        reader.report_at(tag, f"Expected </{inner.written[1:]}> but saw {_tag(tag)}")
        while frame.sections:
            frame.level.forgiven.append(frame.sections[-1].name[1:])
            frame.close(tag.start)
    else:
        message = f"{_tag(tag)} closes nothing as it stands here: nothing may follow it on its line"
        reader.report_at(tag, message)
    reader.end_condition(frame, tag.end)


def _never_inside(name: str, around: str) -> bool:
    return name == "<virtualhost" or (name in _APART and around in _APART)


def _lacks_closing(level: "Level", name: str) -> bool:
    """Whether the file opens more of these sections than it closes."""
    if level.excess is None:
        level.excess = {}
        for word, *_ in level.file.lines.lines:
            if word[:2] == "</":
                closed = "<" + word[2:].removesuffix(">")
                level.excess[closed] = level.excess.get(closed, 0) - 1
            elif word[:1] == "<":
                level.excess[word] = level.excess.get(word, 0) + 1
    left = level.excess.get(name, 0)
    level.excess[name] = left - 1
    return left > 0


def _alike(word: str, other: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, word, other).ratio() >= _ALIKE


def _tag(tag: Directive) -> str:
    return decoded_bytes(first_word(tag.text)[0])
