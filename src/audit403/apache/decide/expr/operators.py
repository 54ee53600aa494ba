"""The operators of expressions with one word or two: `-f`, `-R`, `-ipmatch`, `-strmatch` and their like.

Truth: the op providers of server/util_expr_eval.c.
"""

from typing import TYPE_CHECKING

from audit403.apache import fnmatch
from audit403.apache.decide.expr.shown import field_of
from audit403.apache.decide.hosts import resolved
from audit403.apache.decide.proxy_url import PREFIX
from audit403.apache.decide.subrequests import look_up_file, look_up_uri
from audit403.apache.expr.tree import Binary, Unary
from audit403.apache.model.subnet import contains
from audit403.core.decision import REASON_FILE, Missing
from audit403.core.open_question import Unknown
from audit403.core.withheld import require_known

if TYPE_CHECKING:
    from audit403.apache.decide.expr.evaluate import Evaluation

_EXECUTABLE = 0o111
_FALSE = frozenset(("off", "no", "false", "0"))
_OF_FILES = frozenset("defsLhx")


def unary(evaluation: "Evaluation", node: Unary, word: str, label: str) -> bool:
    """Whether `-x word` holds."""
    name = node.name
    exchange = evaluation.exchange
    if name in "nz":
        evaluation.step(
            label, bool(word) == (name == "n"), field_of(node.word), "not-empty", "", is_negated=name == "z"
        )
        return bool(word) == (name == "n")
    if name == "R":
        assert node.network is not None
        met = contains(node.network, exchange.client)
        exchange.step(evaluation.phase, label, evaluation.where, met, "client", "in-network", node.network.text())
        return met
    if name == "T":
        met = bool(word) and word.lower() not in _FALSE
        evaluation.step(label, met, field_of(node.word), "is-true", "")
        return met
    if name in _OF_FILES:
        met = _of_file(evaluation, name, word)
    elif name == "F":
        met = _can_be_read(evaluation, word)
    else:
        met = _can_be_asked_for(evaluation, word)
    evaluation.exchange.step(evaluation.phase, label, evaluation.where, met)
    return met


def _of_file(evaluation: "Evaluation", name: str, path: str) -> bool:
    """What stat(2) says about a file; of a relative one nobody knows where it begins."""
    exchange = evaluation.exchange
    if not path or path.startswith(PREFIX):
        # What goes on to another server is no file.
        return False
    if not path.startswith("/"):
        return exchange.ask(Missing(REASON_FILE, path))
    files = exchange.evaluator.files()
    bare = path.rstrip("/") or "/"
    seen = files.lstat(bare) if name in "Lhx" and bare == path else files.stat(path)
    entry = seen.entry
    exchange.step(evaluation.phase, path, files.place(seen), not seen.errno, f"file:{path}", "exists")
    if seen.errno or entry is None:
        return False
    if name in "Lh":
        return seen.is_link
    if name == "x":
        return seen.is_link or bool(entry.mode & _EXECUTABLE)
    if name == "d":
        return seen.is_directory
    return name == "e" or (seen.is_file and (name == "f" or files.size(seen) > 0))


def _can_be_read(evaluation: "Evaluation", path: str) -> bool:
    """Whether a subrequest for a file is let in and the file is there."""
    exchange = evaluation.exchange
    inner = look_up_file(exchange, path)
    if inner.status >= 300:
        return False
    return inner.filename is not None and not exchange.evaluator.files().stat(inner.filename).errno


def _can_be_asked_for(evaluation: "Evaluation", uri: str) -> bool:
    """Whether a subrequest for a URI is let in; not asked inside a subrequest for the same one."""
    exchange = evaluation.exchange
    if exchange.main is not None and exchange.main.uri == exchange.uri:
        return False
    return look_up_uri(exchange, uri).status < 400


def binary(evaluation: "Evaluation", node: Binary, left: str, right: str, label: str) -> bool:
    """Whether `word -x word` holds."""
    field = field_of(node.left)
    if node.name == "ipmatch":
        assert node.network is not None
        address = resolved(left)
        if isinstance(address, Unknown):
            return evaluation.exchange.ask(address.missing._replace(name=f"{left} in {node.network.text()}"))
        met = address is not None and contains(node.network, address)
        evaluation.step(label, met, field, "in-network", node.network.text())
        return met
    require_known(left, right)
    met = fnmatch.matches(right, left, pathname=node.name == "fnmatch", caseless=node.name == "strcmatch")
    evaluation.step(label, met, field, "like", right)
    return met
