"""The entry of the command line: runs one command, and ends in the way that its caller can rely on."""

import gc
import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module

from audit403.cli.plain_words import plain
from audit403.core.errors import Audit403Error

CRASHED = 2
INTERRUPTED, PIPE_CLOSED = 130, 141
"""As the shell counts a program that SIGINT or SIGPIPE has ended."""
OBJECTS_BETWEEN_COLLECTIONS = 2_000_000
"""What a run makes lives to its end: to look through it for cycles again and again would cost a quarter of the time."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code. Without arguments it is the whole program, which ends after it."""
    if arguments is None:
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    if not sys.warnoptions:  # what Python warns of is for who works on audit403
        warnings.simplefilter("ignore")
    code = _guarded(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        gc.freeze()  # the interpreter's last look for cycles would cost a small run a tenth of its time
    try:
        sys.stdout.flush()
    except OSError as error:  # what was left in the buffer cannot be written either
        _discard_output()
        return code if code else _not_written(error)
    return code


def _guarded(words: list[str]) -> int:
    """Run the command; whatever ends it, a sentence and an exit code come of it."""
    try:
        _require_streams()
        return _run(words)
    except SystemExit as ended:  # argparse has printed what there is to say
        return ended.code if isinstance(ended.code, int) else CRASHED
    except Audit403Error as error:
        _failed(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _discard_output()
        return INTERRUPTED
    except MemoryError:
        return _failed("there is not enough memory for this.")
    except OSError as error:
        return _os_error(error)
    except Exception:
        return _broke_down()


def _run(words: list[str]) -> int:
    read = plain(words)
    if read is not None:
        return _command(*read)
    from audit403.cli.parser import parsed, top_parser

    command, arguments = parsed(words)
    if command is None:
        top_parser().print_help()
        return CRASHED
    return _command(command, arguments)


def _command(name: str, arguments: object) -> int:
    return int(import_module(f"audit403.cli.{name}").run(arguments))


def _require_streams() -> None:
    """A program may be started with any of its streams closed; the next file to be opened would take its place."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 – open to the end
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 – open to the end
        raise Audit403Error("the standard output is closed.")


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not stumble over it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _os_error(error: OSError) -> int:
    """What names no file came from a stream that was open already, or from asking for the current folder."""
    if error.filename is not None:
        return _broke_down()
    try:
        os.getcwd()
    except OSError:
        return _failed("the current folder is not there any more.")
    _discard_output()
    return _not_written(error)


def _not_written(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    return _failed(f"the output cannot be written: {error.strerror or error}.")


def _failed(sentence: str) -> int:
    from audit403.report.terminal import complain

    with suppress(OSError):  # with nobody to read it the exit code has to do
        complain(sentence)
    return CRASHED


def _broke_down() -> int:
    import traceback

    traceback.print_exc()
    return _failed("this is a fault of audit403 itself; a report of it with the lines above is welcome.")
