"""How much of a file is taken on: nginx's own limit on a word, and ours against hostile input."""

from audit403.core.place import Span
from audit403.core.source import Problem, Source
from audit403.nginx.read.state import State
from audit403.nginx.read.tree import ParsedFile
from audit403.nginx.read.words import SKIPPED, SPACES, comments_of, words_of

#: NGX_CONF_BUFFER: a word and what tells its end must fit in it.
NGINX_BUFFER = 4096
LARGEST_FILE = 32 * 1024 * 1024
LARGEST_STATEMENT = 1024 * 1024
MOST_STATEMENTS = 1_000_000


def refusal(data: bytes) -> str | None:
    """Why a file of this content is not read at all, or None."""
    if len(data) > LARGEST_FILE:
        return too_large(len(data))
    if len(data) > 2 * MOST_STATEMENTS and data.count(b";") + data.count(b"{") > MOST_STATEMENTS:
        return f"this file has more than {MOST_STATEMENTS:,} statements and was not read"
    return None


def too_large(size: int) -> str:
    """The message about a file of `size` bytes."""
    return f"this file has {size:,} bytes and was not read: at most {LARGEST_FILE:,} are"


def refused_file(path: str, message: str) -> ParsedFile:
    """A file that was not read, with its one problem."""
    return ParsedFile(Source(path, b""), [], [Problem(Span(path, 1, 1, 1, 1, 0, 0), message, "limit")])


def check(state: State, position: int, end: int) -> bool:
    """Check a long stretch: the gap from `position` and the statement behind it; False when that is too long for us."""
    start = SKIPPED.match(state.text, position).end()  # type: ignore[union-attr]
    check_comments(state, position, end)
    if end - start > LARGEST_STATEMENT:
        message = f"this statement is longer than {LARGEST_STATEMENT:,} bytes and was not read"
        state.report(start, start, message, "limit")
        return False
    text = state.text
    for word_start, word_end, quoted in words_of(text, start, end):
        begin = word_start + quoted
        needed = word_end - begin + (text[word_end] in SPACES)
        if needed >= NGINX_BUFFER and begin + NGINX_BUFFER < len(text):
            message = f"too long parameter: nginx holds at most {NGINX_BUFFER - 2:,} bytes in one word"
            state.report(word_start, word_end, message, "limit")
            break
    return True


def check_comments(state: State, start: int, end: int) -> None:
    """Report a comment that nginx cannot hold: it keeps a comment's line in the same buffer as a word."""
    for begin, stop in comments_of(state.text, start, end):
        line_end = state.text.find("\n", stop)
        line_end = len(state.text) if line_end < 0 else line_end
        if line_end - begin >= NGINX_BUFFER and begin + NGINX_BUFFER < len(state.text):
            message = f"too long comment: nginx holds at most {NGINX_BUFFER - 1:,} bytes of one line"
            state.report(begin, stop, message, "limit")
            return


def condensed(state: State) -> list[Problem]:
    """The file's problems in order; one alone for a file that is not text."""
    problems = sorted(state.problems, key=lambda problem: problem.span.start)
    zero = state.text.find("\0") if problems else -1
    if zero < 0:
        return problems
    state.top.clear()
    message = "this file is not text: a configuration file has no NUL bytes; it was not read"
    return [Problem(state.source.span(zero, zero + 1), message, "bytes")]
